import { expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { editor } from '../support/editor.ts'

const { call, db, authorize } = await testApp()
const headers = await authorize('admin')
const edit = editor(call, headers)

/** The newest entry of the log, which is what the last write has to name. */
const head = async () => String((await db.prisma.change.aggregate({ _max: { seq: true } }))._max.seq)

test('every write answers with its place in the log', async () => {
  const article = anArticle({ ministry: { name: '가나다라처' } })
  const source = { name: 'a', externalId: '1' }
  const writes: (() => ReturnType<typeof edit>)[] = [
    () => edit('POST', '/v1/articles', article),
    () => edit('PATCH', '/v1/articles/1', { title: '고친 제목' }),
    () => edit('PUT', '/v1/articles/1', article),
    () => edit('DELETE', '/v1/articles/1'),
    () => edit('POST', '/v1/articles/1/restore'),
    () => edit('POST', '/v1/articles/1/revisions/2/restore'),
    () =>
      call({ method: 'PUT', url: '/v1/articles/by-source/a/1', headers, payload: { ...article, source } }),
  ]
  const told: string[] = []
  for (const write of writes) {
    const answer = await write()
    expect(answer.statusCode).toBeLessThan(300)
    expect(answer.headers['gongbo-position']).toBe(await head())
    told.push(String(answer.headers['gongbo-position']))
  }
  expect(new Set(told).size).toBe(writes.length)
})

test('many changes of one request are told by the last of them, a write that changes nothing by the newest', async () => {
  const ministry = { code: 'T00001', kind: 'agency', names: [{ name: '가나다처' }] }
  expect((await edit('POST', '/v1/ministries', ministry)).statusCode).toBe(201)
  const map = () => edit('POST', '/v1/ministries/unresolved/map', { name: '가나다라처', code: 'T00001' })
  const mapped = await map()
  expect(mapped.json()).toMatchObject({ articles: 2 })
  expect(mapped.headers['gongbo-position']).toBe(await head())
  const again = await map()
  expect(again.json()).toMatchObject({ articles: 0 })
  expect(again.headers['gongbo-position']).toBe(await head())
  const same = await edit('PATCH', '/v1/articles/1', {})
  expect([same.statusCode, same.headers['gongbo-position']]).toEqual([200, await head()])
})

test('a repeated POST has a place at which its article is there, and a refused write has none', async () => {
  const post = (payload = anArticle({ title: '한 번만' })) =>
    call({ method: 'POST', url: '/v1/articles', headers: { ...headers, 'idempotency-key': 'once' }, payload })
  const first = await post()
  expect(first.headers['gongbo-position']).toBe(await head())
  await edit('POST', '/v1/articles', anArticle())
  const again = await post()
  expect(again.headers['idempotent-replayed']).toBe('true')
  expect(Number(again.headers['gongbo-position'])).toBeGreaterThanOrEqual(
    Number(first.headers['gongbo-position']),
  )
  const refused = await edit('PATCH', '/v1/articles/999', { title: '없는 글' })
  expect([refused.statusCode, refused.headers['gongbo-position']]).toEqual([404, undefined])
})

test('a read takes the place of a write, also one that is not reached yet; any other text is refused by name', async () => {
  const { headers: written } = await edit('PATCH', '/v1/articles/1', { title: '내가 쓴 제목' })
  const position = String(written['gongbo-position'])
  for (const place of [position, '0', '9007199254740991']) {
    const { statusCode, body } = await call({
      url: '/v1/articles/1',
      headers: { 'gongbo-position': place },
    })
    expect([place, statusCode, body.includes('내가 쓴 제목')]).toEqual([place, 200, true])
  }
  for (const url of ['/v1/articles', '/v1/articles/facets', '/v1/articles.csv', '/v1/suggestions?q=a']) {
    expect((await call({ url, headers: { 'gongbo-position': position } })).statusCode).toBe(200)
    const refused = await call({ url, headers: { 'gongbo-position': `${position}, 1` } })
    expect(refused.statusCode).toBe(400)
    expect(refused.json()).toMatchObject({
      type: '/problems/invalid-header',
      errors: [{ header: 'Gongbo-Position' }],
    })
  }
})

test('scripts of other origins may read it', async () => {
  const { headers: seen } = await call({ url: '/v1/articles', headers: { origin: 'https://a.kr' } })
  expect(seen['access-control-expose-headers']).toBe('*')
})
