import type { ArticleRow } from '../articles/row.ts'
import { selection } from '../articles/store-list.ts'
import type { ChangeKind } from '../articles/words.ts'
import { type Database, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import { expired, type Place, type View } from './cursor.ts'

/**
 * Reads the log. Writers append under one lock that they hold to their commit (articles/store-log.ts), so whoever sees an
 * entry sees all before it: "after the last that I saw" misses nothing.
 */

const { sql, empty } = Prisma

/** Characters of bodies on a page; its first change always fits. */
const BODIES = 4_000_000

export interface LogEntry {
  seq: number
  articleId: number
  kind: ChangeKind
  version: number
  at: Date
  actor: string
  wasPublic: boolean
  isPublic: boolean
  /** As it stands now; null where it is gone for the reader, or was not asked for. */
  article: ArticleRow | null
}

interface LogPage {
  entries: LogEntry[]
  /** Behind the last entry, or where the reader was. */
  place: Place
  more: boolean
}

/** Written out, so that the planner can use the partial index. */
const PUBLIC = sql`(was_public OR is_public)`
const seenBy = (view: View) => (view === 'public' ? sql`AND ${PUBLIC}` : empty)

type Bare = Omit<LogEntry, 'article' | 'seq'> & { seq: string | null; here: boolean; found: number }
type Found = Bare & ArticleRow & { articleVersion: number }
interface Horizon {
  head: string
  removed: string
}

/** The next changes for a reader at a place. @throws Problem 410 where some of them were compacted. */
export async function readChanges(
  { pool }: Pick<Database, 'pool'>,
  place: Place,
  { limit, articles }: { limit: number; articles: boolean },
): Promise<LogPage> {
  const { view, seq } = place
  const gone =
    view === 'public' ? sql`a.status = 'published' AND a.deleted_at IS NULL` : sql`a.deleted_at IS NULL`
  const entry = sql`SELECT seq, article_id, kind, version, at, actor, was_public, is_public FROM changes
    WHERE seq > ${seq}::bigint ${seenBy(view)} ORDER BY seq LIMIT ${limit + 1}`
  const named = sql`l.seq, l.article_id AS "articleId", l.kind AS "changeKind", l.version AS "changeVersion", l.at,
    l.actor, l.was_public AS "wasPublic", l.is_public AS "isPublic"`
  const found = articles
    ? sql`SELECT * FROM (
        SELECT ${named}, a.id IS NOT NULL AS here, count(*) OVER ()::int AS found,
          COALESCE(sum(octet_length(a.body_html) + octet_length(a.body_text))
            OVER (ORDER BY l.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
          ${selection({ fields: ['bodyHtml', 'bodyText'], highlight: false })}
        FROM (${entry}) AS l LEFT JOIN articles a ON a.id = l.article_id AND ${gone}
          LEFT JOIN article_counts c ON c.article_id = a.id) AS sized
      WHERE before < ${BODIES}`
    : sql`SELECT ${named}, false AS here, count(*) OVER ()::int AS found FROM (${entry}) AS l`
  const removed = view === 'public' ? sql`removed_public_seq` : sql`removed_seq`
  // One statement is one snapshot: what the compaction takes away meanwhile is either seen or told.
  const rows = await run<Horizon & Found & { changeKind: ChangeKind; changeVersion: number }>(
    pool,
    sql`SELECT h.*, f.* FROM (SELECT ${removed}::bigint AS removed,
        COALESCE((SELECT max(seq) FROM changes), 0)::bigint AS head FROM change_horizon) AS h
      LEFT JOIN (${found}) AS f ON true ORDER BY f.seq`,
  )
  const horizon = { removed: Number(rows[0]?.removed ?? 0), head: Number(rows[0]?.head ?? 0) }
  const floor = floorOf(place, horizon)
  const here = rows.filter(row => row.seq !== null).slice(0, limit)
  const entries = here.map(row => ({
    seq: Number(row.seq),
    articleId: row.articleId,
    kind: row.changeKind,
    version: row.changeVersion,
    at: row.at,
    actor: row.actor,
    wasPublic: row.wasPublic,
    isPublic: row.isPublic,
    article: row.here ? row : null,
  }))
  return {
    entries,
    place: { view, seq: entries.at(-1)?.seq ?? seq, floor },
    more: entries.length < (here[0]?.found ?? 0),
  }
}

/**
 * Up to where a reader need not have seen everything. One that walks up from the beginning meets what is left of the
 * compacted part, and may go on there while more of it is compacted. @throws Problem 410 for others.
 */
function floorOf({ seq, floor }: Place, { removed, head }: { removed: number; head: number }): number {
  // A place behind the end is of another time line: the database was brought back from a backup.
  if (seq > Math.max(head, removed)) throw expired()
  if (seq >= removed) return 0
  if (seq === 0 || seq < floor) return removed
  throw expired()
}

/** The place behind the last change there is. */
export async function findHead({ pool }: Pick<Database, 'pool'>, view: View): Promise<Place> {
  const [row] = await run<{ seq: string }>(
    pool,
    sql`SELECT greatest((SELECT max(seq) FROM changes WHERE true ${seenBy(view)}),
      (SELECT ${view === 'public' ? sql`removed_public_seq` : sql`removed_seq`} FROM change_horizon))::bigint AS seq`,
  )
  return { view, seq: Number(row?.seq ?? 0), floor: 0 }
}
