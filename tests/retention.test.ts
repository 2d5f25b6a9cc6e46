import { beforeAll, beforeEach, expect, test } from '@jest/globals'
import { readConfig } from '../src/config.ts'
import { alone, inBatches } from '../src/db/sweep.ts'
import { insertKey, revokeKey } from '../src/keys/store.ts'
import { sweep } from '../src/retention.ts'
import { testApp } from './support/app.ts'
import { anArticle, insertArticles } from './support/builders.ts'
import { createWebhook } from './support/webhooks.ts'

const { call, db, authorize } = await testApp()
let admin: Record<string, string>
beforeAll(async () => {
  admin = await authorize('admin')
})
beforeEach(() =>
  db.pool.query(
    'TRUNCATE articles, changes, change_followers, webhooks, idempotency_records, import_jobs CASCADE',
  ),
)

const DAY = 86_400_000
const NOW = new Date()
const ago = (days: number) => new Date(NOW.getTime() - days * DAY)
const sweepNow = (settings = {}) => sweep(db, { ...readConfig({}), ...settings }, { now: NOW })

test('deliveries go so many days after they were settled, with their attempts; what waits stays', async () => {
  const { id } = await createWebhook(call, admin, { url: 'https://board.example.com' })
  const insert = (state: string, settled: Date | null) =>
    db.pool.query(
      `WITH d AS (INSERT INTO webhook_deliveries (id, webhook_id, event, payload, state, settled_at, recorded_at)
         VALUES (gen_random_uuid(), $1, 'ping', '{}', $2, $3, $4) RETURNING id)
       INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms) SELECT id, 1, now(), 1 FROM d`,
      [id, state, settled, ago(100)],
    )
  await insert('delivered', ago(31))
  await insert('failed', ago(29))
  await insert('pending', null)
  expect(await sweepNow()).toEqual({ 'webhook deliveries': 1 })
  expect(await sweepNow()).toEqual({})
  const left = await db.prisma.webhookDelivery.findMany({
    select: { state: true },
    orderBy: { state: 'asc' },
  })
  expect(left).toEqual([{ state: 'failed' }, { state: 'pending' }])
  expect(await db.prisma.webhookAttempt.count()).toBe(2)
  expect(await sweepNow({ DELIVERY_DAYS: 28 })).toEqual({ 'webhook deliveries': 1 })
})

test('keys go so many days after they were revoked or have expired; others stay', async () => {
  const make = async (expiresAt: Date | null) =>
    (await insertKey(db, { name: 'k', scopes: ['admin'], expiresAt })).row.id
  const ids = {
    open: await make(null),
    later: await make(ago(-1)),
    expired: await make(ago(366)),
    lately: await make(ago(364)),
    revoked: await make(null),
    both: await make(ago(-400)),
  }
  await revokeKey(db, ids.revoked, ago(400))
  await revokeKey(db, ids.both, ago(364))
  expect(await sweepNow({ KEY_DAYS: 0 })).toEqual({})
  expect(await sweepNow()).toEqual({ 'ended keys': 2 })
  const left = (await db.prisma.apiKey.findMany()).map(({ id }) => id)
  expect(
    Object.entries(ids)
      .filter(([, id]) => !left.includes(id))
      .map(([name]) => name),
  ).toEqual(['expired', 'revoked'])
  expect((await call({ url: '/v1/keys', headers: admin })).statusCode).toBe(200)
})

test('answers of repeated requests, receipts, imports and changes go by the same list', async () => {
  const [row] = await insertArticles(db, [anArticle()], ago(50))
  await db.pool.query("UPDATE changes SET at = now() - interval '50 days'")
  await db.pool.query(
    `INSERT INTO changes (article_id, kind, version, at, actor, was_public, is_public)
     VALUES ($1, 'update', 2, now() - interval '40 days', 'system:test', true, true)`,
    [row?.id],
  )
  await db.pool.query(
    `INSERT INTO idempotency_records (key_id, key, fingerprint, lease_until, expires_at)
     VALUES ('k', 'old', '', now(), now() - interval '1 minute'), ('k', 'new', '', now(), now() + interval '1 hour')`,
  )
  await db.pool.query(
    `INSERT INTO view_receipts (article_id, visitor, counted_at)
     VALUES ($1, 'a', now() - interval '25 hours'), ($1, 'b', now() - interval '23 hours')`,
    [row?.id],
  )
  await db.pool.query(
    `INSERT INTO import_jobs (id, state, format, options, actor, node, bytes, report, recorded_at, ended_at)
     SELECT gen_random_uuid(), 'succeeded', 'csv', '{}', 'k', gen_random_uuid(), 1, '{}', now() - make_interval(days => d), now()
     FROM unnest(ARRAY[31, 29]) AS d`,
  )
  expect(await sweepNow({ HISTORY_DAYS: 30 })).toEqual({
    ...{ 'answers of repeated requests': 1, 'view receipts': 1, 'import jobs': 1, changes: 1 },
  })
})

test('rows go in batches, and whoever writes meanwhile waits for one batch at most', async () => {
  const asked: number[] = []
  const left = [3, 3, 1]
  const step = async (atMost: number) => {
    asked.push(atMost)
    return left.shift() ?? 0
  }
  expect(await inBatches(step, 3)).toBe(7)
  expect(asked).toEqual([3, 3, 3])
})

test('one process sweeps at a time', async () => {
  let release = () => {}
  const held = new Promise<void>(done => {
    release = done
  })
  let begun = () => {}
  const under = new Promise<void>(done => {
    begun = done
  })
  const first = alone(db, async () => {
    begun()
    await held
    return 'swept'
  })
  await under
  expect(await alone(db, async () => 'swept too')).toBeNull()
  expect(await sweepNow()).toEqual({})
  release()
  expect(await first).toBe('swept')
  expect(await alone(db, async () => 'next')).toBe('next')
})

test('a rule that fails keeps no other from being followed', async () => {
  await db.pool.query(
    `INSERT INTO idempotency_records (key_id, key, fingerprint, lease_until, expires_at)
     VALUES ('k', 'old', '', now(), now() - interval '1 minute')`,
  )
  await db.pool.query('ALTER TABLE view_receipts RENAME TO away')
  const failed: string[] = []
  const swept = await sweep(db, readConfig({}), { now: NOW, onError: (_error, what) => failed.push(what) })
  await db.pool.query('ALTER TABLE away RENAME TO view_receipts')
  expect([swept, failed]).toEqual([{ 'answers of repeated requests': 1 }, ['view receipts']])
})
