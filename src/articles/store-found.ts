import type { Query } from '../db/client.ts'
import { queuePrints } from '../duplicates/store.ts'
import type { Registry } from '../ministries/registry.ts'
import { postponeSearchRows, queueSearchRows, writeSearchRows } from '../search/store.ts'
import { type Indexed, toPlace, toSearchRows } from './indexing.ts'
import { relateFound } from './store-duplicates.ts'

/** What articles are found by, and their duplicates, at the end of the transaction that has written them. */

/** What is left to the upkeep. */
export interface Deferred {
  /** What articles are found by (store-index.ts). */
  deferSearch?: boolean
  /** The duplicates of new ones (store-duplicates.ts). */
  deferDuplicates?: boolean
}

interface Written extends Deferred {
  /** Articles that are found otherwise from now on, as they stand. */
  found: readonly Indexed[]
  /** Those of them that are new. */
  created: ReadonlySet<number>
  registry: () => Promise<Registry>
}

/** Articles whose search rows are written by one statement. */
const AT_ONCE = 100

/** Writes the search rows and finds the duplicates of articles that the caller's transaction holds, or notes what is to be done. */
export async function settleFound(
  query: Query,
  { found, created, registry, deferSearch = false, deferDuplicates = false }: Written,
): Promise<void> {
  const isNew = ({ id }: Indexed) => created.has(id)
  const former = found.filter(one => !isNew(one))
  const fresh = found.filter(isNew).map(({ id }) => id)
  if (deferSearch) {
    await queueSearchRows(query, fresh)
    await postponeSearchRows(query, former.map(toPlace))
  } else
    for (let i = 0; i < found.length; i += AT_ONCE)
      await writeSearchRows(query, await toSearchRows(found.slice(i, i + AT_ONCE)))
  if (deferDuplicates) await queuePrints(query, fresh)
  await relateFound(query, deferDuplicates ? former : found, registry)
}
