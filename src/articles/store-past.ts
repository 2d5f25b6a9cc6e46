import { Prisma } from '../db/client.ts'
import { COLUMNS } from './content.ts'

/**
 * Articles as they stood, as SQL that reads like the table: the present row, but where a later change superseded a
 * value, the value that the earliest of these took away.
 */

const { sql, raw } = Prisma
type Sql = Prisma.Sql

const FORMER: [field: string, column: string, type: string][] = [
  ...Object.entries(COLUMNS).map(([field, column]): [string, string, string] => [field, ...column]),
  ['modifiedAt', 'modified_at', 'timestamptz'],
  ['deletedAt', 'deleted_at', 'timestamptz'],
]
const formerly = (field: string, column: string) =>
  `CASE WHEN was.fields ? '${field}' THEN former."${field}" ELSE p.${column} END`
const column = (name: string) => {
  const [field = ''] = FORMER.find(([, column]) => column === name) ?? []
  return formerly(field, name)
}
const SELECTED = raw(
  [
    ...FORMER.map(([field, name]) => `${formerly(field, name)} AS ${name}`),
    // As the table generates it.
    `COALESCE(${column('published_at')}, ${column('embargo_until')}, p.recorded_at) AS listed_at`,
  ].join(', '),
)
const TYPES = raw(FORMER.map(([field, , type]) => `"${field}" ${type}`).join(', '))

/**
 * Articles `p` before changes `l`, with the version that they had and how many changes came after it; version 0 is before
 * there was one.
 */
export const before = (changes: Sql, articles: Sql): Sql => sql`
  SELECT p.id, COALESCE(was.later - 1, p.version) AS version, was.changes, p.recorded_at, ${SELECTED}
  FROM articles p
  CROSS JOIN LATERAL (
    SELECT min(l.version) AS later, count(DISTINCT l.version)::int AS changes,
      COALESCE(jsonb_object_agg(e.key, e.value ORDER BY l.version DESC) FILTER (WHERE e.key IS NOT NULL), '{}') AS fields
    FROM changes l LEFT JOIN LATERAL jsonb_each(l.superseded) AS e ON true
    WHERE l.article_id = p.id AND ${changes}) AS was
  CROSS JOIN LATERAL jsonb_to_record(was.fields) AS former (${TYPES})
  WHERE ${articles}`

const NAMES = raw(['id', 'version', 'recorded_at', ...FORMER.map(([, name]) => name), 'listed_at'].join(', '))

/** Articles `a` that have changed since an instant, each put together from its later changes. */
const changedAt = (asOf: Date): Sql => sql`(
  SELECT ${NAMES} FROM (${before(sql`l.at > ${asOf}`, sql`p.modified_at > ${asOf} AND p.recorded_at <= ${asOf}`)}) AS past
  WHERE version > 0)`

/** All articles `a` as they stood at an instant: those that have not changed since, and those that have. */
export const articlesAt = (asOf: Date): Sql => sql`(
  SELECT ${NAMES} FROM articles WHERE modified_at <= ${asOf} UNION ALL SELECT * FROM ${changedAt(asOf)} AS changed) AS a`

/**
 * The ids of a part of a list of them. What has not changed since comes in the order of an index of the table, as far as
 * it is needed; all that has changed is looked at.
 */
export const idsAt = (
  asOf: Date,
  where: Sql,
  order: Sql,
  { limit, offset }: { limit: number; offset: number },
): Sql => sql`
  SELECT a.id FROM (
    (SELECT a.listed_at, a.id FROM articles a WHERE ${where} AND a.modified_at <= ${asOf}
      ORDER BY ${order} LIMIT ${limit + offset})
    UNION ALL
    SELECT a.listed_at, a.id FROM ${changedAt(asOf)} AS a WHERE ${where}) AS a
  ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`

/** One of them, by its id. */
export const rowAt = (asOf: Date, id: Sql): Sql => sql`(
  SELECT * FROM (${before(sql`l.at > ${asOf}`, sql`p.id = ${id}`)}) AS past WHERE version > 0) AS a`
