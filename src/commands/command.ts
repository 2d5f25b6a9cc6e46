import { type Config, loadConfig } from '../config.ts'
import { type Database, openDatabase } from '../db/client.ts'
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

/** Runs a command over the migrated database (also beside a running API), and ends with 0, or with 1 and the reason. */
export async function runCommand(work: (db: Database, config: Config) => Promise<void>): Promise<void> {
  await reportFailure(async () => {
    const config = loadConfig()
    const server = await provideDatabase(config, () => {}, { attach: true })
    try {
      await migrate(server.url)
      const db = openDatabase({ url: server.url, poolSize: 8, statementTimeout: 0 })
      try {
        await work(db, config)
      } finally {
        await db.close()
      }
    } finally {
      await server.stop()
    }
  })
}

/** Tells a failure on stderr and in the exit status. */
export async function reportFailure(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}
