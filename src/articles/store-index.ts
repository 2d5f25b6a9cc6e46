import { type Database, inTransaction } from '../db/client.ts'
import { run } from '../db/run.ts'
import { ANALYSIS_VERSION, loadAnalysis } from '../search/analysis.ts'
import { addUpDeltas, listStale, writeSearchRows } from '../search/store.ts'
import { mergeTerms } from '../search/store-merge.ts'
import { type DescribedWord, describeTerms } from '../search/words.ts'
import { turn } from '../time/turns.ts'
import { INDEXED, type Indexed, toSearchRows } from './indexing.ts'

/**
 * The upkeep of the search rows: what another analyser made is made anew, the counts of terms are added up, and what
 * the index of terms was left is merged.
 */

/** Articles that are analysed at once: some tenths of a second, and a megabyte. */
const BATCH = 100

const select = Object.fromEntries(
  ['id', 'version', 'listedAt', ...INDEXED].map(field => [field, true]),
) as Record<keyof Indexed | 'version', true>

/**
 * Makes some stale search rows anew while the service serves, and says how many. Nothing is locked during the analysis;
 * an article that was changed meanwhile has a fresh row already and is left alone, one that somebody holds stays stale.
 */
export async function reindexSome(db: Database): Promise<number> {
  const ids = await listStale(db, ANALYSIS_VERSION, BATCH)
  // Not sooner: where nothing is to be done nobody needs the dictionary.
  if (ids.length === 0 || (await loadAnalysis()).fault) return 0
  const articles = await db.prisma.article.findMany({ where: { id: { in: ids } }, select })
  const rows = await toSearchRows(articles)
  const versions = new Map(articles.map(({ id, version }) => [id, version]))
  // Not by Prisma, which copies what it is given several times.
  return inTransaction(db, async client => {
    const { rows: held } = await client.query<{ id: number; version: number }>(
      'SELECT id, version FROM articles WHERE id = ANY($1) FOR NO KEY UPDATE SKIP LOCKED',
      [ids],
    )
    const unchanged = new Set(
      held.filter(({ id, version }) => versions.get(id) === version).map(({ id }) => id),
    )
    const due = rows.filter(({ articleId }) => unchanged.has(articleId))
    await writeSearchRows(statement => run(client, statement), due)
    return due.length
  })
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

/** Milliseconds after which a round leaves the rest to the next, so that a stop need not wait. */
const ROUND = 2_000

/** What is due, or some of it; what a clock calls. */
export async function keepIndex(db: Database): Promise<void> {
  const began = performance.now()
  await mergeTerms(db)
  await addUpAll(db)
  // What these note is added up in the next round: the words of many articles are fewer than those of each.
  while (performance.now() - began < ROUND && (await reindexSome(db)) > 0);
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
