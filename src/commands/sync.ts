import { parseArgs } from 'node:util'
import cliProgress from 'cli-progress'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { SERVICES, type Service, sleep } from '../imports/open-api-client.ts'
import { countCalls } from '../imports/store-runs.ts'
import { type SyncReport, sync } from '../imports/sync.ts'
import { addDays, dayOf, isDay } from '../time/seoul.ts'
import { print, runCommand, UsageError } from './command.ts'

/**
 * `npm run sync -- --from 2026-01-01 --to 2026-01-30`: brings press releases and policy news from the Open API. Exit
 * status: 0 all is here, 1 it failed, 2 a wrong command, 3 some items could not be read, 4 no call is left for today.
 */

const USAGE =
  'usage: sync --from YYYY-MM-DD [--to YYYY-MM-DD] [--source press|policy|both] [--resume] [--dry-run], or sync --watch [--every <minutes>] [--source …]'
const SOURCES: Record<string, readonly Service[]> = {
  press: ['press'],
  policy: ['policy'],
  both: SERVICES,
}
/** Days that are fetched again in each round of `--watch`. */
const WATCHED = 3

const warn = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

function readArguments(now: Date) {
  const { values } = parsed()
  const services = SOURCES[values.source]
  const today = dayOf(now)
  const { from = null, to = today, watch, resume } = values
  if (!services) throw new UsageError(`--source must be press, policy or both, not ${values.source}`)
  for (const [name, day] of Object.entries({ from: from ?? today, to }))
    if (!isDay(day)) throw new UsageError(`--${name} must be a day such as 2026-01-30, not ${day}`)
  if (from === null && !watch) throw new UsageError(USAGE)
  if (from === null && values.to !== undefined) throw new UsageError('--to needs --from')
  if (from !== null && from > to) throw new UsageError(`--from ${from} lies after --to ${to}`)
  if (to > today) throw new UsageError(`--to ${to} lies in the future (today is ${today} in Seoul)`)
  if (watch && values['dry-run']) throw new UsageError('--watch and --dry-run exclude each other')
  if (!/^[1-9]\d{0,3}$/.test(values.every)) throw new UsageError('--every must be a number of minutes')
  return { services, from, to, watch, resume, dryRun: values['dry-run'], minutes: Number(values.every) }
}

function parsed() {
  try {
    return parseArgs({
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        source: { type: 'string', default: 'both' },
        resume: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        every: { type: 'string', default: '10' },
      },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}

/** What the exit status says of a report. */
function statusOf({ failures, spent, rejections }: SyncReport): number {
  if (failures.length > 0) return 1
  if (spent !== null) return 4
  return rejections.length > 0 ? 3 : 0
}

function describe(report: SyncReport, calls: number): string {
  const { days, skipped, created, updated, unchanged, deleted, older, rejections } = report
  const notes = [
    ...(skipped > 0 ? [`${skipped} days were done before`] : []),
    ...(deleted > 0 ? [`${deleted} left alone, deleted here`] : []),
    ...(older > 0 ? [`${older} left alone, a later revision is here`] : []),
    ...(rejections.length > 0 ? [`${rejections.length} rejected`] : []),
  ]
  return `${days} days: ${created} created, ${updated} updated, ${unchanged} unchanged${notes.map(note => `, ${note}`).join('')}; ${calls} calls today`
}

function progressBar() {
  return new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}% | {value} of {total} days | {duration_formatted}, {eta_formatted} left',
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    cliProgress.Presets.shades_classic,
  )
}

type Arguments = ReturnType<typeof readArguments>
type Round = Pick<Arguments, 'resume' | 'dryRun'> & { from: string; to: string }

const read = () => readArguments(new Date())

await runCommand({ usage: USAGE, read }, async (db, given, config) => {
  if (config.OPEN_API_KEY === '')
    throw new UsageError('OPEN_API_KEY is not set: apply for one at data.go.kr (datasets 15095295, 15095335)')
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}; --resume goes on`)))
  /** Rejections are told once, however often they come again. */
  const told = new Set<string>()
  const round = (span: Round, quiet = false) =>
    runOnce(db, config, { ...given, ...span }, { told, quiet, signal: stop.signal })

  if (given.from !== null) process.exitCode = await round({ ...given, from: given.from })
  if (!given.watch) return
  print(`keeping up: the last ${WATCHED} days, each ${given.minutes} minutes`)
  try {
    for (;;) {
      const today = dayOf(new Date())
      const span = { from: addDays(today, 1 - WATCHED), to: today, resume: false, dryRun: false }
      await round(span, true).catch(error => {
        stop.signal.throwIfAborted()
        warn((error as Error).message)
      })
      await sleep(given.minutes * 60_000, stop.signal)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.exitCode = 0
  }
})

async function runOnce(
  db: Database,
  config: Config,
  { services, from, to, resume, dryRun }: Omit<Arguments, 'from'> & Round,
  { told, quiet, signal }: { told: Set<string>; quiet: boolean; signal: AbortSignal },
): Promise<number> {
  const bar = quiet ? null : progressBar()
  try {
    const report = await sync(db, {
      services,
      from,
      to,
      resume,
      dryRun,
      api: {
        url: config.OPEN_API_URL,
        key: config.OPEN_API_KEY,
        timeout: config.OPEN_API_TIMEOUT_MS,
        retryDelay: config.OPEN_API_RETRY_MS,
        signal,
        ...(config.LOG_LEVEL === 'debug' && { onRetry: warn }),
      },
      dailyCalls: config.OPEN_API_DAILY_CALLS,
      onStart: days => bar?.start(days, 0),
      onDay: () => bar?.increment(),
      onFailure: warn,
    })
    bar?.stop()
    for (const { service, day, item, reason } of report.rejections) {
      const line = `rejected: ${service} ${day}, item ${item}: ${reason}`
      if (!told.has(line)) warn(line)
      told.add(line)
    }
    if (report.spent !== null) warn(`${report.spent}; go on tomorrow with --resume`)
    print(`${dryRun ? 'would be: ' : ''}${describe(report, await countCalls(db, dayOf(new Date())))}`)
    return statusOf(report)
  } finally {
    bar?.stop()
  }
}
