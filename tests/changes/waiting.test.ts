import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, describe, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { changeSignal } from '../../src/changes/store-signal.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import type { FeedAnswer } from '../support/feed.ts'
import { whileHeld } from '../support/locks.ts'

const { call, db } = await testApp()
const page = async (query: string): Promise<FeedAnswer> => (await call(`/v1/changes?${query}`)).json()
const pause = (ms: number) => new Promise(next => setTimeout(next, ms))
const LISTENER = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT COALESCE(max(seq)%'`
const listeners = async (): Promise<number[]> =>
  (await db.pool.query(LISTENER)).rows.map((row: { pid: number }) => row.pid)

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const from = performance.now()
  const result = await work
  return { result, ms: performance.now() - from }
}

describe('a reader that waits', () => {
  test('is told of a change as soon as it is committed', async () => {
    const { cursor } = await page('since=now')
    const waiting = timed(page(`since=${cursor}&wait=30`))
    await pause(300)
    await insertArticles(db, [anArticle()])
    const { result, ms } = await waiting
    expect(result.items).toHaveLength(1)
    expect(ms).toBeLessThan(10_000)
  })

  test('does not wait where there is something already', async () => {
    const { cursor } = await page('since=now')
    await insertArticles(db, [anArticle()])
    const { result, ms } = await timed(page(`since=${cursor}&wait=30`))
    expect(result.items).toHaveLength(1)
    expect(ms).toBeLessThan(10_000)
  })

  test('is answered with nothing when its time is over, and goes on at the same place', async () => {
    const { cursor } = await page('since=now')
    const { result, ms } = await timed(page(`since=${cursor}&wait=1`))
    expect(result).toEqual({ items: [], cursor, more: false })
    expect(ms).toBeGreaterThanOrEqual(990)
  })

  test('sleeps on over what it may not see', async () => {
    const { cursor } = await page('since=now')
    const waiting = timed(page(`since=${cursor}&wait=2`))
    await pause(300)
    await insertArticles(db, [anArticle({ status: 'draft' })])
    const { result, ms } = await waiting
    expect(result).toEqual({ items: [], cursor, more: false })
    expect(ms).toBeGreaterThanOrEqual(1_990)
  })

  test('is told also after the connection that listens was cut', async () => {
    const { cursor } = await page('since=now')
    await page(`since=${cursor}&wait=1`)
    const [pid] = await listeners()
    expect(pid).toBeDefined()
    const waiting = timed(page(`since=${cursor}&wait=30`))
    await db.pool.query('SELECT pg_terminate_backend($1)', [pid])
    await pause(100)
    await insertArticles(db, [anArticle()])
    const { result, ms } = await waiting
    expect(result.items).toHaveLength(1)
    expect(ms).toBeLessThan(10_000)
    await page(`since=${result.cursor}&wait=2`)
    expect(await listeners()).toHaveLength(1)
    expect(await listeners()).not.toContain(pid)
  })
})

test('a thousand that wait cost one connection, no query while nothing happens, and one when something does', async () => {
  const { cursor } = await page('since=now')
  const waiting = Array.from({ length: 1_000 }, () => page(`since=${cursor}&wait=30`))
  await pause(3_000)
  expect(await listeners()).toHaveLength(1)
  let queries = 0
  const count = () => {
    queries++
  }
  db.pool.on('acquire', count)
  await pause(1_500)
  expect(queries).toBe(0)
  await insertArticles(db, [anArticle()])
  const answers = await Promise.all(waiting)
  db.pool.off('acquire', count)
  expect(new Set(answers.map(({ items }) => items.length))).toEqual(new Set([1]))
  // The write itself is one more.
  expect(queries).toBeLessThanOrEqual(3)
})

test('a stop of the process answers all who wait at once', async () => {
  const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const { cursor } = await page('since=now')
  const url = `${address}/v1/changes?since=${cursor}`
  const waiting = [1, 2, 3].map(async () => (await fetch(`${url}&wait=30`)).json())
  const stream = fetch(url, { headers: { accept: 'text/event-stream' } }).then(answer => answer.text())
  // One to spare, as clients open them.
  const spare = connect(Number(new URL(address).port), '127.0.0.1')
  await pause(500)
  const { ms } = await timed(app.close())
  expect(ms).toBeLessThan(5_000)
  await once(spare.resume(), 'close')
  for (const answer of await Promise.all(waiting)) expect(answer).toEqual({ items: [], cursor, more: false })
  expect(await stream).toContain(`id: ${cursor}\n`)
})

test('who goes away while waiting is waited for no longer', async () => {
  const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const abort = new AbortController()
  const closed = once(app.server, 'connection').then(([socket]) => once(socket, 'close'))
  const asked = fetch(`${address}/v1/changes?since=now&wait=60`, { signal: abort.signal })
  await pause(300)
  abort.abort()
  await expect(asked).rejects.toThrow('abort')
  await closed
  await app.close()
})

describe('the signal', () => {
  const databases: ReturnType<typeof openDatabase>[] = []
  afterAll(() => Promise.all(databases.map(one => one.close())))

  test('comes by its own look where notifications are lost', async () => {
    const signal = changeSignal(
      // A connection whose LISTEN is not heard, as behind a pooler that hands out another one for each transaction.
      {
        async connect() {
          const client = await db.connect()
          client.removeAllListeners('notification')
          client.on = (() => client) as never
          return client
        },
      },
      { onError: () => {}, lookMs: 50 },
    )
    const abort = new AbortController()
    await signal.after(0, 5_000, abort.signal)
    await pause(200)
    const { count } = signal
    const woken = signal.after(count, 10_000, abort.signal)
    await insertArticles(db, [anArticle()])
    await woken
    expect(signal.count).toBeGreaterThan(count)
    await signal.close()
  })

  test('lets readers look each while that there is no connection', async () => {
    const errors: unknown[] = []
    const dead = openDatabase({
      url: 'postgresql://nobody@127.0.0.1:1/none',
      ...{ poolSize: 1, statementTimeout: 1000 },
    })
    databases.push(dead)
    const signal = changeSignal(dead, { onError: error => errors.push(error), retryMs: 20 })
    const abort = new AbortController()
    for (let looks = 0; looks < 3; looks++) await signal.after(signal.count, 5_000, abort.signal)
    expect(signal.count).toBeGreaterThanOrEqual(3)
    expect(errors.length).toBeGreaterThanOrEqual(3)
    await signal.close()
  })
})

test('a notification before its entry can be seen wakes nobody for nothing', async () => {
  const { cursor } = await page('since=now')
  await whileHeld(db.url, "SELECT pg_notify('gongbo_changes', '')", async () => {
    const { result } = await timed(page(`since=${cursor}&wait=1`))
    expect(result.items).toEqual([])
  })
})
