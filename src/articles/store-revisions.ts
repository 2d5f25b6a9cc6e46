import { type Database, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Pages } from '../http/page.ts'
import { Problem } from '../http/problem.ts'
import { formatInstant } from '../time/seoul.ts'
import type { ArticleRow } from './row.ts'
import { selection } from './store-list.ts'
import { before, rowAt } from './store-past.ts'
import type { ChangeKind } from './words.ts'

/** Former versions of one article. */

const { sql } = Prisma
type Sql = Prisma.Sql
type Reading = Pick<Database, 'pool'>

const WHOLE = selection({ fields: ['bodyHtml', 'bodyText'], highlight: false })
const rowOf = (past: Sql, more = Prisma.empty) =>
  sql`SELECT ${WHOLE} ${more} FROM ${past} LEFT JOIN article_counts c ON c.article_id = a.id`

/** An article as it stood at an instant; null where it was not yet there. */
export async function findAsOf({ pool }: Reading, id: number, asOf: Date): Promise<ArticleRow | null> {
  const [row] = await run<ArticleRow>(pool, rowOf(rowAt(asOf, sql`${id}::int`)))
  return row ?? null
}

const compacted = (en: string, ko: string) => new Problem('history-compacted', { en, ko })

/** @throws Problem 410 where what stood at an instant is not kept. */
export async function assertKept({ pool }: Reading, asOf: Date): Promise<void> {
  const [row] = await run<{ at: Date }>(
    pool,
    sql`SELECT removed_at AS at FROM change_horizon WHERE removed_at > ${asOf}`,
  )
  if (row)
    throw compacted(
      `What stood before ${formatInstant(row.at)} is not kept any more.`,
      `${formatInstant(row.at)} 이전의 상태는 보관되어 있지 않습니다.`,
    )
}

export interface RevisionEntry {
  version: number
  kind: ChangeKind
  at: Date
  actor: string
  /** Names of the row’s fields whose values it changed; none of the first version. */
  changed: string[]
}

/**
 * A page of an article’s versions, the newest first, as far back as they are kept without a gap; null where there is no
 * such article.
 */
export async function listRevisions(
  { pool }: Reading,
  id: number,
  { page, pageSize }: Pages,
): Promise<{ entries: RevisionEntry[]; total: number } | null> {
  const rows = await run<RevisionEntry & { total: number }>(
    pool,
    // Of versions without a gap, one and its place from the newest on add up to the newest.
    sql`WITH kept AS (
        SELECT version FROM (SELECT version, row_number() OVER (ORDER BY version DESC) AS place,
          max(version) OVER () AS newest FROM changes WHERE article_id = ${id}) AS numbered
        WHERE version + place - 1 = newest),
      page AS (SELECT l.version, l.kind, l.at, l.actor,
          ARRAY(SELECT jsonb_object_keys(l.superseded) ORDER BY 1) AS changed
        FROM changes l JOIN kept USING (version) WHERE l.article_id = ${id}
        ORDER BY version DESC LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize})
      SELECT page.*, (SELECT count(*)::int FROM kept) AS total FROM articles a LEFT JOIN page ON true
      WHERE a.id = ${id} ORDER BY version DESC`,
  )
  const [first] = rows
  if (!first) return null
  return { entries: rows.filter(row => row.version !== null), total: first.total }
}

export interface Revision {
  row: ArticleRow
  entry: Omit<RevisionEntry, 'changed'>
}

/** One version of an article; null where it never had it. @throws Problem 410 where it is not kept. */
export async function findRevision({ pool }: Reading, id: number, version: number): Promise<Revision | null> {
  const past = before(sql`l.version > ${version}`, sql`p.id = ${id} AND p.version >= ${version}`)
  const [found] = await run<
    ArticleRow & { changes: number; present: number; kind: ChangeKind; at: Date | null; actor: string }
  >(
    pool,
    sql`SELECT found.*, l.kind AS "changeKind", l.at, l.actor,
        (SELECT version FROM articles WHERE id = ${id}) AS present
      FROM (${rowOf(sql`(${past}) AS a`, sql`, a.changes`)}) AS found
      LEFT JOIN changes l ON l.article_id = found.id AND l.version = ${version}`,
  )
  if (!found) return null
  const { changes, present, at, actor, changeKind, ...row } = found as typeof found & {
    changeKind: ChangeKind
  }
  if (changes !== present - version || at === null)
    throw compacted(
      `Version ${version} of article ${id} is not kept any more.`,
      `${id}번 글의 버전 ${version}은(는) 보관되어 있지 않습니다.`,
    )
  return { row: row as ArticleRow, entry: { version, kind: changeKind, at, actor } }
}
