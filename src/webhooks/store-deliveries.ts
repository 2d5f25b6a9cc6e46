import { partsOf } from '../articles/cursor.ts'
import { type Database, inTransaction, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import { badParameter, Problem } from '../http/problem.ts'
import { formatInstant, formatInstantOrNull } from '../time/seoul.ts'
import type { DeliveriesQuery, LoggedDelivery, WebhookDelivery } from './delivery-schema.ts'
import { PING } from './events.ts'
import { noWebhook } from './store.ts'
import type { DeliveryQueue } from './store-queue.ts'

/** The log of deliveries, and sending one anew. */

const { sql, empty } = Prisma

type Row = Prisma.WebhookDeliveryGetPayload<object>
type LoggedRow = Prisma.WebhookDeliveryGetPayload<{ include: { log: true } }>

const noDelivery = (id: string) =>
  new Problem('not-found', { en: `There is no delivery ${id}.`, ko: `ID가 ${id}인 발송 기록이 없습니다.` })

/** With its attempts, in their order. @throws Problem 404 */
export async function findDelivery({ prisma }: Database, webhookId: number, id: string): Promise<LoggedRow> {
  const include = { log: { orderBy: { number: 'asc' } } } as const
  const row = await prisma.webhookDelivery.findFirst({ where: { id, webhookId }, include })
  if (!row) throw noDelivery(id)
  return row
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const cursorOf = ({ recordedAt, id }: Row): string =>
  Buffer.from(JSON.stringify([1, recordedAt.getTime(), id])).toString('base64url')

/** @throws Problem 400 where it was not made here. */
function placeOf(cursor: string): { at: Date; id: string } {
  const [version, at, id, ...rest] = partsOf(cursor)
  const place = { at: new Date(Number.isSafeInteger(at) ? Number(at) : Number.NaN), id: String(id) }
  if (version === 1 && rest.length === 0 && UUID.test(place.id) && !Number.isNaN(place.at.getTime()))
    return place
  throw badParameter('cursor', 'is no cursor of this list', '이 목록의 커서가 아닙니다')
}

export async function listDeliveries(
  { pool }: Database,
  webhookId: number,
  { state, pageSize = 20, cursor }: DeliveriesQuery,
): Promise<{ rows: Row[]; nextCursor: string | null }> {
  const place = cursor === undefined ? null : placeOf(cursor)
  const rows = await run<Row>(
    pool,
    sql`SELECT id, event, state, attempts, next_attempt_at AS "nextAttemptAt", recorded_at AS "recordedAt",
        settled_at AS "settledAt"
      FROM webhook_deliveries WHERE webhook_id = ${webhookId}
        ${state ? sql`AND state = ${state}` : empty}
        ${place ? sql`AND (recorded_at, id) < (${place.at}::timestamptz, ${place.id}::uuid)` : empty}
      ORDER BY recorded_at DESC, id DESC LIMIT ${pageSize + 1}`,
  )
  const kept = rows.slice(0, pageSize)
  const last = kept.at(-1)
  return { rows: kept, nextCursor: rows.length > pageSize && last ? cursorOf(last) : null }
}

/**
 * Sends a delivery anew, with its id and payload, and with all retries. @throws Problem 404, or 409 where it is on its way, is
 * a ping, or its endpoint is disabled.
 */
export const resend = (
  db: Database,
  queue: DeliveryQueue,
  { webhookId, id }: { webhookId: number; id: string },
  now: Date,
): Promise<void> =>
  queue.ready().then(() =>
    inTransaction(db, async client => {
      // The endpoint first, as everybody who writes both.
      const [webhook] = await run<{ enabled: boolean }>(
        client,
        sql`SELECT enabled FROM webhooks WHERE id = ${webhookId} FOR SHARE`,
      )
      if (!webhook) throw noWebhook(webhookId)
      const [row] = await run<{ state: string; attempts: number; event: string }>(
        client,
        sql`SELECT state, attempts, event FROM webhook_deliveries
          WHERE id = ${id}::uuid AND webhook_id = ${webhookId} FOR UPDATE`,
      )
      if (!row) throw noDelivery(id)
      if (row.state === 'pending')
        throw new Problem('conflict', {
          en: 'The delivery is on its way already.',
          ko: '이미 발송 중입니다.',
        })
      if (row.event === PING)
        throw new Problem('conflict', {
          en: 'A test is sent once: ask for another one by POST /v1/webhooks/{id}/ping.',
          ko: '시험 발송은 한 번뿐입니다. POST /v1/webhooks/{id}/ping으로 새로 보내십시오.',
        })
      if (!webhook.enabled)
        throw new Problem('conflict', {
          en: 'The webhook is disabled: enable it first.',
          ko: '꺼져 있는 웹훅입니다. 먼저 켜십시오.',
        })
      await run(
        client,
        sql`UPDATE webhook_deliveries SET state = 'pending', tries = 0, settled_at = NULL, next_attempt_at = ${now}
          WHERE id = ${id}::uuid`,
      )
      await queue.add(client, [{ deliveryId: id, webhookId, number: row.attempts + 1 }])
    }),
  )

/** How much waits, and since when the oldest of it: for metrics. */
export async function findBacklog({ pool }: Database): Promise<{ pending: number; oldest: Date | null }> {
  const [row] = await run<{ pending: number; oldest: Date | null }>(
    pool,
    sql`SELECT count(*)::int AS pending, min(recorded_at) AS oldest FROM webhook_deliveries WHERE state = 'pending'`,
  )
  return { pending: row?.pending ?? 0, oldest: row?.oldest ?? null }
}

export const toDelivery = (row: Omit<Row, 'payload' | 'seq' | 'tries' | 'webhookId'>): WebhookDelivery => ({
  id: row.id,
  event: row.event as WebhookDelivery['event'],
  state: row.state as WebhookDelivery['state'],
  attempts: row.attempts,
  nextAttemptAt: formatInstantOrNull(row.nextAttemptAt),
  recordedAt: formatInstant(row.recordedAt),
  settledAt: formatInstantOrNull(row.settledAt),
})

export const toLoggedDelivery = (row: LoggedRow): LoggedDelivery => ({
  ...toDelivery(row),
  payload: JSON.parse(row.payload),
  log: row.log.map(({ number, at, durationMs, status, error }) => ({
    number,
    at: formatInstant(at),
    durationMs,
    status,
    error,
  })),
})
