import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { whileHeld } from '../support/locks.ts'
import { head } from '../support/raw.ts'

const { app, db, call, authorize } = await testApp({ EXPORTS: 2 })
const reader = await authorize('articles:read')
/** Far above what a busy machine holds a reader up by itself. */
const STALL = 1_500
const impatient = await buildApp({
  config: { ...readConfig({}), RATE_LIMIT: 0, EXPORT_STALL_MS: STALL },
  db,
})
afterAll(() => impatient.close())
const COUNT = 300
let port = 0
let impatientPort = 0

/** About 30 MB: more than any socket holds. */
beforeAll(async () => {
  await insertArticles(
    db,
    Array.from({ length: COUNT }, (_, i) =>
      anArticle({ publishedAt: `2026-01-${10 + (i % 20)}T10:00:00+09:00` }),
    ),
  )
  await db.pool.query(
    `UPDATE articles SET body_text = repeat('가나다라', 4096) || id, body_html = repeat('<p>마바사</p>', 3200)`,
  )
  port = await listen(app)
  impatientPort = await listen(impatient)
})
async function listen(server: FastifyInstance): Promise<number> {
  await server.listen({ port: 0, host: '127.0.0.1' })
  return (server.server.address() as { port: number }).port
}

/** Begins an export and takes nothing of it yet. */
async function begin(path = '/v1/articles.ndjson', headers = {}, at = port) {
  const request: ClientRequest = get({ port: at, host: '127.0.0.1', path, headers, agent: false })
  request.on('error', () => {})
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  return { request, response, id: String(response.headers['gongbo-export']) }
}

async function read(response: IncomingMessage, each: (chunk: Buffer) => unknown = () => {}): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) {
    chunks.push(chunk as Buffer)
    await each(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
const pause = (ms: number) => new Promise(next => setTimeout(next, ms))
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Connections of exports to this database, with what they do. */
const connections = async (): Promise<{ pid: number; state: string }[]> =>
  (
    await db.pool.query(
      `SELECT pid, state FROM pg_stat_activity WHERE application_name = 'gongbo export' AND datname = current_database()`,
    )
  ).rows
async function untilNone(ms: number): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await pause(20))
    if ((await connections()).length === 0) return
  throw new Error(`after ${ms} ms there is still ${JSON.stringify(await connections())}`)
}
/** Waits for the one export to ask for nothing more, having had the time to. */
async function untilOneRests(ms: number): Promise<void> {
  const states: string[][] = []
  for (const end = Date.now() + ms; Date.now() < end; ) {
    await pause(200)
    states.push((await connections()).map(({ state }) => state))
    if (states.at(-1)?.join() === 'idle in transaction') return
  }
  throw new Error(`it did not rest: ${JSON.stringify(states)}`)
}
/** What is remembered of an export once it has ended. */
async function ended(id: string) {
  for (;;) {
    const told = (await call(`/v1/exports/${id}`)).json()
    if (told.state !== 'running') return told
    await pause(20)
  }
}

describe('a reader', () => {
  test('who is slow gets the whole, as it was when the export began', async () => {
    const before = (await call('/v1/articles.ndjson')).rawPayload
    const { response, id } = await begin('/v1/articles.ndjson', {}, impatientPort)
    await db.pool.query(`UPDATE articles SET title = '그사이에 고친 제목' WHERE id % 3 = 0`)
    await db.pool.query(`UPDATE articles SET status = 'hidden' WHERE id % 7 = 0`)
    const [added] = await insertArticles(db, [anArticle({ publishedAt: '2026-01-05T10:00:00+09:00' })])
    const began = performance.now()
    let due = 0
    const bytes = await read(response, async chunk => {
      due += chunk.length
      if (due < 4_000_000) return
      due = 0
      await pause(STALL / 2)
    })
    expect(performance.now() - began).toBeGreaterThan(2 * STALL)
    expect(bytes.equals(before)).toBe(true)
    expect(response.trailers).toEqual({ 'gongbo-count': String(COUNT), 'gongbo-sha256': sha256(before) })
    expect(await ended(id)).toMatchObject({ state: 'succeeded', count: COUNT, bytes: before.length })
    await db.pool.query(`UPDATE articles SET status = 'published'`)
    await db.pool.query('DELETE FROM article_search WHERE article_id = $1', [added?.id])
    await untilNone(1_000)
  })

  test('who does not read yet keeps the server from reading on', async () => {
    const { request, id } = await begin()
    await untilOneRests(5_000)
    const told = (await call(`/v1/exports/${id}`)).json()
    expect(told).toMatchObject({ state: 'running', sha256: null, endedAt: null })
    request.destroy()
    await untilNone(1_000)
    expect((await ended(id)).count).toBeLessThan(COUNT / 2)
  })

  test('who goes away frees the database at once', async () => {
    const { request, response, id } = await begin()
    await once(response, 'readable')
    response.read()
    expect(await connections()).toHaveLength(1)
    request.destroy()
    await untilNone(1_000)
    expect(await ended(id)).toMatchObject({ state: 'failed', failure: 'reader-gone', sha256: null })
  })

  test('who goes away while the database still seeks ends that as well', async () => {
    await whileHeld(db.url, 'LOCK TABLE articles IN ACCESS EXCLUSIVE MODE', async () => {
      const request = get({ port, host: '127.0.0.1', path: '/v1/articles.csv', agent: false })
      request.on('error', () => {})
      while (!(await connections()).some(({ state }) => state === 'active')) await pause(20)
      request.destroy()
      await untilNone(4_000)
    })
  })

  test('who takes nothing for too long is cut, and has no end', async () => {
    for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
      // A body that does not shrink, so that gzip has something to send.
      await db.pool.query(
        `UPDATE articles SET body_text = (SELECT string_agg(md5(n::text || id), '') FROM generate_series(1, 2000) n)`,
      )
      const { response, id } = await begin('/v1/articles.ndjson', headers, impatientPort)
      expect(await ended(id)).toMatchObject({ state: 'failed', failure: 'reader-stalled' })
      await untilNone(1_000)
      await expect(read(response)).rejects.toThrow('aborted')
      expect(response.complete).toBe(false)
    }
  })

  test('is cut where the database fails, instead of taking a part for the whole', async () => {
    const { response, id } = await begin()
    const [connection] = await connections()
    await db.pool.query('SELECT pg_terminate_backend($1)', [connection?.pid])
    await expect(read(response)).rejects.toThrow('aborted')
    expect(response.complete).toBe(false)
    expect(await ended(id)).toMatchObject({ state: 'failed', failure: 'server' })
  })

  test('who types Hangul is served as a stream, too', async () => {
    const ask = (at = port) => {
      const socket: Socket = connect(at, '127.0.0.1')
      socket.write(
        head('GET /v1/articles.ndjson?source=없는곳&kind=press-release').replace(
          'source=없는곳&',
          'tag=수소&',
        ),
      )
      return socket
    }
    await db.pool.query(`UPDATE articles SET tags = '{수소}'`)
    const whole = ask()
    const chunks: Buffer[] = []
    for await (const chunk of whole) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(text).toMatch(/0\r\ngongbo-count: 301\r\ngongbo-sha256: [0-9a-f]{64}\r\n\r\n$/)

    const gone = ask()
    await once(gone, 'data')
    gone.pause()
    expect(await connections()).toHaveLength(1)
    gone.destroy()
    await untilNone(1_000)

    const stalled = ask(impatientPort)
    await once(stalled, 'data')
    stalled.pause()
    expect(await connections()).toHaveLength(1)
    await untilNone(4 * STALL)
    stalled.destroy()
  })

  test('of HTTP/1.0 gets it without trailers', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /v1/articles.csv?fields=id HTTP/1.0\r\nHost: a.kr\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const [fields = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
    expect(fields).not.toMatch(/^(trailer|transfer-encoding):/im)
    expect(body.split('\r\n')).toHaveLength(COUNT + 3)
  })
})

test('as many exports run at once as may, the last of them for who has a key', async () => {
  const first = await begin()
  const refused = await call('/v1/articles.csv')
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '30'])
  expect(refused.json()).toMatchObject({ type: '/problems/too-many-exports', status: 503 })
  expect(refused.headers['content-encoding']).toBeUndefined()
  const second = await begin('/v1/articles.csv', reader)
  expect((await call({ url: '/v1/articles.ndjson', headers: reader })).statusCode).toBe(503)
  expect((await call('/v1/articles')).statusCode).toBe(200)
  first.request.destroy()
  second.request.destroy()
  await Promise.all([ended(first.id), ended(second.id)])
  expect((await call('/v1/articles.csv?fields=id')).statusCode).toBe(200)
})

test('a stop cuts what runs, and leaves no connection', async () => {
  const { response, id } = await begin()
  app.server.closeAllConnections()
  await expect(read(response)).rejects.toThrow('aborted')
  expect(await ended(id)).toMatchObject({ state: 'failed', failure: 'reader-gone' })
  expect(await connections()).toEqual([])
})
