import { type Database, Prisma, type Query, queryIn } from '../db/client.ts'
import { queryOn } from '../db/run.ts'
import { inTrips, type Trips } from '../db/trips.ts'
import { queuePrints } from '../duplicates/store.ts'
import type { Printed } from '../duplicates/store-candidates.ts'
import { isStatementTimeout, isUnreachable } from '../http/errors.ts'
import { completeIdempotent, type Lease, type StoredAnswer } from '../idempotency/store.ts'
import { holdMinistries, readRegistryOn } from '../ministries/store.ts'
import type { IndexedTerms } from '../search/analysis.ts'
import { queueSearchRows, writeSearchRows } from '../search/store.ts'
import { together } from '../time/together.ts'
import { turn } from '../time/turns.ts'
import { listingOf, toContent } from './content.ts'
import { toPlace, toTerms } from './indexing.ts'
import type { ArticleRow } from './row.ts'
import type { NewArticle } from './schema.ts'
import { type By, insertArticle, lockKey, write } from './store.ts'
import { printNew, relateNew } from './store-duplicates.ts'
import { insertReadRows, type RecordedRow, sourceCounts } from './store-insert.ts'
import { appendChanges, creation } from './store-log.ts'
import { type ReadRow, withNeighbours } from './store-read.ts'

/**
 * New articles, one for each request. Those that come while others are written share the next transaction: what ends every
 * write, the locks of duplicates and of the log and the wait for the disk, then comes once for all of them.
 */

const { sql } = Prisma

export interface Creation {
  article: NewArticle
  by: By
  /** Makes the answer, in the transaction. */
  answer: (row: ReadRow) => StoredAnswer
  /** Of a request that may come again: its answer is stored. */
  lease?: Lease
}

const MOST = 64
/** Characters of titles and bodies in a batch: some tenths of a second of analysis, for which the others wait. */
const LARGEST = 200_000
/** An article of more is written alone. */
const LARGE = 50_000
const sizeOf = ({ article: { title, bodyHtml = '', bodyText = '' } }: Creation) =>
  title.length + bodyHtml.length + bodyText.length

/**
 * Creates articles, and gives the answer of each once it is committed. `onError` is told where a transaction failed and its
 * articles are written one by one. @throws as `insertArticle`.
 */
export function articleCreator(
  db: Database,
  onError: (error: unknown) => void,
): (creation: Creation) => Promise<StoredAnswer> {
  const bounds = { most: MOST, largest: LARGEST }
  /** What a failure of all leaves to be written one by one. */
  const orNone = (error: unknown): [] => {
    // It would fail them all again, after as long a wait.
    if (isUnreachable(error) || isStatementTimeout(error)) throw error
    onError(error)
    return []
  }
  const prepareSome = async (creations: Creation[]) => {
    const prepared = new Map(await prepare(db, creations).catch(orNone))
    return creations.map(one => prepared.get(one) ?? null)
  }
  const writeSome = async (ready: Ready[], giveWay: () => void) => {
    giveWay()
    const answers = new Map(await createTogether(db, ready).catch(orNone))
    return ready.map(one => answers.get(one) ?? null)
  }
  const lane = (transactions: number) => {
    const prepareSoon = together(prepareSome, { ...bounds, atOnce: 1, sizeOf })
    const writeSoon = together(writeSome, {
      ...bounds,
      atOnce: transactions,
      sizeOf: ({ creation }) => sizeOf(creation),
    })
    return async (one: Creation) => {
      const ready = await prepareSoon(one)
      return ready && writeSoon(ready)
    }
  }
  // What is analysed does not hold up the others. A transaction of theirs is too short for a second one beside it: the larger
  // they are, the less each takes.
  const [createFound, createDeferred] = [lane(2), lane(1)]
  return async one => {
    if (sizeOf(one) > LARGE) return createAlone(db, one)
    return (await (one.by.deferSearch ? createDeferred : createFound)(one)) ?? createAlone(db, one)
  }
}

const createAlone = (db: Database, { article, by, answer, lease }: Creation): Promise<StoredAnswer> =>
  write(db, by, async writing => {
    const query = queryIn(writing.tx)
    const [row] = await withNeighbours(query, [await insertArticle(writing, article)])
    const answered = answer(row as ReadRow)
    await completeIdempotent(query, lease ? [{ lease, answer: answered }] : [])
    return answered
  })

/** A creation with all that can be made of it outside of a transaction. */
interface Ready extends RecordedRow {
  creation: Creation
  /** What it is found by, and compared by; null where that is left to the upkeep. */
  settling: { terms: IndexedTerms; printed: Printed } | null
}

/** Articles as rows, analysed unless that is left to the upkeep, without those that contradict themselves. */
async function prepare(db: Database, creations: readonly Creation[]): Promise<Map<Creation, Ready>> {
  const registry = creations.some(({ article }) => article.ministry)
    ? await readRegistryOn(queryOn(db.pool))
    : null
  const prepared = new Map<Creation, Ready>()
  for (const creation of creations) {
    await turn()
    const { article, by } = creation
    try {
      const content = toContent(article, by.now, registry)
      prepared.set(creation, { creation, content, counts: sourceCounts({}), now: by.now, settling: null })
    } catch {}
  }
  const settled = [...prepared.values()]
    .filter(({ creation }) => !creation.by.deferSearch)
    .map(ready => ({ ready, row: { ...ready.content, listedAt: listingOf(ready.content, ready.now) } }))
  const terms = await toTerms(settled.map(({ row }) => row))
  for (const [i, { ready, row }] of settled.entries()) {
    await turn()
    ready.settling = { terms: terms[i] as IndexedTerms, printed: printNew(row) }
  }
  return prepared
}

/** Creates all of them that can be written at once, and gives their answers. */
async function createTogether(db: Database, prepared: readonly Ready[]): Promise<Map<Ready, StoredAnswer>> {
  const { answers, position } = await inTrips(db, async ({ execute, query, commit }) => {
    const ready = await hold(query, prepared)
    const rows = ready.length === 0 ? [] : await insertReadRows(query, ready)
    const answers = new Map(ready.map((one, i) => [one, one.creation.answer(rows[i] as ReadRow)] as const))
    await completeIdempotent(
      query,
      [...answers].flatMap(([{ creation }, answer]) =>
        creation.lease ? [{ lease: creation.lease, answer }] : [],
      ),
    )
    await settle({ execute, query }, ready, rows)
    const position = await appendChanges(
      commit,
      rows.map((row, i) => {
        const { actor, now } = (ready[i] as Ready).creation.by
        return creation(row, { actor, at: now })
      }),
    )
    return { answers, position: position ?? 0 }
  })
  for (const { creation } of answers.keys()) creation.by.onCommit?.(position)
  return answers
}

/** Writes the search rows and finds the duplicates of new articles, or leaves them to the upkeep. */
async function settle(
  { execute, query }: Pick<Trips, 'execute' | 'query'>,
  ready: readonly Ready[],
  rows: readonly ArticleRow[],
): Promise<void> {
  const settled = rows.flatMap((row, i) => {
    const settling = ready[i]?.settling
    return settling ? [{ ...settling, row }] : []
  })
  const late = rows.filter((_, i) => !ready[i]?.settling).map(({ id }) => id)
  await queueSearchRows(execute, late)
  await queuePrints(execute, late)
  await writeSearchRows(
    execute,
    settled.map(({ terms, row }) => ({ ...terms, ...toPlace(row) })),
  )
  await relateNew(
    query,
    settled.map(({ printed, row: { id } }) => ({ id, printed })),
    () => readRegistryOn(query),
  )
}

/**
 * Those whose identity nobody has or takes, and whose ministry stays. It waits for nobody: an article that had to would hold
 * up all the others.
 */
async function hold(query: Query, prepared: readonly Ready[]): Promise<Ready[]> {
  const codes = new Set(prepared.flatMap(({ content }) => content.ministryCode ?? []))
  const held = new Set(await holdMinistries(query, [...codes], { waiting: false }))
  const free = await takeIdentities(query, prepared)
  return prepared.filter(({ content: { ministryCode, source, externalId } }) => {
    if (ministryCode !== null && !held.has(ministryCode)) return false
    // Of two with one identity the first gets it.
    return source === null || externalId === null || free.delete(lockKey(source, externalId))
  })
}

/** Locks the identities of articles, and says which of them are free. */
async function takeIdentities(query: Query, prepared: readonly Ready[]): Promise<Set<string>> {
  const given = prepared.flatMap(({ content: { source, externalId } }) =>
    source === null || externalId === null ? [] : [{ source, externalId }],
  )
  if (given.length === 0) return new Set()
  const locked = await query<{ key: string }>(sql`
    SELECT key FROM unnest(${given.map(({ source, externalId }) => lockKey(source, externalId))}::text[]) AS key
    WHERE pg_try_advisory_xact_lock(hashtextextended(key, 0))`)
  // What was committed before the lock is seen by another statement only.
  const taken = await query<(typeof given)[number]>(sql`
    SELECT source, external_id AS "externalId"
    FROM unnest(${given.map(({ source }) => source)}::text[], ${given.map(({ externalId }) => externalId)}::text[])
      AS k (source, external_id) JOIN articles USING (source, external_id)`)
  const free = new Set(locked.map(({ key }) => key))
  for (const { source, externalId } of taken) free.delete(lockKey(source, externalId))
  return free
}
