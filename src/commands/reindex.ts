import { setTimeout as sleep } from 'node:timers/promises'
import cliProgress from 'cli-progress'
import { addUpAll, reindexSome } from '../articles/store-index.ts'
import { ANALYSIS_VERSION, loadAnalysis } from '../search/analysis.ts'
import { claimIndex, countStale, listStale } from '../search/store.ts'
import { mergeTerms } from '../search/store-merge.ts'
import { print, runCommand, takeNoArguments } from './command.ts'

/** Articles whose terms are added up at once: those of many are fewer than those of each. */
const ADDED_UP = 1_000
const USAGE = 'usage: reindex (it takes no arguments: settings come from the environment)'

/**
 * `npm run reindex`: makes the search rows anew that another version of the analyser made, also while the service serves.
 * It may be stopped at any time: the next run goes on with what is left.
 */
await runCommand({ usage: USAGE, read: takeNoArguments }, async db => {
  const { fault } = await loadAnalysis()
  if (fault) throw new Error(`the dictionary cannot be read: ${fault.message}`)
  await claimIndex(db, ANALYSIS_VERSION)
  const total = await countStale(db, ANALYSIS_VERSION)
  const bar = new cliProgress.SingleBar(
    {
      format:
        '{bar} {percentage}% | {value} of {total} articles | {duration_formatted}, {eta_formatted} left',
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    cliProgress.Presets.shades_classic,
  )
  bar.start(total, 0)
  let noted = 0
  for (let done = 0; (await listStale(db, ANALYSIS_VERSION, 1)).length > 0; ) {
    const written = await reindexSome(db)
    noted += written
    if (noted >= ADDED_UP || written === 0) {
      await addUpAll(db)
      noted = 0
    }
    done += written
    bar.update(Math.min(done, total))
    // Somebody holds all that is left.
    if (written === 0) await sleep(500)
  }
  await addUpAll(db)
  bar.stop()
  await mergeTerms(db)
  print(total === 0 ? 'every search row is up to date' : `${total} articles re-indexed`)
})
