import type pg from 'pg'
import { type Database, inTransaction, type Query } from '../db/client.ts'
import { queryOn } from '../db/run.ts'
import { badBody, Problem } from '../http/problem.ts'
import type { Registry } from '../ministries/registry.ts'
import { holdMinistries, readRegistryOn } from '../ministries/store.ts'
import { turn } from '../time/turns.ts'
import { type ArticleContent, COLUMNS, listingOf, toContent } from './content.ts'
import { INDEXED, type Indexed } from './indexing.ts'
import type { ArticleRow } from './row.ts'
import type { NewArticle } from './schema.ts'
import { lockKey, ministryGone, type SourcedArticle, type Upserted, type Writing } from './store.ts'
import { copyRows } from './store-copy.ts'
import { type Deferred, settleFound } from './store-found.ts'
import {
  COUNT_TYPES,
  type CountColumns,
  movedCounts,
  type NewRow,
  type SourceCounts,
  sourceCounts,
  TYPES,
} from './store-insert.ts'
import {
  alteration,
  appendChanges,
  type Change,
  createdBy,
  creation,
  laterOf,
  supersededBy,
} from './store-log.ts'

/**
 * Many articles by their sources' identities with a few statements for all of them: for loads, where the statements of
 * `upsertArticle` for each would take longest. What comes out is the same (tests/articles/bulk.test.ts).
 */

export interface BulkItem {
  article: SourcedArticle
  counts?: SourceCounts
  /** Whether the counts are for a new article only. */
  firstCounts?: boolean
  /** Whether it must have been published already, since nobody says when. */
  undated?: boolean
  /** Makes the new content from what is here; what it throws is a fault of this article alone. */
  revise?: (present: ArticleRow) => NewArticle
}

export type BulkResult =
  | { outcome: Upserted['outcome']; recounted: boolean }
  | { outcome: 'refused'; recounted: false; problem: Problem }

interface BulkOptions extends Pick<Writing, 'actor' | 'now'>, Deferred {
  /** Only tell: an identity that stands twice among what is new then counts as new twice. */
  dryRun?: boolean
}

/** The transaction, and what follows from its writes at its end. */
interface BulkWriting extends Pick<Writing, 'actor' | 'now'> {
  client: pg.ClientBase
  /** By the place of the item. */
  changes: Change[][]
  found: Map<number, Indexed>
}

interface Entry extends BulkItem {
  index: number
}
interface Plan {
  created: (NewRow & { index: number })[]
  updated: { index: number; present: ArticleRow; content: ArticleContent; superseded: Partial<ArticleRow> }[]
  recounted: { id: number; counts: CountColumns }[]
}

/** The order in which who writes several articles locks their identities, so that two never wait in a circle. */
const collator = new Intl.Collator('en', { numeric: true })
export const compareIdentities = (a: SourcedArticle, b: SourcedArticle): number =>
  collator.compare(lockKey(a.source.name, a.source.externalId), lockKey(b.source.name, b.source.externalId))

/**
 * Writes articles in one transaction as `upsertArticle` would one after another; the results are in the order of the items.
 * An article that contradicts itself is refused, the others are written.
 */
export const upsertArticles = (
  db: Pick<Database, 'pool'>,
  { actor, now, dryRun = false, ...deferred }: BulkOptions,
  items: readonly BulkItem[],
): Promise<BulkResult[]> =>
  inTransaction(db, async client => {
    const results: BulkResult[] = []
    const query = queryOn(client)
    const writing: BulkWriting = { client, actor, now, changes: [], found: new Map() }
    await lockIdentities(
      client,
      items.map(({ article }) => article),
    )
    const registry = await readRegistryOn(query)
    for (const round of roundsOf(items)) {
      const plan = await planRound(round, await lockPresent(client, round), { now, registry }, results)
      await holdIssuers(query, plan)
      if (dryRun) continue
      await insertNew(writing, plan.created)
      await updateChanged(writing, plan.updated)
      await recount(writing, plan.recounted)
    }
    const changes = writing.changes.flat()
    await settleFound(query, {
      ...deferred,
      found: [...writing.found.values()],
      created: createdBy(changes),
      registry: async () => registry,
    })
    await appendChanges(query, changes)
    return results
  })

const keyOf = ({ source }: SourcedArticle) => lockKey(source.name, source.externalId)

/** The first of each identity, then the second of those that stand there twice, … */
function roundsOf(items: readonly BulkItem[]): Entry[][] {
  const rounds: Entry[][] = []
  const met = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const key = keyOf(item.article)
    const round = met.get(key) ?? 0
    met.set(key, round + 1)
    rounds[round] ??= []
    rounds[round].push({ ...item, index })
  }
  return rounds
}

async function lockIdentities(client: pg.ClientBase, articles: SourcedArticle[]): Promise<void> {
  const keys = [...new Set(articles.toSorted(compareIdentities).map(keyOf))]
  await client.query(
    'SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key',
    [keys],
  )
}

/** Locks the rows that the identities have, as `lockArticle` does. */
async function lockPresent(client: pg.ClientBase, round: Entry[]): Promise<Map<string, ArticleRow>> {
  const { rows } = await client.query<ArticleRow>(
    `SELECT a.id, a.version, ${SELECTED}, a.recorded_at AS "recordedAt", a.modified_at AS "modifiedAt",
       a.deleted_at AS "deletedAt", a.listed_at AS "listedAt",
       (SELECT jsonb_build_object('sourceViews', source_views, 'sourceComments', source_comments,
         'sourceLikes', source_likes, 'sourceDislikes', source_dislikes) FROM article_counts WHERE article_id = a.id) AS counts
     FROM unnest($1::text[], $2::text[]) AS k (source, external_id) JOIN articles a USING (source, external_id)
     FOR NO KEY UPDATE OF a`,
    [round.map(({ article }) => article.source.name), round.map(({ article }) => article.source.externalId)],
  )
  return new Map(rows.map(row => [lockKey(row.source ?? '', row.externalId ?? ''), row]))
}

/** What content follows from besides the article itself. */
interface Terms {
  now: Date
  registry: Registry
}

/** Keeps the ministries that articles get, not those that they have, from being deleted meanwhile. */
async function holdIssuers(query: Query, { created, updated }: Plan): Promise<void> {
  const given = [...created, ...updated.filter(({ superseded }) => 'ministryCode' in superseded)]
  const codes = new Set(given.flatMap(({ content }) => content.ministryCode ?? []))
  const held = new Set(await holdMinistries(query, [...codes]))
  for (const code of codes) if (!held.has(code)) throw ministryGone(code)
}

/** Decides what is to be written, by the rules of `upsertArticle`. */
async function planRound(
  round: Entry[],
  presents: Map<string, ArticleRow>,
  terms: Terms,
  results: BulkResult[],
): Promise<Plan> {
  const plan: Plan = { created: [], updated: [], recounted: [] }
  for (const entry of round) {
    await turn()
    try {
      results[entry.index] = planOne(plan, entry, presents.get(keyOf(entry.article)), terms)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      results[entry.index] = { outcome: 'refused', recounted: false, problem }
    }
  }
  return plan
}

function planOne(
  plan: Plan,
  entry: Entry,
  present: ArticleRow | undefined,
  { now, registry }: Terms,
): BulkResult {
  const { index, article, counts, firstCounts, undated, revise } = entry
  const assertDated = (status: string) => {
    if (undated && status === 'published' && !present?.publishedAt)
      throw badBody('/publishedAt', 'has no day of release', '발표일이 비어 있습니다')
  }
  if (!present) {
    assertDated(article.status)
    plan.created.push({
      index,
      content: toContent(article, now, registry),
      counts: sourceCounts(counts ?? {}),
    })
    return { outcome: 'created', recounted: false }
  }
  if (present.deletedAt !== null) return { outcome: 'deleted', recounted: false }
  const next = revise?.(present) ?? article
  assertDated(next.status)
  const content = toContent(next, now, registry, present)
  const superseded = supersededBy(present, content)
  const changed = Object.keys(superseded).length > 0
  if (changed) plan.updated.push({ index, present, content, superseded })
  const moved = firstCounts ? null : movedCounts(present, counts)
  if (moved) plan.recounted.push({ id: present.id, counts: moved })
  return { outcome: changed ? 'updated' : 'unchanged', recounted: moved !== null }
}

const fields = Object.entries(COLUMNS)
const SELECTED = fields.map(([field, [column]]) => `a.${column} AS "${field}"`).join(', ')
const SETTINGS = fields.map(([field, [column]]) => `${column} = r."${field}"`).join(', ')

async function insertNew(
  { client, actor, now, found, changes }: BulkWriting,
  created: Plan['created'],
): Promise<void> {
  if (created.length === 0) return
  const ids = await copyRows(client, created, now)
  for (const [i, { index, content }] of created.entries()) {
    const id = ids[i] as number
    const listedAt = listingOf(content, now)
    found.set(id, Object.assign({ id, listedAt, deletedAt: null }, content))
    changes[index] = [
      creation({ status: content.status, id, version: 1, deletedAt: null }, { actor, at: now }),
    ]
  }
}

async function updateChanged(
  { client, actor, now, found, changes }: BulkWriting,
  updated: Plan['updated'],
): Promise<void> {
  if (updated.length === 0) return
  const { rows } = await client.query<{ id: number; listedAt: Date }>(
    `UPDATE articles a SET ${SETTINGS}, version = a.version + 1, modified_at = greatest(a.modified_at, $2)
     FROM jsonb_to_recordset($1::jsonb) AS r (id int, ${TYPES}) WHERE a.id = r.id
     RETURNING a.id, a.listed_at AS "listedAt"`,
    [JSON.stringify(updated.map(({ present, content }) => ({ ...content, id: present.id }))), now],
  )
  const listed = new Map(rows.map(({ id, listedAt }) => [id, listedAt]))
  for (const { index, present, content, superseded } of updated) {
    const { id, deletedAt } = present
    const row = { ...content, id, deletedAt, listedAt: listed.get(id) ?? present.listedAt }
    const after = { ...row, version: present.version + 1 }
    changes[index] = [alteration(present, after, superseded, { actor, at: laterOf(now, present) })]
    if (INDEXED.some(field => field in superseded)) found.set(id, row)
  }
}

async function recount({ client }: BulkWriting, recounted: Plan['recounted']): Promise<void> {
  if (recounted.length === 0) return
  await client.query(
    `UPDATE article_counts c SET source_views = r."sourceViews", source_comments = r."sourceComments",
       source_likes = r."sourceLikes", source_dislikes = r."sourceDislikes"
     FROM jsonb_to_recordset($1::jsonb) AS r (id int, ${COUNT_TYPES}) WHERE c.article_id = r.id`,
    [JSON.stringify(recounted.map(({ id, counts }) => ({ ...counts, id })))],
  )
}
