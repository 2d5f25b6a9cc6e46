import { beforeAll, describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { createWebhook } from '../support/webhooks.ts'

const { call, db, clock, authorize } = await testApp()
let admin: Record<string, string>
beforeAll(async () => {
  admin = await authorize('admin')
})

const URL = 'https://board.example.com/hooks?for=gongbo'
const post = (payload: object, headers = {}) =>
  call({ method: 'POST', url: '/v1/webhooks', headers: { ...admin, ...headers }, payload })
const get = (path: string, headers = {}) =>
  call({ url: `/v1/webhooks${path}`, headers: { ...admin, ...headers } })
const patch = (id: number, payload: object, headers: object = { 'if-match': '*' }) =>
  call({
    ...{ method: 'PATCH', url: `/v1/webhooks/${id}`, payload: JSON.stringify(payload) },
    headers: { ...admin, 'content-type': 'application/merge-patch+json', ...headers },
  })

describe('an endpoint', () => {
  test('is made for all that is public, and shows its secret this once', async () => {
    const response = await post({ url: URL })
    expect(response.statusCode).toBe(201)
    const { secret, ...webhook } = response.json()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(webhook).toMatchObject({
      ...{ version: 1, url: URL, description: null, query: '', enabled: true },
      events: ['article.created', 'article.updated', 'article.deleted'],
      kinds: ['create', 'update', 'publish', 'hide', 'delete', 'restore'],
      ...{ disabledReason: null, disabledAt: null, failingSince: null, formerSecretUntil: null },
    })
    expect(response.headers.location).toBe(`/v1/webhooks/${webhook.id}`)
    const read = await get(`/${webhook.id}`)
    expect(read.json()).toEqual(webhook)
    expect(read.headers.etag).toBe(response.headers.etag)
    const fresh = { 'if-none-match': String(read.headers.etag) }
    expect((await get(`/${webhook.id}`, fresh)).statusCode).toBe(304)
    const list = await get('')
    expect(list.json()).toMatchObject({ items: [webhook], total: 1 })
    expect((await get('', { 'if-none-match': String(list.headers.etag) })).statusCode).toBe(304)
    const { rows } = await db.pool.query('SELECT * FROM webhooks')
    expect(JSON.stringify(rows)).not.toContain(secret.slice(6, -1))
  })

  test('is for holders of an admin key', async () => {
    const writer = await authorize('articles:write')
    const request = { method: 'POST', url: '/v1/webhooks', payload: { url: URL } } as const
    expect((await call({ ...request, headers: writer })).statusCode).toBe(403)
    expect((await call(request)).statusCode).toBe(401)
  })

  test('is changed as RFC 7396 has it, by whoever has read it last', async () => {
    const { id, etag } = await createWebhook(call, admin, { url: URL, query: 'kind=press-release' })
    expect((await patch(id, { description: '판' }, {})).statusCode).toBe(428)
    const asJson = await patch(id, {}, { 'if-match': '*', 'content-type': 'application/json' })
    expect([asJson.statusCode, asJson.headers['accept-patch']]).toEqual([415, 'application/merge-patch+json'])
    const changed = await patch(id, { description: '판', query: null }, { 'if-match': etag })
    expect(changed.json()).toMatchObject({ version: 2, description: '판', query: '' })
    expect((await patch(id, { description: 'x' }, { 'if-match': etag })).statusCode).toBe(412)
    const same = await patch(id, { description: '판' })
    expect([same.json().version, same.headers.etag]).toEqual([2, changed.headers.etag])
    const narrowed = await patch(id, { events: ['article.deleted', 'article.created'], kinds: ['hide'] })
    expect(narrowed.json()).toMatchObject({ events: ['article.created', 'article.deleted'], kinds: ['hide'] })
    expect((await patch(id, { kinds: null })).json().kinds).toHaveLength(6)
    expect((await patch(999, { description: 'x' })).statusCode).toBe(404)
    expect((await patch(id, { url: 'http://a.kr' })).json().errors[0].pointer).toBe('/url')
    expect((await patch(id, { colour: 'red' })).statusCode).toBe(400)
  })

  test('is paused and begins anew', async () => {
    const { id } = await createWebhook(call, admin, { url: URL })
    const paused = (await patch(id, { enabled: false })).json()
    expect(paused).toMatchObject({ version: 2, enabled: false, disabledReason: 'paused' })
    expect(paused.disabledAt).not.toBeNull()
    expect((await patch(id, { enabled: true })).json()).toMatchObject({
      ...{ version: 3, enabled: true, disabledReason: null, disabledAt: null },
    })
    const made = await post({ url: URL, enabled: false })
    expect(made.json()).toMatchObject({ version: 1, disabledReason: 'paused' })
  })

  test('is deleted by whoever has read it last', async () => {
    const { id, etag } = await createWebhook(call, admin, { url: URL })
    const remove = (headers: object, of = id) =>
      call({ method: 'DELETE', url: `/v1/webhooks/${of}`, headers: { ...admin, ...headers } })
    expect((await remove({})).statusCode).toBe(428)
    expect((await remove({ 'if-match': '"7.x"' })).statusCode).toBe(412)
    expect((await remove({ 'if-match': etag })).statusCode).toBe(204)
    expect((await remove({ 'if-match': etag })).statusCode).toBe(404)
    expect((await get(`/${id}`)).statusCode).toBe(404)
  })
})

describe('where it is', () => {
  test.each([
    ['board.example.com/hook', 'https://'],
    ['ftp://board.example.com', 'https://'],
    ['http://board.example.com/hook', 'WEBHOOK_HTTP'],
    ['https://me:secret@board.example.com', 'password'],
    ['https://board.example.com/#top', 'fragment'],
    ['https://localhost/hook', 'not public'],
    ['https://api.localhost./hook', 'not public'],
    ['https://127.0.0.1/hook', 'not public'],
    ['https://0x7f.1/hook', 'not public'],
    ['https://2130706433/hook', 'not public'],
    ['https://10.0.0.7:8443/hook', 'not public'],
    ['https://169.254.169.254/latest/meta-data', 'not public'],
    ['https://[::1]/', 'not public'],
    ['https://[::ffff:10.0.0.1]/', 'not public'],
    ['https://[fe80::1]/', 'not public'],
    ['https://[64:ff9b::a00:1]/', 'not public'],
  ])('is refused where it is not public: %s', async (url, why) => {
    const response = await post({ url }, { 'accept-language': 'en' })
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toEqual([{ pointer: '/url', detail: expect.stringContaining(why) }])
  })

  test('is told in Korean, too', async () => {
    const response = await post({ url: 'https://10.0.0.7' }, { 'accept-language': 'ko' })
    expect(response.json().errors[0].detail).toContain('공개 주소가 아닙니다')
  })
})

describe('its filter', () => {
  test.each([
    ['?q=탄소중립&ministry=환경부&kind=press-release', 'q=탄소중립&ministry=환경부&kind=press-release'],
    [
      'kind=press-release&kind=policy-news&tag=%EC%88%9C%ED%99%98%EA%B2%BD%EC%A0%9C',
      'kind=press-release&kind=policy-news&tag=순환경제',
    ],
    ['q="탄소 중립" OR 수소&from=2026-01-01', 'q=%22탄소%20중립%22%20OR%20수소&from=2026-01-01'],
    ['q=a%26b%2Bc&period=7d', 'q=a%26b%2Bc&period=7d'],
    ['status=published&status=hidden', 'status=published&status=hidden'],
  ])('is the query of a list: %s', async (given, kept) => {
    const { id } = await createWebhook(call, admin, { url: URL, query: given })
    expect((await get(`/${id}`)).json().query).toBe(kept)
    expect((await patch(id, { query: kept })).json().version).toBe(1)
  })

  test.each([
    ['kind=press-relase', 'kind: must be one of', 'press-release'],
    ['mnistry=환경부', 'mnistry: unknown parameter', 'ministry'],
    ['ministry=환경브', 'ministry: ', undefined],
    ['from=2026-02-30', 'from: must be a day', undefined],
    ['from=2026-02-02&to=2026-02-01', 'to: must not lie before from', undefined],
    ['q="열린', 'q: ', undefined],
    ['lineage=exact', 'lineage: only together with ministry', undefined],
    ['q=%BC%F8%C8%AF', 'q: is not UTF-8', undefined],
    ['tag=a%00b', 'tag: must not contain a NUL', undefined],
    ['__proto__=x', '__proto__: unknown parameter', undefined],
    ['from=2026-01-01&from=2026-01-02', 'from: ', undefined],
    ['page=2', 'page: says nothing about which articles', undefined],
    ['sort=-views', 'sort: says nothing', undefined],
    ['duplicates=collapse', 'duplicates: says nothing', undefined],
    ['asOf=2026-01-01', 'asOf: says nothing', undefined],
  ])('names the culprit: %s', async (query, why, suggestion) => {
    const response = await post({ url: URL, query }, { 'accept-language': 'en' })
    expect(response.statusCode).toBe(400)
    const [error] = response.json().errors
    expect(error).toMatchObject({ pointer: '/query', detail: expect.stringContaining(why) })
    if (suggestion) expect(error.suggestion).toBe(suggestion)
  })
})

describe('another secret', () => {
  const rotate = (id: number, headers: object = { 'if-match': '*' }) =>
    call({ method: 'POST', url: `/v1/webhooks/${id}/secret`, headers: { ...admin, ...headers } })

  test('leaves the former one in force for a day', async () => {
    const { id, secret, etag } = await createWebhook(call, admin, { url: URL })
    expect((await rotate(id, {})).statusCode).toBe(428)
    const before = Date.now()
    const response = await rotate(id, { 'if-match': etag })
    expect(response.statusCode).toBe(200)
    expect(response.json().secret).not.toBe(secret)
    expect(response.json().version).toBe(2)
    const until = new Date(response.json().formerSecretUntil).getTime()
    expect(until - before).toBeGreaterThanOrEqual(86_399_000)
    expect(until - before).toBeLessThan(86_430_000)
    expect((await rotate(id, { 'if-match': etag })).statusCode).toBe(412)
    expect((await rotate(999)).statusCode).toBe(404)
    clock.at = new Date(until + 1_000)
    expect((await get(`/${id}`)).json().formerSecretUntil).toBeNull()
    clock.at = null
  })

  test('is refused while five are in force', async () => {
    const { id } = await createWebhook(call, admin, { url: URL })
    for (let i = 0; i < 4; i++) expect((await rotate(id)).statusCode).toBe(200)
    expect((await rotate(id)).statusCode).toBe(409)
  })
})
