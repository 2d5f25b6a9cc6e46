import type pg from 'pg'
import { type Database, type Execute, inTransactionAlone, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { IndexedTerms } from './analysis.ts'
import type { Calendar } from './calendar.ts'
import type { Ends } from './costs.ts'
import type { DescribedWord } from './words.ts'

/** Search rows, each in the transaction of its article, and the counts of terms that follow from them. */

const { sql } = Prisma

export interface SearchPlace {
  articleId: number
  listedAt: Date
  public: boolean
}
export type SearchRow = IndexedTerms & SearchPlace

/**
 * What the writer who fills the index's list of new terms may use to sort them, for the rest of his transaction: with less he
 * goes through the index several times.
 */
const MERGING = '64MB'

/**
 * Writes the search rows of articles that the caller's transaction holds, and notes what changes in the counts of terms:
 * one note a row, which nobody waits for.
 */
export async function writeSearchRows(execute: Execute, rows: readonly SearchRow[]): Promise<void> {
  if (rows.length === 0) return
  const column = <K extends keyof SearchRow>(name: K) => rows.map(row => row[name])
  await execute(sql`
    WITH given AS MATERIALIZED (
      SELECT article_id, listed_at, public, morphemes, stems, analyser, terms::tsvector AS terms
      FROM unnest(${column('articleId')}::int[], ${column('listedAt').map(at => at.toISOString())}::timestamptz[],
        ${column('public')}::boolean[], ${column('morphemes')}::int[], ${column('stems')}::int[], ${column('analyser')}::int[],
        ${column('terms')}::text[]) AS g (article_id, listed_at, public, morphemes, stems, analyser, terms),
        (SELECT CASE WHEN pg_size_bytes(current_setting('work_mem')) < pg_size_bytes(${MERGING})
          THEN set_config('work_mem', ${MERGING}, true) END) AS merging
    ), former AS MATERIALIZED (
      SELECT s.article_id, s.morphemes, s.stems, tsvector_to_array(s.terms) AS terms
      FROM article_search s JOIN given USING (article_id) WHERE s.public
    ), present AS (
      SELECT article_id, morphemes, stems, tsvector_to_array(terms) AS terms FROM given WHERE public
    ), written AS (
      INSERT INTO article_search (article_id, listed_at, public, morphemes, stems, analyser, terms) SELECT * FROM given
      ON CONFLICT (article_id) DO UPDATE SET listed_at = excluded.listed_at, public = excluded.public,
        morphemes = excluded.morphemes, stems = excluded.stems, analyser = excluded.analyser, terms = excluded.terms
    )
    INSERT INTO search_deltas (articles, morphemes, stems, added, removed)
    SELECT (present.article_id IS NOT NULL)::int - (former.article_id IS NOT NULL)::int,
      coalesce(present.morphemes, 0) - coalesce(former.morphemes, 0),
      coalesce(present.stems, 0) - coalesce(former.stems, 0),
      CASE WHEN former.terms IS NULL THEN present.terms
        ELSE ARRAY(SELECT unnest(present.terms) EXCEPT SELECT unnest(former.terms)) END,
      CASE WHEN present.terms IS NULL THEN former.terms
        ELSE ARRAY(SELECT unnest(former.terms) EXCEPT SELECT unnest(present.terms)) END
    FROM present FULL JOIN former USING (article_id)`)
}

/**
 * The same without terms, which the upkeep makes later: an article is found by what it was found by before, or by nothing where
 * it is listed at another instant. Who may see it is right at once.
 */
export async function postponeSearchRows(execute: Execute, rows: readonly SearchPlace[]): Promise<void> {
  if (rows.length === 0) return
  const column = <K extends keyof SearchPlace>(name: K) => rows.map(row => row[name])
  await execute(sql`
    WITH given AS MATERIALIZED (
      SELECT * FROM unnest(${column('articleId')}::int[],
          ${rows.map(({ listedAt }) => listedAt.toISOString())}::timestamptz[], ${column('public')}::boolean[])
        AS g (article_id, listed_at, public)
    ), former AS MATERIALIZED (
      SELECT s.article_id, s.listed_at, s.public, s.morphemes, s.stems, tsvector_to_array(s.terms) AS terms
      FROM article_search s JOIN given USING (article_id)
    ), moved AS (
      SELECT given.*, coalesce(former.public, false) AS was_public, given.public AND kept AS is_found,
        coalesce(former.morphemes, 0) AS morphemes, coalesce(former.stems, 0) AS stems,
        coalesce(former.terms, '{}') AS terms, kept
      FROM given LEFT JOIN former USING (article_id),
        LATERAL (SELECT coalesce(former.listed_at = given.listed_at, false) AS kept) AS k
    ), written AS (
      INSERT INTO article_search (article_id, listed_at, public) SELECT * FROM given
      ON CONFLICT (article_id) DO UPDATE SET listed_at = excluded.listed_at, public = excluded.public, analyser = 0,
        terms = CASE WHEN article_search.listed_at = excluded.listed_at THEN article_search.terms ELSE '' END,
        morphemes = CASE WHEN article_search.listed_at = excluded.listed_at THEN article_search.morphemes ELSE 0 END,
        stems = CASE WHEN article_search.listed_at = excluded.listed_at THEN article_search.stems ELSE 0 END
    )
    INSERT INTO search_deltas (articles, morphemes, stems, added, removed)
    SELECT public::int - was_public::int, (is_found::int - was_public::int) * morphemes,
      (is_found::int - was_public::int) * stems, CASE WHEN is_found AND NOT was_public THEN terms ELSE '{}' END,
      CASE WHEN was_public AND NOT is_found THEN terms ELSE '{}' END
    FROM moved WHERE public <> was_public OR is_found <> was_public`)
}

/** Leaves the search rows of new articles to the upkeep: they are found by nothing until then. */
export async function queueSearchRows(execute: Execute, ids: readonly number[]): Promise<void> {
  if (ids.length > 0)
    await execute(
      sql`INSERT INTO articles_unindexed (article_id) SELECT unnest(${ids}::int[]) ON CONFLICT DO NOTHING`,
    )
}

/** Takes those out that have their rows, or are no more. */
export async function unqueueSearchRows(execute: Execute, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await execute(sql`DELETE FROM articles_unindexed WHERE article_id = ANY(${ids}::int[])`)
}

/** Notes added up at once: bounds a round's memory. */
const NOTES = 1_000
/** Of the one who adds up; the number means nothing else. */
const LOCK = 7_346_201

/** New terms as words for suggestions. */
type DescribeTerms = (terms: string[]) => Promise<DescribedWord[]>

/**
 * Adds up some of the noted changes in one transaction and says how many. One at a time over all nodes: who comes
 * second has nothing to do.
 */
export const addUpDeltas = async (db: Database, describe: DescribeTerms): Promise<number> =>
  (await inTransactionAlone(db, LOCK, client => addUp(client, describe))) ?? 0

async function addUp(client: pg.PoolClient, describe: DescribeTerms): Promise<number> {
  const { rows } = await client.query<{ notes: number; fresh: string[] | null }>(
    `WITH taken AS (
       DELETE FROM search_deltas WHERE id IN (SELECT id FROM search_deltas ORDER BY id LIMIT $1)
       RETURNING articles, morphemes, stems, added, removed
     ), moves AS (
       SELECT unnest(added) AS term, 1 AS by FROM taken UNION ALL SELECT unnest(removed), -1 FROM taken
     ), sums AS (
       SELECT term, sum(by)::int AS by FROM moves GROUP BY term HAVING sum(by) <> 0
     ), counted AS (
       INSERT INTO search_terms (term, df) SELECT term, by FROM sums
       ON CONFLICT (term) DO UPDATE SET df = search_terms.df + excluded.df
       RETURNING term, xmax = 0 AS fresh
     ), totals AS (
       UPDATE search_totals t SET articles = t.articles + s.articles, morphemes = t.morphemes + s.morphemes,
         stems = t.stems + s.stems
       FROM (SELECT sum(articles) AS articles, sum(morphemes) AS morphemes, sum(stems) AS stems FROM taken) s
       WHERE s.articles IS NOT NULL
     )
     SELECT (SELECT count(*)::int FROM taken) AS notes,
       (SELECT array_agg(term) FROM counted WHERE fresh AND term !~ '^[@^~]') AS fresh`,
    [NOTES],
  )
  const words = await describe(rows[0]?.fresh ?? [])
  if (words.length > 0)
    await client.query(
      `INSERT INTO search_words (term, word, inside, choseong, roman, bigrams)
       SELECT term, word, inside, choseong, roman, bigrams FROM jsonb_to_recordset($1::jsonb)
         AS w (term text, word text, inside text[], choseong text, roman text, bigrams text[])
       ON CONFLICT (term) DO NOTHING`,
      [JSON.stringify(words)],
    )
  return rows[0]?.notes ?? 0
}

/** Takes the index into the hands of an analyser: nodes with another version stop re-indexing. */
export async function claimIndex({ pool }: Database, version: number): Promise<void> {
  await pool.query('UPDATE search_totals SET analyser = $1 WHERE analyser <> $1', [version])
}

/**
 * Articles that have no row yet, or one that another analyser made, some of them but `leaveOut`; none where another version has
 * the index.
 */
export async function listStale(
  { pool }: Database,
  version: number,
  limit: number,
  leaveOut: readonly number[] = [],
): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>(
    `SELECT DISTINCT article_id AS id FROM (
       (SELECT article_id FROM articles_unindexed WHERE article_id <> ALL($3) ORDER BY article_id LIMIT $2)
       UNION ALL
       (SELECT article_id FROM article_search WHERE analyser < $1 AND article_id <> ALL($3) ORDER BY analyser LIMIT $2)
       UNION ALL
       (SELECT article_id FROM article_search WHERE analyser > $1 AND article_id <> ALL($3) ORDER BY analyser LIMIT $2)
     ) AS stale
     WHERE EXISTS (SELECT FROM search_totals WHERE analyser = $1) LIMIT $2`,
    [version, limit, leaveOut],
  )
  return rows.map(({ id }) => id)
}

/** How many rows are due for a re-index. */
export async function countStale({ pool }: Database, version: number): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (
       SELECT article_id FROM articles_unindexed
       UNION SELECT article_id FROM article_search WHERE analyser < $1 OR analyser > $1) AS stale`,
    [version],
  )
  return rows[0]?.n ?? 0
}

/** Milliseconds for which a connection knows how days are spread: costs go by it, not what is found. */
const KNOWN = 60_000
const calendars = new WeakMap<pg.ClientBase, { calendar: Calendar; at: number }>()

async function calendarOf(client: pg.ClientBase): Promise<Calendar> {
  const known = calendars.get(client)
  if (known && performance.now() - known.at < KNOWN) return known.calendar
  const [row] = await run<{ bounds: number[] }>(
    client,
    sql`SELECT ARRAY(SELECT extract(epoch FROM b) * 1000 FROM unnest(histogram_bounds::text::timestamptz[]) AS b)::float8[] AS bounds
      FROM pg_stats WHERE schemaname = current_schema AND tablename = 'article_search' AND attname = 'listed_at'`,
  )
  const calendar = row?.bounds ?? []
  if (calendar.length > 0) calendars.set(client, { calendar, at: performance.now() })
  return calendar
}

export interface Sums {
  articles: number
  morphemes: number
  stems: number
}

/**
 * In how many public articles terms stand, and the sums over all of them, as far as they are added up. What ends in a
 * star is a beginning.
 */
export async function findFrequencies(
  client: pg.ClientBase,
  terms: readonly string[],
): Promise<Sums & { df: Map<string, number>; calendar: Calendar; ends: Ends | null }> {
  const whole = terms.filter(term => !term.endsWith('*'))
  const beginnings = terms.filter(term => term.endsWith('*')).map(term => term.slice(0, -1))
  const counted =
    beginnings.length === 0
      ? sql`'{}'::float8[]`
      : sql`ARRAY(SELECT (SELECT coalesce(sum(df), 0)::float8 FROM search_terms WHERE term >= b AND term < b || U&'\\+10FFFF')
          FROM unnest(${beginnings}::text[]) WITH ORDINALITY AS u (b, i) ORDER BY i)`
  const [row] = await run<
    Sums & {
      terms: string[] | null
      dfs: number[] | null
      begin: number[] | null
      first: Date | null
      last: Date | null
    }
  >(
    client,
    sql`SELECT articles::float8, morphemes::float8, stems::float8, terms, dfs,
        ${counted} AS begin,
        (SELECT min(listed_at) FROM article_search) AS first, (SELECT max(listed_at) FROM article_search) AS last
      FROM search_totals,
        (SELECT array_agg(term) AS terms, array_agg(df) AS dfs FROM search_terms WHERE term = ANY((SELECT ${whole}::text[])::text[])) AS found`,
    { prepared: true },
  )
  const { articles = 0, morphemes = 0, stems = 0, terms: found, dfs, begin, first, last } = row ?? {}
  return {
    articles,
    morphemes,
    stems,
    calendar: await calendarOf(client),
    ends: first && last ? { first, last } : null,
    df: new Map([
      ...(found ?? []).map((term, i): [string, number] => [term, dfs?.[i] ?? 0]),
      ...beginnings.map((term, i): [string, number] => [`${term}*`, begin?.[i] ?? 0]),
    ]),
  }
}

/** Notes beyond which adding them up for one count would take longer than counting. */
const NOTES_READ = 2_000

/** In how many public articles a term stands at this moment, notes included; null where too many wait. */
export async function countTerm(client: pg.ClientBase, term: string): Promise<number | null> {
  const [row] = await run<{ notes: number; n: number }>(
    client,
    sql`SELECT count(*)::int AS notes,
        (SELECT coalesce(sum(df), 0)::int FROM search_terms WHERE term = ${term}) +
          coalesce(sum((added @> ARRAY[${term}])::int - (removed @> ARRAY[${term}])::int), 0)::int AS n
      FROM (SELECT added, removed FROM search_deltas LIMIT ${NOTES_READ}) AS found`,
    { prepared: true },
  )
  return row && row.notes < NOTES_READ ? row.n : null
}
