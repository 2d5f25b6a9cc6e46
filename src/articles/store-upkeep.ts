import type { Database } from '../db/client.ts'
import { tellNodes } from '../db/listen.ts'
import { queryOn } from '../db/run.ts'

/** What the rounds of the upkeep of search rows and of duplicates share. */

/** Milliseconds after which a round leaves the rest to the next, so that a stop need not wait. */
const ROUND = 2_000

/** Tells every node that lists are others than before, though no article has changed. */
export const tellFound = ({ pool }: Database): Promise<unknown> => tellNodes(queryOn(pool))

/**
 * Does what is due, as often as `some` says that it did any, within the round that began at an instant of `performance.now()`;
 * nodes are told of it once, also where it fails in the end.
 */
export async function keepUp(
  db: Database,
  some: (db: Database) => Promise<number>,
  began = performance.now(),
): Promise<void> {
  let done = 0
  try {
    for (let last = 1; last > 0 && performance.now() - began < ROUND; done += last) last = await some(db)
  } finally {
    if (done > 0) await tellFound(db)
  }
}
