import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { whileHeld } from '../support/locks.ts'
import { head, parse, read } from '../support/raw.ts'

/** What happens to uploads on real connections. */

const DATA_DIR = await mkdtemp(join(tmpdir(), 'gongbo-uploads-'))
afterAll(() => rm(DATA_DIR, { recursive: true, force: true }))
const { app, db, call, authorize } = await testApp({ DATA_DIR, IMPORT_LIMIT: 1_000_000 })
const headers = await authorize('articles:write')
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo

const NDJSON = { ...headers, 'content-type': 'application/x-ndjson' }
const line = (externalId: string) =>
  `${JSON.stringify({ ...anArticle(), source: { name: 'board.test', externalId } })}\n`
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const begin = (more: Record<string, string>) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(head('POST /v1/imports', { ...NDJSON, ...more }))
  return socket
}
const spooled = () => readdir(join(DATA_DIR, 'imports')).catch(() => [])
const until = async (condition: () => Promise<boolean>) => {
  while (!(await condition())) await new Promise(next => setTimeout(next, 10))
}
const total = async () => (await call({ url: '/v1/imports', headers })).json().total

test('an upload that breaks off leaves neither a job nor a file', async () => {
  for (const [name, value, part] of [
    ['content-length', '1000', line('1')],
    ['transfer-encoding', 'chunked', chunk(line('1'))],
  ] as const) {
    const socket = begin({ [name]: value })
    socket.write(part)
    await until(async () => (await spooled()).length === 1)
    socket.destroy()
    await until(async () => (await spooled()).length === 0)
    expect(await total()).toBe(0)
  }
})

test('an upload may take longer than other requests, as long as it goes on', async () => {
  const connected = once(app.server, 'connection')
  const socket = begin({ 'transfer-encoding': 'chunked', connection: 'close' })
  const answer = read(socket)
  const [accepted] = (await connected) as [Socket]
  socket.write(chunk(line('1')))
  await until(async () => (await spooled()).length === 1)
  // What Node says when the time of requests is over.
  const over = Object.assign(new Error('over'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
  app.server.emit('clientError', over, accepted)
  socket.write(`${chunk(line('2'))}0\r\n\r\n`)
  const { status, headers: fields } = parse(await answer)
  expect(status).toBe(202)
  await until(async () => (await call({ url: String(fields.location), headers })).json().endedAt !== null)
  expect((await call({ url: String(fields.location), headers })).json()).toMatchObject({
    records: { created: 2 },
  })
})

test('who sends too much comes to read why, while it still sends', async () => {
  const sent = request({ port, method: 'POST', path: '/v1/imports', headers: NDJSON })
  sent.on('error', () => {})
  const answered = once(sent, 'response')
  const block = Buffer.alloc(1 << 16, 0x20)
  let open = true
  answered.then(() => {
    open = false
  })
  while (open) {
    if (!sent.write(block)) await Promise.race([once(sent, 'drain'), answered])
  }
  const [response] = await answered
  expect(response.statusCode).toBe(413)
  let body = ''
  for await (const part of response) body += part
  expect(JSON.parse(body)).toMatchObject({ type: '/problems/body-too-large' })
  sent.destroy()
  expect(await spooled()).toEqual([])
})

test('a stop ends what runs after what it has under way, and says so of it and of what waits', async () => {
  const stopping = await buildApp({ config: { ...readConfig({}), DATA_DIR, RATE_LIMIT: 0 }, db })
  const upload = async (count: number) => {
    const payload = Array.from({ length: count }, (_, i) => line(`stop-${i}`)).join('')
    return (await stopping.inject({ method: 'POST', url: '/v1/imports', headers: NDJSON, payload })).json()
  }
  const [running, waiting] = await whileHeld(
    db.url,
    'LOCK TABLE changes IN ACCESS EXCLUSIVE MODE',
    async holder => {
      const jobs = [await upload(2_000), await upload(1)]
      const state = () => db.pool.query("SELECT FROM import_jobs WHERE state = 'running'")
      await until(async () => (await state()).rowCount === 1)
      const closed = stopping.close()
      await new Promise(next => setTimeout(next, 100))
      await holder.query('ROLLBACK')
      await closed
      return jobs
    },
  )
  const ended = await Promise.all(
    [running, waiting].map(async ({ id }) => (await call({ url: `/v1/imports/${id}`, headers })).json()),
  )
  const failure = { code: 'interrupted', detail: expect.stringContaining('the server was stopped') }
  for (const job of ended) expect(job).toMatchObject({ state: 'failed', failure })
  const { rows } = await db.pool.query(
    "SELECT count(*)::int AS n FROM articles WHERE external_id LIKE 'stop-%'",
  )
  expect(ended[0].records.created).toBe(rows[0].n)
  expect(rows[0].n).toBeLessThan(2_000)
  expect(ended[1].records.read).toBe(0)
  expect(await spooled()).toEqual([])
}, 90_000)
