import { isDeepStrictEqual } from 'node:util'
import { Prisma, type Query } from '../db/client.ts'
import { CHANNEL } from '../db/listen.ts'
import type { ArticleRow } from './row.ts'
import type { ChangeKind } from './words.ts'

const { sql } = Prisma

/**
 * The log of changes: each write appends one row in its own transaction. `superseded` holds the former values of just
 * the fields that changed, so a body is stored once, and going backwards from the present row gives every version.
 */

/** Advisory lock of the log ("chng" in ASCII), held from the append to the commit: sequence order is commit order. */
const LOCK = 0x63686e67

type State = Pick<ArticleRow, 'status' | 'deletedAt'>
export const isPublicRow = ({ status, deletedAt }: State) => status === 'published' && deletedAt === null

/** What a write was, seen by a reader of the public list. */
export function changeKind(before: State, after: State): ChangeKind {
  if (before.deletedAt === null && after.deletedAt !== null) return 'delete'
  if (before.deletedAt !== null && after.deletedAt === null) return 'restore'
  if (isPublicRow(before) === isPublicRow(after)) return 'update'
  return isPublicRow(after) ? 'publish' : 'hide'
}

/** The former values of what `data` changes in a row; empty where it changes nothing. */
export function supersededBy(row: ArticleRow, data: Partial<ArticleRow>): Partial<ArticleRow> {
  const changed = Object.entries(data).filter(
    ([field, value]) => !isDeepStrictEqual(row[field as keyof ArticleRow], value),
  )
  return Object.fromEntries(changed.map(([field]) => [field, row[field as keyof ArticleRow]]))
}

export interface Change {
  articleId: number
  kind: ChangeKind
  version: number
  at: Date
  actor: string
  superseded: Partial<ArticleRow> | null
  /** Whether readers of the public list saw the article before it, and whether they see it after it. */
  wasPublic: boolean
  isPublic: boolean
}

/** Articles that are new by changes. */
export const createdBy = (changes: readonly Change[]): Set<number> =>
  new Set(changes.filter(({ kind }) => kind === 'create').map(({ articleId }) => articleId))

type After = State & Pick<ArticleRow, 'id' | 'version'>
type By = Pick<Change, 'actor' | 'at'>

export const creation = (row: After, by: By): Change => ({
  articleId: row.id,
  kind: 'create',
  version: row.version,
  superseded: null,
  wasPublic: false,
  isPublic: isPublicRow(row),
  ...by,
})

/** The entry of a new version. `superseded` holds what it changed; when the former version was made is added. */
export const alteration = (
  before: State & Pick<ArticleRow, 'modifiedAt'>,
  after: After,
  superseded: Partial<ArticleRow>,
  by: By,
): Change => ({
  articleId: after.id,
  kind: changeKind(before, after),
  version: after.version,
  superseded: { ...superseded, modifiedAt: before.modifiedAt },
  wasPublic: isPublicRow(before),
  isPublic: isPublicRow(after),
  ...by,
})

/** When a new version is made: never before the former one, also where a writer has waited or clocks differ. */
export const laterOf = (now: Date, { modifiedAt }: Pick<ArticleRow, 'modifiedAt'>): Date =>
  modifiedAt > now ? modifiedAt : now

/**
 * Appends to the log, and gives the place of the last entry; null where there is none. It must be the last thing that a
 * transaction does: from here to its commit no other writer can append, and one that waits here holds its rows.
 */
export async function appendChanges(query: Query, changes: readonly Change[]): Promise<number | null> {
  if (changes.length === 0) return null
  const column = <K extends keyof Change>(name: K) => changes.map(change => change[name])
  const superseded = changes.map(change =>
    change.superseded === null ? '' : JSON.stringify(change.superseded),
  )
  // Entries are numbered as they come out of the select, and by then the lock is held.
  const [last] = await query<{ seq: bigint | string }>(sql`WITH appended AS (
    INSERT INTO changes (article_id, kind, version, at, actor, superseded, was_public, is_public)
    SELECT article_id, kind, version, at, actor, nullif(superseded, '')::jsonb, was_public, is_public
    FROM pg_advisory_xact_lock(${LOCK}) AS locked, unnest(${column('articleId')}::int[], ${column('kind')}::text[], ${column('version')}::int[],
      ${changes.map(({ at }) => at.toISOString())}::timestamptz[], ${column('actor')}::text[], ${superseded}::text[], ${column('wasPublic')}::boolean[],
      ${column('isPublic')}::boolean[])
      WITH ORDINALITY AS c (article_id, kind, version, at, actor, superseded, was_public, is_public, n)
    ORDER BY n
    RETURNING seq)
    SELECT max(seq) AS seq, pg_notify(${CHANNEL}, max(seq)::text)::text FROM appended`)
  return Number(last?.seq)
}

/** The place of the newest entry; 0 where there is none. */
export async function findPosition(tx: Pick<Prisma.TransactionClient, '$queryRaw'>): Promise<number> {
  const [head] = await tx.$queryRaw<{ seq: bigint }[]>(
    sql`SELECT COALESCE(max(seq), 0)::bigint AS seq FROM changes`,
  )
  return Number(head?.seq)
}
