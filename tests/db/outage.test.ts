import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { type EmbeddedPostgres, startEmbedded } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import type { ImportJob } from '../../src/imports/job-schema.ts'
import { insertKey } from '../../src/keys/store.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { freePort } from '../support/ports.ts'
import { hangable } from '../support/replicated.ts'

/** What a socket client sees, so real requests and no `call`. */
const dir = await mkdtemp(join(tmpdir(), 'gongbo-outage-'))
await chmod(dir, 0o755)
const port = await freePort()
const start = () =>
  startEmbedded({ dir, port, database: 'gongbo', settings: { fsync: 'off', synchronous_commit: 'off' } })
let server: EmbeddedPostgres = await start()
await migrate(server.url)
const db = openDatabase({ url: server.url, poolSize: 5, statementTimeout: 10_000 })
const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, DATA_DIR: dir }, db })
const address = await app.listen({ port: 0, host: '127.0.0.1' })
await insertArticles(db, [anArticle()])
const { key } = await insertKey(db, { name: 'test', scopes: ['articles:write'], expiresAt: null })
afterAll(async () => {
  await app.close()
  await db.close()
  await server.stop().catch(() => {})
  await rm(dir, { recursive: true })
})

interface Answer {
  what: string
  status: number
  type: string
  retryAfter: string | null
  at: number
  ms: number
}
const answers: Answer[] = []
const authorization = `Bearer ${key}`
async function ask(what: string, url: string, init: RequestInit = {}): Promise<Answer> {
  const from = performance.now()
  const response = await fetch(`${address}${url}`, init)
  await response.arrayBuffer()
  const answer = {
    what,
    status: response.status,
    type: response.headers.get('content-type')?.split(';')[0] ?? '',
    retryAfter: response.headers.get('retry-after'),
    at: performance.now(),
    ms: performance.now() - from,
  }
  answers.push(answer)
  return answer
}
const sleep = (ms: number) => new Promise(done => setTimeout(done, ms))

const ASKS: (() => Promise<Answer>)[] = [
  () => ask('list', '/v1/articles'),
  () => ask('list with a key', '/v1/articles?status=draft', { headers: { authorization } }),
  () =>
    ask('write', '/v1/articles', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(anArticle()),
    }),
  () =>
    ask('write once', '/v1/articles', {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/json',
        'idempotency-key': `outage-${Math.random()}`,
      },
      body: JSON.stringify(anArticle()),
    }),
  () =>
    ask('upsert', `/v1/articles/by-source/korea.kr/${Math.floor(Math.random() * 5)}`, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(anArticle()),
    }),
  () => ask('view', '/v1/articles/1/views', { method: 'POST' }),
  () =>
    ask('reaction', '/v1/articles/1/reactions', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"value":"like"}',
    }),
]

test('the database is stopped and started under load: 503 while it is away, then all is well again', async () => {
  let asking = true
  const load = ASKS.flatMap(one => [one, one]).map(async one => {
    while (asking) {
      await one()
      await sleep(2)
    }
  })
  const moments = await stopAndStart().finally(async () => {
    asking = false
    await Promise.allSettled(load)
  })
  await Promise.all(load)

  expect(answers.filter(({ status }) => ![200, 201, 503].includes(status))).toEqual([])
  const away = answers.filter(a => a.status === 503)
  expect(away.filter(a => a.type !== 'application/problem+json' || a.retryAfter === null)).toEqual([])
  expect(away.filter(a => a.at < moments.stopping)).toEqual([])
  // While it was away nothing else than 503, of every kind of request, and soon.
  const meanwhile = answers.filter(a => a.at - a.ms > moments.down && a.at < moments.starting)
  expect(meanwhile.filter(a => a.status !== 503)).toMatchObject([{ what: 'healthz', status: 200 }])
  expect(new Set(meanwhile.map(a => a.what)).size).toBe(ASKS.length + 2)
  expect(Math.max(...answers.map(a => a.ms))).toBeLessThan(6_500)
  // Back without a restart of ours, within a second.
  expect(away.filter(a => a.at - a.ms > moments.up + 1_000)).toEqual([])
  for (const one of ASKS) expect((await one()).status).toBeLessThan(300)
  expect((await ask('readyz', '/readyz')).status).toBe(200)
}, 60_000)

async function stopAndStart() {
  while (answers.length < 100) await sleep(20)
  const stopping = performance.now()
  await server.stop()
  const down = performance.now()
  await sleep(1_500)
  const unready = await ask('readyz', '/readyz')
  expect(unready).toMatchObject({ status: 503, type: 'application/problem+json', retryAfter: '2' })
  expect((await ask('healthz', '/healthz')).status).toBe(200)
  const starting = performance.now()
  server = await start()
  const up = performance.now()
  await sleep(2_000)
  return { stopping, down, starting, up }
}

test('what was answered with 201 is there after the outage', async () => {
  const written = answers.filter(a => a.what.startsWith('write') && a.status === 201)
  expect(await db.prisma.article.count({ where: { source: null } })).toBeGreaterThanOrEqual(written.length)
})

test('a database that takes connections and never answers is 503 too, within seconds', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise(done => silent.once('listening', done))
  const sockets = new Set<import('node:net').Socket>()
  silent.on('connection', socket => sockets.add(socket))
  const url = new URL(server.url)
  url.port = String((silent.address() as { port: number }).port)
  const mute = openDatabase({ url: url.href, poolSize: 2, statementTimeout: 10_000 })
  const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db: mute })
  // What is measured is the answer, not the start.
  await other.ready()
  const from = performance.now()
  const all = await Promise.all(
    ['/v1/articles', '/readyz', '/v1/articles/1', '/v1/articles.ndjson'].map(path =>
      other.inject({ url: path }),
    ),
  )
  expect(all.map(r => r.statusCode)).toEqual([503, 503, 503, 503])
  expect(performance.now() - from).toBeLessThan(6_500)
  await other.close()
  for (const socket of sockets) socket.destroy()
  silent.close()
  await mute.close()
})

test('a database that falls silent on open connections is 503 too, and is well again when it speaks', async () => {
  const way = await hangable(server.url)
  const through = openDatabase({ url: way.url, poolSize: 2, statementTimeout: 500 })
  const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, CACHE_MIB: 0 }, db: through })
  const ask = () =>
    Promise.all(['/v1/articles', '/v1/articles?q=%ED%83%84%EC%86%8C'].map(url => other.inject({ url })))
  expect((await ask()).map(r => r.statusCode)).toEqual([200, 200])
  way.hang(true)
  const from = performance.now()
  expect((await ask()).map(r => r.statusCode)).toEqual([503, 503])
  expect(performance.now() - from).toBeLessThan(12_000)
  expect(through.pool.totalCount).toBe(0)
  way.hang(false)
  expect((await ask()).map(r => r.statusCode)).toEqual([200, 200])
  await other.close()
  await through.close()
  way.close()
})

test('an import that waits outlives the database, and one that runs says what became of it', async () => {
  const upload = async (name: string, count: number) => {
    const body = Array.from({ length: count }, (_, i) =>
      JSON.stringify({ ...anArticle(), source: { name, externalId: `${i}` } }),
    ).join('\n')
    const headers = { authorization, 'content-type': 'application/x-ndjson' }
    const answer = await fetch(`${address}/v1/imports`, { method: 'POST', headers, body })
    return ((await answer.json()) as { id: string }).id
  }
  const until = async (id: string, is: (job: ImportJob) => boolean): Promise<ImportJob> => {
    for (; ; await sleep(50)) {
      const answer = await fetch(`${address}/v1/imports/${id}`, { headers: { authorization } })
      const job = (await answer.json()) as ImportJob
      if (answer.ok && is(job)) return job
    }
  }
  const running = await upload('long.test', 10_000)
  const waiting = await upload('short.test', 1)
  await until(running, ({ state }) => state === 'running')
  await server.stop()
  await sleep(1_500)
  server = await start()
  expect(await until(running, ({ endedAt }) => endedAt !== null)).toMatchObject({
    state: 'failed',
    failure: { code: 'interrupted', detail: expect.stringContaining('the database did not answer') },
  })
  expect(await until(waiting, ({ endedAt }) => endedAt !== null)).toMatchObject({
    state: 'succeeded',
    records: { created: 1 },
  })
  expect(await readdir(join(dir, 'imports'))).toEqual([])
}, 60_000)
