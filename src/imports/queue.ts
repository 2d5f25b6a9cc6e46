import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../db/client.ts'
import { isUnreachable } from '../http/errors.ts'
import { every } from '../time/every.ts'
import { HeaderError } from './columns.ts'
import { surveyFile } from './file.ts'
import { emptyReport, type Rejection } from './load.ts'
import { type FileOptions, importFile } from './run.ts'
import {
  beat,
  type End,
  endJob,
  type Failure,
  INTERRUPTED,
  insertRejects,
  noteProgress,
  SILENCE,
  startJob,
} from './store-jobs.ts'

/** The imports of this process: one at a time, the others wait. Their rows tell how far they are. */

interface QueuedImport {
  id: string
  path: string
  actor: string
  options: FileOptions
}

export interface QueueOptions {
  db: Database
  now: () => Date
  /** Told of failures that are ours. */
  onError: (error: unknown, what: string) => void
}

/** Milliseconds between signs of life, and between notes of progress. */
const BEAT = 1_000
/** Rejected records that are written at once. */
const REJECTS = 500

type Interruption = 'cancelled' | 'stopped' | 'ended'
class Interrupted extends Error {
  readonly why: Interruption
  constructor(why: Interruption) {
    super(why)
    this.why = why
  }
}

const STOPPED: Failure = {
  code: INTERRUPTED,
  detail: {
    en: 'the server was stopped; what was committed until then stays',
    ko: '서버가 중지되었습니다. 그때까지 저장한 것은 그대로입니다',
  },
}

const LOST: Failure = {
  code: INTERRUPTED,
  detail: {
    en: 'the database did not answer; what was committed until then stays',
    ko: '데이터베이스가 응답하지 않았습니다. 그때까지 저장한 것은 그대로입니다',
  },
}

export class ImportQueue {
  /** Under which its jobs are known to other processes. */
  readonly node = randomUUID()
  readonly #options: QueueOptions
  readonly #waiting: QueuedImport[] = []
  #running: { id: string; abort: AbortController } | null = null
  #working: Promise<void> | null = null
  #stopped = false

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Takes a job whose row is written. */
  add(job: QueuedImport): void {
    this.#waiting.push(job)
    this.#begin()
  }

  /** Ends a job of this process after what it has under way; what its row says of it is for the caller. */
  async cancel(id: string): Promise<void> {
    if (this.#running?.id === id) this.#running.abort.abort(new Interrupted('cancelled'))
    const at = this.#waiting.findIndex(job => job.id === id)
    const [job] = at < 0 ? [] : this.#waiting.splice(at, 1)
    if (job) await rm(job.path, { force: true })
  }

  /** Ends the job that runs after what it has under way, and says of it and of those that wait that they were interrupted. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#running?.abort.abort(new Interrupted('stopped'))
    while (this.#working) await this.#working
  }

  #begin(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = null
      // What came when the last one was done and the work was not over yet.
      if (this.#waiting.length > 0) this.#begin()
    })
  }

  async #work(): Promise<void> {
    const { db, onError } = this.#options
    const end = every(
      BEAT,
      () => beat(db, [...this.#waiting.map(({ id }) => id), ...(this.#running ? [this.#running.id] : [])]),
      error => onError(error, 'telling that imports go on'),
    )
    try {
      for (let job = this.#waiting.shift(); job; job = this.#waiting.shift())
        await this.#one(job).catch(error => onError(error, 'an import'))
    } finally {
      await end()
    }
  }

  async #one(job: QueuedImport): Promise<void> {
    const { db } = this.#options
    let end: End
    try {
      if (this.#stopped) end = { state: 'failed', failure: STOPPED }
      else if (await this.#lasting(() => startJob(db, job.id, this.node))) end = await this.#run(job)
      else return
    } finally {
      await rm(job.path, { force: true })
    }
    // Last of all: whoever reads that it has ended finds nothing left of it.
    await this.#lasting(() => endJob(db, job.id, end))
  }

  /** A database that is away for a moment ends nothing that waits, and hides no end: it is asked until silence counts as death. */
  async #lasting<Result>(work: () => Promise<Result>): Promise<Result> {
    for (const end = Date.now() + SILENCE * 1_000; ; await sleep(BEAT))
      try {
        return await work()
      } catch (error) {
        if (this.#stopped || !isUnreachable(error) || Date.now() > end) throw error
      }
  }

  async #run({ id, path, actor, options }: QueuedImport): Promise<End> {
    const { db, now, onError } = this.#options
    const abort = new AbortController()
    this.#running = { id, abort }
    const report = emptyReport()
    const rejects = new Rejects(db, id)
    let bytesRead = 0
    const note = async () => {
      await rejects.flush()
      const found = await noteProgress(db, id, report, bytesRead)
      if (found !== 'running') abort.abort(new Interrupted(found))
    }
    const end = every(BEAT, note, error => onError(error, 'noting how far an import is'))
    try {
      // Since the queue may have been stopped before there was anything to abort.
      if (this.#stopped) abort.abort(new Interrupted('stopped'))
      await importFile(db, { path, survey: await surveyFile(path) }, options, {
        actor,
        now,
        report,
        signal: abort.signal,
        gently: true,
        onRead: bytes => {
          bytesRead += bytes
        },
        onRejected: rejection => rejects.add(rejection),
      })
      return { state: 'succeeded' }
    } catch (error) {
      return this.#endOf(error)
    } finally {
      await end()
      this.#running = null
      await this.#lasting(note)
    }
  }

  #endOf(error: unknown): End {
    if (error instanceof Interrupted)
      return error.why === 'cancelled' ? { state: 'cancelled' } : { state: 'failed', failure: STOPPED }
    if (error instanceof HeaderError) {
      // Its words are those of the command, whose options are parameters here.
      const inHttp = (words: string) => words.replaceAll(/--(map|source)\b/g, '$1')
      const detail = { en: inHttp(error.detail.en), ko: inHttp(error.detail.ko) }
      return { state: 'failed', failure: { code: 'unreadable', detail } }
    }
    this.#options.onError(error, 'an import')
    if (isUnreachable(error)) return { state: 'failed', failure: LOST }
    const detail = {
      en: 'the fault is ours and has been logged; what was committed until then stays',
      ko: '서버 내부 오류이며 로그에 남겼습니다. 그때까지 저장한 것은 그대로입니다',
    }
    return { state: 'failed', failure: { code: 'internal', detail } }
  }
}

/** What a job rejects, written some hundreds at a time. */
class Rejects {
  readonly #db: Database
  readonly #id: string
  #held: (Rejection & { seq: number })[] = []
  #seq = 0

  constructor(db: Database, id: string) {
    this.#db = db
    this.#id = id
  }

  async add(rejection: Rejection): Promise<void> {
    this.#held.push({ ...rejection, seq: this.#seq++ })
    if (this.#held.length >= REJECTS) await this.flush()
  }

  async flush(): Promise<void> {
    const held = this.#held
    if (held.length === 0) return
    this.#held = []
    try {
      await insertRejects(this.#db, this.#id, held)
    } catch (error) {
      // For the next round: the import goes on.
      this.#held = [...held, ...this.#held]
      throw error
    }
  }
}
