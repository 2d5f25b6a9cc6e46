import { Prisma } from '../db/client.ts'
import type { Estimated, Slice } from './costs.ts'
import { type Cover, coverQuery } from './spans.ts'

/** What is searched for, and what search rows `s` must hold for it. */

const { sql, join } = Prisma
type Sql = Prisma.Sql

/** What is searched for, decided: a tsquery that holds the filters too. */
export interface Matching extends Estimated {
  /**
   * What terms do not say, on `articles a`: then rows are looked up in both tables and PostgreSQL decides how. Null where
   * only what is public is asked for.
   */
  also: Sql | null
  /** What leaves an article `s` out; null where nothing does. It goes by the whole query also where a route looks for less. */
  leaveOut?: Sql | null
}

export const and = (parts: Sql[]): Sql => join(parts, ' AND ')

/** The rows of a range of days, beyond a place and up to an edge. */
export function days(
  { published: { fromInstant, toInstant } }: Matching,
  { descending, after }: Slice,
  edge: Date | null = null,
): Sql[] {
  const beyond = descending ? sql`<` : sql`>`
  return [
    ...(fromInstant ? [sql`s.listed_at >= ${fromInstant}`] : []),
    ...(toInstant ? [sql`s.listed_at < ${toInstant}`] : []),
    ...(edge ? [descending ? sql`s.listed_at >= ${edge}` : sql`s.listed_at <= ${edge}`] : []),
    ...(after
      ? [sql`(s.listed_at, s.article_id) ${beyond} (${new Date(after.key)}::timestamptz, ${after.id}::int)`]
      : []),
  ]
}

/** Conditions that no index shall answer: within coalesce an operator is nothing that one could. */
export const unindexed = (conditions: Sql[]): Sql[] =>
  conditions.length > 0 ? [sql`coalesce(${and(conditions)}, false)`] : []

export const without = ({ leaveOut }: Matching): Sql[] => (leaveOut ? [sql`NOT ${leaveOut}`] : [])

/** The rows of a range of days, beyond a place, without what is left out. */
export const within = (matching: Matching, slice: Slice): Sql[] => [
  ...days(matching, slice),
  ...without(matching),
]

/** The same matches of no other months than those of a cover. */
export const covered = (query: string, cover: Cover | null): string =>
  cover ? `(${query}) & ${coverQuery(cover)}` : query
