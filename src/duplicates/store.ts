import { type Execute, Prisma, type Query } from '../db/client.ts'
import { dayOf } from '../time/seoul.ts'
import { turn } from '../time/turns.ts'
import { groupsOf, nextInText } from './groups.ts'
import { keysOf, TEXT_KEY, textOf } from './keys.ts'
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
import {
  type Candidate,
  type FindComparables,
  findCandidates,
  type Printed,
  readCompared,
} from './store-candidates.ts'

/** Prints, pairs and groups as rows, written in the transaction of the articles. */

const { sql } = Prisma

/** Advisory lock of these tables ("dupl" in ASCII), held to the end of the transaction. */
const LOCK = 0x6475706c

/** What is known of articles elsewhere. */
export interface Articles {
  findComparables: FindComparables
  sameLine: () => Promise<SameLine>
}

export interface WrittenArticle extends Comparable {
  deleted: boolean
}

/**
 * From here to the end of the transaction nobody else finds duplicates, and tables are read by their indexes: a connection keeps the
 * plan that it made while there were few articles, until the statistics are next gathered, and compared each key with those of all
 * meanwhile. What has no index seems as dear as what is worth compiling then, which it is not.
 */
export const lockDuplicates = (query: Query) =>
  query(sql`
    SELECT true AS held
    FROM pg_advisory_xact_lock(${LOCK}), set_config('enable_seqscan', 'off', true) AS plan, set_config('jit', 'off', true) AS jit`)

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
  const printed: Printed[] = []
  for (const article of articles.filter(one => !one.deleted)) {
    await turn()
    printed.push(print(article))
  }
  await relatePrinted(
    query,
    articles.map(({ id }) => id),
    printed,
    others,
  )
}

/** An article as it is compared, and its keys. It takes a while, and needs no transaction. */
export function print(article: Comparable): Printed {
  const one = toCompared(article)
  return { one, ...keysOf(one) }
}

/** The same for articles that are printed already; those that are not are deleted. */
export async function relatePrinted(
  query: Query,
  ids: number[],
  printed: readonly Printed[],
  others: Articles,
): Promise<void> {
  if (ids.length === 0) return
  await lockDuplicates(query)
  const former = await writePrints(query, ids, printed)
  const found = await findCandidates(query, printed)
  if (found.length === 0 && former.length === 0) return
  const known = await readCompared(printed, found, others.findComparables)
  const pairs = await relateAll(known, found, await sameLineOf(known, others))
  await insertPairs(query, pairs)
  await regroup(query, { former, pairs, known, others })
}

/** Leaves finding the duplicates of new articles to the upkeep. */
export async function queuePrints(execute: Execute, ids: readonly number[]): Promise<void> {
  if (ids.length > 0)
    await execute(
      sql`INSERT INTO articles_unprinted (article_id) SELECT unnest(${ids}::int[]) ON CONFLICT DO NOTHING`,
    )
}

/** Lineage is asked for only where codes differ. */
const sameLineOf = async (known: ReadonlyMap<number, Compared>, { sameLine }: Articles): Promise<SameLine> =>
  new Set([...known.values()].flatMap(({ code }) => code ?? [])).size > 1 ? sameLine() : () => false

/** Writes the prints of articles, forgets their pairs, and says in which groups they were. */
async function writePrints(query: Query, ids: number[], printed: readonly Printed[]): Promise<number[]> {
  const present = new Set(printed.map(({ one }) => one.id))
  const deleted = ids.filter(id => !present.has(id))
  const given = JSON.stringify(printed.map(({ one, kept }) => ({ id: one.id, keys: kept })))
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
  others: Articles
}

type Link = [number, number]
const linksOf = (pairs: readonly Pick<Pair, 'first' | 'second'>[]) =>
  pairs.map(({ first, second }): Link => [first, second])

/** Makes the former groups anew from their pairs; other groups can only grow and grow together. */
async function regroup(query: Query, { former, pairs, known, others }: Regrouping): Promise<void> {
  const kept = former.length > 0 ? await takeApart(query, former) : { members: [], pairs: [] }
  const links = [...linksOf(kept.pairs), ...linksOf(pairs)]
  const parted = listParted(kept.members, known, groupsOf(links))
  if (parted.length > 0) links.push(...linksOf(await relateParted(query, parted, others)))
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

interface Member extends Placed {
  /** The key of its text. */
  text: string | null
}

/** Takes groups away, and says who was in them and which pairs are left. */
async function takeApart(
  query: Query,
  groups: number[],
): Promise<{ members: Member[]; pairs: { first: number; second: number }[] }> {
  const members = await query<Member>(sql`
    WITH taken AS (
      DELETE FROM duplicate_members WHERE group_id = ANY(${groups}::int[]) RETURNING article_id, listed_at, public)
    SELECT article_id AS id, listed_at AS "listedAt", public, keys[${TEXT_KEY}::int]::text AS text
    FROM taken LEFT JOIN article_prints USING (article_id)`)
  const ids = members.map(({ id }) => id)
  const pairs = await query<{ first: number; second: number }>(sql`
    SELECT first_id AS first, second_id AS second FROM duplicate_pairs WHERE first_id = ANY(${ids}::int[])`)
  return { members, pairs }
}

/** Neighbours of one text that no pair holds together any more: the one between them was a pair with either, or many were. */
function listParted(
  members: readonly Member[],
  known: ReadonlyMap<number, Placed>,
  groups: ReadonlyMap<number, number>,
): Candidate[] {
  const texts = members.flatMap(({ text, ...member }) => {
    const { listedAt } = known.get(member.id) ?? member
    return text === null ? [] : [{ id: member.id, listedAt, text: textOf(text, dayOf(listedAt)) }]
  })
  return nextInText(texts, ({ text }) => text, 1).flatMap(([{ id }, { id: other }]) =>
    (groups.get(id) ?? id) === (groups.get(other) ?? other) ? [] : [{ id, other, text: null }],
  )
}

async function relateParted(query: Query, parted: readonly Candidate[], others: Articles): Promise<Pair[]> {
  const ids = [...new Set(parted.flatMap(({ id, other }) => [id, other]))]
  const known = new Map<number, Compared>()
  for (const row of await others.findComparables(ids, new Set(ids))) {
    await turn()
    known.set(row.id, toCompared(row))
  }
  const pairs = await relateAll(known, parted, await sameLineOf(known, others))
  await insertPairs(query, pairs)
  return pairs
}

/** Takes those out whose duplicates are found, or that are no more. */
export async function unqueuePrints(execute: Execute, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await execute(sql`DELETE FROM articles_unprinted WHERE article_id = ANY(${ids}::int[])`)
}

/** Articles that have no prints yet, or those that former rules made, some of them. */
export const listUnprinted = async (query: Query, limit: number): Promise<number[]> =>
  (
    await query<{ id: number }>(
      sql`SELECT DISTINCT article_id AS id FROM (
          (SELECT article_id FROM articles_unprinted ORDER BY article_id LIMIT ${limit})
          UNION ALL (SELECT article_id FROM article_prints WHERE rules < ${DUPLICATE_RULES} LIMIT ${limit})
        ) AS unprinted LIMIT ${limit}`,
    )
  ).map(({ id }) => id)
