import { Prisma, type Query } from '../db/client.ts'
import { turn } from '../time/turns.ts'
import { nextInText } from './groups.ts'
import { type Keys, TEXT_KEY } from './keys.ts'
import { type Comparable, type Compared, isSubstantial, toCompared } from './relate.ts'
import type { Body } from './text.ts'

/** Which articles written ones are compared with. */

const { sql } = Prisma

/** Articles that may share a key with one and are compared with it, those that were written last. */
const COMPARED = 100
/**
 * Of the very same text so many that stand before it and so many after it, the nearest. Since all within `SAME_DAYS` are
 * duplicates then, the next on either side makes the group; the others are for who asks why.
 */
const NEAREST = 16

/** An article that is written, with its keys. */
export interface Printed extends Keys {
  one: Compared
}

export interface Candidate {
  id: number
  other: number
  /** The key of the other's text; null where it says too little, or is known. */
  text: string | null
}

export async function findCandidates(query: Query, printed: readonly Printed[]): Promise<Candidate[]> {
  return printed.length === 0 ? [] : [...nearestOf(printed), ...(await listSharing(query, printed))]
}

/** Articles of the very same text among those that are written. */
function nearestOf(printed: readonly Printed[]): Candidate[] {
  const substantial = printed.map(({ one }) => one).filter(({ body }) => isSubstantial(body))
  return nextInText(substantial, ({ body }) => body.letters, NEAREST).map(([{ id }, { id: other }]) => ({
    id,
    other,
    text: null,
  }))
}

/**
 * Articles that share a key with some. When one of the same text stands is read where groups are: who is in none is looked at
 * in any case. Materialised: the planner would think a limit sooner reached by reading the table.
 */
function listSharing(query: Query, printed: readonly Printed[]): Promise<Candidate[]> {
  const given = printed.map(({ one, soughtFor, sameText }) => ({
    id: one.id,
    listedAt: one.listedAt,
    keys: soughtFor,
    texts: isSubstantial(one.body) ? sameText : [],
  }))
  return query<Candidate>(sql`
    SELECT g.id, found.other, found.text::text
    FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
      AS g (id int, "listedAt" timestamptz, keys bigint[], texts bigint[]),
    LATERAL (
      WITH sharing AS MATERIALIZED (
        SELECT p.article_id AS other, p.keys[${TEXT_KEY}::int] AS text, coalesce(p.keys[${TEXT_KEY}::int] = ANY(g.texts), false) AS same
        FROM article_prints p WHERE p.keys && g.keys AND p.article_id <> g.id),
      placed AS (
        SELECT other, text, row_number() OVER (
          PARTITION BY (m.listed_at, other) < (g."listedAt", g.id)
          ORDER BY abs(extract(epoch FROM m.listed_at - g."listedAt")), abs(other - g.id)) AS n
        FROM sharing LEFT JOIN duplicate_members m ON m.article_id = other
        WHERE same AND other <> ALL(${printed.map(({ one }) => one.id)}::int[]))
      (SELECT other, text FROM sharing WHERE NOT same ORDER BY other DESC LIMIT ${COMPARED})
      UNION ALL SELECT other, text FROM placed WHERE n <= ${NEAREST}) AS found`)
}

/** Some articles that are not deleted, as they are committed; without their bodies but for those of `withBody`. */
export type FindComparables = (ids: number[], withBody: ReadonlySet<number>) => Promise<Comparable[]>

/** Written articles and their candidates as they are compared. Each text is read once, and none that is known. */
export async function readCompared(
  printed: readonly Printed[],
  found: readonly Candidate[],
  findComparables: FindComparables,
): Promise<Map<number, Compared>> {
  const known = new Map(printed.map(({ one }) => [one.id, one]))
  const texts = new Map(
    found.filter(({ other }) => !known.has(other)).map(({ other, text }) => [other, text]),
  )
  if (texts.size === 0) return known
  const bodies = new Map<string, Body>(
    printed.flatMap(({ one, sameText }) => sameText.map((text): [string, Body] => [text, one.body])),
  )
  const read = new Set<string>()
  const withBody = [...texts].filter(([, text]) => {
    if (text === null) return true
    const first = !bodies.has(text) && !read.has(text)
    read.add(text)
    return first
  })
  const readers = new Set(withBody.map(([id]) => id))
  const rows = await findComparables([...texts.keys()], readers)
  // Those that have a text first: others have the same.
  for (const row of rows.sort((a, b) => Number(readers.has(b.id)) - Number(readers.has(a.id)))) {
    await turn()
    const text = texts.get(row.id) ?? null
    const one = toCompared(row)
    const body = readers.has(row.id) || text === null ? one.body : bodies.get(text)
    if (!body) continue
    if (text !== null) bodies.set(text, body)
    known.set(one.id, { ...one, body })
  }
  return known
}
