import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { head, read, sendRaw } from '../support/raw.ts'

const { db } = await testApp()
const [row] = await insertArticles(db, [anArticle({ title: '하나', author: '가' })])

/** Answers whose first half is out already, by the name of the test that made them. */
const slow = new PassThrough()
const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
app.get('/slow', async (_request, reply) => reply.type('text/plain').send(slow))
let port: number
beforeAll(async () => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as AddressInfo).port
})
afterAll(() => app.close())

const RAW = head('GET /v1/articles?author=가', { 'x-request-id': 'raw' })

describe('the answer to a request in raw Hangul', () => {
  test('never lands in the middle of another answer', async () => {
    const socket = connect(port, '127.0.0.1')
    const said = read(socket)
    slow.write('the first half')
    socket.write(head('GET /slow'))
    // One listener more, so that the half is known to be here.
    await once(socket, 'data')
    socket.write(RAW)
    await once(socket, 'close')
    const text = (await said).toString()
    expect(text).toContain('the first half')
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
    slow.destroy()
  })

  test('never stands for the answer to the request before it', async () => {
    for (let round = 0; round < 20; round++) {
      const socket = connect(port, '127.0.0.1')
      socket.write(head(`GET /v1/articles/${row?.id}`, { 'x-request-id': 'first' }) + RAW)
      const ids = [...(await read(socket)).toString().matchAll(/^x-request-id: (.*)\r$/gim)].map(
        ([, id]) => id,
      )
      expect(['', 'first', 'first,raw']).toContain(ids.join())
    }
  })
})

describe('headers that are repeated', () => {
  const target = `/v1/articles/${row?.id}`
  // Raw by a query that is refused would say nothing of Accept: the identity of the source is in the path.
  test.each([
    [['text/html;q=0.2', 'text/markdown'], 'text/markdown'],
    [['text/plain', 'text/html;q=0.5'], 'text/plain'],
    [['application/json;q=0', 'text/html;q=0.1', 'text/plain;q=0.9'], 'text/plain'],
  ])('Accept %j mean the same in a raw request as in an encoded one', async (accept, type) => {
    await insertArticles(db, [
      anArticle({ source: { name: 'korea.kr', externalId: `공보 ${accept.length} ${type}` } }),
    ])
    const path = `/v1/articles/by-source/korea.kr/공보%20${accept.length}%20${encodeURIComponent(type)}`
    const ask = (at: string) => sendRaw(port, head(`GET ${at}`, { connection: 'close', accept }))
    const raw = await ask(path)
    const encoded = await ask(encodeURI(path).replaceAll('%25', '%'))
    expect([raw.status, raw.headers['content-type']]).toEqual([200, `${type}; charset=utf-8`])
    expect([raw.body, raw.headers.etag]).toEqual([encoded.body, encoded.headers.etag])
    expect((await ask(target)).headers['content-type']).toBe(raw.headers['content-type'])
  })
})

test('a packet full of bytes beyond ASCII is refused, and the server goes on', async () => {
  for (const size of [60_000, 8_000, 15_000]) {
    const refused = await sendRaw(port, 'GET /', Buffer.alloc(size, 0xe9))
    expect(refused.status).toBe(400)
    expect(JSON.parse(refused.body)).toMatchObject({
      status: 400,
      type: expect.stringMatching(/^\/problems\//),
    })
    expect((await sendRaw(port, head('GET /healthz', { connection: 'close' }))).status).toBe(200)
  }
})
