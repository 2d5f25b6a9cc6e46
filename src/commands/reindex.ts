import cliProgress from 'cli-progress'
import { reindexAll } from '../articles/store-index.ts'
import { ANALYSIS_VERSION, loadAnalysis } from '../search/analysis.ts'
import { claimIndex, countStale } from '../search/store.ts'
import { mergeTerms } from '../search/store-merge.ts'
import { print, runCommand, takeNoArguments } from './command.ts'

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
  let done = 0
  await reindexAll(db, articles => {
    done += articles
    bar.update(Math.min(done, total))
  })
  bar.stop()
  await mergeTerms(db)
  print(total === 0 ? 'every search row is up to date' : `${total} articles re-indexed`)
})
