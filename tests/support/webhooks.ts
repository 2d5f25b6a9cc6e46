import { beforeEach } from '@jest/globals'
import { changeSignal } from '../../src/changes/store-signal.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Database } from '../../src/db/client.ts'
import { registryReader } from '../../src/ministries/store.ts'
import { type SenderOptions, startSending } from '../../src/webhooks/sender.ts'
import { sendingOptions } from '../../src/webhooks/settings.ts'
import { type DeliveryQueue, deliveryQueue } from '../../src/webhooks/store-queue.ts'
import { testApp } from './app.ts'
import type { Call } from './contract.ts'
import { receiver } from './receiver.ts'

/** Webhooks to receivers on this machine, and what sends them. */

const TO_ME = { WEBHOOK_NETWORKS: '127.0.0.1', WEBHOOK_HTTP: 'on' } as const

const fail = (error: unknown): unknown => {
  throw error
}

/** What main.ts makes of the settings. */
export function sending(db: Database, settings: Partial<Config> = {}, onError = fail) {
  const config = { ...readConfig({}), ...TO_ME, ...settings }
  const options = sendingOptions(config, { db, registry: registryReader(db), now: () => new Date() })
  const { expireInSeconds } = options
  const queueOf = (lookInSeconds: number | null = null): DeliveryQueue =>
    deliveryQueue(db, { expireInSeconds, lookInSeconds, onError })
  return {
    options,
    queueOf,
    /** Sends until it is stopped. */
    start(more: Partial<SenderOptions> = {}) {
      const signal = changeSignal(db, { onError: () => {} })
      const sender = startSending({ ...options, queue: queueOf(), signal, pollMs: 50, onError, ...more })
      return async (ms = 5_000) => {
        await signal.close()
        await sender.stop(ms)
      }
    },
  }
}

interface Created {
  id: number
  secret: string
  etag: string
  headers: Record<string, string>
}

/** An endpoint made over HTTP. */
export async function createWebhook(
  call: Call,
  admin: Record<string, string>,
  payload: object,
): Promise<Created> {
  const response = await call({ method: 'POST', url: '/v1/webhooks', headers: admin, payload })
  if (response.statusCode !== 201) throw new Error(`${response.statusCode} ${response.body}`)
  const etag = String(response.headers.etag)
  const { id, secret } = response.json()
  return { id, secret, etag, headers: { ...admin, 'if-match': '*' } }
}

/** The API, somebody who receives, and what sends; each test begins without endpoints. */
export async function testWebhooks() {
  const app = await testApp(TO_ME)
  const me = await receiver()
  const { answer } = me
  const admin = await app.authorize('admin')
  beforeEach(async () => {
    await app.db.pool.query('TRUNCATE webhooks CASCADE')
    me.answer = answer
    me.received.length = 0
  })
  return {
    ...{ ...app, me, admin, answered: answer },
    ...sending(app.db),
    endpoint: (payload: object = {}) => createWebhook(app.call, admin, { url: me.url, ...payload }),
    get: (path: string | number) => app.call({ url: `/v1/webhooks/${path}`, headers: admin }),
  }
}
