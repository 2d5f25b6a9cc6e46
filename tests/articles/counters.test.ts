import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp({ VIEW_WINDOW_MINUTES: 60 })
const headers = await authorize('articles:write')
const NOON = new Date('2026-03-01T03:00:00Z')
clock.at = NOON
const later = (minutes: number) => {
  clock.at = new Date(NOON.getTime() + minutes * 60_000)
}

const create = async (changes: Parameters<typeof anArticle>[0] = {}): Promise<number> => {
  const [row] = await insertArticles(db, [anArticle(changes)], NOON)
  return row?.id ?? 0
}
const view = (id: number, visitor?: string, more: { remoteAddress?: string; agent?: string } = {}) =>
  call({
    method: 'POST',
    url: `/v1/articles/${id}/views`,
    ...(more.remoteAddress && { remoteAddress: more.remoteAddress }),
    headers: {
      ...(visitor && { 'visitor-id': visitor }),
      ...(more.agent && { 'user-agent': more.agent }),
    },
  })
const react = (id: number, visitor: string, value?: string) =>
  call({
    method: value ? 'PUT' : 'DELETE',
    url: `/v1/articles/${id}/reactions`,
    headers: { 'visitor-id': visitor },
    ...(value && { payload: { value } }),
  })

describe('a view counts', () => {
  test('once for a visitor within the window, and again after it', async () => {
    const id = await create()
    later(0)
    expect((await view(id, 'visitor-1')).json()).toMatchObject({ counted: true, counts: { views: 1 } })
    later(59)
    expect((await view(id, 'visitor-1')).json()).toMatchObject({ counted: false, counts: { views: 1 } })
    expect((await view(id, 'visitor-2')).json()).toMatchObject({ counted: true, counts: { views: 2 } })
    later(60)
    expect((await view(id, 'visitor-1')).json()).toMatchObject({ counted: true, counts: { views: 3 } })
    expect((await call(`/v1/articles/${id}`)).json().counts.views).toBe(3)
  })

  test('once for each article', async () => {
    for (const id of [await create(), await create()])
      expect((await view(id, 'visitor-3')).json()).toMatchObject({ counted: true, counts: { views: 1 } })
  })

  test('by address and browser where the visitor has no name', async () => {
    const id = await create()
    const counted = async (remoteAddress: string, agent: string) =>
      (await view(id, undefined, { remoteAddress, agent })).json().counted
    expect(await counted('203.0.113.7', 'a')).toBe(true)
    expect(await counted('203.0.113.7', 'a')).toBe(false)
    expect(await counted('203.0.113.7', 'b')).toBe(true)
    expect(await counted('203.0.113.8', 'a')).toBe(true)
  })

  test('once when it is sent twenty times at once, also the second time round', async () => {
    const id = await create()
    for (const round of [1, 2]) {
      later(round * 100)
      const all = await Promise.all(Array.from({ length: 20 }, () => view(id, 'double-click')))
      expect(all.filter(r => r.json().counted)).toHaveLength(1)
      expect((await call(`/v1/articles/${id}`)).json().counts.views).toBe(round)
    }
  })

  test('for every one of a hundred visitors at once', async () => {
    const id = await create()
    const all = await Promise.all(Array.from({ length: 100 }, (_, n) => view(id, `visitor-no-${n}`)))
    expect(all.every(r => r.json().counted)).toBe(true)
    expect((await call(`/v1/articles/${id}`)).json().counts.views).toBe(100)
  })
})

describe('a visitor has one reaction', () => {
  test('which is set, replaced and taken back, and repeating it changes nothing', async () => {
    const id = await create()
    const counts = async (value?: string) => (await react(id, 'visitor-1', value)).json()
    expect(await counts('like')).toMatchObject({ likes: 1, dislikes: 0 })
    expect(await counts('like')).toMatchObject({ likes: 1, dislikes: 0 })
    expect(await counts('dislike')).toMatchObject({ likes: 0, dislikes: 1 })
    expect((await react(id, 'visitor-2', 'dislike')).json()).toMatchObject({ likes: 0, dislikes: 2 })
    expect(await counts()).toMatchObject({ likes: 0, dislikes: 1 })
    expect(await counts()).toMatchObject({ likes: 0, dislikes: 1 })
  })

  test('that a page shows when it is loaded again, to that visitor alone', async () => {
    const id = await create()
    const of = (visitor: string) =>
      call({ url: `/v1/articles/${id}/reactions`, headers: { 'visitor-id': visitor } })
    expect((await of('visitor-1')).json()).toMatchObject({ value: null, counts: { likes: 0 } })
    await react(id, 'visitor-1', 'like')
    const own = await of('visitor-1')
    expect(own.json()).toMatchObject({ value: 'like', counts: { likes: 1, dislikes: 0 } })
    expect(own.headers['cache-control']).toBe('no-store')
    expect((await of('visitor-2')).json()).toMatchObject({ value: null, counts: { likes: 1 } })
    await react(id, 'visitor-1')
    expect((await of('visitor-1')).json()).toMatchObject({ value: null, counts: { likes: 0 } })
    expect((await call('/v1/articles/999999/reactions')).statusCode).toBe(404)
  })

  test('whatever is sent at once: the counters are the sum of what stands', async () => {
    const id = await create()
    const values = ['like', 'dislike', undefined]
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, n) => react(id, `visitor-no-${n % 5}`, values[(n * 7) % 3])),
    )
    expect(new Set(all.map(r => r.statusCode))).toEqual(new Set([200]))
    const standing = (value: string) => db.prisma.reaction.count({ where: { articleId: id, value } })
    expect((await call(`/v1/articles/${id}`)).json().counts).toMatchObject({
      likes: await standing('like'),
      dislikes: await standing('dislike'),
    })
  })

  test('and nothing else than like and dislike', async () => {
    const response = await react(await create(), 'visitor-1', 'lik')
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toMatchObject([{ pointer: '/value', suggestion: 'like' }])
  })
})

test('counters move neither version nor ETag nor log, but the ETags of lists that show them', async () => {
  const id = await create()
  const url = `/v1/articles/${id}`
  const LISTS = ['/v1/articles', '/v1/articles?sort=-views', '/v1/articles?fields=id,counts']
  const tagOf = async (list: string) => (await call(list)).headers.etag
  const before = await call(url)
  const shown = await Promise.all(LISTS.map(tagOf))
  const plain = await tagOf('/v1/articles?fields=id,title')
  await view(id, 'visitor-9')
  await react(id, 'visitor-9', 'like')
  const after = await call(url)
  expect(after.headers.etag).toBe(before.headers.etag)
  for (const [i, list] of LISTS.entries()) {
    expect(await tagOf(list)).not.toBe(shown[i])
    // A reader who revalidates sees what he has counted.
    const revalidated = await call({ url: list, headers: { 'if-none-match': String(shown[i]) } })
    expect(revalidated.statusCode).toBe(200)
  }
  expect(await tagOf('/v1/articles?fields=id,title')).toBe(plain)
  expect(after.json()).toEqual({
    ...(before.json() as object),
    counts: { comments: 0, views: 1, likes: 1, dislikes: 0 },
  })
  expect(await db.prisma.change.count({ where: { articleId: id } })).toBe(1)
  const ifMatch = { ...headers, 'if-match': String(before.headers.etag) }
  expect((await call({ method: 'DELETE', url, headers: ifMatch })).statusCode).toBe(204)
})

test.each(['draft', 'hidden', 'deleted', 'absent'])('an article that is %s counts nothing', async what => {
  const id = what === 'absent' ? 999_999 : await create(what === 'deleted' ? {} : { status: what as 'draft' })
  if (what === 'deleted')
    await call({ method: 'DELETE', url: `/v1/articles/${id}`, headers: { ...headers, 'if-match': '*' } })
  const status = what === 'deleted' ? 410 : 404
  expect((await view(id, 'visitor-1')).statusCode).toBe(status)
  expect((await react(id, 'visitor-1', 'like')).statusCode).toBe(status)
  expect((await react(id, 'visitor-1')).statusCode).toBe(status)
  expect((await call(`/v1/articles/${id}/reactions`)).statusCode).toBe(status)
})

test('no address can be told from the table: visitors are hashes, keyed with a secret of the installation', async () => {
  const id = await create()
  await view(id, undefined, { remoteAddress: '198.51.100.23', agent: 'curl' })
  await react(id, 'visitor-with-a-name', 'like')
  const { rows } = await db.pool.query<{ visitor: Buffer }>(
    'SELECT visitor FROM view_receipts WHERE article_id = $1 UNION ALL SELECT visitor FROM reactions WHERE article_id = $1',
    [id],
  )
  expect(rows).toHaveLength(2)
  const unsalted = ['198.51.100.23 curl', '198.51.100.23', 'visitor-with-a-name'].map(text =>
    createHash('sha256').update(text).digest('hex'),
  )
  for (const { visitor } of rows) {
    expect(visitor).toHaveLength(32)
    expect(unsalted).not.toContain(visitor.toString('hex'))
  }
})
