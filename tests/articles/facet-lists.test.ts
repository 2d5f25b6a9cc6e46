import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { NewArticle } from '../../src/articles/schema.ts'
import type { Facets } from '../../src/articles/statistics-schema.ts'
import { keepTotals } from '../../src/articles/store-totals.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

/** What a facet of ministries counts, and what the list of one of its values has. */

const { call, db, clock, authorize } = await testApp()
clock.at = new Date('2026-11-22T03:00:00Z')
const writer = await authorize('articles:write')
const reader = await authorize('articles:read')

type Ministry = NonNullable<NewArticle['ministry']>
type FacetValue = NonNullable<Facets['facets']['ministry']>[number]
const post = async (ministry: Ministry | null, more: Partial<NewArticle>) => {
  const payload = anArticle({ ministry, bodyText: '수소 지원 사업', ...more })
  const { statusCode } = await call({ method: 'POST', url: '/v1/articles', headers: writer, payload })
  return statusCode
}
const get = async (path: string) => {
  const response = await call({ url: encodeURI(path), headers: reader })
  expect([path, response.statusCode]).toEqual([path, 200])
  return response
}
const ministriesOf = async (query: string): Promise<FacetValue[]> =>
  (await get(`/v1/articles/facets?facets=ministry&${query}`)).json().facets.ministry
const named = (shares: FacetValue[]) => shares.filter(({ value }) => value !== null)
const listOf = ({ code, value }: FacetValue, query: string) =>
  `ministry=${code ?? value}&lineage=body&${query}`
const titles = async (query: string) =>
  (await get(`/v1/articles?${query}`)).json().items.map(({ title }: { title: string }) => title)

describe('an article is in the list of one body, whatever name it was published under', () => {
  const FL = { tags: ['FL'], publishedAt: '2026-03-02T10:00:00+09:00' }

  test('also where that is the name of a body without a code', async () => {
    for (const [title, ministry] of [
      ['가', { name: '아무개청' }],
      ['나', { name: '환경부', publishedName: '아무개청' }],
      ['다', { name: '저무개청', publishedName: '아무개청' }],
    ] as const)
      expect(await post(ministry, { ...FL, title })).toBe(201)
    for (const query of ['tag=FL', 'from=2026-03-02&to=2026-03-02', 'tag=FL&q=수소']) {
      expect(await ministriesOf(query)).toHaveLength(3)
      expect(await titles(`ministry=아무개청&lineage=body&${query}`)).toEqual(['가'])
      expect(await titles(`ministry=저무개청&lineage=body&${query}`)).toEqual(['다'])
      expect(await titles(`ministry=A00019&lineage=body&${query}`)).toEqual(['나'])
    }
    expect(await titles('ministry=아무개청&lineage=body&tag=FL&q=수소&sort=relevance')).toEqual(['가'])
  })

  test('and is found by that name without lineage=body', async () => {
    for (const more of ['', '&lineage=exact', '&q=수소'])
      expect(await titles(`ministry=아무개청&tag=FL${more}`)).toEqual(['다', '나', '가'])
  })

  test('in exports, feeds and histograms too', async () => {
    for (const query of ['tag=FL', 'tag=FL&q=수소'])
      for (const share of await ministriesOf(query)) {
        const list = listOf(share, query)
        const { total } = (await get(`/v1/articles/histogram?${list}`)).json()
        const lines = (await get(`/v1/articles.ndjson?${list}`)).payload.trim().split('\n')
        const { items } = (await get(`/v1/articles/feed.json?${list}`)).json()
        expect([list, total, lines.length, items.length]).toEqual([list, 1, 1, 1])
      }
  })
})

const NAMES = [
  '아무개청',
  '저무개청',
  '공소청',
  '환경부',
  '산업통상부',
  '산업통상자원부',
  '재정경제부',
  '기획재정부',
]
const ministry = fc.option(
  fc.record(
    {
      code: fc.constantFrom('A00019', 'A00015', 'A00041', null, null),
      name: fc.constantFrom(...NAMES),
      publishedName: fc.constantFrom(...NAMES, '갑과'),
    },
    { requiredKeys: ['name'] },
  ),
  { freq: 10 },
)

test('every value of a facet has as many articles as its list, with and without keywords', async () => {
  let serial = 0
  await fc.assert(
    fc.asyncProperty(fc.array(ministry, { minLength: 4, maxLength: 12 }), async ministries => {
      const tag = `시험${++serial}`
      const day = `2025-12-${String(serial).padStart(2, '0')}`
      // Names that contradict each other or the code are refused.
      for (const one of ministries)
        expect([201, 400]).toContain(await post(one, { tags: [tag], publishedAt: `${day}T10:00:00+09:00` }))
      if (serial % 2 === 0) await keepTotals(db)
      for (const query of [`tag=${tag}`, `from=${day}&to=${day}`, `tag=${tag}&q=수소`])
        for (const share of named(await ministriesOf(query))) {
          const list = listOf(share, query)
          expect([list, (await get(`/v1/articles?${list}`)).json().total]).toEqual([list, share.count])
        }
    }),
    { numRuns: 12, endOnFailure: true },
  )
})
