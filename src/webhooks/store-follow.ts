import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { decideQuery, isPublic, type ListQuery } from '../articles/query.ts'
import type { ArticleQuery } from '../articles/query-schema.ts'
import { findInList, type TermsOfVersions, versionKey } from '../articles/store-match.ts'
import { takeInMinistries } from '../articles/store-ministries.ts'
import { type Database, inTransaction, Prisma } from '../db/client.ts'
import { type Client, run } from '../db/run.ts'
import { Problem } from '../http/problem.ts'
import type { RegistryReader } from '../ministries/store.ts'
import { dayOf } from '../time/seoul.ts'
import { type EventType, eventOf, type FollowedChange, payloadOf } from './events.ts'
import { FOLLOWER } from './store.ts'
import type { Attempt, DeliveryQueue } from './store-queue.ts'

/**
 * From the log to deliveries. One process at a time holds the place in the log; deliveries, their jobs and the place are
 * written in one transaction, so no change is skipped and none is sent twice, wherever it is cut off.
 */

const { sql } = Prisma

/** Changes that are followed in one transaction. */
const BATCH = 200

export interface FollowOptions {
  db: Database
  queue: DeliveryQueue
  registry: RegistryReader
  publicUrl: string
  now: () => Date
  batch?: number
  /** Whether it is to end after what it has under way. */
  stopping?: () => boolean
}

interface Endpoint {
  id: number
  version: number
  query: ArticleQuery
  events: string[]
  kinds: string[]
  since: string
}

const readEndpoints = (client: Client): Promise<Endpoint[]> =>
  run(
    client,
    sql`SELECT id, version, query, events, kinds, since_seq AS since FROM webhooks WHERE enabled ORDER BY id`,
  )

/** A list as it is understood now. A ministry that nobody knows any more is looked for as it is written. */
async function understand(
  { db, registry, now }: FollowOptions,
  { query }: Pick<Endpoint, 'query'>,
): Promise<ListQuery> {
  const asked = decideQuery(query, now())
  try {
    return await takeInMinistries(db, await registry.current(), asked, dayOf(now()))
  } catch (error) {
    if (error instanceof Problem && error.statusCode === 400) return asked
    throw error
  }
}

const identity = ({ id, version }: Pick<Endpoint, 'id' | 'version'>) => `${id}.${version}`

/** Follows the log to its end. Says how many deliveries came of it; 0 too where another process does it. */
export async function followLog(options: FollowOptions): Promise<number> {
  const { db, queue, batch = BATCH, stopping = () => false } = options
  await queue.ready()
  let size = batch
  for (let total = 0; ; ) {
    const endpoints = await readEndpoints(db.pool)
    // Before the transaction: what it needs comes over other connections.
    const lists = new Map<string, ListQuery>()
    for (const endpoint of endpoints) lists.set(identity(endpoint), await understand(options, endpoint))
    try {
      const followed = await inTransaction(db, client =>
        followSome(client, lists, { ...options, batch: size }),
      )
      total += followed?.deliveries ?? 0
      if (!followed || stopping() || (followed.changes < size && !followed.again)) return total
    } catch (error) {
      // Long texts may take longer than a transaction may last.
      if (size === 1) throw error
      size = Math.ceil(size / 4)
    }
  }
}

interface Followed {
  changes: number
  deliveries: number
  /** Endpoints have changed meanwhile: nothing was done. */
  again?: boolean
}

/** One batch; null where another process is at it, or nobody ever made an endpoint. */
async function followSome(
  client: pg.PoolClient,
  lists: ReadonlyMap<string, ListQuery>,
  { queue, publicUrl, batch }: FollowOptions & { batch: number },
): Promise<Followed | null> {
  const [follower] = await run<{ seq: string }>(
    client,
    sql`SELECT seq FROM change_followers WHERE name = ${FOLLOWER} FOR UPDATE SKIP LOCKED`,
  )
  if (!follower) return null
  const [{ head } = { head: follower.seq }] = await run<{ head: string }>(
    client,
    sql`SELECT COALESCE(max(seq), ${follower.seq}::bigint) AS head FROM changes`,
  )
  const changes = (
    await run<Omit<FollowedChange, 'seq'> & { seq: string }>(
      client,
      sql`SELECT seq, article_id AS "articleId", kind, version, at FROM changes
        WHERE seq > ${follower.seq}::bigint ORDER BY seq LIMIT ${batch}`,
    )
  ).map(change => ({ ...change, seq: Number(change.seq) }))
  const last = changes.at(-1)
  if (!last) return { changes: 0, deliveries: 0 }
  // After the changes: an endpoint that is not here was made when they were in the log.
  const endpoints = await readEndpoints(client)
  if (endpoints.length === 0) {
    await moveTo(client, head)
    return { changes: 0, deliveries: 0 }
  }
  if (endpoints.some(endpoint => !lists.has(identity(endpoint))))
    return { changes: 0, deliveries: 0, again: true }
  const deliveries: Delivery[] = []
  const terms: TermsOfVersions = new Map()
  for (const endpoint of endpoints) {
    const list = lists.get(identity(endpoint))
    if (!list) continue
    const told = changes.filter(
      ({ seq, kind }) => seq > Number(endpoint.since) && endpoint.kinds.includes(kind),
    )
    const whole = !isPublic(list.filter)
    for (const [change, event] of await eventsOf(client, list, told, terms))
      if (endpoint.events.includes(event))
        deliveries.push({
          id: randomUUID(),
          webhookId: endpoint.id,
          seq: change.seq,
          event,
          payload: payloadOf(event, change, { publicUrl, whole }),
        })
  }
  const jobs = await insertDeliveries(client, deliveries)
  await queue.add(client, jobs)
  await moveTo(client, last.seq)
  return { changes: changes.length, deliveries: jobs.length }
}

const moveTo = (client: pg.PoolClient, seq: number | string) =>
  run(client, sql`UPDATE change_followers SET seq = ${seq}::bigint WHERE name = ${FOLLOWER}`)

/** What changes are for a list: of each the version that it made, and the one before. */
async function eventsOf(
  client: pg.PoolClient,
  list: ListQuery,
  changes: readonly FollowedChange[],
  terms: TermsOfVersions,
): Promise<[FollowedChange, EventType][]> {
  if (changes.length === 0) return []
  const states = changes.map(({ articleId, version }) => ({
    after: { articleId, version },
    before: { articleId, version: version - 1 },
  }))
  const distinct = new Map(
    states.flatMap(({ before, after }) => [before, after]).map(one => [versionKey(one), one]),
  )
  const found = await findInList(client, list, [...distinct.values()], terms)
  return changes.flatMap((change, i) => {
    const { before, after } = states[i] as (typeof states)[number]
    const event = eventOf(found.has(versionKey(before)), found.has(versionKey(after)))
    return event ? [[change, event] as [FollowedChange, EventType]] : []
  })
}

interface Delivery {
  id: string
  webhookId: number
  seq: number
  event: string
  payload: string
}

/** An endpoint that is deleted meanwhile gets none. */
async function insertDeliveries(client: pg.PoolClient, deliveries: readonly Delivery[]): Promise<Attempt[]> {
  if (deliveries.length === 0) return []
  const rows = await run<{ deliveryId: string; webhookId: number }>(
    client,
    sql`INSERT INTO webhook_deliveries (id, webhook_id, seq, event, payload, next_attempt_at)
      SELECT d.id, w.id, d.seq, d.event, d.payload, now()
      FROM jsonb_to_recordset(${JSON.stringify(deliveries)}::jsonb)
        AS d (id uuid, "webhookId" int, seq bigint, event text, payload text)
      JOIN (SELECT id FROM webhooks WHERE enabled FOR KEY SHARE) AS w ON w.id = d."webhookId"
      ORDER BY d.seq
      ON CONFLICT (webhook_id, seq) DO NOTHING
      RETURNING id AS "deliveryId", webhook_id AS "webhookId"`,
  )
  return rows.map(row => ({ ...row, number: 1 }))
}
