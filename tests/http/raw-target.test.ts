import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { type Answer, head, parse, read, sendRaw } from '../support/raw.ts'

const { app, db, call, clock, authorize } = await testApp()
clock.at = new Date('2026-02-01T00:00:00Z')
let port: number

beforeAll(async () => {
  await insertArticles(db, [
    anArticle({ title: '첫째', ministry: { name: '환경정책제도과' } }),
    anArticle({ title: '둘째', ministry: { name: '환경정책제도과' }, author: '가 나' }),
    anArticle({ title: '셋째', source: { name: 'korea.kr', externalId: '공보 1' } }),
  ])
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as AddressInfo).port
})

const send = (...parts: (string | Buffer)[]) => sendRaw(port, ...parts)
const get = (target: string, headers: Record<string, string> = {}) =>
  send(head(`GET ${target}`, { connection: 'close', ...headers }))

/** What differs between any two answers. */
const lasting = ({ status, headers: { date, ...headers }, body }: Answer) => ({ status, headers, body })

describe('Hangul as it is in the request line is answered as if it had come encoded', () => {
  test.each([
    '/v1/articles?ministry=환경정책제도과',
    '/v1/articles?ministry=환경정책제도과&pageSize=1',
    '/v1/articles?author=가%20나&author=가+나',
    `/v1/articles?ministry=${'환경정책제도과'.normalize('NFD')}`,
    '/v1/articles?tag=🌱',
    '/v1/articles/by-source/korea.kr/공보%201',
    '/v1/articles?부처=환경부',
    '/v1/articles?tag=없음',
    '/없는/길',
  ])('%s', async target => {
    const url = encodeURI(target).replaceAll('%25', '%')
    const headers = { 'x-request-id': 'one-and-the-same' }
    const raw = await get(target, headers)
    expect(lasting(raw)).toEqual(lasting(await get(url, headers)))
    expect(raw.body).toBe((await call({ url, headers })).body)
  })

  test('and finds what it names', async () => {
    const { body, headers } = await get('/v1/articles?ministry=환경정책제도과&fields=title')
    expect(JSON.parse(body).items).toEqual([{ title: '둘째' }, { title: '첫째' }])
    expect(headers['x-request-id']).toBeTruthy()
  })

  test('also to whoever has the answer already', async () => {
    const target = '/v1/articles?ministry=환경정책제도과'
    const { etag = '' } = (await get(target)).headers
    const fresh = await get(target, { 'if-none-match': etag })
    expect(fresh).toMatchObject({ status: 304, body: '', headers: { etag } })
    expect(fresh.headers).not.toHaveProperty('content-length')
  })

  test('also without a body, for HEAD', async () => {
    const target = '/v1/articles?ministry=환경정책제도과'
    const bare = await send(head(`HEAD ${target}`))
    const { status, headers, body } = await get(target)
    expect([bare.status, bare.body]).toEqual([status, ''])
    for (const name of ['etag', 'link', 'content-type', 'content-length'])
      expect([name, bare.headers[name]]).toEqual([name, headers[name]])
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body))
  })

  test('also with a key and a body', async () => {
    const payload = JSON.stringify(anArticle({ title: '넷째, 본문과 함께' }))
    const headers = {
      ...(await authorize('articles:write')),
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(payload)),
    }
    const line = 'PUT /v1/articles/by-source/korea.kr/공보2'
    const created = await send(head(line, headers), payload)
    expect(created.status).toBe(201)
    expect(JSON.parse(created.body)).toMatchObject({
      title: '넷째, 본문과 함께',
      source: { externalId: '공보2' },
    })
    expect((await send(head(line, { ...headers, authorization: 'Bearer no' }), payload)).status).toBe(401)
  })

  test('also as the second request of a connection', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(head('GET /healthz'))
    const [first] = await once(socket, 'data')
    expect(parse(first as Buffer)).toMatchObject({ status: 200, body: '{"status":"ok"}' })
    socket.write(head('GET /v1/articles?ministry=환경정책제도과&fields=title'))
    const second = parse(await read(socket))
    expect(second.status).toBe(200)
    expect(JSON.parse(second.body).total).toBe(2)
  })
})

describe('what cannot be read is refused with a problem document', () => {
  const problem = ({ status, headers, body }: Answer) => {
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body))
    expect(JSON.parse(body)).toMatchObject({ status, type: expect.stringMatching(/^\/problems\//) })
    return JSON.parse(body)
  }

  test('an address in CP949 is named as such', async () => {
    const cp949 = Buffer.from([0xc8, 0xaf, 0xb0, 0xe6, 0xba, 0xce]) // 환경부
    const rest = ' HTTP/1.1\r\nHost: a.kr\r\n\r\n'
    const { status, detail } = problem(await send('GET /v1/articles?ministry=', cp949, rest))
    expect(status).toBe(400)
    expect(detail).toMatch(/환경부.*CP949/)
    const korean = ' HTTP/1.1\r\nHost: a.kr\r\nAccept-Language: ko-KR,ko;q=0.9,en;q=0.8\r\n\r\n'
    expect(problem(await send('GET /v1/articles?ministry=', cp949, korean)).title).toBe(
      '글자 인코딩이 UTF-8이 아닙니다',
    )
  })

  test.each([
    'garbage\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /v1/articles?tag=가 HTTP/9.9\r\n\r\n',
    'GET /v1/articles?tag=가 나 HTTP/1.1\r\nHost: a.kr\r\n\r\n',
    'GET /v1/articles HTTP/1.1\r\nno colon\r\n\r\n',
    'GET /v1/articles?tag=가 HTTP/1.1\r\nHost: a.kr\r\n',
    'POST /v1/articles?tag=가 HTTP/1.1\r\nHost: a.kr\r\nContent-Length: 9\r\n\r\n{}',
    'POST /v1/articles?tag=가 HTTP/1.1\r\nHost: a.kr\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
  ])('%j', async text => expect(problem(await send(text)).status).toBe(400))

  test('in Korean for those who prefer it', async () => {
    const answer = await send('GET /v1/articles HTTP/1.1\r\nAccept-Language: ko\r\nno colon\r\n\r\n')
    expect(answer.headers['content-language']).toBe('ko')
    expect(problem(answer).title).toBe('요청을 읽을 수 없습니다')
    expect(problem(await get('/v1/articles?부처=환경부', { 'accept-language': 'ko' })).title).toBe(
      '요청 매개변수가 올바르지 않습니다',
    )
  })

  test('a body whose chunks are none, and one that is longer than it says', async () => {
    const writing = { ...(await authorize('articles:write')), 'content-type': 'application/json' }
    const chunked = await send(
      head('POST /v1/articles', { ...writing, 'transfer-encoding': 'chunked' }),
      'zz\r\n',
    )
    expect(problem(chunked)).toMatchObject({ status: 400, requestId: chunked.headers['x-request-id'] })
    const payload = JSON.stringify(anArticle({ title: '온전한 글' }))
    const length = String(Buffer.byteLength(payload))
    const whole = await send(
      head('POST /v1/articles', { ...writing, 'content-length': length }),
      `${payload}#more`,
    )
    expect([whole.status, JSON.parse(whole.body).title]).toEqual([201, '온전한 글'])
    const one = `${head('POST /v1/articles', { ...writing, 'content-length': length })}${payload}`
    const socket = connect(port, '127.0.0.1')
    socket.write(`${one}${one}#more`)
    expect((await read(socket)).toString().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 201'])
  })

  test('whoever asks for a proxy and hangs up ends nothing but his own connection', async () => {
    for (let i = 0; i < 5; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      await once(socket, 'connect')
      socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')
      setImmediate(() => socket.resetAndDestroy())
      await once(socket, 'close')
    }
    expect((await get('/healthz')).status).toBe(200)
  })

  test('who keeps the other half of a connection is given up', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    const gone = new Promise(closed => app.server.once('connection', one => one.once('close', closed)))
    socket.write(
      `${head('GET /healthz')}POST /v1/articles HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    )
    await gone
    socket.destroy()
  })

  test('headers that are too large', async () => {
    const answer = await get('/v1/articles', { 'x-large': 'x'.repeat(20_000) })
    expect(problem(answer)).toMatchObject({ status: 431, type: '/problems/headers-too-large' })
  })
})
