import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../db/client.ts'
import { VERSION } from '../version.ts'
import type { Network } from './address.ts'
import { pingPayload } from './events.ts'
import { type Outcome, type Resolve, send } from './send.ts'
import { type SecretSeed, signatureOf } from './sign.ts'
import { seedsOf, type WebhookRow } from './store.ts'
import { cancelDisabled, findDue, notePing, type Policy, settle } from './store-outcome.ts'
import type { DeliveryQueue, Job } from './store-queue.ts'
import { listMasters } from './store-secrets.ts'

/** Sending: a signed message, and what is noted of it. */

export interface DeliverOptions extends Policy {
  db: Database
  /** See `WEBHOOK_SECRET` in config.ts. */
  secret: string
  networks: readonly Network[]
  /** Milliseconds that a receiver may take. */
  timeout: number
  now: () => Date
  resolve?: Resolve
}

interface Sent {
  id: string
  url: string
  payload: string
  seeds: readonly SecretSeed[]
}

const UNSIGNED =
  'not sent: its secret cannot be derived any more, since WEBHOOK_SECRET has changed; rotate the secret'

async function sendSigned(
  { id, url, payload, seeds }: Sent,
  options: DeliverOptions,
  abort?: AbortSignal,
): Promise<{ at: Date; now: Date; outcome: Outcome }> {
  const { db, secret, networks, timeout, now, resolve } = options
  const at = now()
  const timestamp = Math.floor(at.getTime() / 1_000)
  const masters = await listMasters(db, secret)
  const signature = signatureOf({ id, timestamp, body: payload }, seeds, masters)
  if (signature === null)
    return { at, now: at, outcome: { status: null, error: UNSIGNED, retryAfter: null, durationMs: 0 } }
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Gongbo/${VERSION}`,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature,
  }
  const outcome = await send(url, headers, payload, {
    networks,
    timeout,
    ...(abort && { abort }),
    ...(resolve && { resolve }),
  })
  return { at, now: now(), outcome }
}

/** Makes the attempt of a job, unless it was made before. @throws the reason of an abort: then nothing is noted */
export async function deliver(
  job: Job,
  queue: DeliveryQueue,
  options: DeliverOptions,
  abort?: AbortSignal,
): Promise<void> {
  const { db } = options
  const due = await findDue(db, job)
  if (!due) {
    await cancelDisabled(db, job, options.now())
    await queue.done(db.pool, job.id)
    return
  }
  const { url, sinceSeq, payload, secrets: seeds } = due
  const sent = await sendSigned({ id: job.deliveryId, url, payload, seeds }, options, abort)
  const { id, ...attempt } = job
  const note = () =>
    settle(db, queue, { ...attempt, ...sent, to: { url, sinceSeq } }, options, client =>
      queue.done(client, id),
    )
  await persist(note, abort)
}

/** How often a note is tried, and milliseconds between: within the time that a job is left with its process. */
const NOTES = 20
const NOTE_MS = 1_000

/** Does what must not be lost to a database that is away for a moment: the receiver has got the message. */
async function persist(work: () => Promise<void>, abort?: AbortSignal): Promise<void> {
  for (let left = NOTES; ; left--)
    try {
      return await work()
    } catch (error) {
      if (left <= 1 || abort?.aborted) throw error
      await sleep(NOTE_MS)
    }
}

/** Sends a test now and gives the id of its delivery. */
export async function ping(webhook: WebhookRow, options: DeliverOptions): Promise<string> {
  const { db, now } = options
  const { id: webhookId, url } = webhook
  const id = randomUUID()
  const payload = pingPayload(webhookId, now())
  const sent = await sendSigned({ id, url, payload, seeds: seedsOf(webhook) }, options)
  await notePing(db, { deliveryId: id, webhookId, payload, ...sent })
  return id
}
