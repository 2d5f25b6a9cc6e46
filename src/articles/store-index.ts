import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, inTransaction } from '../db/client.ts'
import { queryOn } from '../db/run.ts'
import { ANALYSIS_VERSION, loadAnalysis } from '../search/analysis.ts'
import {
  addUpDeltas,
  listStale,
  type SearchRow,
  unqueueSearchRows,
  writeSearchRows,
} from '../search/store.ts'
import { mergeTerms } from '../search/store-merge.ts'
import { type DescribedWord, describeTerms } from '../search/words.ts'
import { turn } from '../time/turns.ts'
import { INDEXED, type Indexed, toSearchRows } from './indexing.ts'
import { keepUp, tellFound } from './store-upkeep.ts'

/**
 * The upkeep of the search rows: what another analyser made is made anew, the counts of terms are added up, and what
 * the index of terms was left is merged.
 */

/** Articles that are analysed at once: some tenths of a second, and a megabyte. */
const BATCH = 100

const select = Object.fromEntries(
  ['id', 'version', 'listedAt', ...INDEXED].map(field => [field, true]),
) as Record<keyof Indexed | 'version', true>

/** Search rows made anew, and the versions of the articles that they are of. */
interface Remade {
  versions: ReadonlyMap<number, number>
  rows: SearchRow[]
  /** Articles that were due and are no more. */
  gone: number[]
}

/** Analyses some articles whose search rows are stale; nothing is locked meanwhile. */
async function analyseStale(db: Database, leaveOut: readonly number[] = []): Promise<Remade> {
  const ids = await listStale(db, ANALYSIS_VERSION, BATCH, leaveOut)
  // Not sooner: where nothing is to be done nobody needs the dictionary.
  if (ids.length === 0 || (await loadAnalysis()).fault) return { versions: new Map(), rows: [], gone: [] }
  const articles = await db.prisma.article.findMany({ where: { id: { in: ids } }, select })
  const rows = await toSearchRows(articles)
  const versions = new Map(articles.map(({ id, version }) => [id, version]))
  return { versions, rows, gone: ids.filter(id => !versions.has(id)) }
}

/**
 * Writes them, and says how many. An article that was changed meanwhile has a fresh row already and is left alone, one that
 * somebody holds stays stale.
 */
async function writeRemade(db: Database, { versions, rows, gone }: Remade): Promise<number> {
  if (rows.length + gone.length === 0) return 0
  // Not by Prisma, which copies what it is given several times.
  return inTransaction(db, async client => {
    const { rows: held } = await client.query<{ id: number; version: number }>(
      'SELECT id, version FROM articles WHERE id = ANY($1) FOR NO KEY UPDATE SKIP LOCKED',
      [[...versions.keys()]],
    )
    const unchanged = new Set(
      held.filter(({ id, version }) => versions.get(id) === version).map(({ id }) => id),
    )
    const due = rows.filter(({ articleId }) => unchanged.has(articleId))
    const execute = queryOn(client)
    await writeSearchRows(execute, due)
    await unqueueSearchRows(execute, [...due.map(({ articleId }) => articleId), ...gone])
    return due.length
  })
}

/** Makes some stale search rows anew while the service serves, and says how many. */
export const reindexSome = async (db: Database): Promise<number> => writeRemade(db, await analyseStale(db))

/** Articles whose terms are added up at once: those of many are fewer than those of each. */
const ADDED_UP = 1_000

/** Makes all stale search rows anew, the next ones being analysed while some are written, and tells how many were. */
export async function reindexAll(db: Database, written: (articles: number) => void): Promise<void> {
  let noted = 0
  const addUp = async () => {
    await addUpAll(db)
    if (noted > 0) await tellFound(db)
    noted = 0
  }
  let next = analyseStale(db)
  for (;;) {
    const remade = await next
    if (remade.rows.length === 0 && (await listStale(db, ANALYSIS_VERSION, 1)).length === 0) break
    next = analyseStale(db, [...remade.versions.keys()])
    // It is waited for in the next turn, which a failure of this one leaves out.
    next.catch(() => {})
    const made = await writeRemade(db, remade)
    written(made)
    noted += made
    if (noted >= ADDED_UP || made === 0) await addUp()
    // Somebody holds all of them.
    if (made === 0) await sleep(500)
  }
  await addUp()
}

/** Others have their turn in between: a long text may have fifty thousand words that nobody has written before. */
async function describeGently(terms: string[]): Promise<DescribedWord[]> {
  if (terms.length === 0) return []
  const { analyser } = await loadAnalysis()
  const words: DescribedWord[] = []
  for (const term of terms) {
    await turn()
    words.push(...describeTerms(analyser, [term]))
  }
  return words
}

/** Adds up what writes have noted until nothing is left, and says how many notes there were. */
export async function addUpAll(db: Database): Promise<number> {
  for (let total = 0; ; ) {
    const added = await addUpDeltas(db, describeGently)
    total += added
    if (added === 0) return total
  }
}

/** What is due, or some of it; what a clock calls. */
export async function keepIndex(db: Database): Promise<void> {
  const began = performance.now()
  await mergeTerms(db)
  await addUpAll(db)
  // What these note is added up in the next round: the words of many articles are fewer than those of each.
  await keepUp(db, reindexSome, began)
}

/**
 * What keyword searches go by besides the articles, as a text that moves with it; null while the upkeep is behind, since what
 * they find then may move by itself.
 */
export async function findSearchStamp(db: Database): Promise<string | null> {
  if ((await searchState(db)) !== 'ok') return null
  const [row] = await db.prisma.$queryRaw<{ settled: boolean; synonyms: string }[]>`
    SELECT NOT EXISTS (SELECT FROM search_deltas) AS settled,
      (SELECT concat_ws(' ', count(*), max(id), max(modified_at)) FROM search_synonyms) AS synonyms`
  return row?.settled ? `${ANALYSIS_VERSION} ${row.synonyms}` : null
}

/** Whether keyword search is what it should be. */
export async function searchState(db: Database): Promise<'ok' | 'no-dictionary' | 'indexing'> {
  const { fault } = await loadAnalysis()
  if (fault) return 'no-dictionary'
  return (await listStale(db, ANALYSIS_VERSION, 1)).length > 0 ? 'indexing' : 'ok'
}
