import { Prisma, type Query } from '../db/client.ts'
import { turn } from '../time/turns.ts'
import { groupsOf } from './groups.ts'
import { type Keys, keysOf } from './keys.ts'
import {
  type Comparable,
  type Compared,
  DUPLICATE_RULES,
  type Placed,
  type Relation,
  relate,
  type SameLine,
  toCompared,
} from './relate.ts'

/** Prints, pairs and groups as rows, written in the transaction of the articles. */

const { sql } = Prisma

/** Advisory lock of these tables ("dupl" in ASCII), held to the end of the transaction. */
const LOCK = 0x6475706c
/** Articles that may share a key with one and are compared with it, those that were written last. */
const COMPARED = 100

/** What is known of articles elsewhere. */
export interface Articles {
  /** Some that are not deleted, as they are committed. */
  findComparables: (ids: number[]) => Promise<Comparable[]>
  sameLine: () => Promise<SameLine>
}

export interface WrittenArticle extends Comparable {
  deleted: boolean
}

/** From here to the end of the transaction nobody else finds duplicates. */
export const lockDuplicates = (query: Query) =>
  query(sql`SELECT true AS held FROM pg_advisory_xact_lock(${LOCK})`)

interface Pair extends Relation {
  first: number
  second: number
}

/**
 * Finds the duplicates of articles that the caller's transaction holds, and puts the groups right. Whoever comes second
 * waits here and then sees the first one's rows, so the caller should end soon.
 */
export async function relateArticles(
  query: Query,
  articles: readonly WrittenArticle[],
  others: Articles,
): Promise<void> {
  if (articles.length === 0) return
  const written = new Map<number, Compared>()
  const keys: (Keys & { id: number })[] = []
  for (const article of articles.filter(one => !one.deleted)) {
    await turn()
    const one = toCompared(article)
    written.set(one.id, one)
    keys.push({ id: one.id, ...keysOf(one) })
  }
  await lockDuplicates(query)
  const former = await writePrints(
    query,
    articles.map(({ id }) => id),
    keys,
  )
  const found = await findCandidates(query, keys)
  if (found.length === 0 && former.length === 0) return
  const known = new Map(written)
  const unknown = [...new Set(found.map(({ other }) => other))].filter(id => !known.has(id))
  if (unknown.length > 0)
    for (const one of await others.findComparables(unknown)) {
      await turn()
      known.set(one.id, toCompared(one))
    }
  const pairs = await relateAll(known, found, await sameLineOf(known, others))
  await insertPairs(query, pairs)
  await regroup(query, { former, pairs, known })
}

/** Leaves finding the duplicates of new articles to the upkeep. */
export const postponePrints = (query: Query, ids: number[]) =>
  query(sql`INSERT INTO article_prints (article_id) SELECT unnest(${ids}::int[])`)

/** Lineage is asked for only where codes differ. */
const sameLineOf = async (known: ReadonlyMap<number, Compared>, { sameLine }: Articles): Promise<SameLine> =>
  new Set([...known.values()].flatMap(({ code }) => code ?? [])).size > 1 ? sameLine() : () => false

/** Writes the prints of articles, forgets their pairs, and says in which groups they were. */
async function writePrints(
  query: Query,
  ids: number[],
  keys: { id: number; kept: string[] }[],
): Promise<number[]> {
  const present = new Set(keys.map(({ id }) => id))
  const deleted = ids.filter(id => !present.has(id))
  const given = JSON.stringify(keys.map(({ id, kept }) => ({ id, keys: kept })))
  const rows = await query<{ group: number }>(sql`
    WITH unpaired AS (
      DELETE FROM duplicate_pairs WHERE first_id = ANY(${ids}::int[]) OR second_id = ANY(${ids}::int[])
    ), forgotten AS (
      DELETE FROM article_prints WHERE article_id = ANY(${deleted}::int[])
    ), printed AS (
      INSERT INTO article_prints (article_id, rules, keys)
      SELECT id, ${DUPLICATE_RULES}::int, keys FROM jsonb_to_recordset(${given}::jsonb) AS g (id int, keys bigint[])
      ON CONFLICT (article_id) DO UPDATE SET rules = excluded.rules, keys = excluded.keys
    )
    SELECT DISTINCT group_id AS "group" FROM duplicate_members WHERE article_id = ANY(${ids}::int[])`)
  return rows.map(({ group }) => group)
}

interface Candidate {
  id: number
  other: number
}

/** Articles that share a key with some. Materialised: the planner would think a limit sooner reached by reading the table. */
const findCandidates = (query: Query, keys: { id: number; soughtFor: string[] }[]): Promise<Candidate[]> =>
  keys.length === 0
    ? Promise.resolve([])
    : query<Candidate>(sql`
        SELECT g.id, found.other
        FROM jsonb_to_recordset(${JSON.stringify(keys.map(({ id, soughtFor }) => ({ id, keys: soughtFor })))}::jsonb)
          AS g (id int, keys bigint[]),
        LATERAL (
          WITH sharing AS MATERIALIZED (
            SELECT p.article_id AS other FROM article_prints p WHERE p.keys && g.keys AND p.article_id <> g.id)
          SELECT other FROM sharing ORDER BY other DESC LIMIT ${COMPARED}) AS found`)

async function relateAll(
  known: ReadonlyMap<number, Compared>,
  found: readonly Candidate[],
  sameLine: SameLine,
): Promise<Pair[]> {
  const pairs = new Map<string, Pair>()
  for (const { id, other } of found) {
    await turn()
    const [first, second] = id < other ? [id, other] : [other, id]
    const [a, b] = [known.get(first), known.get(second)]
    if (!a || !b || pairs.has(`${first} ${second}`)) continue
    const relation = relate(a, b, sameLine)
    if (relation) pairs.set(`${first} ${second}`, { first, second, ...relation })
  }
  return [...pairs.values()]
}

async function insertPairs(query: Query, pairs: readonly Pair[]): Promise<void> {
  if (pairs.length === 0) return
  await query(sql`
    INSERT INTO duplicate_pairs (first_id, second_id, reason, similarity)
    SELECT first, second, reason, similarity FROM jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb)
      AS p (first int, second int, reason text, similarity real)`)
}

interface Regrouping {
  /** Groups in which the written articles were: they may fall apart. */
  former: number[]
  pairs: readonly Pair[]
  known: ReadonlyMap<number, Placed>
}

/** Makes the former groups anew from their pairs; other groups can only grow and grow together. */
async function regroup(query: Query, { former, pairs, known }: Regrouping): Promise<void> {
  const kept = former.length > 0 ? await takeApart(query, former) : { members: [], pairs: [] }
  const links: [number, number][] = [
    ...kept.pairs.map(({ first, second }): [number, number] => [first, second]),
    ...pairs.map(({ first, second }): [number, number] => [first, second]),
  ]
  if (links.length === 0) return
  const places = new Map<number, Placed>([...kept.members.map(one => [one.id, one] as const), ...known])
  const elsewhere = await query<{ id: number; group: number }>(sql`
    SELECT article_id AS id, group_id AS "group" FROM duplicate_members WHERE article_id = ANY(${[...new Set(links.flat())]}::int[])`)
  const groups = groupsOf([...links, ...elsewhere.map(({ id, group }): [number, number] => [id, group])])
  const moved = [...new Set(elsewhere.map(({ group }) => group))].flatMap(group => {
    const to = groups.get(group)
    return to === undefined || to === group ? [] : [{ group, to }]
  })
  if (moved.length > 0)
    await query(sql`
      UPDATE duplicate_members m SET group_id = g."to"
      FROM jsonb_to_recordset(${JSON.stringify(moved)}::jsonb) AS g ("group" int, "to" int) WHERE m.group_id = g."group"`)
  const settled = new Set(elsewhere.flatMap(({ id, group }) => [id, group]))
  const fresh = [...groups].flatMap(([id, group]) => {
    const place = places.get(id)
    return settled.has(id) || !place ? [] : [{ id, group, listedAt: place.listedAt, public: place.public }]
  })
  await query(sql`
    INSERT INTO duplicate_members (article_id, group_id, listed_at, public)
    SELECT id, "group", "listedAt", public FROM jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb)
      AS m (id int, "group" int, "listedAt" timestamptz, public boolean)`)
}

/** Takes groups away, and says who was in them and which pairs are left. */
async function takeApart(
  query: Query,
  groups: number[],
): Promise<{ members: Placed[]; pairs: { first: number; second: number }[] }> {
  const members = await query<Placed>(sql`
    DELETE FROM duplicate_members WHERE group_id = ANY(${groups}::int[])
    RETURNING article_id AS id, listed_at AS "listedAt", public`)
  const ids = members.map(({ id }) => id)
  const pairs = await query<{ first: number; second: number }>(sql`
    SELECT first_id AS first, second_id AS second FROM duplicate_pairs WHERE first_id = ANY(${ids}::int[])`)
  return { members, pairs }
}

/** Articles whose prints former rules made, some of them. */
export const listUnprinted = async (query: Query, limit: number): Promise<number[]> =>
  (
    await query<{ id: number }>(
      sql`SELECT article_id AS id FROM article_prints WHERE rules < ${DUPLICATE_RULES} LIMIT ${limit}`,
    )
  ).map(({ id }) => id)
