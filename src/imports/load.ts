import { setTimeout as sleep } from 'node:timers/promises'
import { lockKey } from '../articles/store.ts'
import { type BulkItem, type BulkResult, upsertArticles } from '../articles/store-bulk.ts'
import type { Database } from '../db/client.ts'
import { isDeadlock } from '../http/errors.ts'
import { badBody, Problem } from '../http/problem.ts'
import { mergeTerms } from '../search/store-merge.ts'
import { turn } from '../time/turns.ts'
import { HeaderError } from './columns.ts'
import { Identities } from './identities.ts'
import {
  checkArticle,
  checkCounts,
  type FileRecord,
  faultsOf,
  type Kept,
  type RecordFault,
} from './record.ts'

/** Records into the database: batch by batch, some at a time, in bounded memory. */

export interface LoadReport {
  /** Records of the file, those that were rejected included. */
  read: number
  created: number
  updated: number
  unchanged: number
  /** Left alone because they were deleted here. */
  deleted: number
  /** Whose counts at the source moved; that makes no new version. */
  recounted: number
  rejected: number
  /** In which something stands as it was: a text that the file could not hold, or a release that posting does not move. */
  kept: number
}

export const emptyReport = (): LoadReport => ({
  read: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  recounted: 0,
  rejected: 0,
  kept: 0,
})

export interface Rejection {
  line: number
  faults: RecordFault[]
}

export interface LoadOptions {
  actor: string
  now?: () => Date
  /** Leave the search rows, and the duplicates of what is new, to the upkeep. */
  deferSearch?: boolean
  /** Only tell. */
  dryRun?: boolean
  /** Records that begin up to this line are passed over. */
  after?: number
  /** Called when everything up to a line is committed. */
  onCommitted?: (line: number, report: LoadReport) => unknown
  /** What it gives back is waited for. */
  onRejected?: (rejection: Rejection) => unknown
  onKept?: (line: number, what: Kept) => void
  /** Ends the load; what is under way is written first. */
  signal?: AbortSignal
  /** Where the counts are kept, for who looks while it goes on. */
  report?: LoadReport
  /** Others are served meanwhile: less at a time. */
  gently?: boolean
}

/**
 * Articles of a transaction, and characters of their bodies: a second's work, some megabytes. While the database writes some
 * batches, the next are made ready.
 */
const BATCH = { articles: 250, characters: 2_000_000, lanes: 4 }
/** A third of it and one after another, where others are served by the same process. */
const GENTLE = { articles: 100, characters: 800_000, lanes: 1 }
/** Writers who got into each other's way try again. */
const TRIES = 5

interface Checked {
  line: number
  item: BulkItem
  record: FileRecord
  /** Whether the same stood on an earlier line. */
  again?: boolean
}

/**
 * Writes what can be written and tells what cannot. Of an article that stands there again only the first line is written: to
 * write each would make versions with every run of the same file. When it throws, nothing of it goes on.
 * @throws the reason of the signal that ended it; HeaderError where the file could not be read to its end, after what stands
 * before that.
 */
export async function load(
  db: Database,
  records: AsyncIterable<FileRecord>,
  options: LoadOptions,
): Promise<LoadReport> {
  const report = options.report ?? emptyReport()
  const { signal, gently = false } = options
  const most = gently ? GENTLE : BATCH
  const reject = (line: number, faults: RecordFault[]) => {
    report.rejected++
    return options.onRejected?.({ line, faults })
  }
  const lanes = new Lanes(
    most.lanes,
    async batch => {
      const { results, kept } = await writeBatch(db, batch, options)
      for (const [i, { line, record, again }] of batch.entries()) {
        const result = outcomeOf(results[i] as BulkResult, options.dryRun === true && again === true)
        if (result.outcome === 'refused') await reject(line, faultsOf(result.problem, record.columns))
        else report[result.outcome]++
        if (result.recounted) report.recounted++
      }
      report.kept += new Set(kept.map(([line]) => line)).size
      for (const [line, what] of kept) options.onKept?.(line, what)
    },
    line => options.onCommitted?.(line, report),
  )
  /** Where the file can be read no further. What stands before that is written all the same. */
  let end: HeaderError | null = null
  try {
    let batch: Checked[] = []
    let characters = 0
    const identities = new Identities()
    try {
      for await (const record of records) {
        if (signal?.aborted) break
        await turn()
        const checked = apart(check(record), identities)
        if (record.line <= (options.after ?? 0)) continue
        report.read++
        if ('faults' in checked) {
          await reject(record.line, checked.faults)
          continue
        }
        batch.push(checked)
        characters += sizeOf(checked.item)
        if (batch.length < most.articles && characters < most.characters) continue
        await lanes.give(batch)
        batch = []
        characters = 0
      }
    } catch (error) {
      if (!(error instanceof HeaderError)) throw error
      end = error
    }
    if (batch.length > 0 && !signal?.aborted) await lanes.give(batch)
    await lanes.finish()
    if (!options.deferSearch && !options.dryRun && report.read > 0) await mergeTerms(db)
  } finally {
    await lanes.settle()
  }
  signal?.throwIfAborted()
  if (end) throw end
  return report
}

/** The record as it is written, or why it cannot be. */
function check(record: FileRecord): Checked | { faults: RecordFault[] } {
  const { line, faults, firstCounts, undated, columns } = record
  if (faults.length > 0) return { faults }
  try {
    const article = checkArticle(record.article)
    const counts = checkCounts(record.counts)
    return {
      line,
      record,
      item: {
        article,
        ...(counts && { counts }),
        ...(firstCounts && { firstCounts }),
        ...(undated && { undated }),
      },
    }
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    return { faults: faultsOf(problem, columns) }
  }
}

/** The same, unless an earlier line says something else of the article. */
function apart(checked: ReturnType<typeof check>, identities: Identities): ReturnType<typeof check> {
  if ('faults' in checked) return checked
  const { line, item, record } = checked
  const { name, externalId } = item.article.source
  const first = identities.meet(lockKey(name, externalId), JSON.stringify(item), line)
  if (!first || first.same) return { ...checked, again: first !== null }
  const problem = badBody(
    '/source/externalId',
    `is that of line ${first.line} too, which says something else`,
    `${first.line}번째 줄과 같은 글인데 내용이 다릅니다`,
  )
  return { faults: faultsOf(problem, record.columns) }
}

/** A dry run has not written the earlier line that says the same. */
const outcomeOf = (result: BulkResult, unwritten: boolean): BulkResult =>
  unwritten && result.outcome !== 'refused' && result.outcome !== 'deleted'
    ? { outcome: 'unchanged', recounted: false }
    : result

const sizeOf = ({ article: { bodyHtml = '', bodyText = '' } }: BulkItem) => bodyHtml.length + bodyText.length

type KeptAt = [line: number, what: Kept]

async function writeBatch(
  db: Database,
  batch: Checked[],
  { actor, now = () => new Date(), deferSearch = false, dryRun = false }: LoadOptions,
): Promise<{ results: BulkResult[]; kept: KeptAt[] }> {
  for (let tries = 1; ; tries++)
    try {
      const kept: KeptAt[] = []
      const items = batch.map(
        ({ line, item, record: { revise } }): BulkItem =>
          revise
            ? { ...item, revise: present => revise(present, item.article, what => kept.push([line, what])) }
            : item,
      )
      const results = await upsertArticles(
        db,
        { actor, now: now(), deferSearch, deferDuplicates: deferSearch, dryRun },
        items,
      )
      return { results, kept }
    } catch (error) {
      if (tries === TRIES || !isDeadlock(error)) throw error
      await sleep(50 * tries)
    }
}

/** Some batches at a time, but never two that have an article in common. */
class Lanes {
  private readonly running: { batch: Checked[]; written: Promise<void> }[] = []
  private readonly identities = new Set<string>()
  private readonly count: number
  private readonly work: (batch: Checked[]) => Promise<void>
  private readonly committed: (line: number) => unknown

  /** `committed` hears the line up to which every batch is done. */
  constructor(
    count: number,
    work: (batch: Checked[]) => Promise<void>,
    committed: (line: number) => unknown,
  ) {
    this.count = count
    this.work = work
    this.committed = committed
  }

  /** Begins a batch as soon as there is room. @throws what an earlier one threw. */
  async give(batch: Checked[]): Promise<void> {
    const keys = batch.map(({ item: { article } }) => lockKey(article.source.name, article.source.externalId))
    while (this.running.length >= this.count || keys.some(key => this.identities.has(key))) await this.next()
    for (const key of keys) this.identities.add(key)
    const written = this.work(batch).finally(() => {
      for (const key of keys) this.identities.delete(key)
    })
    // Who waits for it learns of a failure; until then nobody does.
    written.catch(() => {})
    this.running.push({ batch, written })
  }

  async finish(): Promise<void> {
    while (this.running.length > 0) await this.next()
  }

  /** After a failure the others are waited for, so that nothing goes on unseen. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.running.splice(0).map(({ written }) => written))
  }

  /** Waits for the oldest. */
  private async next(): Promise<void> {
    const oldest = this.running.shift()
    await oldest?.written
    await this.committed(oldest?.batch.at(-1)?.line ?? 0)
  }
}
