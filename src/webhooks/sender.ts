import type { ChangeSignal } from '../changes/store-signal.ts'
import { restful } from '../time/rest.ts'
import { type DeliverOptions, deliver } from './deliver.ts'
import { type FollowOptions, followLog } from './store-follow.ts'
import { listFailing } from './store-outcome.ts'
import type { DeliveryQueue, Job } from './store-queue.ts'

/** The process's part in sending: it follows the log as far as nobody else does, and makes attempts that are due. */

export interface SenderOptions extends DeliverOptions, Omit<FollowOptions, 'db' | 'now'> {
  queue: DeliveryQueue
  signal: ChangeSignal
  /** Attempts at a time. */
  concurrency: number
  /** Milliseconds between looks for what is due. */
  pollMs?: number
  onError: (error: unknown) => void
}

interface Sender {
  /** Takes nothing more, lets attempts end for so many milliseconds, and hands the others back. */
  stop(ms: number): Promise<void>
}

/** Attempts at a time to an endpoint that fails, so that it keeps nobody waiting. */
const TO_FAILING = 1
/** Milliseconds that one is put back when its endpoint has enough under way; where that fails they double with each time. */
const HELD_MS = 1_000
const HELD_TIMES = 9

export function startSending(options: SenderOptions): Sender {
  const { db, queue, signal, concurrency, pollMs = 1_000, onError } = options
  const running = new Map<Job, Promise<void>>()
  const abort = new AbortController()
  const stopping = new AbortController()
  /** Woken when there is something to do. */
  const { rest, wake } = restful()

  const following = { ...options, stopping: () => stopping.signal.aborted }
  const follow = async () => {
    while (!stopping.signal.aborted) {
      const { count } = signal
      try {
        if ((await followLog(following)) > 0) wake()
        await signal.after(count, 15 * pollMs, stopping.signal)
      } catch (error) {
        onError(error)
        await signal.after(signal.count, pollMs, stopping.signal)
      }
      if (signal.closed) return
    }
  }

  const toSame = ({ webhookId }: Job) => [...running.keys()].filter(job => job.webhookId === webhookId).length
  const hold = (job: Job, failing: boolean) => {
    const { held = 0 } = job
    const wait = HELD_MS * 2 ** (failing ? Math.min(held, HELD_TIMES) : 0) * (1 + Math.random())
    return queue.putBack({ ...job, held: held + 1 }, new Date(Date.now() + wait))
  }
  const attempt = async (job: Job, failing: boolean) => {
    const same = toSame(job)
    // Half of what the others leave: several that hang leave some.
    const share = Math.max(1, Math.floor((concurrency - running.size + same) / 2))
    if (same >= (failing ? TO_FAILING : share)) return hold(job, failing)
    const work = deliver(job, queue, options, abort.signal)
      // Another one has it at once, or, where something is wrong here, when its time is over.
      .catch(error => (abort.signal.aborted ? queue.giveBack(job.id) : onError(error)))
      .catch(onError)
      .finally(() => {
        running.delete(job)
        wake()
      })
    running.set(job, work)
  }

  const make = async () => {
    while (!stopping.signal.aborted) {
      const free = concurrency - running.size
      let jobs: Job[] = []
      try {
        if (free > 0) jobs = await queue.take(free)
        const failing = await listFailing(db, [...new Set(jobs.map(({ webhookId }) => webhookId))])
        for (const job of jobs) await attempt(job, failing.has(job.webhookId))
        if (jobs.length === 0) await rest(pollMs)
      } catch (error) {
        onError(error)
        // What was taken and is not under way another one has at once.
        await Promise.allSettled(jobs.filter(job => !running.has(job)).map(({ id }) => queue.giveBack(id)))
        await rest(pollMs)
      }
    }
  }

  const loops = Promise.all([follow(), make()])
  return {
    async stop(ms) {
      stopping.abort()
      wake()
      await loops
      const patience = setTimeout(() => abort.abort(new Error('the process stops')), ms)
      await Promise.all(running.values())
      clearTimeout(patience)
      await queue.stop()
    },
  }
}
