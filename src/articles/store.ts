import { type Database, type Prisma, queryIn } from '../db/client.ts'
import { Problem } from '../http/problem.ts'
import type { Registry } from '../ministries/registry.ts'
import { holdMinistry, readRegistry } from '../ministries/store.ts'
import { type ArticleContent, type Former, toContent } from './content.ts'
import { INDEXED } from './indexing.ts'
import type { ArticleRow } from './row.ts'
import type { NewArticle } from './schema.ts'
import { type Deferred, settleFound } from './store-found.ts'
import { insertedRow, insertRows, movedCounts, type SourceCounts, sourceCounts } from './store-insert.ts'
import {
  alteration,
  appendChanges,
  type Change,
  createdBy,
  creation,
  findPosition,
  laterOf,
  supersededBy,
} from './store-log.ts'

/** Articles as rows: every write with its entry in the log. */

type Tx = Prisma.TransactionClient
const include = { counts: true } as const

/** One transaction of writes, and what follows from them at its end. */
export interface Writing {
  tx: Tx
  /** Who writes: `key:<id>`, `import:<what>`, `system:<what>`. */
  actor: string
  now: Date
  /** The ministries as they stand, read once. */
  registry: () => Promise<Registry>
  /** For the log. */
  changes: Change[]
  /** Articles that are found otherwise from now on, as they stand. */
  found: Map<number, ArticleRow>
}

export interface By extends Pick<Writing, 'actor' | 'now'>, Deferred {
  /** Told where in the log the writes stand: at their last entry, or where they changed nothing at the newest they saw. */
  onCommit?: (position: number) => void
}

/**
 * Runs writes in one transaction. At its end come the search rows of what they changed, then its duplicates, and last of
 * all the entries of the log.
 */
export async function write<T>(
  { prisma }: Database,
  { actor, now, onCommit, ...deferred }: By,
  work: (writing: Writing) => Promise<T>,
): Promise<T> {
  const { result, position } = await prisma.$transaction(async tx => {
    let registry: Promise<Registry> | undefined
    const writing: Writing = {
      tx,
      actor,
      now,
      changes: [],
      found: new Map(),
      registry: () => {
        registry ??= readRegistry(tx)
        return registry
      },
    }
    const result = await work(writing)
    const query = queryIn(tx)
    const { changes, found } = writing
    await settleFound(query, {
      ...deferred,
      found: [...found.values()],
      created: createdBy(changes),
      registry: writing.registry,
    })
    const appended = await appendChanges(query, changes)
    return { result, position: appended ?? (onCommit ? await findPosition(tx) : 0) }
  })
  onCommit?.(position)
  return result
}

const findById = (tx: Tx, id: number): Promise<ArticleRow | null> =>
  tx.article.findUnique({ where: { id }, include })

const findByIdentity = (tx: Tx, source: string, externalId: string): Promise<ArticleRow | null> =>
  tx.article.findUnique({ where: { source_externalId: { source, externalId } }, include })

/** @throws Problem 409 that names the article which has the source's identity already. */
export async function insertArticle(
  writing: Writing,
  article: NewArticle,
  counts: Partial<SourceCounts> = {},
): Promise<ArticleRow> {
  const content = await contentOf(writing, article)
  if (content.source !== null && content.externalId !== null) {
    await lockIdentity(writing.tx, content.source, content.externalId)
    const existing = await findByIdentity(writing.tx, content.source, content.externalId)
    if (existing) throw identityTaken(content, existing)
  }
  return insertRow(writing, content, counts)
}

/** Inserts what is known to have an identity of its own. */
async function insertRow(
  { tx, actor, now, changes, found }: Writing,
  content: ArticleContent,
  given: Partial<SourceCounts> = {},
): Promise<ArticleRow> {
  const created = { content, counts: sourceCounts(given), now }
  const [inserted] = await insertRows(queryIn(tx), [created])
  if (!inserted) throw new Error('no row came back for a new article')
  const row = insertedRow(created, inserted)
  changes.push(creation(row, { actor, at: now }))
  found.set(row.id, row)
  return row
}

const identityTaken = (
  { source, externalId }: Pick<ArticleContent, 'source' | 'externalId'>,
  { id, deletedAt }: Pick<ArticleRow, 'id' | 'deletedAt'>,
) => {
  const identity = `${source}/${externalId}`
  const detail =
    deletedAt === null
      ? {
          en: `Article ${id} has the identity ${identity} already: change it, or use PUT /v1/articles/by-source/….`,
          ko: `${identity} 식별자를 가진 글(${id})이 이미 있습니다. 그 글을 고치거나 PUT /v1/articles/by-source/…를 쓰십시오.`,
        }
      : {
          en: `Article ${id}, which was deleted, has the identity ${identity}: POST /v1/articles/${id}/restore brings it back.`,
          ko: `${identity} 식별자를 가진 글(${id})이 삭제된 채로 있습니다. POST /v1/articles/${id}/restore로 복원할 수 있습니다.`,
        }
  return new Problem('conflict', detail, {
    faults: [{ pointer: '/source/externalId', detail }],
  })
}

/** What is locked for an identity. */
export const lockKey = (source: string, externalId: string): string => `${source}/${externalId}`

/** Makes writers of one identity wait for each other, also while there is no row to lock. */
const lockIdentity = (tx: Tx, source: string, externalId: string) =>
  tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lockKey(source, externalId)}, 0))`

/** The same for who holds a row already. It does not wait: whoever has the identity may be waiting for that row. */
async function takeIdentity(tx: Tx, source: string, externalId: string): Promise<void> {
  const [taken] = await tx.$queryRaw<{ ok: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${lockKey(source, externalId)}, 0)) AS ok`
  if (!taken?.ok)
    throw new Problem(
      'conflict',
      {
        en: `Somebody writes the article ${source}/${externalId} at this moment: try again.`,
        ko: `지금 다른 쓰기가 ${source}/${externalId} 글을 처리하고 있습니다. 다시 시도하십시오.`,
      },
      { headers: { 'retry-after': '1' } },
    )
}

/**
 * Locks an article's row to the end of the transaction, but not against the receipts of views. Deleted ones too; null
 * where there never was one.
 */
export async function lockArticle({ tx }: Writing, id: number): Promise<ArticleRow | null> {
  await tx.$queryRaw`SELECT id FROM articles WHERE id = ${id} FOR NO KEY UPDATE`
  return findById(tx, id)
}

/** Locks the article with an identity. An editor may have changed it while this waited for the row: then it looks again. */
async function lockBySource(
  writing: Writing,
  source: string,
  externalId: string,
): Promise<ArticleRow | null> {
  for (;;) {
    const found = await findByIdentity(writing.tx, source, externalId)
    const locked = found && (await lockArticle(writing, found.id))
    if (!locked || (locked.source === source && locked.externalId === externalId)) return locked
  }
}

/** Locks some of the scheduled articles whose embargo has passed, leaving out those that another writer holds. */
export async function lockDueArticles({ tx, now }: Writing): Promise<ArticleRow[]> {
  const due = await tx.$queryRaw<{ id: number }[]>`
    SELECT id FROM articles WHERE status = 'scheduled' AND deleted_at IS NULL AND embargo_until <= ${now}
    ORDER BY embargo_until LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED`
  return tx.article.findMany({
    where: { id: { in: due.map(({ id }) => id) } },
    include,
    orderBy: { id: 'asc' },
  })
}

/**
 * Writes the fields of a locked row that differ, as a new version. What changes nothing makes no version and no entry.
 * @throws Problem 409 where the new identity is another article's.
 */
export async function updateRow(
  { tx, actor, now, changes, found }: Writing,
  row: ArticleRow,
  data: Partial<ArticleContent> & { deletedAt?: Date | null },
): Promise<ArticleRow> {
  const superseded = supersededBy(row, data)
  if (Object.keys(superseded).length === 0) return row
  if ('source' in superseded || 'externalId' in superseded) {
    const { source, externalId } = { ...row, ...data }
    if (source && externalId) await takeIdentity(tx, source, externalId)
    const other = source && externalId ? await findByIdentity(tx, source, externalId) : null
    if (other && other.id !== row.id) throw identityTaken({ source, externalId }, other)
  }
  const { attachments, ...plain } = data
  const at = laterOf(now, row)
  const updated = await tx.article.update({
    where: { id: row.id },
    data: {
      ...plain,
      ...(attachments && { attachments: attachments as Prisma.InputJsonArray }),
      version: row.version + 1,
      modifiedAt: at,
    },
    include,
  })
  changes.push(alteration(row, updated, superseded, { actor, at }))
  if (INDEXED.some(field => field in superseded)) found.set(row.id, updated)
  return updated
}

/** Replaces a locked article's content; `former` is the version that it comes from. */
export const replaceArticle = async (
  writing: Writing,
  row: ArticleRow,
  article: NewArticle,
  former: Former = row,
): Promise<ArticleRow> => updateRow(writing, row, await contentOf(writing, article, former, row.ministryCode))

/** An article as its columns, its ministry kept from being deleted meanwhile; `held` is one that an article here has. */
async function contentOf(
  { tx, now, registry }: Writing,
  article: NewArticle,
  former: Former | null = null,
  held: string | null = null,
): Promise<ArticleContent> {
  const content = toContent(article, now, article.ministry ? await registry() : null, former)
  const { ministryCode } = content
  if (ministryCode !== null && ministryCode !== held) await assertHeld(tx, ministryCode)
  return content
}

/** Keeps the ministry that articles shall have. @throws Problem 503 where it was deleted a moment ago. */
export async function assertHeld(tx: Tx, code: string): Promise<void> {
  if (!(await holdMinistry(tx, code))) throw ministryGone(code)
}

export const ministryGone = (code: string) =>
  new Problem(
    'busy',
    {
      en: `The ministry ${code} was deleted at this moment: try again.`,
      ko: `기관 ${code}이(가) 방금 삭제되었습니다. 다시 시도하십시오.`,
    },
    { headers: { 'retry-after': '1' } },
  )

export interface Upserted {
  row: ArticleRow
  /** `deleted`: it was deleted here, and a loader does not undo that. */
  outcome: 'created' | 'updated' | 'unchanged' | 'deleted'
  /** Whether the source's counts moved. */
  recounted: boolean
}
export type SourcedArticle = NewArticle & { source: NonNullable<NewArticle['source']> }

/**
 * Writes the article with a source's identity, whether or not it is here already. Of two at once one waits for the
 * other; whoever upserts several in one transaction takes them in the order of their identities. `revise` makes the
 * new content from what is here, where the article itself shall not replace it whole.
 */
export async function upsertArticle(
  writing: Writing,
  article: SourcedArticle,
  options: {
    counts?: SourceCounts
    check?: (present: ArticleRow | null) => void
    revise?: (present: ArticleRow) => NewArticle
  } = {},
): Promise<Upserted> {
  const { tx } = writing
  const { counts, check, revise } = options
  const { name, externalId } = article.source
  await lockIdentity(tx, name, externalId)
  const present = await lockBySource(writing, name, externalId)
  check?.(present)
  if (!present) {
    const created = await insertRow(writing, await contentOf(writing, article), counts)
    return { row: created, outcome: 'created', recounted: false }
  }
  if (present.deletedAt !== null) return { row: present, outcome: 'deleted', recounted: false }
  const row = await replaceArticle(writing, present, revise?.(present) ?? article)
  const outcome = row.version === present.version ? 'unchanged' : 'updated'
  const moved = movedCounts(present, counts)
  if (moved) await tx.articleCounts.update({ where: { articleId: row.id }, data: moved })
  return { row, outcome, recounted: moved !== null }
}
