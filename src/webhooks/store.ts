import type { ArticleQuery } from '../articles/query-schema.ts'
import type { Database, Prisma } from '../db/client.ts'
import { inBatches } from '../db/sweep.ts'
import { assertMatch } from '../http/conditional.ts'
import type { Pages } from '../http/page.ts'
import { Problem } from '../http/problem.ts'
import { formatInstant, formatInstantOrNull } from '../time/seoul.ts'
import { toText } from './filter.ts'
import type { Webhook } from './schema.ts'
import { type Master, newSeed, rotated, type SecretSeed, valid } from './sign.ts'

/** Endpoints as rows. */

type Tx = Prisma.TransactionClient
export type WebhookRow = Prisma.WebhookGetPayload<object>

/** What a writer decides. */
export interface WebhookContent {
  url: string
  description: string | null
  query: ArticleQuery
  events: string[]
  kinds: string[]
  enabled: boolean
}

export const seedsOf = ({ secrets }: Pick<WebhookRow, 'secrets'>): SecretSeed[] =>
  secrets as unknown as SecretSeed[]
export const queryOf = ({ query }: Pick<WebhookRow, 'query'>): ArticleQuery => query as ArticleQuery

export const noWebhook = (id: number) =>
  new Problem('not-found', { en: `There is no webhook ${id}.`, ko: `${id}번 웹훅이 없습니다.` })

/** @throws Problem 404 */
export async function findWebhook({ prisma }: Database, id: number): Promise<WebhookRow> {
  const row = await prisma.webhook.findUnique({ where: { id } })
  if (!row) throw noWebhook(id)
  return row
}

export async function listWebhooks(
  { prisma }: Database,
  { page, pageSize }: Pages,
): Promise<{ rows: WebhookRow[]; total: number }> {
  const [rows, total] = await prisma.$transaction(
    [
      prisma.webhook.findMany({ orderBy: { id: 'asc' }, skip: (page - 1) * pageSize, take: pageSize }),
      prisma.webhook.count(),
    ],
    { isolationLevel: 'RepeatableRead' },
  )
  return { rows, total }
}

/** The last change there is. Who sees it sees all before it. */
async function findHead(tx: Tx): Promise<bigint> {
  const { _max } = await tx.change.aggregate({ _max: { seq: true } })
  return _max.seq ?? 0n
}

const columns = ({ query, ...content }: WebhookContent) => ({
  ...content,
  query: query as Prisma.InputJsonObject,
})

/** Content as it is told: what reads the same is the same. */
const shownOf = ({ url, description, query, events, kinds, enabled }: WebhookContent) => [
  url,
  description,
  toText(query),
  events,
  kinds,
  enabled,
]

/** Makes an endpoint for what is changed from now on. */
export const insertWebhook = (
  { prisma }: Database,
  content: WebhookContent,
  master: Master,
  now: Date,
): Promise<WebhookRow> =>
  prisma.$transaction(async tx => {
    const sinceSeq = await findHead(tx)
    const follower = { name: FOLLOWER, seq: sinceSeq }
    await tx.changeFollower.createMany({ data: [follower], skipDuplicates: true })
    return tx.webhook.create({
      data: {
        ...columns(content),
        ...(!content.enabled && { disabledReason: 'paused', disabledAt: now }),
        sinceSeq,
        recordedAt: now,
        modifiedAt: now,
        secrets: [newSeed(master)] as unknown as Prisma.InputJsonArray,
      },
    })
  })

/** Under which name the log is followed. */
export const FOLLOWER = 'webhooks'

/** Locked until the end of the transaction. Whoever writes deliveries as well locks the endpoint first. */
async function lockWebhook(tx: Tx, id: number): Promise<WebhookRow> {
  await tx.$queryRaw`SELECT FROM webhooks WHERE id = ${id} FOR NO KEY UPDATE`
  const row = await tx.webhook.findUnique({ where: { id } })
  if (!row) throw noWebhook(id)
  return row
}

/** @throws Problem 404 or 412. */
async function lockExpected(tx: Tx, id: number, ifMatch: string): Promise<WebhookRow> {
  const row = await lockWebhook(tx, id)
  assertMatch(ifMatch, row.version, 'The webhook')
  return row
}

/**
 * Changes an endpoint. One that is disabled cancels what was still to be sent; one that is enabled again is sent what
 * changes from then on; another address has not failed yet. @throws Problem 404 or 412, and whatever `decide` throws.
 */
export const updateWebhook = (
  { prisma }: Database,
  id: number,
  ifMatch: string,
  decide: (row: WebhookRow) => WebhookContent,
  now: Date,
): Promise<WebhookRow> =>
  prisma.$transaction(async tx => {
    const row = await lockExpected(tx, id, ifMatch)
    const content = decide(row)
    const same = JSON.stringify(shownOf(content)) === JSON.stringify(shownOf({ ...row, query: queryOf(row) }))
    if (same) return row
    if (row.enabled && !content.enabled) await cancelPending(tx, id, now)
    const switched = content.enabled
      ? { disabledReason: null, disabledAt: null, failingSince: null, sinceSeq: await findHead(tx) }
      : { disabledReason: 'paused', disabledAt: now }
    return tx.webhook.update({
      where: { id },
      data: {
        ...columns(content),
        ...(row.url !== content.url && { failingSince: null }),
        ...(row.enabled !== content.enabled && switched),
        version: row.version + 1,
        modifiedAt: now,
      },
    })
  })

const cancelPending = (tx: Tx, webhookId: number, now: Date) =>
  tx.webhookDelivery.updateMany({
    where: { webhookId, state: 'pending' },
    data: { state: 'cancelled', settledAt: now, nextAttemptAt: null },
  })

/** Secrets that may sign at a time. */
const SECRETS = 5

/** Gives an endpoint another secret; the former ones sign beside it until an instant. @throws Problem 404, 409 or 412. */
export const rotateSecret = (
  { prisma }: Database,
  id: number,
  ifMatch: string,
  master: Master,
  times: { now: Date; until: Date },
): Promise<WebhookRow> =>
  prisma.$transaction(async tx => {
    const row = await lockExpected(tx, id, ifMatch)
    const secrets = rotated(seedsOf(row), master, times)
    if (secrets.length > SECRETS)
      throw new Problem('conflict', {
        en: `${SECRETS} secrets are in force: the oldest must end before there is another one.`,
        ko: `유효한 비밀 키가 이미 ${SECRETS}개입니다. 가장 오래된 것이 끝난 뒤에 바꾸십시오.`,
      })
    return tx.webhook.update({
      where: { id },
      data: {
        secrets: secrets as unknown as Prisma.InputJsonArray,
        version: row.version + 1,
        modifiedAt: times.now,
      },
    })
  })

/** Deletes an endpoint with the log of what was sent to it, which may be long. @throws Problem 404 or 412. */
export async function deleteWebhook({ prisma, pool }: Database, id: number, ifMatch: string): Promise<void> {
  await prisma.$transaction(async tx => {
    await lockExpected(tx, id, ifMatch)
    const off = { enabled: false, disabledReason: 'paused', disabledAt: new Date() }
    await tx.webhook.update({ where: { id }, data: off })
  })
  await inBatches(async atMost => {
    const { rowCount } = await pool.query(
      `DELETE FROM webhook_deliveries WHERE id IN (
         SELECT id FROM webhook_deliveries WHERE webhook_id = $1 LIMIT $2)`,
      [id, atMost],
    )
    return rowCount ?? 0
  })
  await prisma.webhook.deleteMany({ where: { id } })
}

export function toWebhook(row: WebhookRow, now: Date): Webhook {
  const former = valid(seedsOf(row), now).flatMap(({ until }) => (until === null ? [] : [new Date(until)]))
  const last = former.sort((a, b) => b.getTime() - a.getTime())[0] ?? null
  return {
    id: row.id,
    version: row.version,
    url: row.url,
    description: row.description,
    query: toText(queryOf(row)),
    events: row.events as Webhook['events'],
    kinds: row.kinds as Webhook['kinds'],
    enabled: row.enabled,
    disabledReason: row.disabledReason as Webhook['disabledReason'],
    disabledAt: formatInstantOrNull(row.disabledAt),
    failingSince: formatInstantOrNull(row.failingSince),
    formerSecretUntil: formatInstantOrNull(last),
    recordedAt: formatInstant(row.recordedAt),
    modifiedAt: formatInstant(row.modifiedAt),
  }
}
