import { type Config, loadConfig } from '../config.ts'
import { type Database, openDatabase } from '../db/client.ts'
import { assertHangul } from '../db/hangul.ts'
import { migrate } from '../db/migrate.ts'
import { provideDatabase } from '../db/provide.ts'

/** What commands share: their database, their words to the terminal, and an exit status that tells. */

export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** A mistake of the caller's: told without a stack. */
export class UsageError extends Error {}

/** For what takes no arguments: settings come from the environment, and what is given here would be ignored. @throws UsageError */
export function takeNoArguments(): void {
  const given = process.argv.slice(2)
  if (given.length > 0)
    throw new UsageError(
      `takes no arguments, but ${given.join(' ')} was given: settings come from the environment (.env.example)`,
    )
}

/** How a command is called, and what of a call is read before anything is done. */
interface Call<Given> {
  usage: string
  /** @throws UsageError */
  read: () => Given
}

/**
 * Runs a command over the migrated database (also beside a running API), and ends with 0, or with 1 and the reason. A mistake
 * of the caller's is told before there is a database.
 */
export async function runCommand<Given>(
  { usage, read }: Call<Given>,
  work: (db: Database, given: Given, config: Config) => Promise<void>,
): Promise<void> {
  await reportFailure(usage, async () => {
    const given = read()
    const config = loadConfig()
    const server = await provideDatabase(config, () => {}, { attach: true })
    try {
      await assertHangul(server.url)
      await migrate(server.url)
      const db = openDatabase({ url: server.url, poolSize: 8, statementTimeout: 0 })
      try {
        await work(db, given, config)
      } finally {
        await db.close()
      }
    } finally {
      await server.stop()
    }
  })
}

/** Tells a failure on stderr and in the exit status; who asks for help is told the usage, and nothing is done. */
export async function reportFailure(usage: string, work: () => Promise<void>): Promise<void> {
  if (asksForHelp()) return print(usage)
  try {
    await work()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}

/** Behind `--` stand names of files, whatever they look like. */
function asksForHelp(): boolean {
  const given = process.argv.slice(2)
  const end = given.indexOf('--')
  return given.slice(0, end < 0 ? given.length : end).some(one => one === '--help' || one === '-h')
}
