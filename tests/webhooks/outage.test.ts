import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { openDatabase } from '../../src/db/client.ts'
import { startEmbedded } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { insertWebhook } from '../../src/webhooks/store.ts'
import { listMasters } from '../../src/webhooks/store-secrets.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { freePort } from '../support/ports.ts'
import { receiver } from '../support/receiver.ts'
import { sending } from '../support/webhooks.ts'

const dir = await mkdtemp(join(tmpdir(), 'gongbo-webhook-outage-'))
await chmod(dir, 0o755)
const port = await freePort()
const me = await receiver()
const start = () =>
  startEmbedded({ dir, port, database: 'gongbo', settings: { fsync: 'off', synchronous_commit: 'off' } })
let server = await start()
await migrate(server.url)
const db = openDatabase({ url: server.url, poolSize: 5, statementTimeout: 10_000 })
afterAll(async () => {
  await db.close()
  await server.stop().catch(() => {})
  await rm(dir, { recursive: true })
})

test('whoever sends goes on by itself when the database is back, and nothing was lost', async () => {
  const failures: unknown[] = []
  const stop = sending(db, {}, error => failures.push(error)).start()
  const [master] = await listMasters(db, '')
  const endpoint = {
    url: me.url,
    description: null,
    query: {},
    events: ['article.created'],
    kinds: ['create'],
  }
  await insertWebhook(db, { ...endpoint, enabled: true }, master, new Date())
  await insertArticles(db, [anArticle()])
  await me.until(1)
  await server.stop()
  await new Promise(next => setTimeout(next, 500))
  expect(failures.length).toBeGreaterThan(0)
  server = await start()
  await insertArticles(db, [anArticle()])
  await me.until(2)
  await stop()
  const { rows } = await db.pool.query('SELECT state, attempts FROM webhook_deliveries')
  expect(rows).toEqual(Array(2).fill({ state: 'delivered', attempts: 1 }))
})
