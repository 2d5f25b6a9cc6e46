import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { searchArticles } from '../../src/articles/list.ts'
import { decideQuery } from '../../src/articles/query.ts'
import type { ArticleQuery } from '../../src/articles/query-schema.ts'
import { addUpAll } from '../../src/articles/store-index.ts'
import { inSnapshot } from '../../src/db/client.ts'
import { loadAnalysis } from '../../src/search/analysis.ts'
import { Compiler } from '../../src/search/compile.ts'
import { parseQuery } from '../../src/search/grammar.ts'
import { lookUp } from '../../src/search/knowledge.ts'
import { ROUTES, type Routes, searchByDate } from '../../src/search/search.ts'
import { understand } from '../../src/search/words-of-query.ts'
import { dayRange } from '../../src/time/seoul.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { testDatabase } from '../support/database.ts'

/** Whatever the route, the rows are those of the plainest statement. */

const db = await testDatabase()

/** From words that every other article has to one that three have. */
const WORDS = [
  '지원',
  '사업',
  '환경',
  '수소',
  '탄소',
  '원전',
  '순환경제',
  '재자원화',
  '청년도약계좌',
  '소상공인',
  '암모니아',
]
/** Of one name each: these lists are asked for past the routes, which take in what a body was called. */
const MINISTRIES = ['교육부', '법무부', '고용노동부']
const ARTICLES = 1_500
/** Pseudo-random and the same in every run. */
let seed = 7
const random = () => {
  seed = (seed * 48271) % 0x7fffffff
  return seed / 0x7fffffff
}
const someWords = () => WORDS.filter((_, i) => random() < 0.6 / (1 + i)).join(random() < 0.5 ? ' ' : '을 ')

const rows = await insertArticles(
  db,
  Array.from({ length: ARTICLES }, (_, i) =>
    anArticle({
      title: `${someWords()} ${i}`,
      bodyText: `${someWords()} 있다. ${someWords()}`,
      kind: random() < 0.8 ? 'press-release' : 'reference',
      ministry: { name: MINISTRIES[Math.floor(random() ** 2 * 3)] as string },
      status: random() < 0.95 ? 'published' : 'hidden',
      // Many share an instant.
      publishedAt: `2025-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-${String(1 + Math.floor(random() * 9)).padStart(2, '0')}T00:00:00+09:00`,
    }),
  ),
)
await addUpAll(db)
await db.pool.query('UPDATE article_counts SET views = article_id % 7')
await db.pool.query('ANALYZE')

/** Limits that send the same words along each route. */
const WAYS: Record<string, Routes> = {
  usual: ROUTES,
  'all, always': { ...ROUTES, walk: 1e9, window: 1e9 },
  'windows only': { ...ROUTES, walk: 1e9, all: 1e9, widen: 2 },
  'short walks': { ...ROUTES, window: 1e6, all: 1e9, widen: 1.2 },
}

async function compiled(q: string) {
  const { analyser } = await loadAnalysis()
  const { meaning } = understand(analyser, { q, query: parseQuery(q) })
  if (!meaning) return null
  const knowledge = await inSnapshot(db, 10_000, client => lookUp(client, analyser, meaning))
  const { articles, calendar, ends } = knowledge
  return { ...new Compiler(knowledge).compile(meaning), articles, calendar, ends }
}

const word = fc.constantFrom(...WORDS)
const term = fc.oneof(
  word,
  word.map(one => `"${one}"`),
  fc.constantFrom('"청년 도약 계좌"', '"환경 있다"', '"수소 1"'),
  word.map(one => `title:${one}`),
  word.map(one => `${one.slice(0, 2)}*`),
)
const keywords = fc
  .tuple(fc.array(term, { minLength: 1, maxLength: 3 }), fc.option(word), fc.boolean())
  .map(
    ([terms, excluded, either]) => `${terms.join(either ? ' OR ' : ' ')}${excluded ? ` -${excluded}` : ''}`,
  )
type Filters = Pick<ArticleQuery, 'ministry' | 'kind' | 'from' | 'to' | 'status' | 'modifiedFrom'>
const filter: fc.Arbitrary<Filters> = fc.record<Filters>(
  {
    ministry: fc.uniqueArray(fc.constantFrom(...MINISTRIES), { minLength: 1, maxLength: 2 }),
    kind: fc.constant<Filters['kind']>(['press-release']),
    from: fc.constantFrom('2025-01-01', '2025-06-03'),
    to: fc.constantFrom('2025-06-09', '2025-12-05'),
    status: fc.constantFrom<Filters['status'][]>(['hidden'], ['published', 'hidden']),
    modifiedFrom: fc.constant('2020-01-01'),
  },
  { requiredKeys: [] },
)
const sort = fc.constantFrom('-publishedAt' as const, 'publishedAt' as const, '-views' as const)

const ORDERS = {
  '-publishedAt': 'a.listed_at DESC, a.id DESC',
  publishedAt: 'a.listed_at, a.id',
  '-views': '(SELECT total_views FROM article_counts WHERE article_id = a.id) DESC, a.id DESC',
}

/** What a typical developer would write, over the same tsquery. */
async function naive(query: string, given: Filters, order: keyof typeof ORDERS) {
  const { published } = decideQuery(given, new Date()).filter
  const { rows: found } = await db.pool.query<{ id: number }>(
    `SELECT a.id FROM articles a JOIN article_search s ON s.article_id = a.id
     WHERE s.terms @@ $1::tsquery AND a.deleted_at IS NULL AND a.status = ANY($2)
       AND ($3::text[] IS NULL OR a.ministry_name = ANY($3)) AND ($4::text[] IS NULL OR a.kind = ANY($4))
       AND ($5::timestamptz IS NULL OR a.listed_at >= $5) AND ($6::timestamptz IS NULL OR a.listed_at < $6)
     ORDER BY ${ORDERS[order]}`,
    [
      query,
      given.status ?? ['published'],
      given.ministry,
      given.kind,
      published.fromInstant,
      published.toInstant,
    ],
  )
  return found.map(({ id }) => id)
}

describe.each(Object.entries(WAYS))('%s', (_, routes) => {
  const pageOf = (query: Parameters<typeof decideQuery>[0]) =>
    searchArticles(db, decideQuery(query, new Date()), { timeout: 10_000, routes })

  test('numbered pages and totals are those of plain SQL', async () => {
    await fc.assert(
      fc.asyncProperty(
        keywords,
        filter,
        sort,
        fc.nat(6),
        fc.constantFrom(1, 7, 20),
        async (q, given, order, at, pageSize) => {
          const query = await compiled(q)
          const expected = query ? await naive(query.query, given, order) : []
          const {
            rows: page,
            total,
            exact,
            after,
          } = await pageOf({ ...given, q, sort: order, page: at + 1, pageSize })
          expect(page.map(({ id }) => id)).toEqual(expected.slice(at * pageSize, (at + 1) * pageSize))
          expect({ total, exact }).toEqual({ total: expected.length, exact: true })
          expect(after).toBe(expected.length > (at + 1) * pageSize)
        },
      ),
      { numRuns: 200, seed: 1 },
    )
  }, 60_000)

  test('cursors go through all of it, there and back', async () => {
    await fc.assert(
      fc.asyncProperty(keywords, filter, sort, async (q, given, order) => {
        const query = await compiled(q)
        const expected = query ? (await naive(query.query, given, order)).slice(0, 100) : []
        const decided = decideQuery({ ...given, q, sort: order, pageSize: 30 }, new Date())
        const options = { timeout: 10_000, routes }
        let page = await searchArticles(db, decided, options)
        const seen = page.rows.map(({ id }) => id)
        const go = async (direction: 'next' | 'previous', i: number) => {
          const cursor = { direction, key: page.keys[i] ?? 0, id: page.rows[i]?.id ?? 0, now: decided.now }
          page = await searchArticles(db, { ...decided, at: { cursor } }, options)
          return page.rows.map(({ id }) => id)
        }
        while (page.after && seen.length < 100) seen.push(...(await go('next', page.rows.length - 1)))
        expect(seen.slice(0, 100)).toEqual(expected)
        const last = page.rows.length
        if (seen.length > last) expect(await go('previous', 0)).toEqual(seen.slice(-last - 30, -last))
      }),
      { numRuns: 60, seed: 2 },
    )
  }, 60_000)
})

test('each route is taken', async () => {
  const taken = new Set<string>()
  const take = async (q: string, routes: Partial<Routes>, limit = 20) => {
    const query = await compiled(q)
    const matching = {
      ...(query as NonNullable<typeof query>),
      ...{ published: dayRange(null, null), also: null },
    }
    const slice = { descending: true, after: null, offset: 0, limit }
    await inSnapshot(db, 10_000, client =>
      searchByDate(client, matching, slice, {
        routes: { ...ROUTES, ...routes },
        told: route => taken.add(route),
      }),
    )
  }
  await take('암모니아', { walk: 1e9, window: 1e9 })
  await take('지원', { window: 1e6 })
  await take('지원', { walk: 1e9, all: 1e9 })
  expect([...taken].sort()).toEqual(['all', 'walk', 'window'])
})

describe('by relevance', () => {
  const pageOf = (query: Parameters<typeof decideQuery>[0]) =>
    searchArticles(db, decideQuery({ sort: 'relevance', ...query }, new Date()), { timeout: 10_000 })

  test('pages and cursors go through the ranking, each article once, best first', async () => {
    await fc.assert(
      fc.asyncProperty(keywords, filter, async (q, given) => {
        const query = await compiled(q)
        const all = await pageOf({ ...given, q, pageSize: 100 })
        if (all.keywords?.report.relaxed) return
        const expected = query ? new Set(await naive(query.query, given, '-publishedAt')) : new Set()
        expect(all.total).toBe(expected.size)
        const ids: number[] = []
        for (let page = 1; ids.length < Math.min(300, all.keywords?.report.ranked ?? 0); page++) {
          const { rows: some, keys } = await pageOf({ ...given, q, page, pageSize: 40 })
          expect(keys).toEqual([...keys].sort((a, b) => b - a))
          ids.push(...some.map(({ id }) => id))
        }
        expect(new Set(ids).size).toBe(ids.length)
        expect(ids.every(id => expected.has(id))).toBe(true)
        const last = all.rows.length - 1
        if (!all.after) return
        const decided = decideQuery({ ...given, q, sort: 'relevance', pageSize: 40 }, new Date())
        const cursor = {
          direction: 'next' as const,
          key: all.keys[last] ?? 0,
          id: all.rows[last]?.id ?? 0,
          now: decided.now,
        }
        const next = await searchArticles(db, { ...decided, at: { cursor } }, { timeout: 10_000 })
        expect(next.rows.map(({ id }) => id)).toEqual(ids.slice(100, 140))
      }),
      { numRuns: 60, seed: 3 },
    )
  }, 60_000)

  test('a page beyond what is ranked is refused, and says why', async () => {
    const routes = { ...ROUTES, whole: 0, ranked: 50, named: 20, titled: 50 }
    const pageOfFew = (page: number, filter = {}) =>
      searchArticles(db, decideQuery({ q: '지원', sort: 'relevance', page, ...filter }, new Date()), {
        timeout: 10_000,
        routes,
      })
    const first = await pageOfFew(1)
    const ranked = first.keywords?.report.ranked ?? 0
    expect(ranked).toBeGreaterThanOrEqual(50)
    expect(ranked).toBeLessThanOrEqual(120)
    expect(first.total).toBe(
      rows.filter(row => row.status === 'published' && /지원/.test(row.title + row.bodyText)).length,
    )
    for (const filter of [{}, { modifiedFrom: '2000-01-01' }])
      expect(await pageOfFew(Math.ceil(ranked / 20), filter)).toMatchObject({
        ...{ after: false, total: first.total, exact: true },
      })
    await expect(pageOfFew(10)).rejects.toMatchObject({ faults: [{ parameter: 'page' }] })
  })
})
