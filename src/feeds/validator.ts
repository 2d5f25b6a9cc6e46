import { hash } from 'node:crypto'
import type { ListQuery } from '../articles/query.ts'
import { findSearchStamp } from '../articles/store-index.ts'
import type { Database } from '../db/client.ts'
import { digest, type Validators } from '../http/representation.ts'
import type { Registry } from '../ministries/registry.ts'
import { dayOf } from '../time/seoul.ts'
import { VERSION } from '../version.ts'
import { findLogHead } from './store.ts'

/**
 * What a feed goes by, so that a reader who has it already is told so without a list being read: the newest entry of the
 * log, and whatever else moves a list.
 */

/** Milliseconds after which no writer is at work any more who began in the same second as the newest change. */
const SETTLED = 60_000

interface Circumstances {
  now: Date
  registry: Registry
  /** What else the document says: its form, and where it says that it is. */
  form: string[]
}

/**
 * The validators of a feed, to be found before it is read: it may then be newer than they say, never older. Null where only
 * the list itself tells: views and ranks move without a trace, so does what a search finds until the upkeep is through, and
 * which article stands for a group may follow from one that is not public.
 */
export async function findValidators(
  db: Database,
  query: ListQuery,
  { now, registry, form }: Circumstances,
): Promise<Validators | null> {
  const { filter, sort, at, pageSize, keywords, collapse, fingerprint, asOf } = query
  if (sort === '-views' || sort === 'relevance' || collapse) return null
  const head = await findLogHead(db, filter)
  const search = keywords && (await findSearchStamp(db))
  if (keywords && !search) return null
  const ministries = filter.ministry.length > 0 ? [filter.ministry, dayOf(now), digestOf(registry)] : []
  const etag = digest(
    JSON.stringify([VERSION, form, fingerprint, at, pageSize, query.now, asOf, head, search, ministries]),
  )
  const byLogAlone = !keywords && !asOf && filter.ministry.length === 0
  return { etag: `W/"${etag}"`, lastModified: byLogAlone && head ? settled([head.at, query.now], now) : null }
}

/** The latest of some instants; null where more may come of the same second. */
function settled(instants: Date[], now: Date): Date | null {
  const last = Math.max(...instants.map(instant => instant.getTime()))
  return now.getTime() - last < SETTLED ? null : new Date(last)
}

/** Registries are read anew every second, and hardly ever differ. */
const digests = new WeakMap<Registry, string>()

function digestOf(registry: Registry): string {
  const known = digests.get(registry)
  if (known !== undefined) return known
  const text = JSON.stringify([[...registry.bodies.values()], registry.events])
  const made = hash('sha256', text, 'base64url')
  digests.set(registry, made)
  return made
}
