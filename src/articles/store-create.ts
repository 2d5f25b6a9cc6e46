import type pg from 'pg'
import { type Database, inTransaction, type Query, queryIn } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Printed } from '../duplicates/store-candidates.ts'
import { isStatementTimeout, isUnreachable } from '../http/errors.ts'
import { completeIdempotent, type Lease, type StoredAnswer } from '../idempotency/store.ts'
import type { Registry } from '../ministries/registry.ts'
import { holdMinistries, readRegistryOn } from '../ministries/store.ts'
import type { IndexedTerms } from '../search/analysis.ts'
import { writeSearchRows } from '../search/store.ts'
import { together } from '../time/together.ts'
import { turn } from '../time/turns.ts'
import { listingOf, toContent } from './content.ts'
import { toPlace, toTerms } from './indexing.ts'
import type { ArticleRow } from './row.ts'
import type { NewArticle } from './schema.ts'
import { type By, insertArticle, lockKey, write } from './store.ts'
import { printNew, relateNew } from './store-duplicates.ts'
import { settleFound } from './store-found.ts'
import { type Inserted, insertedRow, insertRows, type RecordedRow, sourceCounts } from './store-insert.ts'
import { appendChanges, creation } from './store-log.ts'
import { type ReadRow, withNeighbours } from './store-read.ts'

/**
 * New articles, one for each request. Those that come while others are written share the next transaction: what ends every
 * write, the locks of duplicates and of the log and the wait for the disk, then comes once for all of them.
 */

export interface Creation {
  article: NewArticle
  by: By
  /** Makes the answer, in the transaction. */
  answer: (row: ReadRow) => StoredAnswer
  /** Of a request that may come again: its answer is stored. */
  lease?: Lease
}

/** Batches: one is prepared, which is work of the processor, while another one is in its transaction. */
const AT_ONCE = 2
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
  const create = async (creations: readonly Creation[], giveWay: () => void) => {
    const answers = await createTogether(db, creations, giveWay).catch(error => {
      // It would fail them all again, after as long a wait.
      if (isUnreachable(error) || isStatementTimeout(error)) throw error
      onError(error)
      return new Map<Creation, StoredAnswer>()
    })
    return creations.map(one => answers.get(one) ?? createAlone(db, one))
  }
  const bounds = { atOnce: AT_ONCE, most: MOST, largest: LARGEST, sizeOf }
  const createSoon = together(create, bounds)
  return one => (sizeOf(one) > LARGE ? createAlone(db, one) : createSoon(one))
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

/** Creates all of them that can be written at once, and gives their answers. */
async function createTogether(
  db: Database,
  creations: readonly Creation[],
  giveWay: () => void,
): Promise<Map<Creation, StoredAnswer>> {
  const registry = creations.some(({ article }) => article.ministry) ? await readRegistryOn(db.pool) : null
  const prepared = await prepare(creations, registry)
  giveWay()
  const { answers, position } = await inTransaction(db, async client => {
    const query: Query = statement => run(client, statement, { prepared: true })
    const ready = await hold(client, prepared)
    const rows = await insert(query, ready)
    const answers = await answerAll(query, ready, rows)
    await settle(query, ready, rows, async () => registry ?? (await readRegistryOn(client)))
    const position = await appendChanges(
      query,
      rows.map((row, i) => {
        const { actor, now } = (ready[i] as Ready).creation.by
        return creation(row, { actor, at: now })
      }),
    )
    return { answers, position: position ?? 0 }
  })
  for (const { by } of answers.keys()) by.onCommit?.(position)
  return answers
}

/** Articles as rows, analysed; without those that contradict themselves, which are refused where they are written alone. */
async function prepare(creations: readonly Creation[], registry: Registry | null): Promise<Ready[]> {
  const prepared: Omit<Ready, 'settling'>[] = []
  for (const creation of creations) {
    await turn()
    const { article, by } = creation
    try {
      const content = toContent(article, by.now, registry)
      prepared.push({ creation, content, counts: sourceCounts({}), now: by.now })
    } catch {}
  }
  const settled = prepared
    .filter(({ creation }) => !creation.by.deferSearch)
    .map(({ creation, content, now }) => ({
      creation,
      row: { ...content, listedAt: listingOf(content, now) },
    }))
  const terms = await toTerms(settled.map(({ row }) => row))
  const settling = new Map<Creation, Ready['settling']>()
  for (const [i, { creation, row }] of settled.entries()) {
    await turn()
    settling.set(creation, { terms: terms[i] as IndexedTerms, printed: printNew(row) })
  }
  return prepared.map(one => ({ ...one, settling: settling.get(one.creation) ?? null }))
}

/** Writes the search rows and finds the duplicates of new articles, or leaves them to the upkeep. */
async function settle(
  query: Query,
  ready: readonly Ready[],
  rows: readonly ArticleRow[],
  registry: () => Promise<Registry>,
): Promise<void> {
  const settled = rows.flatMap((row, i) => {
    const settling = ready[i]?.settling
    return settling ? [{ ...settling, row }] : []
  })
  await writeSearchRows(
    query,
    settled.map(({ terms, row }) => ({ ...terms, ...toPlace(row) })),
  )
  await relateNew(
    query,
    settled.map(({ printed, row: { id } }) => ({ id, printed })),
    registry,
  )
  const late = rows.filter((_, i) => !ready[i]?.settling)
  const created = new Set(late.map(({ id }) => id))
  await settleFound(query, { found: late, created, registry, deferSearch: true, deferDuplicates: true })
}

/**
 * Those whose identity nobody has or takes, and whose ministry stays. It waits for nobody: an article that had to would hold
 * up all the others.
 */
async function hold(client: pg.ClientBase, prepared: Ready[]): Promise<Ready[]> {
  const codes = new Set(prepared.flatMap(({ content }) => content.ministryCode ?? []))
  const held = new Set(await holdMinistries(client, [...codes], { waiting: false }))
  const free = await takeIdentities(client, prepared)
  return prepared.filter(({ content: { ministryCode, source, externalId } }) => {
    if (ministryCode !== null && !held.has(ministryCode)) return false
    // Of two with one identity the first gets it.
    return source === null || externalId === null || free.delete(lockKey(source, externalId))
  })
}

/** Locks the identities of articles, and says which of them are free. */
async function takeIdentities(client: pg.ClientBase, prepared: readonly Ready[]): Promise<Set<string>> {
  const given = prepared.flatMap(({ content: { source, externalId } }) =>
    source === null || externalId === null ? [] : [{ source, externalId }],
  )
  if (given.length === 0) return new Set()
  const { rows: locked } = await client.query<{ key: string }>({
    name: 'identities to lock',
    text: 'SELECT key FROM unnest($1::text[]) AS key WHERE pg_try_advisory_xact_lock(hashtextextended(key, 0))',
    values: [given.map(({ source, externalId }) => lockKey(source, externalId))],
  })
  // What was committed before the lock is seen by another statement only.
  const { rows: taken } = await client.query<(typeof given)[number]>({
    name: 'identities taken',
    text: `SELECT source, external_id AS "externalId"
      FROM unnest($1::text[], $2::text[]) AS k (source, external_id) JOIN articles USING (source, external_id)`,
    values: [given.map(({ source }) => source), given.map(({ externalId }) => externalId)],
  })
  const free = new Set(locked.map(({ key }) => key))
  for (const { source, externalId } of taken) free.delete(lockKey(source, externalId))
  return free
}

async function insert(query: Query, ready: readonly Ready[]): Promise<ArticleRow[]> {
  if (ready.length === 0) return []
  const inserted = await insertRows(query, ready)
  return ready.map((one, i) => insertedRow(one, inserted[i] as Inserted))
}

/** Makes the answers, and stores those that may be asked for again. */
async function answerAll(
  query: Query,
  ready: readonly Ready[],
  rows: readonly ArticleRow[],
): Promise<Map<Creation, StoredAnswer>> {
  const read = await withNeighbours(query, rows)
  const answers = new Map(
    ready.map(({ creation }, i) => [creation, creation.answer(read[i] as ReadRow)] as const),
  )
  await completeIdempotent(
    query,
    [...answers].flatMap(([{ lease }, answer]) => (lease ? [{ lease, answer }] : [])),
  )
  return answers
}
