import { type Database, inTransaction, Prisma } from '../db/client.ts'
import { type Client, run } from '../db/run.ts'
import { inBatches } from '../db/sweep.ts'
import { STEPS, waitAfter } from './backoff.ts'
import { PING } from './events.ts'
import type { Outcome } from './send.ts'
import type { SecretSeed } from './sign.ts'
import type { Attempt, DeliveryQueue } from './store-queue.ts'

/** What is due, and what became of it. */

const { sql } = Prisma

/** Where an attempt goes: the address of an endpoint, and since where in the log it is in service. */
interface Target {
  url: string
  sinceSeq: string
}

interface Due extends Target {
  secrets: SecretSeed[]
  payload: string
}

/** What an attempt is to send; null where it was made already, or nothing is to be sent any more. */
export async function findDue({ pool }: Database, { deliveryId, number }: Attempt): Promise<Due | null> {
  const [due] = await run<Due>(
    pool,
    sql`SELECT w.url, w.since_seq AS "sinceSeq", w.secrets, d.payload
      FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
      WHERE d.id = ${deliveryId}::uuid AND d.state = 'pending' AND d.attempts = ${number - 1} AND w.enabled`,
  )
  return due ?? null
}

/** Those of some endpoints whose last attempt has failed. */
export async function listFailing({ pool }: Database, ids: number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set()
  const rows = await run<{ id: number }>(
    pool,
    sql`SELECT id FROM webhooks WHERE id = ANY(${ids}::int[]) AND failing_since IS NOT NULL`,
  )
  return new Set(rows.map(({ id }) => id))
}

export interface Policy {
  /** Seconds between attempts. */
  steps?: readonly number[]
  /** Milliseconds of nothing but failures after which an endpoint is disabled. */
  disableAfter: number
}

export interface Made extends Attempt {
  to: Target
  outcome: Outcome
  /** When it began, and when it ended. */
  at: Date
  now: Date
}

/** Why nothing more is sent to an endpoint. */
type Reason = 'gone' | 'failing'

/** What follows from an attempt that failed, as all have for some milliseconds. */
function reasonOf({ status }: Outcome, failed: number, disableAfter: number): Reason | null {
  if (status === 410) return 'gone'
  return failed >= disableAfter ? 'failing' : null
}

/**
 * Notes an attempt and what follows from it, with the job of the next one, in one transaction. `end` ends the job that has
 * brought it. It does nothing else where the attempt was noted before.
 */
export const settle = (
  db: Database,
  queue: DeliveryQueue,
  made: Made,
  { steps = STEPS, disableAfter }: Policy,
  end: (client: Client) => Promise<void>,
): Promise<void> =>
  inTransaction(db, async client => {
    const { deliveryId, webhookId, number, to, outcome, now } = made
    // The endpoint first, as everybody who writes both.
    const [webhook] = await run<Target & { enabled: boolean; failingSince: Date | null }>(
      client,
      sql`SELECT url, since_seq AS "sinceSeq", enabled, failing_since AS "failingSince" FROM webhooks
        WHERE id = ${webhookId} FOR NO KEY UPDATE`,
    )
    const [delivery] = await run<{ state: string; attempts: number; tries: number }>(
      client,
      sql`SELECT state, attempts, tries FROM webhook_deliveries WHERE id = ${deliveryId}::uuid FOR UPDATE`,
    )
    if (!webhook || !delivery || delivery.attempts !== number - 1) return end(client)
    await noteAttempt(client, made)
    const tries = delivery.tries + 1
    const good = outcome.error === null
    const { retryAfter } = outcome
    const wait = good ? null : waitAfter({ tries, retryAfter, random: Math.random() }, steps)
    // What another address has answered, or this one before it was paused, says nothing of the endpoint as it is now.
    const isOf = webhook.url === to.url && webhook.sinceSeq === to.sinceSeq
    const since = !isOf ? webhook.failingSince : good ? null : (webhook.failingSince ?? made.at)
    const reason = isOf && since ? reasonOf(outcome, now.getTime() - since.getTime(), disableAfter) : null
    const next = reason || wait === null ? null : new Date(now.getTime() + wait)
    // One that was cancelled meanwhile stays so, unless it came through.
    const state = good
      ? 'delivered'
      : delivery.state !== 'pending'
        ? delivery.state
        : next
          ? 'pending'
          : 'failed'
    await run(
      client,
      sql`UPDATE webhook_deliveries SET state = ${state}, attempts = ${number}, tries = ${tries},
          next_attempt_at = ${state === 'pending' ? next : null}::timestamptz,
          settled_at = ${state === 'pending' ? null : now}::timestamptz
        WHERE id = ${deliveryId}::uuid`,
    )
    if (state === 'pending' && next)
      await queue.add(client, [{ deliveryId, webhookId, number: number + 1 }], next)
    if (webhook.enabled && reason) await disable(client, webhookId, reason, since, now)
    else if (webhook.failingSince?.getTime() !== since?.getTime())
      await run(
        client,
        sql`UPDATE webhooks SET failing_since = ${since}::timestamptz WHERE id = ${webhookId}`,
      )
    await end(client)
  })

/** Takes an endpoint out of service, with what was still to be sent to it. */
async function disable(
  client: Client,
  webhookId: number,
  reason: Reason,
  since: Date | null,
  now: Date,
): Promise<void> {
  await run(
    client,
    sql`UPDATE webhooks SET enabled = false, disabled_reason = ${reason}, disabled_at = ${now},
        failing_since = ${since}::timestamptz, version = version + 1, modified_at = ${now}
      WHERE id = ${webhookId}`,
  )
  await run(
    client,
    sql`UPDATE webhook_deliveries SET state = 'cancelled', settled_at = ${now}, next_attempt_at = NULL
      WHERE webhook_id = ${webhookId} AND state = 'pending'`,
  )
}

const noteAttempt = (
  client: Client,
  { deliveryId, number, at, outcome: { durationMs, status, error } }: Omit<Made, 'webhookId' | 'to' | 'now'>,
) =>
  run(
    client,
    sql`INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status, error)
      VALUES (${deliveryId}::uuid, ${number}, ${at}, ${durationMs}, ${status}, ${error})`,
  )

/** What was to be sent to an endpoint that is disabled by now will not be. */
export async function cancelDisabled({ pool }: Database, { deliveryId }: Attempt, now: Date): Promise<void> {
  await run(
    pool,
    sql`UPDATE webhook_deliveries d SET state = 'cancelled', settled_at = ${now}, next_attempt_at = NULL
      FROM webhooks w
      WHERE d.id = ${deliveryId}::uuid AND d.state = 'pending' AND w.id = d.webhook_id AND NOT w.enabled`,
  )
}

/**
 * Notes a ping, which is one attempt and changes nothing of its endpoint. Only now, so that one that is cut off leaves
 * nothing behind; nor does one whose endpoint was deleted meanwhile.
 */
export const notePing = (
  db: Database,
  { payload, ...made }: Omit<Made, 'number' | 'to'> & { payload: string },
): Promise<void> =>
  inTransaction(db, async client => {
    const { deliveryId, webhookId, at, now, outcome } = made
    const noted = await run<{ id: string }>(
      client,
      sql`INSERT INTO webhook_deliveries
          (id, webhook_id, event, payload, state, attempts, tries, recorded_at, settled_at)
        SELECT ${deliveryId}::uuid, id, ${PING}, ${payload}, ${outcome.error === null ? 'delivered' : 'failed'}, 1, 1,
          ${at}::timestamptz, ${now}::timestamptz
        FROM webhooks WHERE id = ${webhookId} FOR KEY SHARE RETURNING id`,
    )
    if (noted.length > 0) await noteAttempt(client, { ...made, number: 1 })
  })

/** Forgets deliveries that were settled before an instant, with their attempts, and says how many. */
export const sweepDeliveries = ({ pool }: Pick<Database, 'pool'>, before: Date): Promise<number> =>
  inBatches(async atMost => {
    const { rowCount } = await pool.query(
      `DELETE FROM webhook_deliveries WHERE id IN (
         SELECT id FROM webhook_deliveries WHERE settled_at < $1 ORDER BY settled_at LIMIT $2
         FOR UPDATE SKIP LOCKED)`,
      [before, atMost],
    )
    return rowCount ?? 0
  })
