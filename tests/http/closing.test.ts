import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { registryReader } from '../../src/ministries/store.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { head, parse, read } from '../support/raw.ts'

/** Connections whose server stops, whose request does not come, and whose database falls silent. */

const { db, authorize } = await testApp()
const [row] = await insertArticles(db, [anArticle()])
const key = await authorize('articles:write')

/** More than what a connection has room for. */
const LARGE = Buffer.alloc(16_000_000, '가')

async function listening(settings: Record<string, string> = {}) {
  const app = await buildApp({ config: { ...readConfig(settings), RATE_LIMIT: 0 }, db })
  app.get('/large', async (_request, reply) => reply.type('text/plain').send(LARGE))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, port: (app.server.address() as AddressInfo).port }
}

test('who keeps asking while the server stops is told to leave, and nobody is cut off', async () => {
  const { app, port } = await listening()
  const agent = new Agent({ keepAlive: true })
  const ask = (path: string) =>
    new Promise<IncomingMessage>((done, fail) => {
      get({ agent, port, path }, response => {
        response.resume().once('end', () => done(response))
        response.once('error', fail)
      }).once('error', fail)
    })
  let answered = 0
  const client = async (path: string) => {
    for (;;) {
      const { statusCode, headers } = await ask(path)
      expect(statusCode).toBe(200)
      answered++
      if (headers.connection === 'close') return
    }
  }
  // Kept in memory, and asked of the database each time.
  const paths = ['/v1/articles', `/v1/articles/${row?.id}`, '/readyz']
  const clients = paths.flatMap(path => Array.from({ length: 6 }, () => client(path)))
  while (answered < 500) await new Promise(next => setTimeout(next, 5))
  await app.close()
  await Promise.all(clients)
  agent.destroy()
})

test('who has not taken all of an answer when the server stops gets the rest', async () => {
  const { app, port } = await listening()
  const socket = connect(port, '127.0.0.1')
  socket.write(head('GET /large'))
  await once(socket, 'readable')
  const closed = app.close()
  // Past the time in which connections are left by themselves.
  await new Promise(next => setTimeout(next, 1_500))
  const said = await read(socket)
  expect(said.subarray(-LARGE.length).equals(LARGE)).toBe(true)
  await closed
})

test('a request whose body does not come is answered when its time is over', async () => {
  const { app, port } = await listening({ REQUEST_TIMEOUT_MS: '500' })
  const socket = connect(port, '127.0.0.1')
  const said = read(socket)
  const fields = { ...key, 'content-type': 'application/json', 'content-length': '200' }
  socket.write(`${head('POST /v1/articles', fields)}{"titl`)
  const { status, body } = parse(await said)
  expect(status).toBe(408)
  expect(JSON.parse(body)).toMatchObject({ type: '/problems/request-timeout' })
  await app.close()
})

test('while the database hangs, ministries are what they were', async () => {
  const registry = registryReader(db)
  const before = await registry.current()
  const client = await db.pool.connect()
  await client.query('BEGIN; LOCK TABLE ministries IN ACCESS EXCLUSIVE MODE')
  registry.forget()
  const began = performance.now()
  expect(await registry.current()).toBe(before)
  for (let i = 0; i < 100; i++) expect(await registry.current()).toBe(before)
  expect(performance.now() - began).toBeLessThan(5_000)
  await client.query('ROLLBACK')
  client.release()
  while ((await registry.current()) === before) await new Promise(next => setTimeout(next, 10))
})
