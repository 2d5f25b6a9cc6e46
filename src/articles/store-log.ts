import { isDeepStrictEqual } from 'node:util'
import { type Execute, Prisma } from '../db/client.ts'
import type { ArticleRow } from './row.ts'

const { sql } = Prisma

/**
 * The log of changes: each write appends one row in its own transaction. `superseded` holds the former values of just
 * the fields that changed, so a body is stored once, and going backwards from the present row gives every version.
 */

export type ChangeKind = 'create' | 'update' | 'publish' | 'hide' | 'delete' | 'restore'

/** Advisory lock of the log ("chng" in ASCII), held from the append to the commit: sequence order is commit order. */
const LOCK = 0x63686e67

type State = Pick<ArticleRow, 'status' | 'deletedAt'>
const isPublic = ({ status, deletedAt }: State) => status === 'published' && deletedAt === null

/** What a write was, seen by a reader of the public list. */
export function changeKind(before: State, after: State): ChangeKind {
  if (before.deletedAt === null && after.deletedAt !== null) return 'delete'
  if (before.deletedAt !== null && after.deletedAt === null) return 'restore'
  if (isPublic(before) === isPublic(after)) return 'update'
  return isPublic(after) ? 'publish' : 'hide'
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
}

/**
 * Appends to the log. It must be the last thing that a transaction does: from here to its commit no other writer can
 * append, and one that waits here holds its rows.
 */
export async function appendChanges(execute: Execute, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return
  const given = JSON.stringify(changes)
  await execute(sql`SELECT pg_advisory_xact_lock(${LOCK})`)
  await execute(sql`
    INSERT INTO changes (article_id, kind, version, at, actor, superseded)
    SELECT article_id, kind, version, at, actor, superseded
    FROM ROWS FROM (jsonb_to_recordset(${given}::jsonb)
      AS ("articleId" int, kind text, version int, at timestamptz, actor text, superseded jsonb))
      WITH ORDINALITY AS c (article_id, kind, version, at, actor, superseded, n)
    ORDER BY n`)
}
