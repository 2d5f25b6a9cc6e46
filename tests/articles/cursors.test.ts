import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock } = await testApp()

interface Item {
  id: number
  publishedAt: string
  counts: { views: number }
}
const FIELDS = 'fields=id,publishedAt,counts'
const list = async (query: string) => {
  const response = await call(`/v1/articles?${query}`)
  expect([query, response.statusCode]).toEqual([query, 200])
  return response.json()
}
const refusal = async (query: string) => {
  const response = await call(`/v1/articles?${query}`)
  expect([query, response.statusCode]).toEqual([query, 400])
  return response.json().errors.map((fault: { parameter: string }) => fault.parameter)
}
const ids = (items: Item[]) => items.map(item => item.id)

/** Articles of one minute each 37, and one of 50 numbers of views: most have equals on both sides of a page's edge. */
const bulk = (from: number, to: number) =>
  db.pool.query(
    `WITH written AS (
       INSERT INTO articles (status, kind, title, author, published_at)
       SELECT 'published', 'other', '글 ' || i, '대량', timestamptz '2025-01-01 00:00+09' + i / 37 * interval '1 minute'
       FROM generate_series($1::int, $2::int) i RETURNING id)
     INSERT INTO article_counts (article_id, source_views) SELECT id, id * 7919 % 50 FROM written`,
    [from, to],
  )
const BULK = `author=${encodeURIComponent('대량')}&${FIELDS}`

beforeAll(async () => {
  await bulk(1, 10_000)
  await db.pool.query('ANALYZE')
})

describe.each(['-publishedAt', 'publishedAt', '-views'])('10,000 articles by %s', sort => {
  const key = (item: Item) => (sort === '-views' ? item.counts.views : Date.parse(item.publishedAt))
  const sign = sort === 'publishedAt' ? 1 : -1
  const inOrder = (a: Item, b: Item) => sign * (key(a) - key(b)) || sign * (a.id - b.id)

  test('walked by cursor while others come and go, each that survives comes once and in order', async () => {
    const before = await db.pool.query<{ id: number }>(
      `SELECT id FROM articles WHERE author = '대량' AND deleted_at IS NULL`,
    )
    const seen: Item[] = []
    let page = await list(`${BULK}&sort=${sort}&pageSize=100`)
    for (let turn = 0; ; turn++) {
      seen.push(...page.items)
      if (page.nextCursor === null) break
      // Everywhere: newcomers, others that go, and now and then the very article at the edge, for good.
      await bulk(turn * 97, turn * 97 + 3)
      await db.pool.query(
        `UPDATE articles SET deleted_at = now() WHERE author = '대량' AND deleted_at IS NULL AND id % 1009 = $1`,
        [(turn * 13) % 1009],
      )
      if (turn % 3 === 0) await db.pool.query('DELETE FROM articles WHERE id = $1', [page.items.at(-1).id])
      page = await list(`${BULK}&sort=${sort}&pageSize=100&cursor=${page.nextCursor}`)
    }
    expect(seen).toEqual([...seen].sort(inOrder))
    expect(new Set(ids(seen)).size).toBe(seen.length)
    const after = await db.pool.query<{ id: number }>(
      `SELECT id FROM articles WHERE author = '대량' AND deleted_at IS NULL`,
    )
    const kept = new Set(after.rows.map(row => row.id))
    const survivors = before.rows.map(row => row.id).filter(id => kept.has(id))
    expect(survivors.length).toBeGreaterThan(9_000)
    const visited = new Set(ids(seen))
    expect(survivors.filter(id => !visited.has(id))).toEqual([])
  })

  test('backwards gives the same pages, the last one first', async () => {
    const range = 'from=2025-01-01&to=2025-01-01&pageSize=100'
    const forwards = [await list(`${BULK}&sort=${sort}&${range}&page=1`)]
    for (let page = forwards[0]; page.nextCursor !== null && forwards.length < 12; ) {
      page = await list(`${BULK}&sort=${sort}&${range}&cursor=${page.nextCursor}`)
      forwards.push(page)
    }
    const backwards = [forwards.at(-1)]
    for (let page = backwards[0]; page.previousCursor !== null; ) {
      page = await list(`${BULK}&sort=${sort}&${range}&cursor=${page.previousCursor}`)
      backwards.push(page)
    }
    expect(backwards.reverse().map(page => ids(page.items))).toEqual(forwards.map(page => ids(page.items)))
    const back = await list(`${BULK}&sort=${sort}&${range}&cursor=${backwards[0].nextCursor}`)
    expect(ids(back.items)).toEqual(ids(forwards[1].items))
  })
})

describe('a cursor', () => {
  test('belongs to its filter and its order, and to nothing else', async () => {
    const { nextCursor: cursor } = await list(`${BULK}&pageSize=2&kind=other&kind=visual`)
    const same = await list(`${BULK}&pageSize=2&kind=visual&kind=other&cursor=${cursor}`)
    expect(same.items).toHaveLength(2)
    expect(await list(`${BULK}&pageSize=2&kind=visual&kind=other&kind=other&cursor=${cursor}`)).toEqual(same)
    for (const other of [
      `${BULK}&kind=other`,
      `${BULK}&kind=other&kind=visual&sort=publishedAt`,
      `${BULK}&kind=other&kind=visual&from=2025-01-01`,
      `${BULK}&kind=other&kind=visual&modifiedFrom=2025-01-01`,
      `${BULK}&kind=other&kind=visual&period=7d`,
      `${BULK}&kind=other&kind=visual&tag=a`,
      'kind=other&kind=visual',
    ])
      expect(await refusal(`${other}&cursor=${cursor}`)).toEqual(['cursor'])
    for (const forged of ['x', '%EA%B0%80', cursor.slice(0, -4)])
      expect(await refusal(`${BULK}&kind=other&kind=visual&cursor=${forged}`)).toEqual(['cursor'])
  })

  test('stands not together with a page number', async () => {
    const { nextCursor } = await list(`${BULK}&pageSize=2`)
    expect(await refusal(`${BULK}&page=1&cursor=${nextCursor}`)).toEqual(['page'])
  })

  test('lets the size of the page and the fields change on the way', async () => {
    const whole = await list(`${BULK}&pageSize=100`)
    const first = await list(`${BULK}&pageSize=7`)
    const second = await list(`${BULK}&pageSize=50&fields=title&cursor=${first.nextCursor}`)
    const third = await list(`author=${encodeURIComponent('대량')}&pageSize=43&cursor=${second.nextCursor}`)
    const sizes = [first, second, third].map(page => page.items.length)
    expect(sizes).toEqual([7, 50, 43])
    expect(ids([...first.items, ...second.items, ...third.items])).toEqual(ids(whole.items))
    expect(second.items[0]).toHaveProperty('title')
    expect(third).toMatchObject({ total: null, totalRelation: 'not-counted', page: null, pages: null })
    expect(third.items[0].number).toBeNull()
  })

  test('keeps a period at the days that it had on the first page', async () => {
    clock.at = new Date('2025-01-02T12:00:00+09:00')
    const first = await list(`${BULK}&period=2d&pageSize=5`)
    clock.at = new Date('2026-06-01T12:00:00+09:00')
    const second = await list(`${BULK}&period=2d&pageSize=5&cursor=${first.nextCursor}`)
    expect(second.published).toEqual(first.published)
    expect(second.published).toMatchObject({ from: '2025-01-01', to: '2025-01-02' })
    expect(second.items).toHaveLength(5)
    expect((await list(`${BULK}&period=2d`)).total).toBe(0)
    clock.at = null
  })

  test('is in the Link header, which leads through the whole list and back', async () => {
    const follow = async (url: string | undefined) => {
      const response = await call(url ?? '')
      const links = [...String(response.headers.link).matchAll(/<([^>]*)>; rel="(\w+)"/g)]
      return { ids: ids(response.json().items), ...Object.fromEntries(links.map(([, to, rel]) => [rel, to])) }
    }
    const { nextCursor } = await list('author=%EB%8C%80%EB%9F%89&fields=id&pageSize=3')
    const start = `/v1/articles?author=%EB%8C%80%EB%9F%89&fields=id&pageSize=3&cursor=${nextCursor}`
    const second = await follow(start)
    const third = await follow(second.next)
    expect(await follow(third.prev)).toEqual(second)
    expect((await follow(third.first)).ids).toEqual((await follow(second.prev)).ids)
  })
})

describe('pages by cursor are the pages by number', () => {
  const KINDS = ['press-release', 'visual', 'other'] as const

  beforeAll(async () => {
    const random = fc.record({
      kind: fc.constantFrom(...KINDS),
      publishedAt: fc.constantFrom(
        '1950-06-25T04:00:00Z',
        '2024-01-01T00:00:00Z',
        '2024-01-01T00:00:00.001Z',
      ),
      status: fc.constantFrom('published', 'hidden'),
    })
    const rows = await insertArticles(
      db,
      fc.sample(random, 80).map(changes => anArticle({ ...changes, author: '소량' })),
    )
    await db.pool.query('UPDATE article_counts SET views = article_id % 4 WHERE article_id = ANY($1)', [
      rows.map(row => row.id),
    ])
  })

  test('for any order, filter and size of page', async () => {
    const queries = fc.record({
      sort: fc.constantFrom('-publishedAt', 'publishedAt', '-views'),
      kinds: fc.subarray([...KINDS]),
      pageSize: fc.integer({ min: 1, max: 30 }),
    })
    await fc.assert(
      fc.asyncProperty(queries, async ({ sort, kinds, pageSize }) => {
        const query = `author=${encodeURIComponent('소량')}&${FIELDS}&sort=${sort}&pageSize=${pageSize}${kinds.map(kind => `&kind=${kind}`).join('')}`
        const byNumber = [await list(query)]
        for (let page = 2; page <= byNumber[0].pages; page++)
          byNumber.push(await list(`${query}&page=${page}`))
        const byCursor = [byNumber[0]]
        for (let page = byCursor[0]; page.nextCursor !== null; ) {
          page = await list(`${query}&cursor=${page.nextCursor}`)
          byCursor.push(page)
        }
        expect(byCursor.map(page => page.items)).toEqual(byNumber.map(page => page.items))
      }),
      { numRuns: 25 },
    )
  })
})
