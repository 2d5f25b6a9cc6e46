import type pg from 'pg'
import { Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import { quoteTerm } from './document.ts'
import type { Formula } from './score.ts'

/** What a formula asks of articles, and the scores that come of it. */

const { sql, join, raw } = Prisma

const ONES = raw(`'{1,1,1,1}'`)

export interface Scored {
  id: number
  /** In millionths. */
  score: number
}

/** Of equals the newer record comes first. */
export const byScore = (a: Scored, b: Scored): number => b.score - a.score || b.id - a.id

const inMillionths = (score: number): number => Math.round(score * 1e6)

/** What the closeness of the words adds to the scores of articles, by their identities; dear, so for the best alone. */
export async function scoreProximity(
  client: pg.ClientBase,
  ids: number[],
  formula: Formula,
): Promise<Map<number, number>> {
  const morphemes = formula.morphemes()
  if (morphemes.length < 2) return new Map()
  const query = morphemes.map(quoteTerm).join(' & ')
  const rows = await run<{ id: number; cover: number }>(
    client,
    sql`SELECT s.article_id AS id, ts_rank_cd(${ONES}, s.terms, ${query}::tsquery) AS cover FROM article_search s
      WHERE s.article_id = ANY(${ids}::int[])`,
  )
  return new Map(rows.map(({ id, cover }) => [id, inMillionths(formula.proximity(cover))]))
}

/**
 * Scores articles, best first. Their terms are brought from beside the rows once (what deletes nothing gives back what it
 * read): each function would bring them again.
 */
export async function scoreArticles(
  client: pg.ClientBase,
  ids: number[],
  formula: Formula,
): Promise<Scored[]> {
  const { text, values } = sql`SELECT ${join([
    raw('s.article_id, s.morphemes, s.stems'),
    ...formula.ranks.map(query => sql`ts_rank(${ONES}, s.terms, ${query}::tsquery)`),
    ...formula.matches.map(query => sql`(s.terms @@ ${query}::tsquery)::int`),
  ])} FROM (
      SELECT article_id, morphemes, stems, ts_delete(terms, '') AS terms FROM article_search
      WHERE article_id = ANY(${ids}::int[]) OFFSET 0
    ) AS s`
  const { rows } = await client.query<[number, number, number, ...number[]]>({
    text,
    values: values as unknown[],
    rowMode: 'array',
  })
  return rows
    .map(([id, morphemes, stems, ...facts]) => ({
      id,
      score: inMillionths(formula.of({ morphemes, stems, facts })),
    }))
    .sort(byScore)
}
