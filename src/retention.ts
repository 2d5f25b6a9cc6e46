import { sweepReceipts } from './articles/store-counts.ts'
import { compactLog } from './changes/store-compact.ts'
import type { Config } from './config.ts'
import type { Database } from './db/client.ts'
import { alone } from './db/sweep.ts'
import { sweepExports } from './exports/store.ts'
import { sweepIdempotent } from './idempotency/store.ts'
import { sweepJobs } from './imports/store-jobs.ts'
import { sweepKeys } from './keys/store.ts'
import { sweepDeliveries } from './webhooks/store-outcome.ts'

/** Everything that is kept for a time only, in one list; README.md has it for people. */

interface Rule {
  what: string
  /** What is older than this goes; null keeps all. Answers know by themselves when they end. */
  before: Date | null
  sweep: (db: Database, before: Date) => Promise<number>
}

const MINUTE = 60_000
const DAY = 86_400_000

/** 0 keeps for ever. */
const rulesOf = (config: Config, now: Date): Rule[] => {
  const ago = (ms: number) => (ms === 0 ? null : new Date(now.getTime() - ms))
  return [
    { what: 'answers of repeated requests', before: now, sweep: sweepIdempotent },
    { what: 'view receipts', before: ago(config.VIEW_WINDOW_MINUTES * MINUTE), sweep: sweepReceipts },
    { what: 'import jobs', before: ago(30 * DAY), sweep: sweepJobs },
    { what: 'exports', before: ago(7 * DAY), sweep: sweepExports },
    { what: 'webhook deliveries', before: ago(config.DELIVERY_DAYS * DAY), sweep: sweepDeliveries },
    { what: 'ended keys', before: ago(config.KEY_DAYS * DAY), sweep: sweepKeys },
    { what: 'changes', before: ago(config.HISTORY_DAYS * DAY), sweep: compactLog },
  ]
}

interface SweepOptions {
  now?: Date
  /** Told of a rule that failed; the others are followed all the same. */
  onError?: (error: unknown, what: string) => void
}

/** Follows every rule, unless another process is at it; says what was taken away, where anything was. */
export async function sweep(
  db: Database,
  config: Config,
  { now = new Date(), onError }: SweepOptions = {},
): Promise<Record<string, number>> {
  const swept = await alone(db, async () => {
    const taken: [string, number][] = []
    for (const { what, before, sweep } of rulesOf(config, now))
      try {
        const count = before ? await sweep(db, before) : 0
        if (count > 0) taken.push([what, count])
      } catch (error) {
        if (!onError) throw error
        onError(error, what)
      }
    return Object.fromEntries(taken)
  })
  return swept ?? {}
}
