import type { Database } from './client.ts'

/** What is kept for a time only is taken away by one process at a time, some rows at a time. */

/** Rows that are taken away by one statement: locks are held and waited for as long as that takes. */
const BATCH = 1_000

/** Repeats a step that takes away so many rows at most, until there are no more; says how many there were. */
export async function inBatches(step: (atMost: number) => Promise<number>, batch = BATCH): Promise<number> {
  for (let total = 0; ; ) {
    const done = await step(batch)
    total += done
    if (done < batch) return total
  }
}

/** Advisory lock of the sweep ("swep" in ASCII). */
const LOCK = 0x73776570

/**
 * Does work that no other process is to do at the same time; null where one is at it. The lock is that of a connection of its
 * own, so that it ends with the process.
 */
export async function alone<T>(
  { connect }: Pick<Database, 'connect'>,
  work: () => Promise<T>,
): Promise<T | null> {
  const client = await connect()
  try {
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [LOCK])
    return rows[0]?.got ? await work() : null
  } finally {
    await client.end()
  }
}
