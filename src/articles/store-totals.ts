import { anyOf } from '../db/any-of.ts'
import { type Database, inTransactionAlone, Prisma } from '../db/client.ts'
import type { Filter, ListQuery } from './query.ts'
import { issuedBy } from './store-list.ts'
import { partsOf, type Span, spanOf } from './total-range.ts'

/**
 * How many articles a list has, without counting them, and the day on which its page begins: from totals of each day,
 * month and year, which triggers keep in the transaction of each write (see the migration). Exact in every snapshot.
 */

const { sql, join, raw, empty } = Prisma
type Sql = Prisma.Sql

/**
 * Notes added up at once, a hundred megabytes on disk: of a load many are of one month, and to write a total once for all
 * of them costs least.
 */
const NOTES = 1_000_000
/** Of the one who adds up ("totl" in ASCII). */
const LOCK = 0x746f746c

/** Adds up some of the notes and says how many. One at a time over all nodes: who comes second has nothing to do. */
async function addUpSome(db: Pick<Database, 'pool'>): Promise<number> {
  const notes = await inTransactionAlone(db, LOCK, async client => {
    const { rows } = await client.query<{ notes: number }>(
      `WITH taken AS MATERIALIZED (
         DELETE FROM article_moves WHERE id <= (SELECT max(id) FROM (SELECT id FROM article_moves ORDER BY id LIMIT $1) AS first_ones)
         RETURNING *
       ), named AS (
         INSERT INTO article_issuers (code, name, published_name) SELECT DISTINCT code, name, published_name FROM taken
         ON CONFLICT DO NOTHING RETURNING *
       ), issuers AS (
         SELECT * FROM named UNION ALL SELECT * FROM article_issuers
       ), days AS MATERIALIZED (
         SELECT state, kind, issuers.id AS issuer_id, day, sum(by)::int AS n
         FROM taken JOIN issuers USING (code, name, published_name) GROUP BY 1, 2, 3, 4
       ), months AS MATERIALIZED (
         SELECT state, kind, issuer_id, date_trunc('month', day::timestamp)::date AS month, sum(n)::int AS n
         FROM days GROUP BY 1, 2, 3, 4
       ), years AS MATERIALIZED (
         SELECT state, kind, issuer_id, date_trunc('year', month::timestamp)::date AS year, sum(n)::int AS n
         FROM months GROUP BY 1, 2, 3, 4
       ), kept AS (
         INSERT INTO article_totals (state, kind, issuer_id, grain, period, n)
         SELECT state, coalesce(kind, ''), coalesce(issuer_id, 0), 'day', day, sum(n) FROM days
         GROUP BY state, day, GROUPING SETS ((kind, issuer_id), (kind), (issuer_id), ()) HAVING sum(n) <> 0
         UNION ALL
         SELECT state, coalesce(kind, ''), coalesce(issuer_id, 0), 'month', month, sum(n) FROM months
         GROUP BY state, month, GROUPING SETS ((kind, issuer_id), (kind), (issuer_id), ()) HAVING sum(n) <> 0
         UNION ALL
         SELECT state, coalesce(kind, ''), coalesce(issuer_id, 0), 'year', year, sum(n) FROM years
         GROUP BY state, year, GROUPING SETS ((kind, issuer_id), (kind), (issuer_id), ()) HAVING sum(n) <> 0
         ON CONFLICT (state, kind, issuer_id, grain, period) DO UPDATE SET n = article_totals.n + excluded.n
       )
       SELECT count(*)::int AS notes FROM taken`,
      [NOTES],
    )
    return rows[0]?.notes ?? 0
  })
  return notes ?? 0
}

/** Adds up the notes until none is left; what a clock calls. */
export async function keepTotals(db: Pick<Database, 'pool'>): Promise<void> {
  while ((await addUpSome(db)) === NOTES);
}

/** Whether the totals know what a list has: nothing is asked but days of release, ministry, kind and status, of the present. */
export function isCounted({
  filter,
  asOf,
  collapse,
}: Pick<ListQuery, 'filter' | 'asOf' | 'collapse'>): boolean {
  const { tag, source, author, modified } = filter
  return (
    asOf === null &&
    !collapse &&
    [tag, source, author].every(values => values.length === 0) &&
    modified.fromInstant === null &&
    modified.toInstant === null
  )
}

const within = (column: Sql, { from, to }: Span): Sql =>
  join(
    [
      ...(from === null ? [] : [sql`${column} >= ${from}::date`]),
      ...(to === null ? [] : [sql`${column} < ${to}::date`]),
      ...(from === null && to === null ? [raw('true')] : []),
    ],
    ' AND ',
  )

const PERIOD = raw('t.period')

/** Totals `t` of a filter's days: of whole years, of months beside them, and of days at its ends. */
function parts({ published }: Filter, largest: 'month' | 'year' = 'year'): Sql {
  const { years, months, days } = partsOf(published, largest)
  const of = (grain: string, spans: Span[]) =>
    spans.map(span => sql`t.grain = ${raw(`'${grain}'`)} AND ${within(PERIOD, span)}`)
  return sql`(${join([...of('year', years), ...of('month', months), ...of('day', days)], ' OR ')})`
}

/** Of notes and issuers alike. */
const ISSUER = { code: raw(`nullif(code, '')`), name: raw('name'), published: raw('published_name') }

const all = (values: string[]) => (values.length > 0 ? values : [''])

/** Totals `t` of whatever day; `by` tells apart what is not asked for. */
function ofFilter(filter: Filter, by: 'kind' | 'ministry' | null = null): Sql {
  const { status, kind, ministry } = filter
  return join(
    [
      anyOf(raw('t.state'), status),
      by === 'kind' && kind.length === 0 ? raw(`t.kind <> ''`) : anyOf(raw('t.kind'), all(kind)),
      ministry.length > 0
        ? sql`t.issuer_id IN (SELECT id FROM article_issuers WHERE ${issuedBy(filter, ISSUER)})`
        : raw(by === 'ministry' ? 't.issuer_id <> 0' : 't.issuer_id = 0'),
    ],
    ' AND ',
  )
}

/** Notes that nobody has added up yet. */
const ofMoves = (filter: Filter): Sql =>
  join(
    [
      anyOf(raw('state'), filter.status),
      within(raw('day'), spanOf(filter.published)),
      ...(filter.kind.length > 0 ? [anyOf(raw('kind'), filter.kind)] : []),
      ...(filter.ministry.length > 0 ? [issuedBy(filter, ISSUER)] : []),
    ],
    ' AND ',
  )

/** The same by day. */
const moves = (filter: Filter): Sql =>
  sql`SELECT day, sum(by)::int AS n FROM article_moves WHERE ${ofMoves(filter)} GROUP BY day`

/** How many articles a filter has: a statement with one row, `total`. */
export const totalOf = (filter: Filter): Sql =>
  sql`SELECT ((SELECT coalesce(sum(t.n), 0) FROM article_totals t WHERE ${ofFilter(filter)} AND ${parts(filter)})
    + (SELECT coalesce(sum(by), 0) FROM article_moves WHERE ${ofMoves(filter)}))::int AS total`

type Unit = 'year' | 'month' | 'day'

/**
 * The unit in which the n-th article of a filter lies, counted from 0, and how many come before it: `unit` and `before`.
 * @param whole of which totals `t` it is made up
 * @param outer the larger unit in which it lies, a statement of that name
 */
function unitOfRow(
  filter: Filter,
  n: number,
  direction: Sql,
  { unit, whole, outer }: { unit: Unit; whole: Sql; outer: Unit | null },
): Sql {
  // By value rather than by a join, so that the index is asked for just this range.
  const inside = (column: string) =>
    outer
      ? raw(
          `AND ${column} >= (SELECT unit FROM ${outer}) AND ${column} < (SELECT unit + interval '1 ${outer}' FROM ${outer})`,
        )
      : empty
  const earlier = outer ? raw(`(SELECT before FROM ${outer})`) : raw('0')
  return sql`SELECT unit, before FROM (
      SELECT unit, n, ${earlier} + (sum(n) OVER (ORDER BY unit ${direction}) - n)::int AS before FROM (
        SELECT date_trunc(${raw(`'${unit}'`)}, day::timestamp)::date AS unit, sum(n)::int AS n FROM (
          SELECT t.period AS day, t.n FROM article_totals t WHERE ${ofFilter(filter)} AND ${whole} ${inside('t.period')}
          UNION ALL SELECT day, n FROM moves WHERE true ${inside('day')}
        ) AS parts GROUP BY 1
      ) AS units
    ) AS places WHERE before <= ${n} AND ${n} < before + n`
}

/**
 * The day of the n-th article of a filter, counted from 0, and how many come before that day: a statement with one row,
 * `day` and `before`; none where there are not so many.
 */
export function dayOfRow(filter: Filter, n: number, descending: boolean): Sql {
  const direction = descending ? raw('DESC') : raw('ASC')
  const days = sql`t.grain = 'day' AND ${within(PERIOD, spanOf(filter.published))}`
  return sql`WITH moves AS MATERIALIZED (${moves(filter)}),
    year AS MATERIALIZED (${unitOfRow(filter, n, direction, { unit: 'year', whole: parts(filter), outer: null })}),
    month AS MATERIALIZED (${unitOfRow(filter, n, direction, { unit: 'month', whole: parts(filter, 'month'), outer: 'year' })})
    SELECT unit AS day, before FROM (${unitOfRow(filter, n, direction, { unit: 'day', whole: days, outer: 'month' })}) AS found`
}

/** How many articles a filter has of each day (or of each month or year, and of what is smaller at its ends): `day`, `n`. */
export const perDay = (filter: Filter, grain: Unit): Sql =>
  sql`SELECT t.period AS day, t.n FROM article_totals t WHERE ${ofFilter(filter)} AND ${
    grain === 'day'
      ? sql`t.grain = 'day' AND ${within(PERIOD, spanOf(filter.published))}`
      : parts(filter, grain)
  } UNION ALL ${moves(filter)}`

/** How many it has of each kind: `kind`, `n`. */
export const perKind = (filter: Filter): Sql =>
  sql`SELECT t.kind, t.n FROM article_totals t WHERE ${ofFilter(filter, 'kind')} AND ${parts(filter)}
    UNION ALL SELECT kind, by FROM article_moves WHERE ${ofMoves(filter)}`

/** How many it has of each ministry: `code`, `name`, `n`. */
export const perMinistry = (filter: Filter): Sql =>
  sql`SELECT i.code, i.name, t.n FROM article_totals t JOIN article_issuers i ON i.id = t.issuer_id
    WHERE ${ofFilter(filter, 'ministry')} AND ${parts(filter)}
    UNION ALL SELECT code, name, by FROM article_moves WHERE ${ofMoves(filter)}`
