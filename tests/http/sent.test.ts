import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { LightMyRequestResponse } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { AnswerMemory, type Kept } from '../../src/http/memory.ts'
import { headOf, RepeatedBody } from '../../src/http/under-way.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { contract } from '../support/contract.ts'
import { editor } from '../support/editor.ts'
import { untilKept } from '../support/kept.ts'
import { type Answer, head, parse, read } from '../support/raw.ts'

const settings = { CDN_SECONDS: 30, CORS_ORIGINS: 'https://a.example,https://b.example' }
const { app, call, db, authorize } = await testApp({ ...settings, CACHE_MIB: 8 })
/** The same over the same database, without a memory. */
const forgetful = await buildApp({
  config: { ...readConfig({}), ...settings, RATE_LIMIT: 0, CACHE_MIB: 0 },
  db,
})
const limited = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 6 }, db })
const lines: { msg: string; url: string; status: number }[] = []
const logging = await buildApp({
  config: { ...readConfig({}), RATE_LIMIT: 0 },
  ...{ db, logger: { level: 'info', stream: { write: line => lines.push(JSON.parse(line)) } } },
})
/** The same limit, of which nothing is used up yet. */
const unused = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 6 }, db })
for (const app of [forgetful, limited, logging, unused]) afterAll(() => app.close())
const asFresh = await contract(forgetful)
const key = await authorize('articles:write')
const write = editor(call, key)

const [row] = await insertArticles(db, [
  anArticle({ title: '길잡이', bodyText: '탄소중립 정책을 알린다. '.repeat(200) }),
])
const item = `/v1/articles/${row?.id}`

/** All but the time, and where it came from. */
const answerOf = ({ statusCode, headers, rawPayload }: LightMyRequestResponse) => {
  const { date: _, 'cache-status': __, ...rest } = headers
  return {
    statusCode,
    headers: rest,
    body: rawPayload.toString('base64'),
  }
}

beforeAll(() => untilKept(item, call))

const requests = {
  method: fc.constantFrom('GET' as const, 'GET' as const, 'HEAD' as const),
  url: fc.constantFrom(item, '/v1/articles?pageSize=2'),
  accept: fc.constantFrom('application/json', 'text/html', 'image/png'),
  'accept-encoding': fc.constantFrom('gzip', 'br'),
  origin: fc.constantFrom('https://a.example', 'https://c.example'),
}
/** What makes another answer of the same. */
const deciding = {
  'if-none-match': fc.constantFrom('*', '"none"'),
  authorization: fc.constantFrom(key.authorization, 'Bearer wrong'),
  'gongbo-position': fc.constantFrom('0', 'x'),
}
const required = { requiredKeys: ['method', 'url'] as ['method', 'url'] }
const step = fc.oneof(
  { arbitrary: fc.record({ title: fc.stringMatching(/^[가-힣]{2,8}$/) }), weight: 1 },
  { arbitrary: fc.record(requests, required), weight: 12 },
  { arbitrary: fc.record({ ...requests, ...deciding }, required), weight: 3 },
)

test(
  'whoever asks, and however often: the answer is what a server without memory gives',
  () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30, size: 'max' }), async steps => {
        for (const one of steps) {
          if ('title' in one) {
            expect((await write('PATCH', item, one)).statusCode).toBe(200)
            continue
          }
          const { method, url, ...headers } = one
          // Problems name it.
          const request = { method, url, headers: { ...headers, 'x-request-id': 'law' } }
          const fresh = answerOf(await asFresh(request))
          // Made, found, and sent as it was sent before.
          for (let i = 0; i < 3; i++) expect(answerOf(await call(request))).toEqual(fresh)
        }
      }),
      { numRuns: 25 },
    ),
  60_000,
)

describe('an answer that is sent as it was before', () => {
  const ask = (headers = {}) => call({ url: item, headers })

  test('has the id of its own request, and its length', async () => {
    await untilKept(item, call)
    for (const id of ['one', 'another']) {
      const { headers, rawPayload } = await ask({ 'x-request-id': id })
      expect(headers['x-request-id']).toBe(id)
      expect(Number(headers['content-length'])).toBe(rawPayload.length)
      expect(headers['cache-status']).toBe('gongbo; hit')
    }
  })

  test('is none for who brings a key', async () => {
    await untilKept(item, call)
    expect((await ask({ authorization: 'Bearer wrong' })).statusCode).toBe(401)
    expect((await ask(key)).headers['cache-control']).toBe('private, no-cache')
  })

  test('counts against the limit once, and is refused beyond it as any other', async () => {
    await untilKept(item, request => limited.inject(request))
    const answers: LightMyRequestResponse[] = []
    for (let i = 0; i < 8; i++) answers.push(await limited.inject(item))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200, 200, 429, 429])
    const left = answers.slice(0, 6).map(({ headers }) => /r=(\d+)/.exec(String(headers.ratelimit))?.[1])
    expect(left).toEqual(['5', '4', '3', '2', '1', '0'])
    expect(answers[5]?.headers['cache-status']).toBe('gongbo; hit')
    expect(answers[6]?.headers['access-control-allow-origin']).toBe('*')
  })

  test('is logged and measured as any other', async () => {
    await untilKept(item, request => logging.inject(request))
    const measured = async () =>
      Number(
        /duration_seconds_count\{method="GET",route="\/v1\/articles\/:id",status="200"\} (\d+)/.exec(
          (await logging.inject('/metrics')).body,
        )?.[1],
      )
    const before = await measured()
    lines.length = 0
    for (let i = 0; i < 4; i++) await logging.inject(item)
    const told = lines.filter(({ msg }) => msg === 'request')
    expect(told.map(({ url, status }) => [url, status])).toEqual(Array(4).fill([item, 200]))
    expect(await measured()).toBe(before + 4)
  })
})

describe('on a connection', () => {
  const ports = new Map<string, number>()
  const servers = { keeping: app, forgetful, unused }
  beforeAll(async () => {
    for (const [name, server] of Object.entries(servers)) {
      await server.listen({ port: 0, host: '127.0.0.1' })
      ports.set(name, (server.server.address() as AddressInfo).port)
    }
  })
  const say = async (server: keyof typeof servers, ...heads: string[]) => {
    const socket = connect(Number(ports.get(server)), '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', chunk => chunks.push(chunk as Buffer))
    for (const [i, one] of heads.entries()) {
      socket.write(one)
      while (answersIn(Buffer.concat(chunks)).length <= i) await once(socket, 'data')
    }
    socket.destroy()
    return answersIn(Buffer.concat(chunks))
  }
  const LAST = { connection: 'close' }
  const named = (headers: Record<string, string>) => {
    const { date, 'cache-status': _, ...rest } = headers
    expect(Math.abs(Date.parse(String(date)) - Date.now())).toBeLessThan(10_000)
    return rest
  }

  test('the same bytes as from a server without memory, each answer under the id of its request', async () => {
    const asking = fc.record({
      url: fc.constantFrom(item, '/v1/articles?pageSize=2'),
      origin: fc.constantFrom('https://a.example', 'https://c.example'),
      version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
      id: fc.stringMatching(/^[a-z]{1,8}$/),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(asking, { minLength: 1, maxLength: 8 }), async all => {
        for (const url of new Set(all.map(one => one.url))) await untilKept(url, call)
        const heads = all.map(({ url, origin, version, id }, i) =>
          head(`GET ${url}`, {
            ...{ origin, 'x-request-id': id, connection: i === all.length - 1 ? 'close' : 'keep-alive' },
          }).replace('HTTP/1.1', `HTTP/${version}`),
        )
        const [kept, fresh] = [await say('keeping', ...heads), await say('forgetful', ...heads)]
        expect(kept.map(({ headers }) => headers['x-request-id'])).toEqual(all.map(({ id }) => id))
        expect(kept.map(one => ({ ...one, headers: named(one.headers) }))).toEqual(
          fresh.map(one => ({ ...one, headers: named(one.headers) })),
        )
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  test('its own place in the limit, and no more than that', async () => {
    await untilKept(item, request => unused.inject(request))
    const heads = Array.from({ length: 8 }, (_, i) => head(`GET ${item}`, i === 7 ? LAST : {}))
    const answers = await say('unused', ...heads)
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 429, 429])
    const left = answers.map(({ headers }) => /r=(\d+)/.exec(String(headers.ratelimit))?.[1])
    expect(left).toEqual(['5', '4', '3', '2', '1', '0', '0', '0'])
  })

  const opened: Server[] = []
  afterAll(() => {
    for (const server of opened) server.close()
  })
  /** Answers with a body under a head that Node wrote once, where it can: what was done by what was asked, and a connection to it. */
  async function repeating(body: RepeatedBody) {
    const done = new Map<string | undefined, string | null>()
    let first: string | null = null
    const server = createServer(({ url }, response) => {
      const own = `x-request-id: ${url}\r\n`
      if (first !== null && body.send(response, first, own)) return done.set(url, 'repeated')
      const fields = { etag: '"1"', 'content-length': body.bytes.length }
      response.writeHead(200, { ...fields, 'x-request-id': String(url) })
      const written = headOf(response, ['x-request-id'])
      done.set(url, written)
      first ??= written
      return response.end(body.bytes)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    opened.push(server)
    const { port } = server.address() as AddressInfo
    return { done, open: () => connect(port, '127.0.0.1') }
  }

  test('under a head that Node wrote once, where its connection goes on', async () => {
    const { done, open } = await repeating(new RepeatedBody(Buffer.from('{}')))
    const socket = open()
    const said = read(socket)
    for (const request of [head('GET /1'), head('GET /2'), head('GET /3'), head('GET /4', LAST)]) {
      socket.write(request)
      await once(socket, 'data')
    }
    const answers = answersIn(await said)
    const written =
      'HTTP/1.1 200 OK\r\netag: "1"\r\ncontent-length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n'
    expect([...done.values()]).toEqual([written, 'repeated', 'repeated', null])
    expect(answers.map(({ headers, body }) => [headers['x-request-id'], headers.connection, body])).toEqual([
      ...['/1', '/2', '/3'].map(id => [id, 'keep-alive', '{}']),
      ['/4', 'close', '{}'],
    ])
  })

  test('under a head of its own though somebody takes his time over the same', async () => {
    const body = new RepeatedBody(Buffer.alloc(15_000_000, '가'))
    const whole = body.bytes.toString()
    const { done, open } = await repeating(body)
    const finish = async (socket: Socket, id: string) => {
      socket.write(head(`GET /${id}-end`, LAST))
      const answers = answersIn(await read(socket))
      expect(answers.map(({ headers }) => headers['x-request-id'])).toEqual([`/${id}`, `/${id}-end`])
      for (const answer of answers) expect(answer.body === whole).toBe(true)
    }
    const begin = async (id: string) => {
      const socket = open()
      socket.write(head(`GET /${id}`))
      await once(socket, 'readable')
      return socket
    }
    await finish(await begin('first'), 'first')
    const slow = await begin('slow')
    expect(done.get('/slow')).toBe('repeated')
    await Promise.all(['a', 'b'].map(async id => finish(await begin(id), id)))
    expect(done.get('/a')).toMatch(/^HTTP/)
    await finish(slow, 'slow')

    const leaving = await begin('leaving')
    expect(done.get('/leaving')).toBe('repeated')
    leaving.destroy()
    // Once it is seen that he left.
    while (done.get('/last') !== 'repeated') await finish(await begin('last'), 'last')
  })

  test.each(['garbage', '\0'])('what was asked whole before %j is answered, all of it', async rest => {
    await untilKept(item, call)
    for (let round = 0; round < 10; round++) {
      const socket = connect(Number(ports.get('keeping')), '127.0.0.1')
      const asked = ['1', '2', '3'].map(id => head(`GET ${item}`, { 'x-request-id': id }))
      socket.write(`${asked.join('')}${rest}\r\n\r\n`)
      const answers = answersIn(await read(socket))
      expect(answers.map(({ headers }) => headers['x-request-id'])).toEqual(['1', '2', '3'])
    }
  })

  test('100 Continue before its head, and in no other answer', async () => {
    await untilKept(item, call)
    const [plain, expecting] = [head(`GET ${item}`), head(`GET ${item}`, { ...LAST, expect: '100-continue' })]
    for (const before of ['', plain]) {
      const socket = connect(Number(ports.get('keeping')), '127.0.0.1')
      socket.write(before + expecting)
      const said = (await read(socket)).toString()
      const parts = said.split('HTTP/1.1 100 Continue\r\n\r\n')
      expect(parts).toHaveLength(before === '' ? 2 : 1)
      const answers = answersIn(Buffer.from(parts.join('')))
      expect(answers.map(({ status, body }) => [status, JSON.parse(body).id])).toEqual(
        Array(before === '' ? 1 : 2).fill([200, row?.id]),
      )
    }
  })

  test('no more than one answer behind a request without a host', async () => {
    await untilKept(item, call)
    const [answer] = await say('keeping', `GET ${item} HTTP/1.1\r\nConnection: close\r\n\r\n`)
    expect(answer?.status).toBe(400)
  })
})

/** The answers that have come whole. */
function answersIn(bytes: Buffer): Answer[] {
  const answers: Answer[] = []
  for (let rest = bytes; rest.includes('\r\n\r\n'); ) {
    const { headers } = parse(rest)
    const end = rest.indexOf('\r\n\r\n') + 4 + Number(headers['content-length'])
    if (end > rest.length) break
    answers.push(parse(rest.subarray(0, end)))
    rest = rest.subarray(end)
  }
  return answers
}

describe('how an answer was sent is remembered', () => {
  const body = new RepeatedBody(Buffer.from('{}'))
  const made = async (): Promise<Kept> => ({
    ...{ etag: '""', headers: {}, type: 'application/json', body, gzip: null, shows: null, sent: new Map() },
  })

  test('in four manners', async () => {
    const memory = new AnswerMemory({ bytes: 20_000, ms: 1_000 })
    const kept = await memory.findOrMake('key', made)
    const manners = ['a', 'b', 'c', 'd', 'e']
    for (const manner of manners) memory.noteSent('key', kept, manner, { fields: {}, head: manner, body })
    expect(manners.map(manner => memory.findSent(manner)?.head)).toEqual(['a', 'b', 'c', 'd', undefined])
  })

  test('as long as it is kept, though it was compressed while another one took its place', async () => {
    const memory = new AnswerMemory({ bytes: 20_000, ms: 1_000 })
    const kept = await memory.findOrMake('key', made)
    memory.noteSent('key', kept, 'a', { fields: {}, head: null, body })
    memory.told(1)
    expect(memory.findSent('a')).toBeUndefined()
    await memory.findOrMake('key', made)
    memory.noteSent('key', kept, 'b', { fields: {}, head: null, body })
    expect([memory.findSent('a'), memory.findSent('b')]).toEqual([undefined, undefined])
  })
})
