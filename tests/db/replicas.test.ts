import { afterAll, beforeEach, expect, test } from '@jest/globals'
import pg from 'pg'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { Replicas } from '../../src/db/replicas.ts'
import { insertKey } from '../../src/keys/store.ts'
import { anArticle } from '../support/builders.ts'
import { contract } from '../support/contract.ts'
import { editor } from '../support/editor.ts'
import { hangable, replicated } from '../support/replicated.ts'

// Whatever stands in the way of a replay is ended at once.
const { primary, standby, stop } = await replicated({ max_standby_streaming_delay: '0' })
const way = await hangable(standby.url)
const options = { poolSize: 10, statementTimeout: 20_000 }
const db = openDatabase({ ...options, url: primary.url })
const heard: string[] = []
const replicas = new Replicas({
  ...{ ...options, urls: [way.url], primary: db, maxLag: 400 },
  onChange: (_name, { condition }) => heard.push(condition),
})
const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, CACHE_MIB: 0 }, db, replicas })
const call = await contract(app)
const { key } = await insertKey(db, { name: 'test', scopes: ['admin'], expiresAt: null })
const headers = { authorization: `Bearer ${key}` }
const edit = editor(call, headers)
/** Another node, which this one hears of by nothing but the database. */
const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
const editThere = editor(await contract(other), headers)
afterAll(async () => {
  await other.close()
  await app.close()
  await replicas.close()
  await db.close()
  way.close()
  await stop()
})

/** Speaks to the standby itself. */
async function onStandby<T extends object>(statement: string): Promise<T> {
  const client = new pg.Client({ connectionString: standby.url })
  await client.connect()
  try {
    return (await client.query(statement)).rows[0]
  } finally {
    await client.end()
  }
}
const state = () => replicas.states()[0]
async function until(condition: string, look = () => replicas.look()): Promise<void> {
  while (state()?.condition !== condition) {
    await new Promise(next => setTimeout(next, 20))
    await look()
  }
}
const write = async (title: string) => {
  const { headers, statusCode } = await editThere('PATCH', '/v1/articles/1', { title })
  expect(statusCode).toBe(200)
  return String(headers['gongbo-position'])
}
const titleOf = async (position?: string) => {
  const answer = await call({
    url: '/v1/articles/1',
    ...(position && { headers: { 'gongbo-position': position } }),
  })
  expect(answer.statusCode).toBe(200)
  return answer.json().title as string
}
/** Where answers came from while something was done. */
async function from(work: () => Promise<unknown>): Promise<typeof replicas.reads> {
  const before = { ...replicas.reads }
  await work()
  const { primary, replica, instead } = replicas.reads
  return {
    primary: primary - before.primary,
    replica: replica - before.replica,
    instead: instead - before.instead,
  }
}

/** Until the replica is well and has all that was written. */
async function untilThere(): Promise<void> {
  const { rows } = await db.pool.query<{ head: string }>('SELECT coalesce(max(seq), 0) AS head FROM changes')
  while (state()?.condition !== 'ok' || (state()?.position ?? -1) < Number(rows[0]?.head)) {
    await new Promise(next => setTimeout(next, 20))
    await replicas.look()
  }
}

expect((await edit('POST', '/v1/articles', anArticle())).statusCode).toBe(201)
beforeEach(untilThere)

const READS = [
  '/v1/articles',
  '/v1/articles?pageSize=5&page=2',
  '/v1/articles?sort=relevance&q=%EC%88%9C%ED%99%98%EA%B2%BD%EC%A0%9C',
  '/v1/articles/1',
  '/v1/articles/by-url?url=https%3A%2F%2Fa.kr%2F1',
  '/v1/articles/1/duplicates',
  '/v1/articles/facets',
  '/v1/articles/histogram?q=%EC%88%9C%ED%99%98',
  '/v1/articles.atom',
  '/v1/articles/feed.json?kind=press-release',
  '/v1/suggestions?q=%EC%88%9C',
]

test('whatever is read of articles is answered by the replica, which can write nothing', async () => {
  const used = await from(async () => {
    for (const url of READS) expect([200, 404]).toContain((await call({ url })).statusCode)
    for (const url of ['/v1/articles/1/revisions', '/v1/articles/1/revisions/1', '/v1/articles?status=draft'])
      expect((await call({ url, headers })).statusCode).toBe(200)
    expect((await app.inject({ method: 'HEAD', url: '/v1/articles' })).statusCode).toBe(200)
  })
  expect(used).toEqual({ primary: 0, replica: READS.length + 4, instead: 0 })
})

test('what stood at a moment is asked of the primary, and so is whatever else there is', async () => {
  const used = await from(async () => {
    for (const url of ['/v1/articles?asOf=2026-01-20', '/v1/articles/1?asOf=2099-01-01'])
      expect([200, 400, 404]).toContain((await call({ url, headers })).statusCode)
    for (const url of ['/v1/articles.ndjson', '/v1/changes', '/v1/ministries', '/v1/ministries/unresolved'])
      expect((await call({ url, headers })).statusCode).toBe(200)
  })
  expect(used).toEqual({ primary: 2, replica: 0, instead: 0 })
})

test('a reader with the place of a write sees it, however far behind the replica is; others may not', async () => {
  await write('앞의 제목')
  await untilThere()
  await onStandby('SELECT pg_wal_replay_pause()')
  try {
    const position = await write('뒤의 제목')
    expect(await titleOf()).toBe('앞의 제목')
    expect(await titleOf(position)).toBe('뒤의 제목')
    expect(await titleOf('9007199254740991')).toBe('뒤의 제목')
    expect((await call({ url: '/v1/articles', headers: { 'gongbo-position': position } })).body).toContain(
      '뒤의 제목',
    )
    // What was written on its own node a reader sees without naming it.
    expect((await edit('PATCH', '/v1/articles/1', { title: '여기서 쓴 제목' })).statusCode).toBe(200)
    expect(await titleOf()).toBe('여기서 쓴 제목')
  } finally {
    await onStandby('SELECT pg_wal_replay_resume()')
  }
  await untilThere()
  const position = await write('제목')
  await untilThere()
  expect(await from(() => titleOf(position))).toEqual({ primary: 0, replica: 1, instead: 0 })
})

test('a replica that is too far behind gets no reads until it has caught up', async () => {
  await onStandby('SELECT pg_wal_replay_pause()')
  try {
    await write('남은 제목')
    await until('lagging')
    expect(state()?.lag).toBeGreaterThan(400)
    expect(await from(async () => expect(await titleOf()).toBe('남은 제목'))).toMatchObject({ primary: 1 })
    expect((await call('/readyz')).json()).toMatchObject({
      status: 'degraded',
      replicas: [{ replica: 1, condition: 'lagging' }],
    })
  } finally {
    await onStandby('SELECT pg_wal_replay_resume()')
  }
  await until('ok')
  expect((await call('/readyz')).json()).toMatchObject({
    status: 'ready',
    replicas: [{ replica: 1, condition: 'ok', lagMs: expect.any(Number) }],
  })
  const metrics = (await call('/metrics')).body
  expect(metrics).toMatch(/^database_replica_up\{replica="1"\} 1$/m)
  expect(metrics).toMatch(/^database_replica_lag_seconds\{replica="1"\} 0/m)
  expect(metrics).toMatch(/^article_reads_total\{from="replica"\} [1-9]/m)
})

/** Readers that ask one after another for as long as something is done; gives the statuses that they met. */
async function whileReading(work: () => Promise<unknown>): Promise<Map<number, number>> {
  const met = new Map<number, number>()
  let reading = true
  const readers = Array.from({ length: 6 }, async (_, i) => {
    while (reading) {
      const { statusCode } = await app.inject(READS[i % 5] as string)
      met.set(statusCode, (met.get(statusCode) ?? 0) + 1)
    }
  })
  await work().finally(() => {
    reading = false
  })
  await Promise.all(readers)
  return met
}
const some = (ms: number) => new Promise(done => setTimeout(done, ms))
const answered = (met: Map<number, number>) =>
  [...met.keys()].every(status => status === 200 || status === 404)

test('readers notice nothing of a replica that is killed, nor of its coming back', async () => {
  heard.length = 0
  const met = await whileReading(async () => {
    await some(300)
    await standby.kill()
    await some(500)
    await replicas.look()
    expect(state()?.condition).toBe('unreachable')
    await standby.start()
    await until('ok')
    await some(300)
  })
  expect(answered(met) || met).toBe(true)
  expect(heard).toEqual(['unreachable', 'ok'])
}, 60_000)

test('readers notice nothing of queries that stand in the way of what the replica replays, nor of ended connections', async () => {
  const conflicts = async () =>
    Number(
      (
        await onStandby<{ n: string }>(
          'SELECT confl_lock + confl_snapshot AS n FROM pg_stat_database_conflicts WHERE datname = current_database()',
        )
      ).n,
    )
  const before = await conflicts()
  const met = await whileReading(async () => {
    await onStandby(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gongbo'`,
    )
    await untilThere()
    while ((await conflicts()) === before) {
      // Its lock is replayed, and whoever reads the table there is ended.
      await db.pool.query('ALTER TABLE articles ALTER COLUMN title SET STATISTICS -1')
      await replicas.look()
    }
  })
  expect(answered(met) || met).toBe(true)
}, 60_000)

test('a replica that hangs costs its readers some seconds, and nobody after them anything', async () => {
  way.hang(true)
  const began = performance.now()
  const waiting = titleOf()
  // What a clock does once a second.
  await replicas.look()
  expect(state()?.condition).toBe('unreachable')
  const next = performance.now()
  await titleOf()
  expect(performance.now() - next).toBeLessThan(1_000)
  await replicas.look()
  await waiting
  expect(performance.now() - began).toBeLessThan(8_000)
  way.hang(false)
  await until('ok')
})

test('a primary that gives no answer holds no probe up', async () => {
  const client = await db.pool.connect()
  await client.query('BEGIN; LOCK TABLE _prisma_migrations IN ACCESS EXCLUSIVE MODE')
  const began = performance.now()
  expect((await call('/readyz')).json()).toMatchObject({ status: 'degraded', database: 'unreachable' })
  expect(performance.now() - began).toBeLessThan(5_000)
  await client.query('ROLLBACK')
  client.release()
})

test('without the primary what is public is read all the same, and nothing is written', async () => {
  const { title } = (await call('/v1/articles/1')).json()
  // What this process has written and no replica will ever have holds up nobody who did not ask for it.
  app.written.position += 1_000
  await primary.kill()
  await replicas.look()
  const used = await from(async () => {
    for (let i = 0; i < 3; i++) expect(await titleOf()).toBe(title)
    expect((await call('/v1/articles?kind=press-release')).json().total).toBe(1)
  })
  app.written.position -= 1_000
  expect(used).toMatchObject({ replica: 4, instead: 0 })
  expect((await edit('PATCH', '/v1/articles/1', { title: '없음' })).statusCode).toBe(503)
  expect((await call({ url: '/v1/articles/1', headers: { 'gongbo-position': '9999' } })).statusCode).toBe(503)
  const readiness = await call('/readyz')
  expect(readiness.json()).toMatchObject({ status: 'degraded', database: 'unreachable' })
  await primary.start()
  await write('다시 쓴 제목')
  await untilThere()
  expect((await call('/readyz')).json()).toMatchObject({ status: 'ready', database: 'ok' })
}, 60_000)

test('one that is promoted is no replica any more', async () => {
  await onStandby('SELECT pg_promote()')
  await until('not-a-standby')
  expect(await from(() => titleOf())).toEqual({ primary: 1, replica: 0, instead: 0 })
  expect((await call('/readyz')).json()).toMatchObject({ replicas: [{ condition: 'not-a-standby' }] })
})
