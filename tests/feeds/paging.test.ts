import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { type AtomRead, readAtom } from '../support/atom.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, authorize } = await testApp({ PUBLIC_URL: 'https://api.example.go.kr' })
const reader = await authorize('articles:read')
const COUNT = 47
await insertArticles(
  db,
  Array.from({ length: COUNT }, (_, i) =>
    anArticle({
      title: `쪽을 나누는 글 ${i}`,
      publishedAt: `2026-01-${String(1 + (i % 20)).padStart(2, '0')}T09:00:00+09:00`,
      tags: i % 2 ? ['홀'] : ['짝'],
    }),
  ),
)

const local = (address: string) => address.replace('https://api.example.go.kr', '')
const read = async (url: string, headers = {}): Promise<AtomRead> =>
  readAtom((await call({ url, headers })).body)
const list = async (query: string, headers = {}): Promise<string[]> =>
  (await call({ url: `/v1/articles?${query}&pageSize=100`, headers }))
    .json()
    .items.map(({ title }: { title: string }) => title)

async function walk(url: string, headers = {}): Promise<AtomRead[]> {
  const pages: AtomRead[] = []
  for (let next: string | undefined = url; next !== undefined; ) {
    const page: AtomRead = await read(next, headers)
    pages.push(page)
    next = page.links.next && local(page.links.next)
  }
  return pages
}

describe('a paged feed', () => {
  test.each([
    'sort=-publishedAt',
    'sort=publishedAt',
    'sort=-views',
    'q=글',
    'q=글&sort=publishedAt',
    'q=글&sort=relevance',
    'duplicates=collapse',
    'tag=홀&from=2026-01-05',
    'page=1&tag=짝',
  ])('%s: followed by its links is the list, each entry once and in its order', async query => {
    const pages = await walk(`/v1/articles.atom?${query}&pageSize=10`)
    const titles = pages.flatMap(({ entries }) => entries.map(({ title }) => title))
    expect(titles).toEqual(await list(query))
    expect(pages.length).toBeGreaterThan(1)
    expect(pages.slice(0, -1).every(({ entries }) => entries.length === 10)).toBe(true)
    // RFC 5005: the pages are one feed.
    expect(new Set(pages.map(({ id }) => id)).size).toBe(1)
    const firsts = new Set(pages.map(({ links }) => links.first))
    expect(firsts.size).toBe(1)
    expect(pages.map(({ links }) => links.previous !== undefined)).toEqual(pages.map((_, i) => i > 0))
  })

  test('leads back as well, to the very entries', async () => {
    const [first, second] = await walk('/v1/articles.atom?pageSize=10')
    const back = await read(local(second?.links.previous ?? ''))
    expect(back.entries).toEqual(first?.entries)
    expect((await read(local(second?.links.first ?? ''))).entries).toEqual(first?.entries)
  })

  test('of a past day is the list of that day', async () => {
    const today = new Date().toISOString()
    const query = `asOf=${encodeURIComponent(today)}`
    const pages = await walk(`/v1/articles.atom?${query}&pageSize=20`, reader)
    expect(pages.flatMap(({ entries }) => entries.map(({ title }) => title))).toEqual(
      await list(query, reader),
    )
    expect((await call(`/v1/articles.atom?${query}`)).statusCode).toBe(401)
  })

  test('says its links in the header, too', async () => {
    const response = await call('/v1/articles.atom?pageSize=10')
    const { links } = readAtom(response.body)
    expect(response.headers.link).toBe(`<${links.first}>; rel="first", <${links.next}>; rel="next"`)
  })

  test('does not count: no statement asks how many there are', async () => {
    const sent: string[] = []
    const { query } = db.pool
    db.pool.query = ((...given: [{ text: string }]) => {
      sent.push(given[0].text)
      return query.apply(db.pool, given as never)
    }) as never
    await walk('/v1/articles.atom?pageSize=10').finally(() => {
      db.pool.query = query
    })
    expect(sent.length).toBeGreaterThan(10)
    expect(sent.filter(text => /count\(\*\)/.test(text ?? ''))).toEqual([])
  })
})
