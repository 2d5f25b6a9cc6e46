import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Filter } from '../../src/articles/query.ts'
import { decideQuery } from '../../src/articles/query.ts'
import { searchPlain } from '../../src/articles/search.ts'
import { matches, type PlainQuery } from '../../src/articles/store-list.ts'
import { dayOfRow, keepTotals, totalOf } from '../../src/articles/store-totals.ts'
import { partsOf } from '../../src/articles/total-range.ts'
import { Prisma } from '../../src/db/client.ts'
import { run } from '../../src/db/run.ts'
import { addDays, dayRange } from '../../src/time/seoul.ts'
import { testDatabase } from '../support/database.ts'

const { sql } = Prisma
const db = await testDatabase()
const { pool } = db

const KINDS = ['press-release', 'reference', 'other']
const STATUSES = ['published', 'draft', 'hidden']
const NAMES = ['환경부', '산업통상자원부', '교육부']
const DAYS = [
  ...['2022-07-01', '2023-12-31', '2024-01-01', '2024-06-15', '2025-01-01'],
  ...Array.from({ length: 90 }, (_, i) => addDays('2025-11-20', i)),
]

const kind = fc.constantFrom(...KINDS)
const status = fc.constantFrom(...STATUSES)
const name = fc.option(fc.constantFrom(...NAMES), { nil: null })
/** Just before and just after midnight in Seoul, and in between. */
const listedAt = fc
  .tuple(fc.constantFrom(...DAYS), fc.constantFrom('00:00:00', '00:00:00.001', '12:00:00', '23:59:59.999'))
  .map(([day, time]) => `${day}T${time}+09:00`)
const some = fc.integer({ min: 1, max: 40 })

/** What writers do to articles, by SQL: nothing can go past the totals. */
const write = fc.oneof(
  fc.record({ at: listedAt, kind, status, name }).map(({ at, kind, status, name }) => ({
    text: `INSERT INTO articles (status, kind, title, published_at, ministry_name, ministry_published_name)
      SELECT $1, $2, 'x', $3::timestamptz, $4, $4 FROM generate_series(1, 3)`,
    values: [status, kind, at, name],
  })),
  fc.record({ some, at: listedAt, kind, status }).map(({ some, at, kind, status }) => ({
    text: 'UPDATE articles SET published_at = $2, kind = $3, status = $4 WHERE id % 41 = $1',
    values: [some, at, kind, status],
  })),
  fc.record({ some, name }).map(({ some, name }) => ({
    text: 'UPDATE articles SET ministry_name = $2, ministry_published_name = $2 WHERE id % 41 = $1',
    values: [some, name],
  })),
  some.map(some => ({
    text: 'UPDATE articles SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id % 41 = $1',
    values: [some],
  })),
  some.map(some => ({ text: 'DELETE FROM articles WHERE id % 41 = $1', values: [some] })),
)

const day = fc.option(fc.constantFrom(...DAYS), { nil: null })
const filter = fc
  .record({
    days: fc.tuple(day, day),
    ministry: fc.subarray(NAMES, { maxLength: 2 }),
    lineage: fc.constantFrom('all' as const, 'exact' as const),
    namesakes: fc.option(fc.record({ codes: fc.subarray(NAMES), names: fc.subarray(NAMES) })),
    kind: fc.subarray(KINDS, { maxLength: 2 }),
    status: fc.subarray([...STATUSES, 'deleted'], { minLength: 1 }),
  })
  .map(({ days: [a, b], ...given }): Filter => {
    const [from, to] = a !== null && b !== null && a > b ? [b, a] : [a, b]
    return {
      ...given,
      published: dayRange(from, to),
      modified: dayRange(null, null),
      tag: [],
      source: [],
      author: [],
    } as Filter
  })

const naiveTotal = async (given: Filter) => {
  const [row] = await run<{ n: number }>(
    pool,
    sql`SELECT count(*)::int AS n FROM articles a WHERE ${matches(given)}`,
  )
  return row?.n
}

describe('totals', () => {
  test('are those of counting, whatever is written and however much of it is added up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 1, maxLength: 12 }),
        fc.array(filter, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (writes, filters, added) => {
          for (const statement of writes) await pool.query(statement)
          if (added) await keepTotals(db)
          for (const given of filters) {
            const [row] = await run<{ total: number }>(pool, totalOf(given))
            expect(row?.total).toBe(await naiveTotal(given))
          }
        },
      ),
      { numRuns: 60 },
    )
  }, 60_000)

  test('are so under many writers at once, in every snapshot', async () => {
    const writes = fc.sample(write, { numRuns: 400, seed: 5 })
    let busy = true
    const adding = (async () => {
      while (busy) await keepTotals(db)
    })()
    const looking = (async () => {
      const given = {
        ...fc.sample(filter, 1)[0],
        status: ['published'],
        published: dayRange(null, null),
        ministry: [],
        kind: [],
      } as unknown as Filter
      while (busy) {
        const [row] = await run<{ total: number; counted: number }>(
          pool,
          sql`SELECT total, (SELECT count(*)::int FROM articles a WHERE ${matches(given)}) AS counted FROM (${totalOf(given)}) AS t`,
        )
        expect(row?.total).toBe(row?.counted)
      }
    })()
    // Two that update the same rows may wait in a circle: one is refused, which leaves no trace.
    const writers = Array.from({ length: 8 }, async (_, i) => {
      for (let n = i; n < writes.length; n += 8)
        await pool.query(writes[n] as (typeof writes)[number]).catch(error => {
          if (error.code !== '40P01') throw error
        })
    })
    await Promise.all(writers).finally(() => {
      busy = false
    })
    await Promise.all([adding, looking])
    for (const given of fc.sample(filter, { numRuns: 30, seed: 6 })) {
      const [row] = await run<{ total: number }>(pool, totalOf(given))
      expect(row?.total).toBe(await naiveTotal(given))
    }
  }, 60_000)

  test('know on which day a row stands', async () => {
    await pool.query(
      `INSERT INTO articles (status, kind, title, published_at) SELECT 'published', 'other', 'x', $1::timestamptz + n * interval '5 hours' FROM generate_series(1, 400) AS n`,
      [`${DAYS[0]}T00:00:00+09:00`],
    )
    await fc.assert(
      fc.asyncProperty(
        filter,
        fc.integer({ min: 0, max: 500 }),
        fc.boolean(),
        async (given, n, descending) => {
          const direction = descending ? sql`DESC` : sql`ASC`
          const [expected] = await run<{ day: string; before: number }>(
            pool,
            sql`SELECT day, before FROM (
            SELECT day::text, n, sum(n) OVER (ORDER BY day ${direction}) - n AS before FROM (
              SELECT (a.listed_at AT TIME ZONE 'Asia/Seoul')::date AS day, count(*)::int AS n FROM articles a WHERE ${matches(given)} GROUP BY 1) AS d) AS c
            WHERE before <= ${n} AND ${n} < before + n`,
          )
          const [found] = await run<{ day: string; before: number }>(
            pool,
            sql`SELECT day::text, before FROM (${dayOfRow(given, n, descending)}) AS d`,
          )
          expect(found && { ...found, before: Number(found.before) }).toEqual(
            expected && { ...expected, before: Number(expected.before) },
          )
        },
      ),
      { numRuns: 80 },
    )
  }, 60_000)

  test('lead to the page that counting rows leads to, far down too', async () => {
    await pool.query(
      `INSERT INTO articles (status, kind, title, published_at) SELECT 'published', 'other', 'x', $1::timestamptz + (n / 3) * interval '12 minutes' FROM generate_series(1, 12000) AS n`,
      [`${DAYS[0]}T00:00:00+09:00`],
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('-publishedAt' as const, 'publishedAt' as const),
        fc.integer({ min: 1, max: 640 }),
        fc.option(fc.constantFrom(...DAYS.slice(0, 30)), { nil: undefined }),
        async (sort, page, from) => {
          const query = decideQuery(
            { sort, page, pageSize: 20, ...(from !== undefined && { from }) },
            new Date(),
          ) as PlainQuery
          const { rows, total, after } = await searchPlain(db, query)
          const direction = sort === 'publishedAt' ? sql`ASC` : sql`DESC`
          const all = await run<{ id: number }>(
            pool,
            sql`SELECT a.id FROM articles a WHERE ${matches(query.filter)} ORDER BY a.listed_at ${direction}, a.id ${direction}`,
          )
          expect(rows.map(({ id }) => id)).toEqual(all.slice((page - 1) * 20, page * 20).map(({ id }) => id))
          expect([total, after]).toEqual([all.length, page * 20 < all.length])
        },
      ),
      { numRuns: 60 },
    )
  }, 60_000)
})

test('a span of days is parted into years, months and days, each day once', () => {
  fc.assert(
    fc.property(day, day, fc.constantFrom('month' as const, 'year' as const), (a, b, largest) => {
      const [from, to] = a !== null && b !== null && a > b ? [b, a] : [a, b]
      const { years, months, days } = partsOf({ from, to }, largest)
      const spans = [...years, ...months, ...days]
      for (let one = '2022-01-01'; one < '2026-06-01'; one = addDays(one, 1)) {
        const inside = (from === null || one >= from) && (to === null || one <= to)
        const holding = spans.filter(
          span => (span.from === null || one >= span.from) && (span.to === null || one < span.to),
        )
        expect(holding.length).toBe(inside ? 1 : 0)
      }
      for (const { from, to } of months)
        for (const bound of [from, to]) expect(bound ?? '2026-02-01').toMatch(/-01$/)
      for (const { from, to } of years)
        for (const bound of [from, to]) expect(bound ?? '2026-01-01').toMatch(/-01-01$/)
      if (largest === 'month') expect(years).toEqual([])
    }),
  )
})
