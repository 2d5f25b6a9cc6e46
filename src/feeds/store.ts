import { type Filter, isPublic } from '../articles/query.ts'
import { matches } from '../articles/store-list.ts'
import { before } from '../articles/store-past.ts'
import { type Database, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'

/** What feeds read of the log: how far it is, and what ceased to be public. */

const { sql, empty } = Prisma

export interface LogHead {
  seq: string
  at: Date
}

/** The newest change that a feed may show; null where there is none. One look into an index. */
export async function findLogHead(
  { pool }: Pick<Database, 'pool'>,
  filter: Pick<Filter, 'status'>,
): Promise<LogHead | null> {
  const seen = isPublic(filter) ? sql`WHERE was_public OR is_public` : empty
  const [head] = await run<LogHead>(pool, sql`SELECT seq, at FROM changes ${seen} ORDER BY seq DESC LIMIT 1`)
  return head ?? null
}

/** The random value that names this installation in identities. */
export const findInstallation = async ({ prisma }: Pick<Database, 'prisma'>): Promise<Uint8Array> =>
  (await prisma.secret.findUniqueOrThrow({ where: { name: 'feeds' } })).value

export interface Removal {
  id: number
  at: Date
}

/** The latest removals that are looked at, and those of them that are told. */
const LOOKED_AT = 500
const TOLD = 100

/**
 * What ceased to be public and is not public again, the latest first. A filter by ministry, kind, source or day leaves out
 * what did not match it while it was last public. Tags, authors and keywords leave nothing out: they may name somebody,
 * and whoever hid an article did not mean to let people guess by which words it could be found.
 */
export async function listRemovals({ pool }: Pick<Database, 'pool'>, filter: Filter): Promise<Removal[]> {
  const { published, modified, ministry, kind, source } = filter
  const everything = [ministry, kind, source].every(list => list.length === 0)
  const narrowed = !everything || published.fromInstant || published.toInstant
  const told: Filter = {
    ...filter,
    tag: [],
    author: [],
    modified: { from: null, to: null, fromInstant: null, toInstant: null },
  }
  // What was compacted cannot be told: then nothing is left out.
  const matched = narrowed
    ? sql`AND (r.seq <= (SELECT removed_seq FROM change_horizon)
        OR EXISTS (SELECT FROM (${before(sql`l.version >= r.version`, sql`p.id = r.article_id`)}) AS a WHERE ${matches(told)}))`
    : empty
  return run<Removal>(
    pool,
    sql`SELECT r.article_id AS id, r.at
      FROM (SELECT seq, article_id, version, at FROM changes WHERE was_public AND NOT is_public
        ORDER BY seq DESC LIMIT ${LOOKED_AT}) AS r
      WHERE NOT EXISTS (SELECT FROM changes n
          WHERE n.article_id = r.article_id AND n.version > r.version AND (n.was_public OR n.is_public))
        ${modified.fromInstant ? sql`AND r.at >= ${modified.fromInstant}` : empty}
        ${modified.toInstant ? sql`AND r.at < ${modified.toInstant}` : empty}
        ${matched}
      ORDER BY r.seq DESC LIMIT ${TOLD}`,
  )
}
