import type { Client } from '../db/run.ts'
import { quoteTerm, stemTerm } from '../search/document.ts'

/** Articles whose titles have words. */

export interface TitledArticle {
  id: number
  title: string
  publishedAt: Date
}

/** In how many of some articles words stand; those in none are left out. */
export async function countAmong(db: Client, ids: number[], words: string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ word: string; count: number }>(
    // Terms are brought from beside the rows once for all words, as in the search's scores.
    `SELECT word, count(*)::int AS count
     FROM (SELECT ts_delete(terms, '') AS terms FROM article_search WHERE article_id = ANY($1::int[]) OFFSET 0) AS s,
       (SELECT word, query::tsquery FROM unnest($2::text[], $3::text[]) AS w (word, query) OFFSET 0) AS w
     WHERE s.terms @@ w.query GROUP BY word`,
    [ids, words, words.map(word => `${quoteTerm(word)} | ${quoteTerm(stemTerm(word))}`)],
  )
  return new Map(rows.map(({ word, count }) => [word, count]))
}

/** Rows looked at, whichever way: a word of the title may stand in a twentieth of a million articles. */
const ROWS = 2_000

/** In how many public articles terms stand; those in none are left out. */
export async function countTerms(db: Client, terms: string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ term: string; df: number }>(
    'SELECT term, df FROM search_terms WHERE term = ANY($1) AND df > 0',
    [terms],
  )
  return new Map(rows.map(({ term, df }) => [term, df]))
}

/**
 * The newest public articles that match, where no more than `estimate` do: rare ones are looked up and sorted, of
 * frequent ones there are some among the newest articles, and further back nobody looks.
 */
export async function listTitled(
  db: Client,
  tsquery: string,
  estimate: number,
  limit: number,
): Promise<TitledArticle[]> {
  const found =
    estimate <= ROWS
      ? `SELECT article_id, listed_at FROM article_search WHERE terms @@ $1::tsquery AND public`
      : `SELECT article_id, listed_at FROM (
           SELECT article_id, listed_at, terms, public FROM article_search
           ORDER BY listed_at DESC, article_id DESC LIMIT ${ROWS}) AS newest
         WHERE public AND coalesce(terms @@ $1::tsquery, false)`
  const { rows } = await db.query<TitledArticle>(
    `WITH found AS ${estimate <= ROWS ? 'MATERIALIZED' : 'NOT MATERIALIZED'} (${found}),
       newest AS (SELECT * FROM found ORDER BY listed_at DESC, article_id DESC LIMIT $2)
     SELECT id, title, published_at AS "publishedAt" FROM newest JOIN articles ON id = article_id
     ORDER BY newest.listed_at DESC, id DESC`,
    [tsquery, limit],
  )
  return rows
}
