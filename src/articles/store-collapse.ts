import { Prisma } from '../db/client.ts'
import { type Filter, isByDayAlone, isPublic } from './query.ts'

/**
 * Lists without duplicates: of each group the earliest article that the list has. Which one that is follows from the
 * filter, so that a joint release is also found by its second ministry, and nothing that a list has is lost from it.
 */

const { sql, join, empty } = Prisma
type Sql = Prisma.Sql

/** Whether a place in the list says whether an article is in it: then no other table is looked into. */
const byPlaceAlone = (filter: Filter): boolean => isPublic(filter) && isByDayAlone(filter)

const placed = (member: Sql, { published: { fromInstant, toInstant } }: Filter): Sql =>
  join(
    [
      sql`${member}.public`,
      ...(fromInstant ? [sql`${member}.listed_at >= ${fromInstant}`] : []),
      ...(toInstant ? [sql`${member}.listed_at < ${toInstant}`] : []),
    ],
    ' AND ',
  )

/**
 * That an article is not the first of its group in the list, where `matches` is the filter on `articles a`, and `besides` is
 * more that must hold of the earlier one, `e`. Without a join (OFFSET 0), since hardly any article is in a group: what
 * each row costs is one look into the index of members.
 */
export const isRepeated = (id: Sql, filter: Filter, matches: Sql, besides: Sql = empty): Sql =>
  sql`EXISTS (SELECT FROM duplicate_members m JOIN duplicate_members e USING (group_id)
    WHERE m.article_id = ${id} AND (e.listed_at, e.article_id) < (m.listed_at, m.article_id)
      AND ${byPlaceAlone(filter) ? placed(sql`e`, filter) : sql`e.article_id IN (SELECT a.id FROM articles a WHERE ${matches})`}
      ${besides} OFFSET 0)`

/**
 * All articles of the list that are not the first of their group in it: from the members, which are few. Where a page
 * needs the total these are known, and asking for them once is cheaper than for each row up to a late page.
 */
export const listRepeated = (filter: Filter, matches: Sql): Sql =>
  sql`SELECT article_id FROM (
    SELECT m.article_id, row_number() OVER (PARTITION BY m.group_id ORDER BY m.listed_at, m.article_id) AS place
    FROM duplicate_members m ${
      byPlaceAlone(filter)
        ? sql`WHERE ${placed(sql`m`, filter)}`
        : sql`JOIN articles a ON a.id = m.article_id WHERE ${matches}`
    }) AS members WHERE place > 1`

/** How many public duplicates the article `a` has, as a column. */
export const DUPLICATES = sql`(SELECT count(*)::int FROM duplicate_members m JOIN duplicate_members e USING (group_id)
  WHERE m.article_id = a.id AND e.article_id <> a.id AND e.public) AS duplicates`
