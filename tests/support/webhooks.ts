import { changeSignal } from '../../src/changes/store-signal.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Database } from '../../src/db/client.ts'
import { registryReader } from '../../src/ministries/store.ts'
import { type SenderOptions, startSending } from '../../src/webhooks/sender.ts'
import { sendingOptions } from '../../src/webhooks/settings.ts'
import { type DeliveryQueue, deliveryQueue } from '../../src/webhooks/store-queue.ts'
import type { Call } from './contract.ts'

/** Webhooks to receivers on this machine, and what sends them. */

export const TO_ME = { WEBHOOK_NETWORKS: '127.0.0.1', WEBHOOK_HTTP: 'on' } as const

const fail = (error: unknown): void => {
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

export interface Created {
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
