import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { Health } from '../../src/health/routes.ts'
import { json } from '../../src/http/openapi.ts'
import { requestId } from '../../src/http/requests.ts'
import { ref } from '../../src/http/schema.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { contract } from '../support/contract.ts'
import { head, sendRaw } from '../support/raw.ts'

const { app, call, db, authorize } = await testApp({ BODY_LIMIT: 20_000_000 })
const writer = await authorize('articles:write')

const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  call({
    method: 'POST',
    url: '/v1/articles',
    headers: { ...writer, 'content-type': 'application/json', ...headers },
    payload,
  })
/** Another app over the same database, with routes that only a test has. */
const planted = async (settings: object, plant: (app: FastifyInstance) => void = () => {}) => {
  const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, ...settings }, db })
  apps.push(app)
  plant(app)
  return contract(app)
}
const apps: FastifyInstance[] = []
afterAll(() => Promise.all(apps.map(app => app.close())))

describe('every answer that is not a success is a problem document', () => {
  test.each<[number, InjectOptions, string | undefined]>([
    [404, { url: '/' }, undefined],
    [404, { method: 'POST', url: '/%EA%B0%80' }, undefined],
    [405, { method: 'DELETE', url: '/v1/articles' }, 'GET, HEAD, POST'],
    [405, { method: 'POST', url: '/v1/articles/1?x=1' }, 'DELETE, GET, HEAD, PATCH, PUT'],
    [405, { method: 'PATCH', url: '/v1/articles/by-source/a/b' }, 'GET, HEAD, PUT'],
    [405, { method: 'POST', url: '/v1/articles/histogram' }, 'GET, HEAD'],
    [400, { url: '/v1/articles/:id' }, undefined],
    [405, { method: 'PUT', url: '/v1/articles/facets', headers: writer }, 'GET, HEAD'],
  ])('%s %j', async (status, request, allow) => {
    const { statusCode, headers, body } = await call(request)
    expect(statusCode).toBe(status)
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(headers.allow).toBe(allow)
    expect(headers['cache-control']).toBe('no-store')
    const problem = JSON.parse(body)
    expect(problem).toMatchObject({ status, instance: String(request.url).split('?')[0] })
    expect(problem.requestId).toBe(headers['x-request-id'])
    expect((await call(problem.type)).json()).toMatchObject({ status, title: { en: problem.title } })
  })

  test('also where no route is reached: escapes that are not UTF-8, a path that is too long', async () => {
    for (const [status, name] of [
      [400, '%BC%F8%C8%AF'],
      [400, '%'],
      [414, 'x'.repeat(3_000)],
    ]) {
      const { statusCode, headers, body } = await app.inject(`/v1/articles/by-source/korea.kr/${name}`)
      expect([statusCode, JSON.parse(body).status]).toEqual([status, status])
      expect(JSON.parse(body).requestId).toBe(headers['x-request-id'])
    }
    expect((await app.inject('/v1/articles/%')).json().detail).toContain('write %25 for a %')
  })

  test('where no route is reached sites may read it and it counts, as elsewhere', async () => {
    const settings = { ...readConfig({}), RATE_LIMIT: 2, CORS_ORIGINS: 'https://a.kr, https://b.kr' }
    const other = await buildApp({ config: settings, db })
    apps.push(other)
    const ask = (origin: string) => other.inject({ url: '/v1/articles/%FF', headers: { origin } })
    const { statusCode, headers } = await ask('https://b.kr')
    expect([statusCode, headers.vary, headers['ratelimit-policy']]).toEqual([
      ...[400, 'Origin, Accept-Language', '"minute";q=2;w=60'],
    ])
    expect(headers['access-control-allow-origin']).toBe('https://b.kr')
    expect(headers['access-control-expose-headers']).toBe('*')
    expect((await ask('https://c.kr')).headers).not.toHaveProperty('access-control-allow-origin')
    expect((await ask('https://a.kr')).statusCode).toBe(429)
  })
})

describe('a body', () => {
  const valid = JSON.stringify(anArticle())

  test('that is no JSON is refused', async () => {
    for (const body of ['', '{', '{"title":}', 'title=1', '[1,]', '{"a":1}}', '\u00a0{}']) {
      const problem = { status: 400, type: '/problems/invalid-body', detail: expect.stringMatching(/body/i) }
      expect({ body, ...(await post(body)).json() }).toMatchObject({ body, ...problem })
    }
  })

  test('that is JSON, but no article, is refused', async () => {
    for (const body of ['null', '1', '"text"', '[]', 'true', '{}', `[${valid}]`])
      expect([body, (await post(body)).statusCode]).toEqual([body, 400])
  })

  test('nested as deep as it likes breaks nothing', async () => {
    expect((await post('['.repeat(200_000) + ']'.repeat(200_000))).statusCode).toBe(400)
    expect((await post(`${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`)).statusCode).toBe(400)
  })

  test('that piles marks upon a character is refused, however many they are', async () => {
    // In another order than Unicode's, which is dear to find.
    const pile = '\u0301'.repeat(100_000) + '\u0323'.repeat(100_000)
    for (const title of [`가${pile}`, `가${'\u0301'.repeat(31)}`])
      expect((await post(JSON.stringify(anArticle({ title })))).json()).toMatchObject({
        status: 400,
        errors: [{ pointer: '/title', detail: 'has more than 30 combining marks on one character' }],
      })
  })

  test('that anybody may send is small', async () => {
    const payload = JSON.stringify({ url: `https://www.korea.kr/?x=${'x'.repeat(40_000)}` })
    const headers = { 'content-type': 'application/json' }
    const ask = await planted({})
    for (const [method, url] of [
      ['POST', '/v1/queries/from-url'],
      ['PUT', '/v1/articles/1/reactions'],
    ] as const)
      expect((await ask({ method, url, headers, payload })).json()).toMatchObject({
        status: 413,
        detail: 'The body is larger than the 32768 bytes that are taken here.',
      })
  })

  test('over BODY_LIMIT is refused', async () => {
    const small = await planted({ BODY_LIMIT: 1_024 })
    const headers = { ...writer, 'content-type': 'application/json' }
    const payload = JSON.stringify(anArticle({ bodyText: '가'.repeat(400) }))
    const response = await small({ method: 'POST', url: '/v1/articles', headers, payload })
    expect(response.json()).toMatchObject({ status: 413, type: '/problems/body-too-large' })
  })

  test('that is too large is refused so that its sender reads why, also while it sends', async () => {
    const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, BODY_LIMIT: 1_024 }, db })
    apps.push(other)
    const url = await other.listen({ port: 0, host: '127.0.0.1' })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 5; i++) {
      const sending = request(`${url}/v1/articles`, { method: 'POST', agent })
      for (const [name, value] of Object.entries({ ...writer, 'content-type': 'application/json' }))
        sending.setHeader(name, value)
      if (i % 2) sending.setHeader('content-length', 20_000_000)
      sending.end(Buffer.alloc(20_000_000, 32))
      const [answer] = (await once(sending, 'response')) as [IncomingMessage]
      expect(answer.headers.connection).not.toBe('close')
      expect(answer.statusCode).toBe(413)
      await once(answer.resume(), 'end')
      if (!sending.writableFinished) await once(sending, 'finish')
    }
    agent.destroy()
  })

  test('that is too large and never ends is not read for ever', async () => {
    const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, BODY_LIMIT: 1_024 }, db })
    apps.push(other)
    await other.listen({ port: 0, host: '127.0.0.1' })
    const { port } = other.server.address() as AddressInfo
    const target = 'POST /v1/queries/from-url'
    const json = { 'content-type': 'application/json' }
    for (const fields of [json, { ...json, connection: 'close' }]) {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
      const said: Buffer[] = []
      socket.on('data', chunk => said.push(chunk))
      socket.write(head(target, { ...fields, 'content-length': '1000000000' }))
      const sending = setInterval(() => socket.write(Buffer.alloc(4_096, 32)), 10)
      const from = performance.now()
      await new Promise(closed => socket.once('close', closed))
      clearInterval(sending)
      expect(performance.now() - from).toBeLessThan(8_000)
      const text = Buffer.concat(said).toString()
      expect(text.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 413'])
    }
  })

  test('that is too large and whole ends its connection as its client wanted', async () => {
    const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, BODY_LIMIT: 1_024 }, db })
    apps.push(other)
    await other.listen({ port: 0, host: '127.0.0.1' })
    const { port } = other.server.address() as AddressInfo
    for (const [version, connection] of [
      ['1.1', 'close'],
      ['1.0', 'close'],
    ] as const) {
      const from = performance.now()
      const fields = { 'content-type': 'application/json', connection, 'content-length': '3000000' }
      const said = await sendRaw(
        port,
        head('POST /v1/queries/from-url', fields).replace('HTTP/1.1', `HTTP/${version}`),
        Buffer.alloc(3_000_000, 32),
      )
      expect([version, said.status]).toEqual([version, 413])
      expect(performance.now() - from).toBeLessThan(2_500)
    }
  })

  test('that is packed is refused, also where the packing is only said', async () => {
    for (const [payload, coding] of [
      [gzipSync(valid), 'gzip'],
      [valid, 'br'],
    ] as const) {
      const refused = await post(payload, { 'content-encoding': coding })
      expect([refused.statusCode, refused.headers['accept-encoding']]).toEqual([415, 'identity'])
      expect(refused.json().errors).toMatchObject([{ header: 'Content-Encoding' }])
    }
    expect((await post(valid, { 'content-encoding': 'Identity' })).statusCode).toBe(201)
  })

  test('is JSON in UTF-8, of PATCH a merge patch; another is refused with what is accepted', async () => {
    for (const type of [
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
      'Application/JSON',
    ])
      expect([type, (await post(valid, { 'content-type': type })).statusCode]).toEqual([type, 201])
    for (const type of [
      'text/plain',
      'application/json; charset=euc-kr',
      'application/merge-patch+json',
      'x',
    ]) {
      const response = await post(valid, { 'content-type': type })
      expect([type, response.statusCode]).toEqual([type, 415])
      expect(response.headers['accept-post']).toBe('application/json')
    }
    const headers = { ...writer, 'content-type': 'application/json', 'if-match': '*' }
    const patch = await call({ method: 'PATCH', url: '/v1/articles/1', headers, payload: '{}' })
    expect([patch.statusCode, patch.headers['accept-patch']]).toEqual([415, 'application/merge-patch+json'])
  })

  test('in CP949 is refused and named; a byte order mark is taken, and text kept in NFC', async () => {
    const cp949 = Buffer.from([0xbc, 0xf8, 0xc8, 0xaf, 0xb0, 0xe6, 0xc1, 0xa6]) // 순환경제
    const body = Buffer.concat([Buffer.from('{"title":"'), cp949, Buffer.from('"}')])
    const problem = { status: 400, detail: expect.stringMatching(/순환경제.*CP949/) }
    expect((await post(body)).json()).toMatchObject(problem)
    const decomposed = JSON.stringify(anArticle({ title: '순환경제'.normalize('NFD') }))
    expect((await post(`\ufeff${decomposed}`)).json().title).toBe('순환경제')
  })
})

test('in Korean no pattern is told where there is something to go by', async () => {
  const korean = { 'accept-language': 'ko' }
  const period = await call({ url: '/v1/articles?period=0d', headers: korean })
  expect(period.json().errors[0].detail).toBe('today, yesterday, 7d, 2w, 1m, 1y 같은 형식이어야 합니다')
  const ministry = { code: 'A1', name: '고용노동부' }
  const coded = await post(JSON.stringify(anArticle({ ministry })), korean)
  expect(coded.json().errors).toMatchObject([{ detail: 'A00015 같은 형식이어야 합니다' }])
  const empty = await post(JSON.stringify(anArticle({ title: '' })), korean)
  expect(empty.json().errors).toEqual([{ pointer: '/title', detail: '비어 있을 수 없습니다' }])
})

describe('a fault in a body is named by its JSON pointer', () => {
  test.each([
    [{ title: 'a\u0000b' }, '/title', undefined],
    [{ tags: ['a', 'b\ud800'] }, '/tags/1', undefined],
    [{ ministry: { name: '\udc00' } }, '/ministry/name', undefined],
    [{ titel: 'a' }, '/titel', 'title'],
    [{ ministry: { name: 'a', pubishedName: 'b' } }, '/ministry/pubishedName', 'publishedName'],
    [{ attachments: [{ name: 'a', url: 'https://a.kr', sise: 1 }] }, '/attachments/0/sise', 'size'],
    [{ 'a/b~c': 1 }, '/a~1b~0c', undefined],
    [{ kind: 'press-relase' }, '/kind', 'press-release'],
    [{ ministry: { code: 'A1', name: 'a' } }, '/ministry/code', undefined],
    [{ licence: 'kogl-5' }, '/licence', 'kogl-1'],
    [{ publishedAt: '2999-01-01T00:00:00Z' }, '/publishedAt', undefined],
    [{ postedOn: '2023-02-29' }, '/postedOn', undefined],
    [{ source: { name: 'a' } }, '/source/externalId', undefined],
  ])('%j', async (changes, pointer, suggestion) => {
    const { status, errors } = (await post(JSON.stringify({ ...anArticle(), ...changes }))).json()
    expect(status).toBe(400)
    for (const fault of errors) expect(fault.pointer).toBe(pointer)
    expect(errors[0].suggestion).toBe(suggestion)
  })

  test('every culprit is named, not only the first', async () => {
    const culprits = (response: LightMyRequestResponse): string[] =>
      response
        .json()
        .errors.map((fault: { pointer?: string; parameter?: string }) => fault.pointer ?? fault.parameter)
    const body = { ...anArticle(), kind: 'x', titel: 'a', tags: ['a', 'a'], author: 5 }
    expect(culprits(await post(JSON.stringify(body))).sort()).toEqual(['/author', '/kind', '/tags', '/titel'])
    const query = culprits(await call('/v1/articles?form=1&page=0&kind=x&fields=a,b'))
    expect([...new Set(query)].sort()).toEqual(['fields', 'form', 'kind', 'page'])
  })

  test('keys that reach for the prototype are refused', async () => {
    const rest = JSON.stringify(anArticle()).slice(1)
    const PROTOTYPE = expect.stringContaining('has a key "__proto__"')
    for (const body of [
      `{"__proto__":{"status":"hidden"},${rest}`,
      `{"ministry":{"name":"a","__proto__":{"x":1}},${rest}`,
      `{"\\u005f_proto__":{"x":1},${rest}`,
      `{"constructor":{"prototype":{"x":1}},${rest}`,
    ])
      expect([body, (await post(body)).json()]).toMatchObject([body, { status: 400, detail: PROTOTYPE }])
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  test('in Korean for those who prefer it', async () => {
    const response = await post(JSON.stringify({ ...anArticle(), titel: 'a' }), { 'accept-language': 'ko' })
    expect(response.headers['content-language']).toBe('ko')
    expect(response.json().errors[0].detail).toBe('알 수 없는 필드입니다. 혹시 "title"입니까?')
  })
})

describe('faults of ours', () => {
  const schema = (operationId: string) => ({ operationId, response: { 200: json('ok', ref(Health)) } })

  test('are answered without their cause', async () => {
    const there = await planted({}, app =>
      app.get('/planted', { schema: schema('planted') }, async () => {
        throw new Error('password=hunter2', { cause: new Error('hunter2') })
      }),
    )
    const { statusCode, headers, body } = await there('/planted')
    expect(statusCode).toBe(500)
    expect(body + JSON.stringify(headers)).not.toMatch(/hunter2|at .*\.ts/)
  })

  test('an answer that the document does not describe fails a test', async () => {
    const there = await planted({}, app => {
      app.get('/status', { schema: schema('status') }, async (_, reply) => reply.code(418 as 200).send({}))
      app.get('/field', { schema: schema('field') }, async () => ({ status: 'ok', more: 1 }) as never)
      app.get('/type', { schema: schema('type') }, async (_, reply) => reply.type('text/plain').send('ok'))
      app.get('/ok', { schema: schema('ok') }, async () => ({ status: 'ok' }))
    })
    await expect(there('/status')).rejects.toThrow(/418 is not documented/)
    await expect(there('/field')).rejects.toThrow(/additional properties/)
    await expect(there('/type')).rejects.toThrow(/media type "text\/plain"/)
    expect((await there('/ok')).statusCode).toBe(200)
  })
})

describe('what every answer carries', () => {
  test('a request over the limit is told when to come back; probes are exempt', async () => {
    const there = await planted({ RATE_LIMIT: 3 })
    const answers = []
    for (let i = 0; i < 4; i++) answers.push(await there('/v1/articles'))
    expect(answers.map(answer => answer.statusCode)).toEqual([200, 200, 200, 429])
    const left = answers.map(answer => /r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1])
    expect(left.join()).toBe('2,1,0,0')
    expect(answers[3]?.headers['ratelimit-policy']).toBe('"minute";q=3;w=60')
    expect(Number(answers[3]?.headers['retry-after'])).toBeGreaterThan(0)
    expect((await there('/nowhere')).statusCode).toBe(429)
    for (const url of ['/healthz', '/readyz', '/metrics']) expect((await there(url)).statusCode).toBe(200)
    expect((await there({ url: '/v1/articles', headers: writer })).statusCode).toBe(200)
  })

  test('browsers may call from anywhere, or from where CORS_ORIGINS says', async () => {
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/v1/articles/1',
      headers: { origin: 'https://c.kr', 'access-control-request-method': 'PATCH' },
    })
    expect(preflight.headers['access-control-allow-origin']).toBe('*')
    expect(preflight.headers['access-control-allow-methods']).toContain('PATCH')
    for (const url of ['/v1/articles', '/v1/articles?form=1', '/nowhere']) {
      const { headers } = await call({ url, headers: { origin: 'https://c.kr' } })
      expect(headers['access-control-allow-origin']).toBe('*')
      expect(headers['access-control-expose-headers']).toBe('*')
    }
    const strict = await planted({ CORS_ORIGINS: 'https://a.kr, https://b.kr' })
    for (const [origin, allowed] of [
      ['https://b.kr', 'https://b.kr'],
      ['https://c.kr', undefined],
    ] as const) {
      const { headers } = await strict({ url: '/v1/articles', headers: { origin } })
      expect(headers['access-control-allow-origin']).toBe(allowed)
      // Else a cache would give one origin's answer to another.
      expect(headers.vary).toMatch(/\bOrigin\b/)
    }
  })

  test('X-Request-Id is the caller’s own where it is harmless, else a new one', async () => {
    const idOf = async (id: string) =>
      (await call({ url: '/healthz', headers: { 'x-request-id': id } })).headers['x-request-id']
    expect(await idOf('trace-1:2.3_4')).toBe('trace-1:2.3_4')
    for (const id of ['a b', 'a\tb', '"x"', '{}', 'x'.repeat(101), ''])
      expect(await idOf(id)).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(Array.from({ length: 1_000 }, () => requestId(undefined))).size).toBe(1_000)
  })
})
