import { describe, expect, test } from '@jest/globals'
import type { Facets, Histogram } from '../../src/articles/statistics-schema.ts'
import { keepTotals } from '../../src/articles/store-totals.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, authorize } = await testApp()
const reading = await authorize('articles:read')

const at = (day: string, time = '12:00:00') => `${day}T${time}+09:00`
await insertArticles(
  db,
  [
    { title: '수소 대책', publishedAt: at('2026-01-31', '23:59:59'), ministry: { name: '산업통상부' } },
    {
      title: '수소 버스',
      publishedAt: at('2026-02-01', '00:00:00'),
      ministry: { name: '산업통상부' },
      kind: 'reference' as const,
    },
    { title: '하천 정비', publishedAt: at('2026-04-05'), ministry: { name: '교육부' } },
    { title: '작은 모임', publishedAt: at('2026-04-06'), ministry: { name: '마을회' } },
    { title: '지난 이름', publishedAt: at('2023-06-21'), ministry: { name: '산업통상자원부' } },
    {
      title: '숨긴 글',
      publishedAt: at('2026-04-06'),
      ministry: { name: '교육부' },
      status: 'hidden' as const,
    },
  ].map(given => anArticle(given)),
)

const get = async <T>(url: string, headers = {}) => (await call({ url, headers })).json() as T

describe('a histogram', () => {
  test('counts by the months of Seoul, those between without articles too', async () => {
    for (const added of [false, true]) {
      if (added) await keepTotals(db)
      const { buckets, total } = await get<Histogram>('/v1/articles/histogram?from=2026-01-01')
      expect(buckets).toEqual([
        { from: '2026-01-01', to: '2026-01-31', count: 1 },
        { from: '2026-02-01', to: '2026-02-28', count: 1 },
        { from: '2026-03-01', to: '2026-03-31', count: 0 },
        { from: '2026-04-01', to: '2026-04-30', count: 2 },
      ])
      expect(total).toBe(4)
    }
  })

  test('by days, weeks from Monday, and years', async () => {
    const counts = async (query: string) =>
      (await get<Histogram>(`/v1/articles/histogram?${query}`)).buckets
        .filter(({ count }) => count > 0)
        .map(({ from, to, count }) => [from, to, count])
    expect(await counts('interval=day&from=2026-01-31&to=2026-02-01')).toEqual([
      ['2026-01-31', '2026-01-31', 1],
      ['2026-02-01', '2026-02-01', 1],
    ])
    expect(await counts('interval=week&from=2026-04-01')).toEqual([
      ['2026-03-30', '2026-04-05', 1],
      ['2026-04-06', '2026-04-12', 1],
    ])
    expect(await counts('interval=year')).toEqual([
      ['2023-01-01', '2023-12-31', 1],
      ['2026-01-01', '2026-12-31', 4],
    ])
  })

  test('counts only the days of the query, whose interval is named whole', async () => {
    const { buckets } = await get<Histogram>('/v1/articles/histogram?from=2026-04-06&to=2026-04-06')
    expect(buckets).toEqual([{ from: '2026-04-01', to: '2026-04-30', count: 1 }])
  })

  test('of keywords, of a source, of nothing', async () => {
    const counts = async (query: string) =>
      (await get<Histogram>(`/v1/articles/histogram?${query}`)).buckets.map(({ count }) => count)
    expect(await counts(`q=${encodeURIComponent('수소')}`)).toEqual([1, 1])
    expect(await counts('source=nowhere')).toEqual([])
    expect(await counts('from=1990-01-01&to=1990-12-31')).toEqual([])
    expect(await counts(`q=${encodeURIComponent('의')}`)).toEqual([])
  })

  test('of what is not public needs a key', async () => {
    expect((await call('/v1/articles/histogram?status=hidden')).statusCode).toBe(401)
    const { total } = await get<Histogram>('/v1/articles/histogram?status=hidden&status=published', reading)
    expect(total).toBe(6)
  })

  test('names a wrong interval', async () => {
    expect((await call('/v1/articles/histogram?interval=hour')).json().errors[0].parameter).toBe('interval')
  })
})

test.each(['histogram', 'facets'])('%s: 304 to who has it already', async name => {
  const url = `/v1/articles/${name}`
  const { headers } = await call(url)
  const answer = await call({ url, headers: { 'if-none-match': headers.etag as string } })
  expect(answer.statusCode).toBe(304)
})

describe('facets', () => {
  test('count ministries by their names of today, kinds and sources', async () => {
    for (const query of ['', `q=${encodeURIComponent('수소 OR 하천 OR 모임 OR 이름')}`]) {
      const { facets, total } = await get<Facets>(`/v1/articles/facets?${query}`)
      expect(facets.ministry?.map(({ value, count }) => [value, count])).toEqual([
        ['산업통상부', 3],
        ['교육부', 1],
        ['마을회', 1],
      ])
      expect(facets.kind).toEqual([
        { value: 'press-release', code: null, count: 4 },
        { value: 'reference', code: null, count: 1 },
      ])
      expect(facets.source?.reduce((sum, { count }) => sum + count, 0)).toBe(total)
    }
  })

  test('are just those that were asked for, within the filters of the query', async () => {
    const { facets, total, ministries } = await get<Facets>(
      `/v1/articles/facets?facets=kind&ministry=${encodeURIComponent('산업통상부')}&from=2026-01-01`,
    )
    expect(Object.keys(facets)).toEqual(['kind'])
    expect(facets.kind?.map(({ value, count }) => [value, count])).toEqual([
      ['press-release', 1],
      ['reference', 1],
    ])
    expect(total).toBe(2)
    expect(ministries?.length).toBeGreaterThan(0)
  })

  test('a wrong one is named', async () => {
    expect((await call('/v1/articles/facets?facets=colour')).json().errors[0].parameter).toContain('facets')
  })
})

describe('the days at the end of the calendar', () => {
  test.each([
    'articles',
    'articles/facets',
    'articles/histogram',
    'articles/histogram?interval=year',
    'articles.atom',
  ])('%s may begin with them', async path => {
    for (const from of ['9999-02-01', '9999-05-05', '9999-12-01', '9999-12-30'])
      for (const added of [false, true]) {
        if (added) await keepTotals(db)
        const { statusCode } = await call(`/v1/${path}${path.includes('?') ? '&' : '?'}from=${from}`)
        expect([from, statusCode]).toEqual([from, 200])
      }
  })

  test('are intervals like others, and too many intervals are refused', async () => {
    await insertArticles(db, [
      anArticle({ status: 'scheduled', embargoUntil: '9999-12-30T23:59:59+09:00', publishedAt: null }),
    ])
    const ask = (query: string) => call({ url: `/v1/articles/histogram?${query}`, headers: reading })
    for (const [interval, from] of [
      ['day', '9999-12-30'],
      ['week', '9999-12-27'],
      ['month', '9999-12-01'],
      ['year', '9999-01-01'],
    ]) {
      const { buckets } = (await ask(`status=scheduled&interval=${interval}`)).json()
      expect(buckets).toEqual([{ from, to: '9999-12-30', count: 1 }])
    }
    const both = 'status=scheduled&status=published'
    expect((await ask(`${both}&interval=year`)).json().buckets).toHaveLength(9999 - 2023 + 1)
    for (const interval of ['day', 'week', 'month']) {
      const refused = await ask(`${both}&interval=${interval}`)
      expect(refused.statusCode).toBe(400)
      expect(refused.json().errors[0]).toMatchObject({ parameter: 'interval' })
      expect(refused.json().detail).toContain('from 2023-06')
    }
  })
})
