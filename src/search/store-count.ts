import type pg from 'pg'
import { Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import { needsReading } from './compiled.ts'
import { COUNTING, edgeOf, estimateCount, readingOf, rowsIn, spanOf } from './costs.ts'
import type { Total } from './request.ts'
import type { Cover } from './spans.ts'
import { and, covered, days, type Matching, unindexed, without } from './store-conditions.ts'

/** How many matches there are, up to a bound. */

const { sql, empty } = Prisma

/** As so many times more are expected as are counted, those of some months are counted first, which may be enough. */
const MANY = 1.5
/** Of months in which so many times more are expected. */
const SOME = 2

/** Months that have more than so many matches, if reading them alone spares anything. */
const someMonths = (matching: Matching, cap: number): Cover | null => {
  if (needsReading(matching) || matching.share * rowsIn(matching) < MANY * cap) return null
  const edge = edgeOf(matching, COUNTING, (SOME * cap) / matching.share)
  return edge && readingOf(matching, spanOf(matching, COUNTING, edge), cap).cover
}

/** How many matches there are: of more than `cap` rows that would have to be read, as many as these have. */
export async function countMatches(client: pg.ClientBase, matching: Matching, cap: number): Promise<Total> {
  const costs = estimateCount(matching, cap)
  // An estimate that is too high would make this read all rows.
  if (!matching.also && 2 * costs.walk < costs.all) return countWithin(client, matching, cap, 'walk')
  const some = someMonths(matching, cap)
  if (some) {
    const part = await countWithin(client, matching, cap, some)
    if (!part.exact) return part
  }
  const { cover } = readingOf(matching, spanOf(matching, COUNTING, null))
  return countWithin(client, matching, cap, cover)
}

/** The same along the index of days, or by the index of terms with some months. */
async function countWithin(
  client: pg.ClientBase,
  matching: Matching,
  cap: number,
  route: 'walk' | Cover | null,
): Promise<Total> {
  const { also, query, loose } = matching
  const found = sql`s.terms @@ ${query}::tsquery`
  // Phrases are looked for in rows that have all the words: these are bounded, not what comes of them.
  const phrased = needsReading(matching) && route !== 'walk'
  const range = days(matching, COUNTING)
  const candidates =
    route === 'walk'
      ? [...unindexed([found]), ...range]
      : [sql`s.terms @@ ${covered(loose ?? query, route)}::tsquery`, ...(route ? unindexed(range) : range)]
  const [row] = await run<{ read: number; count: number }>(
    client,
    sql`SELECT count(*)::int AS read, ${phrased ? sql`count(*) FILTER (WHERE ${found})` : sql`count(*)`}::int AS count FROM (
      SELECT s.terms FROM article_search s ${also ? sql`JOIN articles a ON a.id = s.article_id` : empty}
      WHERE ${and([...candidates, ...without(matching), also ?? sql`s.public`])} LIMIT ${cap + 1}) AS s`,
  )
  const { read = 0, count = 0 } = row ?? {}
  return read > cap ? { count: Math.min(count, cap), exact: false } : { count, exact: true }
}
