import { afterEach, describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { deliver } from '../../src/webhooks/deliver.ts'
import type { SenderOptions } from '../../src/webhooks/sender.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { sending, testWebhooks } from '../support/webhooks.ts'

/** From a write to a receiver, by what main.ts starts. */

const { call, db, me, answered, start, options, queueOf, endpoint, get } = await testWebhooks()
let stop: ((ms?: number) => Promise<void>) | null = null
afterEach(async () => {
  await stop?.()
  stop = null
})
const begin = (more: Partial<SenderOptions> = {}) => {
  stop = start(more)
}
/** Steps of retries that a test can wait for, in seconds. */
const SOON = [0.05, 0.05, 0.05]

const create = async () => (await insertArticles(db, [anArticle()]))[0]?.id ?? 0
const webhook = async (id: number) => (await get(id)).json()
const deliveries = async (id: number) => (await get(`${id}/deliveries?pageSize=100`)).json().items
const logged = async (id: number, delivery: string) => (await get(`${id}/deliveries/${delivery}`)).json()
/** Comes back with what stands there once it is as wanted. */
async function until<T>(look: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look()
    if (wanted(value)) return value
    await new Promise(next => setTimeout(next, 20))
  }
}
const settled = (id: number, count = 1) =>
  until(
    () => deliveries(id),
    items => items.length >= count && items.every(({ state }: { state: string }) => state !== 'pending'),
  )

test('a change is sent at once, and what comes is verified by the library of Standard Webhooks', async () => {
  begin()
  const { id, secret } = await endpoint()
  const article = await create()
  await me.until(1)
  const [one] = me.received
  const body = new Webhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>)
  expect(body).toMatchObject({ type: 'article.created', data: { articleId: article, version: 1 } })
  expect(one?.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': expect.stringMatching(/^Gongbo\//),
  })
  const [delivery] = await settled(id)
  expect(delivery).toMatchObject({
    ...{ id: one?.headers['webhook-id'], event: 'article.created', state: 'delivered', attempts: 1 },
    ...{ nextAttemptAt: null, settledAt: expect.any(String) },
  })
  const { payload, log } = await logged(id, delivery.id)
  expect(payload).toEqual(body)
  expect(log).toMatchObject([{ number: 1, status: 204, error: null, durationMs: expect.any(Number) }])
})

test('after a rotation what comes is verified by either secret', async () => {
  begin()
  const { id, secret, headers } = await endpoint()
  const rotation = { method: 'POST', url: `/v1/webhooks/${id}/secret`, headers } as const
  const { secret: newer } = (await call(rotation)).json()
  await create()
  await me.until(1)
  const [one] = me.received
  for (const key of [secret, newer])
    expect(new Webhook(key).verify(one?.body ?? '', one?.headers as Record<string, string>)).toBeDefined()
  expect(String(one?.headers['webhook-signature']).split(' ')).toHaveLength(2)
})

describe('a receiver that fails', () => {
  test('is tried again with the same id until it takes it', async () => {
    begin({ steps: SOON })
    const { id, secret } = await endpoint()
    const statuses = [500, 301]
    me.answer = (_request, response) => {
      const status = statuses.shift() ?? 200
      response.writeHead(status, { location: 'http://169.254.169.254/' }).end()
    }
    await create()
    await me.until(3)
    const [{ id: delivery, state, attempts }] = await settled(id)
    expect([state, attempts]).toEqual(['delivered', 3])
    expect(new Set(me.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery]))
    // Each attempt is signed with its own time.
    for (const { body, headers } of me.received)
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeDefined()
    expect((await logged(id, delivery)).log).toMatchObject([
      { status: 500, error: 'answered 500' },
      { status: 301, error: 'answered 301: redirects are not followed' },
      { status: 200, error: null },
    ])
    expect((await webhook(id)).failingSince).toBeNull()
  })

  test('is given up after the last step, and said to fail', async () => {
    begin({ steps: SOON })
    const { id } = await endpoint()
    me.answer = (_request, response) => response.writeHead(500).end()
    await create()
    const [{ state, attempts, nextAttemptAt }] = await settled(id)
    expect([state, attempts, nextAttemptAt]).toEqual(['failed', SOON.length + 1, null])
    expect(me.received).toHaveLength(SOON.length + 1)
    expect(await webhook(id)).toMatchObject({ enabled: true, failingSince: expect.any(String) })
  })

  test('is tried next after seconds, by default', async () => {
    begin()
    const { id } = await endpoint()
    me.answer = (_request, response) => response.writeHead(500).end()
    await create()
    const [delivery] = await until(
      () => deliveries(id),
      ([one]) => one?.attempts === 1,
    )
    const [{ at }] = (await logged(id, delivery.id)).log
    const wait = Date.parse(delivery.nextAttemptAt) - Date.parse(at)
    expect(wait).toBeGreaterThanOrEqual(5_000)
    expect(wait).toBeLessThan(8_000)
  })

  test('by not answering in time is one that fails', async () => {
    begin({ steps: [], timeout: 200 })
    const { id } = await endpoint()
    me.answer = () => {}
    await create()
    const [{ id: delivery, state }] = await settled(id)
    expect(state).toBe('failed')
    expect((await logged(id, delivery)).log).toMatchObject([
      { status: null, error: 'no answer within 200 ms' },
    ])
  })

  test('is heard where it asks to wait', async () => {
    begin({ steps: SOON })
    const { id } = await endpoint()
    me.answer = (_request, response) => response.writeHead(503, { 'retry-after': '120' }).end()
    await create()
    const [delivery] = await until(
      () => deliveries(id),
      ([one]) => one?.attempts === 1,
    )
    const [{ at }] = (await logged(id, delivery.id)).log
    expect(Date.parse(delivery.nextAttemptAt) - Date.parse(at)).toBeGreaterThanOrEqual(120_000)
    expect(delivery.state).toBe('pending')
  })

  test('with nothing but failures for days is disabled, and what was to be sent is cancelled', async () => {
    begin({ steps: [0.05, 3_600], disableAfter: 500 })
    const { id } = await endpoint()
    me.answer = (_request, response) => response.writeHead(500).end()
    await create()
    await until(
      () => deliveries(id),
      ([one]) => one?.attempts === 2,
    )
    await new Promise(next => setTimeout(next, 500))
    await create()
    const items = await settled(id, 2)
    expect(items.map(({ state }: { state: string }) => state)).toEqual(['failed', 'cancelled'])
    expect(await webhook(id)).toMatchObject({
      ...{ enabled: false, disabledReason: 'failing', version: 2 },
      ...{ disabledAt: expect.any(String), failingSince: expect.any(String) },
    })
    const count = me.received.length
    await create()
    await new Promise(next => setTimeout(next, 300))
    expect([me.received.length, (await deliveries(id)).length]).toEqual([count, 2])
  })

  test('is not disabled where something came through meanwhile', async () => {
    begin({ steps: [], disableAfter: 300 })
    const { id } = await endpoint()
    const statuses = [500, 200, 500]
    me.answer = (_request, response) => response.writeHead(statuses.shift() ?? 200).end()
    for (const n of [1, 2, 3]) {
      await create()
      await settled(id, n)
      await new Promise(next => setTimeout(next, 200))
    }
    expect((await webhook(id)).enabled).toBe(true)
  })
})

test('a receiver that answers 410 is never sent anything again', async () => {
  // The second change must be told of before the first is sent again.
  begin({ steps: [3] })
  const { id } = await endpoint()
  me.answer = (_request, response) => response.writeHead(500).end()
  await create()
  await me.until(1)
  me.answer = (_request, response) => response.writeHead(410).end()
  await create()
  const items = await settled(id, 2)
  expect(items.map(({ state }: { state: string }) => state).sort()).toEqual(['cancelled', 'failed'])
  expect(await webhook(id)).toMatchObject({ enabled: false, disabledReason: 'gone' })
  const count = me.received.length
  await create()
  await new Promise(next => setTimeout(next, 600))
  expect(me.received).toHaveLength(count)
})

const MERGE = { 'content-type': 'application/merge-patch+json' }

test.each([
  ['an address that it has left', true],
  ['a time before it was paused', false],
])('what a receiver answers from %s says nothing of it now', async (_what, moves) => {
  begin({ steps: [], disableAfter: 0 })
  const { id, headers } = await endpoint({ url: me.url.replace('/hook', '/old') })
  const answers: (() => void)[] = []
  me.answer = (request, response) => {
    if (request.url !== '/old' || answers.length > 0) response.writeHead(204).end()
    else answers.push(() => response.writeHead(410).end())
  }
  await create()
  await until(
    () => Promise.resolve(answers),
    ([one]) => one !== undefined,
  )
  const patch = async (payload: object) => {
    const response = await call({
      method: 'PATCH',
      url: `/v1/webhooks/${id}`,
      headers: { ...headers, ...MERGE },
      payload,
    })
    expect(response.statusCode).toBe(200)
  }
  if (moves) await patch({ url: me.url })
  else for (const enabled of [false, true]) await patch({ enabled })
  answers[0]?.()
  await settled(id)
  expect(await webhook(id)).toMatchObject({ enabled: true, disabledReason: null, failingSince: null })
  await create()
  const [latest] = (await settled(id, 2)).toSorted((a: { recordedAt: string }, b: { recordedAt: string }) =>
    a.recordedAt < b.recordedAt ? 1 : -1,
  )
  expect(latest.state).toBe('delivered')
})

test('an address that takes the place of another has not failed yet', async () => {
  begin({ steps: [], disableAfter: 3_600_000 })
  const { id, headers } = await endpoint({ url: me.url.replace('/hook', '/old') })
  me.answer = (_request, response) => response.writeHead(500).end()
  await create()
  await settled(id)
  expect((await webhook(id)).failingSince).not.toBeNull()
  const moved = await call({
    method: 'PATCH',
    url: `/v1/webhooks/${id}`,
    headers: { ...headers, ...MERGE },
    payload: { url: me.url },
  })
  expect(moved.json()).toMatchObject({ failingSince: null })
})

test('who leads to a private address later gets nothing', async () => {
  begin({ steps: [], networks: [] })
  const { id } = await endpoint({ url: `http://hooks.example:${me.port}/` })
  await stop?.()
  begin({
    ...{ steps: [], networks: [] },
    resolve: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  await create()
  const [{ id: delivery, state }] = await settled(id)
  expect(state).toBe('failed')
  expect((await logged(id, delivery)).log[0].error).toContain('is not public')
  expect(me.received).toEqual([])
})

test.each([1, 2, 3])('receivers that take their time keep no other waiting: %d', async count => {
  begin({ concurrency: 8, timeout: 20_000 })
  me.answer = (request, response) => {
    if (request.url !== '/slow') response.writeHead(204).end()
  }
  const slow = await Promise.all(
    Array.from({ length: count }, () => endpoint({ url: me.url.replace('/hook', '/slow') })),
  )
  const quick = await endpoint()
  for (let i = 0; i < 6; i++) await create()
  await settled(quick.id, 6)
  for (const { id } of slow)
    expect((await deliveries(id)).every(({ attempts }: { attempts: number }) => attempts === 0)).toBe(true)
  await stop?.(100)
})

describe('whoever sends', () => {
  test('lets what is under way end when it stops', async () => {
    begin()
    const { id } = await endpoint()
    me.answer = (_request, response) => setTimeout(() => response.writeHead(204).end(), 400)
    await create()
    await me.until(1)
    await stop?.()
    stop = null
    expect(await deliveries(id)).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })

  test('hands back what takes too long, and another one sends it at once', async () => {
    begin()
    const { id } = await endpoint()
    me.answer = () => {}
    await create()
    await me.until(1)
    await stop?.(100)
    expect(await deliveries(id)).toMatchObject([{ state: 'pending', attempts: 0 }])
    me.answer = answered
    begin()
    expect(await settled(id)).toMatchObject([{ state: 'delivered', attempts: 1 }])
    expect(me.received).toHaveLength(2)
  })

  test('makes an attempt once, also where its job comes twice', async () => {
    const { id } = await endpoint()
    const queue = queueOf()
    begin()
    await create()
    const [delivery] = await settled(id)
    await queue.ready()
    const again = { id: delivery.id, deliveryId: delivery.id, webhookId: id, number: 1 }
    await deliver(again, queue, options)
    expect(me.received).toHaveLength(1)
    expect((await logged(id, delivery.id)).log).toHaveLength(1)
  })

  test('gets the job of one that died when its time is over', async () => {
    const { id } = await endpoint()
    const dead = sending(db, { WEBHOOK_TIMEOUT_MS: 100 }, () => {})
    const stopDead = dead.start({ concurrency: 1, timeout: 60_000 })
    me.answer = () => {}
    await create()
    await me.until(1)
    // As if a minute had passed since it took the job.
    await db.pool.query(
      "UPDATE gongbo_queue.job SET started_on = started_on - interval '1 minute' WHERE state = 'active'",
    )
    await db.pool.query("UPDATE gongbo_queue.version SET maintained_on = now() - interval '1 hour'")
    me.answer = answered
    const queue = queueOf(1)
    begin({ queue })
    expect(await settled(id)).toMatchObject([{ state: 'delivered', attempts: 1 }])
    await stopDead(0)
    expect(await deliveries(id)).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })
})
