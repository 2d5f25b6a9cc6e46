import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ANALYSER_VERSION, type Analyser, loadAnalyser, loadDictionary } from '../text/analyser/analyse.ts'
import { byRules } from '../text/analyser/by-rules.ts'
import type { Dictionary } from '../text/analyser/dictionary.ts'
import { makeRoom } from '../text/analyser/lattice.ts'
import { DOCUMENT_RULES, type SearchDocument, type SearchTerms, toTerms } from './document.ts'
import type { AnalysisData } from './worker.ts'

/** The analyser of this process, on the event loop for what is short and comes alone, in worker threads for all else. */

/** What rows carry to tell which analyser made them: positive, and another one for every change of rules or words. */
export const ANALYSIS_VERSION =
  createHash('sha256').update(`${ANALYSER_VERSION} document-${DOCUMENT_RULES}`).digest().readUInt32BE() >>>
    1 || 1
/** Of rows that were made without the dictionary. */
const WITHOUT_DICTIONARY = 0

interface Analysis {
  analyser: Analyser
  version: number
  /** Why there is no dictionary; null where there is. */
  fault: Error | null
}

let loaded: Analysis | undefined
let failed: { analysis: Analysis; at: number } | undefined
/** Milliseconds after which a dictionary that could not be read is tried again. */
const RETRY = 30_000

/** Reads the dictionary when first called. Without one, rules stand in and say so; it never throws. */
export async function loadAnalysis(): Promise<Analysis> {
  if (loaded) return loaded
  if (failed && performance.now() - failed.at < RETRY) return failed.analysis
  try {
    loaded = { analyser: await loadAnalyser(), version: ANALYSIS_VERSION, fault: null }
    return loaded
  } catch (error) {
    const analysis = { analyser: byRules, version: WITHOUT_DICTIONARY, fault: error as Error }
    failed = { analysis, at: performance.now() }
    return analysis
  }
}

export type IndexedTerms = SearchTerms & { analyser: number }

/** Characters from which a text is analysed in a worker: some 12 ms. */
const LONG = 10_000
const WORKER = new URL('./worker.js', import.meta.url)
/** A worker that had nothing to do for so long is ended. */
const IDLE = 30_000

interface Job {
  resolve(result: SearchTerms[]): void
  reject(error: Error): void
}

/** A thread, made when it is first needed; it never keeps the process alive. */
class AnalysisThread {
  private worker: Worker | undefined
  private readonly jobs = new Map<number, Job>()
  private next = 0
  /** What each of its workers has, one after the other. */
  private room: number | undefined
  private idle: NodeJS.Timeout | undefined

  /** How much it has to do, from the moment that it is asked. */
  load = 0

  /** Whether it need not be started first. */
  get isUp(): boolean {
    return this.worker !== undefined
  }

  async run(documents: SearchDocument[]): Promise<SearchTerms[]> {
    this.load++
    return this.analyse(documents).finally(() => {
      this.load--
    })
  }

  private async analyse(documents: SearchDocument[]): Promise<SearchTerms[]> {
    const dictionary = await loadDictionary()
    const worker = this.worker ?? this.start(dictionary)
    clearTimeout(this.idle)
    worker.ref()
    const id = this.next++
    return new Promise((resolve, reject) => {
      this.jobs.set(id, { resolve, reject })
      worker.postMessage({ id, documents })
    })
  }

  private start(dictionary: Dictionary): Worker {
    this.room ??= makeRoom(dictionary)
    const workerData: AnalysisData = { dictionary, room: this.room }
    const worker = new Worker(WORKER, { workerData })
    this.worker = worker
    worker.on('message', ({ id, result }: { id: number; result: SearchTerms[] }) => {
      this.jobs.get(id)?.resolve(result)
      this.jobs.delete(id)
      if (this.jobs.size === 0) this.rest(worker)
    })
    worker.on('error', error => this.end(worker, error as Error))
    worker.on('exit', () => this.end(worker, new Error('the analysis thread ended')))
    return worker
  }

  private rest(worker: Worker): void {
    worker.unref()
    this.idle = setTimeout(() => {
      // First: what comes while it ends is for the next one.
      this.worker = undefined
      worker.terminate()
    }, IDLE).unref()
  }

  private end(worker: Worker, error: Error): void {
    if (this.worker !== worker) return
    this.worker = undefined
    clearTimeout(this.idle)
    for (const { reject } of this.jobs.values()) reject(error)
    this.jobs.clear()
  }
}

/** A load keeps that many busy; whoever writes now and then has one. */
const THREADS = Math.min(availableParallelism(), 4)
const threads = [new AnalysisThread()]

/** The one that has least to do, or another where all are busy. */
function freestThread(): AnalysisThread {
  const [freest] = threads.toSorted((a, b) => a.load - b.load)
  if (freest && (freest.load === 0 || threads.length === THREADS)) return freest
  const another = new AnalysisThread()
  threads.push(another)
  return another
}

/** From source, as tests run it, there is no compiled worker. */
const hasWorker = existsSync(fileURLToPath(WORKER))

const lengthOf = ({ title, subtitles, tags, body }: SearchDocument) =>
  title.length + body.length + subtitles.join().length + tags.join().length

/**
 * The terms of documents. Long ones, and many at once, are analysed off the event loop, and all while a thread is up: two analysers
 * in turns take the caches of a core from each other.
 */
export async function indexDocuments(documents: SearchDocument[]): Promise<IndexedTerms[]> {
  const { analyser, version } = await loadAnalysis()
  const total = documents.reduce((sum, document) => sum + lengthOf(document), 0)
  const apart = total > LONG || threads.some(({ isUp }) => isUp)
  const terms =
    hasWorker && version !== WITHOUT_DICTIONARY && apart
      ? await freestThread().run(documents)
      : documents.map(document => toTerms(analyser, document))
  return terms.map(one => ({ ...one, analyser: version }))
}
