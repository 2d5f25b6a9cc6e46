import { describe, expect, test } from '@jest/globals'
import { decideQuery } from '../../src/articles/query.ts'
import type { NewArticle } from '../../src/articles/schema.ts'
import { addUpAll } from '../../src/articles/store-index.ts'
import { searchByKeywords } from '../../src/articles/store-keywords.ts'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { claimIndex } from '../../src/search/store.ts'
import { Draw } from '../duplicates/draw.ts'
import { labelledPairs } from '../duplicates/labelled.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { db, call, authorize } = await testApp()
await claimIndex(db, ANALYSIS_VERSION)
const reader = await authorize('articles:read')

const draw = new Draw(5)
const KINDS = ['press-release', 'reference', 'policy-news'] as const
/** Pairs, and a third one of each second pair; some of them of another kind, tag, author or status. */
const varied = (article: NewArticle): NewArticle => ({
  ...article,
  kind: draw.of(KINDS),
  tags: draw.some(['순환경제', '수소', 'ESG'], draw.between(0, 2)),
  status: draw.chance(0.12) ? 'hidden' : 'published',
  author: article.author ?? draw.of(['관리자', '한국생산성본부']),
})
const pairs = labelledPairs('chosen-by', 21, 14)
await insertArticles(
  db,
  pairs.flatMap(({ articles: [a, b] }, i) => [
    varied(a),
    varied(b),
    ...(i % 2 === 0 ? [varied({ ...b, source: null, publishedAt: a.publishedAt ?? null })] : []),
  ]),
)
await addUpAll(db)
await db.pool.query('UPDATE article_counts SET source_views = article_id * 7 % 50')

interface Item {
  id: number
  number: number | null
  publishedAt: string
  duplicates?: number
}
interface Listed {
  items: Item[]
  total: number | null
  totalRelation: string
  pages: number | null
  nextCursor: string | null
  previousCursor: string | null
}
const list = async (query: string): Promise<Listed> => {
  const response = await call({ url: `/v1/articles?${query}`, headers: reader })
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json()
}
async function listAll(query: string): Promise<Item[]> {
  const items: Item[] = []
  for (let page = 1; ; page++) {
    const { items: some } = await list(`${query}&pageSize=100&page=${page}`)
    items.push(...some)
    if (some.length < 100) return items
  }
}

const members = new Map<number, { group: number; public: boolean }>(
  (await db.pool.query('SELECT article_id, group_id, public FROM duplicate_members')).rows.map(row => [
    row.article_id,
    { group: row.group_id, public: row.public },
  ]),
)
const groupOf = (id: number) => members.get(id)?.group

/** Of each group the earliest of what a list has, in the list's order. */
function firstOfEach(items: Item[]): number[] {
  const firsts = new Map<number, Item>()
  for (const item of items) {
    const key = groupOf(item.id) ?? -item.id
    const first = firsts.get(key)
    const order = first
      ? Date.parse(item.publishedAt) - Date.parse(first.publishedAt) || item.id - first.id
      : -1
    if (order < 0) firsts.set(key, item)
  }
  const kept = new Set([...firsts.values()].map(({ id }) => id))
  return items.map(({ id }) => id).filter(id => kept.has(id))
}

const FILTERS = [
  '',
  'from=2021-01-01&to=2023-06-30',
  'to=2022-12-31',
  'kind=reference',
  'kind=reference&kind=policy-news&tag=수소',
  'ministry=산업통상부',
  'ministry=산업통상부&ministry=금융위원회&lineage=exact',
  'author=관리자&from=2022-01-01',
  'source=korea.kr',
  'status=hidden&status=published',
  'status=hidden',
  'modifiedFrom=2020-01-01&kind=reference',
]
const KEYWORDS = [
  '순환경제',
  '기업',
  '수소 OR 산업',
  '기업 -수소',
  '"지난해 산업 안전"',
  'title:설명회',
  '재생*',
]
const QUERIES = [
  ...FILTERS.flatMap(filter =>
    ['-publishedAt', 'publishedAt', '-views'].map(sort => `${filter}&sort=${sort}`),
  ),
  ...KEYWORDS.flatMap((q, i) =>
    ['-publishedAt', 'publishedAt', '-views'].map(
      (sort, j) => `q=${encodeURIComponent(q)}&sort=${sort}&${FILTERS[(i * 3 + j) % FILTERS.length]}`,
    ),
  ),
]

describe('a list without duplicates', () => {
  test('is tried on groups of two and three, also with members that are not public', () => {
    const groups = [...members.values()].map(({ group }) => group)
    expect(new Set(groups).size).toBeGreaterThan(40)
    expect(groups.length).toBeGreaterThan(2 * new Set(groups).size)
    expect([...members.values()].some(one => !one.public)).toBe(true)
  })

  test.each(QUERIES)('has of each group the earliest that the list has, totals too: %s', async query => {
    const expected = firstOfEach(await listAll(query))
    const { items, total, totalRelation, pages, nextCursor } = await list(
      `${query}&duplicates=collapse&pageSize=7`,
    )
    expect({ total, totalRelation, pages }).toEqual({
      ...{ total: expected.length, totalRelation: 'exact', pages: Math.ceil(expected.length / 7) },
    })
    const all = await listAll(`${query}&duplicates=collapse`)
    expect(all.map(({ id }) => id)).toEqual(expected)
    const walked = [...items]
    const numbers = items.map(({ number }) => number)
    expect(numbers).toEqual(all.slice(0, 7).map(({ number }) => number))
    let backwards: string | null = null
    for (let cursor = nextCursor; cursor; ) {
      const page = await list(`${query}&duplicates=collapse&pageSize=11&cursor=${cursor}`)
      walked.push(...page.items)
      cursor = page.nextCursor
      backwards = page.previousCursor
    }
    expect(walked.map(({ id }) => id)).toEqual(expected)
    if (backwards) {
      const { items } = await list(`${query}&duplicates=collapse&pageSize=100&cursor=${backwards}`)
      expect(items.map(({ id }) => id)).toEqual(expected.slice(0, items.length))
    }
  })

  test.each(KEYWORDS.slice(0, 4))('ranks of each group the earliest that is found: %s', async q => {
    const query = `q=${encodeURIComponent(q)}&sort=relevance`
    const expected = firstOfEach(await listAll(query))
    const { items, total } = await list(`${query}&duplicates=collapse&pageSize=100`)
    // What stands beside an article in the rerank may move it.
    const sorted = (ids: number[]) => ids.sort((a, b) => a - b)
    expect(sorted(items.map(({ id }) => id))).toEqual(sorted(expected))
    expect(total).toBe(expected.length)
  })

  test('tells of each how many public others say the same', async () => {
    const items = await listAll('duplicates=collapse')
    for (const { id, duplicates } of items) {
      const others = [...members].filter(
        ([other, one]) => other !== id && one.public && one.group === groupOf(id),
      )
      expect(duplicates).toBe(others.length)
    }
    expect(items.some(({ duplicates }) => duplicates === 2)).toBe(true)
    const [plain] = (await list('pageSize=1')).items
    expect(plain).not.toHaveProperty('duplicates')
    const [sparse] = (await list('duplicates=collapse&pageSize=1&fields=id')).items
    expect(Object.keys(sparse ?? {})).toEqual(['id', 'duplicates'])
  })

  test('shows a joint release also to who asks for its second ministry alone', async () => {
    const [, joint] = pairs.find(({ reason }) => reason === 'joint-release')?.articles ?? []
    const text = {
      title: '두 부처가 함께 여는 마당',
      bodyText: `${joint?.bodyText}`,
      kind: 'explanation' as const,
    }
    const [first, second] = await insertArticles(db, [
      anArticle({ ...text, ministry: { name: '산림청' }, publishedAt: '2019-03-04T09:00:00+09:00' }),
      anArticle({ ...text, ministry: { name: '금융위원회' }, publishedAt: '2019-03-04T10:00:00+09:00' }),
    ])
    const shown = async (filter: string) =>
      (await list(`kind=explanation&duplicates=collapse${filter}`)).items.map(({ id }) => id)
    expect(await shown('')).toEqual([first?.id])
    expect(await shown('&ministry=산림청')).toEqual([first?.id])
    expect(await shown('&ministry=금융위원회')).toEqual([second?.id])
  })

  test.each(['walk', 'window', 'sure', 'all'] as const)(
    'is the same along the route %s of a search',
    async way => {
      const cheap = {
        walk: 1e6,
        window: 1e6,
        sure: 1e6,
        all: 1e6,
        widen: 2,
        whole: 800,
        ranked: 800,
        named: 400,
        titled: 400,
        [way]: 1e-6,
      }
      for (const q of KEYWORDS) {
        const query = decideQuery({ q, duplicates: 'collapse', pageSize: 5 }, new Date())
        const { keywords } = query
        if (!keywords) throw new Error('no keywords')
        const { rows } = await searchByKeywords(db, query, keywords, { timeout: 5_000, routes: cheap })
        const expected = firstOfEach(await listAll(`q=${encodeURIComponent(q)}`))
        expect(rows.map(({ id }) => id)).toEqual(expected.slice(0, 5))
      }
    },
  )

  test('includes them unless it is asked not to', async () => {
    const [plain, included] = [await list('pageSize=5'), await list('pageSize=5&duplicates=include')]
    expect(included).toEqual(plain)
    // The same cursor, too.
    expect((await list(`duplicates=include&cursor=${plain.nextCursor}`)).items).toHaveLength(20)
  })

  test('has cursors and validators of its own', async () => {
    const { nextCursor } = await list('duplicates=collapse&pageSize=2')
    const mixed = await call(`/v1/articles?cursor=${nextCursor}`)
    expect(mixed.statusCode).toBe(400)
    expect(mixed.json().errors[0].parameter).toBe('cursor')
    const etags = await Promise.all(
      ['include', 'collapse'].map(async how => (await call(`/v1/articles?duplicates=${how}`)).headers.etag),
    )
    expect(etags[0]).not.toBe(etags[1])
  })

  test('is asked for by one of two words', async () => {
    const response = await call('/v1/articles?duplicates=hide')
    expect(response.statusCode).toBe(400)
    expect(response.json().errors[0].parameter).toBe('duplicates')
  })
})
