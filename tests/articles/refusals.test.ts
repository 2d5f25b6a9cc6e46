import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { app, call, db, authorize } = await testApp()
const admin = await authorize('admin')

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Headers = Record<string, string>
const send = (method: Method, url: string, payload?: object | string, headers: Headers = {}) =>
  call({
    method,
    url,
    headers: { ...admin, ...headers },
    ...(payload !== undefined && { payload }),
  })
const patch = (url: string, payload: object, headers: Headers = { 'if-match': '*' }) =>
  send('PATCH', url, JSON.stringify(payload), { 'content-type': 'application/merge-patch+json', ...headers })
const create = async (changes: Parameters<typeof anArticle>[0] = {}) => {
  const { headers } = await send('POST', '/v1/articles', anArticle(changes))
  return { url: String(headers.location), etag: String(headers.etag) }
}

describe('a patch', () => {
  test('of an article that is not there is 404', async () => {
    expect((await patch('/v1/articles/999999', { title: '가' })).statusCode).toBe(404)
  })

  test('without If-Match is 428, and changes nothing', async () => {
    const { url, etag } = await create()
    expect((await patch(url, { title: '가' }, {})).statusCode).toBe(428)
    expect((await call({ url, headers: { 'if-none-match': etag } })).statusCode).toBe(304)
  })

  test('to another article’s identity is 409 that names it', async () => {
    const source = { name: 'korea.kr', externalId: 'patched' }
    const { url: first } = await create({ source })
    const { url } = await create()
    const refused = await patch(url, { source })
    expect(refused.statusCode).toBe(409)
    expect(refused.json()).toMatchObject({
      detail: expect.stringContaining(`Article ${first.split('/').at(-1)} `),
      errors: [{ pointer: '/source/externalId' }],
    })
  })

  test('to the identity of a deleted article says how to have that back', async () => {
    const source = { name: 'korea.kr', externalId: 'deleted' }
    const { url: first } = await create({ source })
    await send('DELETE', first, undefined, { 'if-match': '*' })
    const { url } = await create()
    for (const refused of [
      await patch(url, { source }),
      await send('POST', '/v1/articles', anArticle({ source })),
    ])
      expect([refused.statusCode, refused.json().detail]).toEqual([
        409,
        expect.stringContaining(`POST ${first}/restore`),
      ])
    expect((await send('POST', `${first}/restore`, undefined, { 'if-match': '*' })).statusCode).toBe(200)
  })

  test.each<[object, object, string, object]>([
    [
      { status: 'scheduled', publishedAt: null, embargoUntil: '2099-12-01T10:00:00+09:00' },
      { status: 'published' },
      '/embargoUntil',
      { embargoUntil: null },
    ],
    [
      { status: 'published' },
      { status: 'scheduled', embargoUntil: '2099-12-01T10:00:00+09:00' },
      '/publishedAt',
      { publishedAt: null },
    ],
    [
      { ministry: { name: '산업통상부' } },
      { ministry: { code: null, name: '고용노동부' } },
      '/ministry/publishedName',
      { ministry: { code: null, name: '고용노동부', publishedName: null } },
    ],
  ])('that leaves something behind is told to take it away: %j, %j', async (given, change, pointer, more) => {
    const { url } = await create(given)
    for (const language of ['en', 'ko']) {
      const refused = await patch(url, change, { 'if-match': '*', 'accept-language': language })
      expect(refused.json().errors).toEqual([{ pointer, detail: expect.stringContaining('null') }])
    }
    expect((await patch(url, { ...change, ...more })).statusCode).toBe(200)
  })

  test.each<[object, string, string?]>([
    [{ titel: null }, '/titel', 'title'],
    [{ zzzzzzzzzzzz: null }, '/zzzzzzzzzzzz'],
    [{ tags: null, autor: null }, '/autor', 'author'],
    [{ ministry: { cod: null } }, '/ministry/cod', 'code'],
    [{ ministry: { nam: '산업통상부' } }, '/ministry/nam', 'name'],
    [{ source: { ur: null } }, '/source/ur', 'url'],
    [{ attachments: [{ name: '가', url: 'https://a.kr', sise: null }] }, '/attachments/0/sise', 'size'],
  ])(
    '%j is refused for the name that it misspells, null or not',
    async (change, pointer, ...[suggestion]) => {
      const { url, etag } = await create({ ministry: { code: 'A00015', name: '산업통상부' } })
      const refused = await patch(url, change)
      expect(refused.statusCode).toBe(400)
      const fault = refused.json().errors.find((one: { pointer: string }) => one.pointer === pointer)
      expect(fault?.suggestion).toBe(suggestion)
      expect(fault?.detail).toMatch(/^unknown field/)
      expect((await call({ url, headers: { 'if-none-match': etag } })).statusCode).toBe(304)
    },
  )
})

describe('the article with a source’s identity', () => {
  test('is not sent again to whoever has it, and gone once it is deleted', async () => {
    await create({ source: { name: 'korea.kr', externalId: 'gone' } })
    const url = '/v1/articles/by-source/korea.kr/gone'
    const { etag, location } = (await call(url)).headers
    expect(location).toBeUndefined()
    const fresh = await call({ url, headers: { 'if-none-match': String(etag) } })
    expect([fresh.statusCode, fresh.body, fresh.headers.etag]).toEqual([304, '', etag])
    const { id } = (await call(url)).json()
    await send('DELETE', `/v1/articles/${id}`, undefined, { 'if-match': '*' })
    expect((await call(url)).statusCode).toBe(410)
    expect((await call({ url, headers: admin })).statusCode).toBe(200)
  })
})

test('what never was cannot be restored', async () => {
  const restore = await send('POST', '/v1/articles/999999/restore', undefined, { 'if-match': '*' })
  expect(restore.statusCode).toBe(404)
})

test('a kind of problem that there is not is not found', async () => {
  for (const code of ['nonsense', 'toString', 'Not-Found', '__proto__'])
    expect((await call(`/problems/${code}`)).statusCode).toBe(404)
})

describe('a body comes as JSON in UTF-8', () => {
  test.each<[Method, string, object]>([
    ['POST', '/v1/articles', anArticle()],
    ['PUT', '/v1/articles/1', anArticle()],
    ['PUT', '/v1/articles/by-source/korea.kr/media', anArticle()],
    ['PUT', '/v1/articles/1/reactions', { value: 'like' }],
    ['POST', '/v1/keys', { name: 'desk', scopes: ['admin'] }],
    ['POST', '/v1/webhooks', { url: 'https://board.example.com' }],
    ['POST', '/v1/synonyms', { terms: ['가', '나'] }],
    ['PUT', '/v1/synonyms/1', { terms: ['가', '나'] }],
    ['POST', '/v1/ministries', {}],
    ['PUT', '/v1/ministries/A00015', {}],
    ['POST', '/v1/ministries/events', {}],
    ['PUT', '/v1/ministries/events/1', {}],
    ['POST', '/v1/ministries/unresolved/map', {}],
  ])('%s %s', async (method, url, body) => {
    const headers = { 'if-match': '*' }
    for (const type of [
      'text/plain',
      'application/merge-patch+json',
      'application/x-www-form-urlencoded',
      'application/json; charset=euc-kr',
    ]) {
      const refused = await send(method, url, JSON.stringify(body), { ...headers, 'content-type': type })
      expect([type, refused.statusCode]).toEqual([type, 415])
      expect(refused.headers['accept-post']).toBe('application/json')
    }
  })
})

describe('an unknown parameter is refused, whatever the method', () => {
  const { paths } = JSON.parse(JSON.stringify(app.swagger())) as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  const MINISTRY = { code: 'A00015', kind: 'ministry', names: [{ name: '가' }] }
  const EVENT = { kind: 'transfer', on: '2026-01-01', from: [{ name: '가' }], to: [{ name: '나' }] }
  const BODIES: Record<string, object> = {
    createArticle: anArticle(),
    replaceArticle: anArticle(),
    patchArticle: { title: '가' },
    upsertArticle: anArticle(),
    setReaction: { value: 'like' },
    createKey: { name: 'desk', scopes: ['admin'] },
    createSynonymGroup: { terms: ['가', '나'] },
    replaceSynonymGroup: { terms: ['가', '나'] },
    createMinistry: MINISTRY,
    replaceMinistry: MINISTRY,
    createMinistryEvent: EVENT,
    replaceMinistryEvent: EVENT,
    mapUnresolvedMinistry: { name: '가', code: 'A00015' },
    makeQueryFromUrl: { url: 'https://www.korea.kr/' },
    createWebhook: { url: 'https://board.example.com' },
    patchWebhook: { enabled: false },
  }
  const NEEDED: Record<string, string> = {
    listSuggestions: '&q=a',
    resolveMinistry: '&name=a',
    getArticleByUrl: '&url=a',
  }
  const idIn = (path: string, article: string) => {
    if (path.includes('/keys/')) return '0123456789ab'
    if (/\/(imports|exports)\//.test(path)) return '0b4f6a3e-3f0e-4c55-9d5c-0d3c2f6f1a77'
    return String(article.split('/').at(-1))
  }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => [operationId, method, path] as const),
  )

  test.each(operations)('%s', async (operationId, method, path) => {
    const { url: article } = await create()
    const url = path
      .replace('{id}', idIn(path, article))
      .replace('{version}', '1')
      .replace('{deliveryId}', '0b4f6a3e-3f0e-4c55-9d5c-0d3c2f6f1a77')
      .replace('{source}', 'korea.kr')
      .replace('{externalId}', 'unknown-parameter')
      .replace('{code}', path.includes('/ministries/') ? 'A00015' : 'gone')
    const type = method === 'patch' ? 'application/merge-patch+json' : 'application/json'
    const body = BODIES[operationId]
    const refused = await send(
      method.toUpperCase() as Method,
      `${url}?form=1${NEEDED[operationId] ?? ''}`,
      body && JSON.stringify(body),
      { 'if-match': '*', ...(body && { 'content-type': type }) },
    )
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toMatchObject([{ parameter: 'form' }])
  })

  test('also of a patch whose body takes something away', async () => {
    const { url } = await create({ tags: ['가'] })
    const refused = await patch(`${url}?form=1`, { tags: null })
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toMatchObject([{ parameter: 'form' }])
    const articleId = Number(url.split('/').at(-1))
    expect(await db.prisma.change.count({ where: { articleId, kind: 'update' } })).toBe(0)
  })
})

describe('a number has one spelling', () => {
  const SPELLINGS = ['0x15', '2e1', '21.0', '+21', '%2B21', '01', '%2021', '21%20', '1_0', '２１', '0b1', '١']

  test.each(SPELLINGS)('%s is no id and no page', async spelling => {
    const written = encodeURI(spelling).replaceAll('%25', '%')
    for (const path of ['', '/views', '/reactions', '/restore'])
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        const { statusCode } = await app.inject({
          method,
          url: `/v1/articles/${written}${path}`,
          headers: { ...admin, 'if-match': '*' },
        })
        expect([400, 405]).toContain(statusCode)
      }
    const item = await call(`/v1/articles/${written}`)
    expect(item.statusCode).toBe(400)
    expect(item.json().errors).toMatchObject([{ parameter: 'id' }])
    for (const name of ['page', 'pageSize']) {
      const list = await call(`/v1/articles?${name}=${written}`)
      expect(list.statusCode).toBe(400)
      expect(list.json().errors).toMatchObject([{ parameter: name }])
    }
  })
})

test.each([
  ['page=1&page=2', 'page: is given more than once'],
  ['from=2026-01-01&from=2026-02-01', 'from: is given more than once'],
  ['sort=views&sort=views', 'sort: is given more than once'],
  ['period=0d', 'such as `7d`'],
  ['modifiedFrom=0001-01-01T00:00:00Z', 'from 1948 on'],
])('/v1/articles?%s: %s', async (query, detail) => {
  const refused = await call(`/v1/articles?${query}`)
  expect(refused.statusCode).toBe(400)
  expect(refused.json().detail).toContain(detail)
  expect(refused.json().errors).toHaveLength(1)
})
