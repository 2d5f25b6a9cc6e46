import { hash } from 'node:crypto'
import { toNewArticle } from '../articles/row.ts'
import type { NewArticle } from '../articles/schema.ts'
import { type SourcedArticle, upsertArticle, type Writing, write } from '../articles/store.ts'
import type { Database, Prisma } from '../db/client.ts'
import { Problem } from '../http/problem.ts'
import { toDate } from '../time/seoul.ts'
import type { Service } from './open-api-client.ts'
import { articleOf, type NewsItem } from './open-api-item.ts'
import type { Rejection, SyncedDay } from './windows.ts'

/** Writes the days of the Open API, each with what is remembered of it in one transaction. */

export interface DayReport {
  created: number
  updated: number
  /** Also those that are here in this revision already. */
  unchanged: number
  /** Left alone because they were deleted here. */
  deleted: number
  /** Left alone because a later revision is here. */
  older: number
  rejected: number
}
export const noReport = (): DayReport => ({
  created: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  older: 0,
  rejected: 0,
})

/** Ends a transaction that shall leave nothing behind. */
class Undone extends Error {
  readonly report: DayReport
  constructor(report: DayReport) {
    super('undone')
    this.report = report
  }
}

/** With `dryRun` it tells what would come of it, and writes nothing. */
export async function writeDay(
  db: Database,
  service: Service,
  { day, items, rejections }: SyncedDay,
  { syncedAt, now, dryRun }: { syncedAt: Date; now: Date; dryRun: boolean },
): Promise<DayReport> {
  // In the order of identities: two loaders at once then never wait for each other in a circle.
  const sorted = items.toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
  try {
    return await write(db, { actor: 'import:open-api', now }, async writing => {
      const report = noReport()
      const refused = [...rejections]
      const claims = await claimRevisions(writing.tx, service, sorted)
      for (const item of sorted) {
        const claim = claims.get(item.id) ?? 'same'
        if (claim === 'older') report.older++
        else if (claim === 'same') report.unchanged++
        else {
          const outcome = await writeItem(writing, item)
          if (typeof outcome === 'string') report[outcome]++
          else refused.push({ item: item.id, day, reason: outcome.reason })
        }
      }
      report.rejected = refused.length
      await rememberRejections(writing.tx, service, day, sorted, refused)
      await rememberDay(writing.tx, { service, day, syncedAt, items: items.length, rejected: refused.length })
      if (dryRun) throw new Undone(report)
      return report
    })
  } catch (error) {
    if (error instanceof Undone) return error.report
    throw error
  }
}

type Tx = Prisma.TransactionClient

const digestOf = ({ approvedAt, embargoUntil, content }: NewsItem) =>
  hash('sha256', JSON.stringify({ approvedAt, embargoUntil, content }), 'buffer')

/**
 * Takes the items whose revision is later than the one here, or whose content is another under the same number. Their
 * rows are held to the end of the transaction, so that of two loaders the one with the older revision sees the later.
 */
async function claimRevisions(
  tx: Tx,
  service: Service,
  items: readonly NewsItem[],
): Promise<Map<string, 'newer' | 'older' | 'same'>> {
  const claims = new Map<string, 'newer' | 'older' | 'same'>()
  if (items.length === 0) return claims
  const ids = items.map(({ id }) => id)
  const taken = await tx.$queryRaw<{ external_id: string }[]>`
    INSERT INTO sync_items AS here (external_id, service, revision, modified_at, digest)
    SELECT external_id, ${service}, revision, modified_at, decode(digest, 'hex')
    FROM unnest(
      ${ids}::text[],
      ${items.map(({ revision }) => revision)}::bigint[],
      ${items.map(item => (item.modifiedAt ?? item.approvedAt).toISOString())}::timestamptz[],
      ${items.map(item => digestOf(item).toString('hex'))}::text[]
    ) AS given (external_id, revision, modified_at, digest)
    ON CONFLICT (external_id) DO UPDATE
      SET service = excluded.service, revision = excluded.revision, modified_at = excluded.modified_at,
        digest = excluded.digest
      WHERE (excluded.revision, excluded.modified_at) > (here.revision, here.modified_at)
        OR ((excluded.revision, excluded.modified_at) = (here.revision, here.modified_at)
          AND excluded.service = here.service AND excluded.digest <> here.digest)
    RETURNING external_id`
  for (const { external_id } of taken) claims.set(external_id, 'newer')
  const here = await tx.syncItem.findMany({ where: { externalId: { in: ids } } })
  const rows = new Map(here.map(row => [row.externalId, row]))
  for (const { id, revision, modifiedAt, approvedAt } of items) {
    const row = rows.get(id)
    if (claims.has(id) || !row) continue
    const same = row.revision === BigInt(revision) && +row.modifiedAt === +(modifiedAt ?? approvedAt)
    claims.set(id, same ? 'same' : 'older')
  }
  return claims
}

async function writeItem(writing: Writing, item: NewsItem) {
  const article = articleOf(item, writing.now)
  try {
    const { outcome } = await upsertArticle(writing, article, {
      revise: present => revised(toNewArticle(present), article),
    })
    return outcome
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // Not written, so not here: the next sync tries again.
    await writing.tx.syncItem.update({ where: { externalId: item.id }, data: { digest: Buffer.of() } })
    return { reason: error.detail.en }
  }
}

/**
 * What the source states replaces what is here. What it does not state stays: tags, author, attribution, a licence and a
 * ministry that it names no more, today's name of that ministry; and what an editor hides stays hidden.
 */
function revised({ bodyHtml: _, ...base }: NewArticle, article: SourcedArticle): NewArticle {
  const sameMinistry = !article.ministry || base.ministry?.publishedName === article.ministry.name
  return {
    ...base,
    ...article,
    status: base.status === 'hidden' || base.status === 'draft' ? base.status : article.status,
    ministry: sameMinistry ? base.ministry : article.ministry,
    licence: article.licence ?? base.licence,
  }
}

async function rememberRejections(
  tx: Tx,
  service: Service,
  day: string,
  items: readonly NewsItem[],
  rejections: readonly Rejection[],
): Promise<void> {
  await tx.syncRejection.deleteMany({
    where: { service, OR: [{ day: toDate(day) }, { item: { in: items.map(({ id }) => id) } }] },
  })
  for (const { item, reason } of rejections) {
    const data = { day: toDate(day), reason }
    await tx.syncRejection.upsert({
      where: { service_item: { service, item } },
      create: { service, item, ...data },
      update: data,
    })
  }
}

async function rememberDay(
  tx: Tx,
  {
    service,
    day,
    ...data
  }: { service: Service; day: string; syncedAt: Date; items: number; rejected: number },
): Promise<void> {
  const key = { service, day: toDate(day) }
  await tx.syncDay.upsert({ where: { service_day: key }, create: { ...key, ...data }, update: data })
}
