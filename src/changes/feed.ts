import { type Presentation, toSparse } from '../articles/row.ts'
import type { ChangeKind } from '../articles/words.ts'
import type { Database } from '../db/client.ts'
import { formatInstant } from '../time/seoul.ts'
import { encodePlace, type Place, type View } from './cursor.ts'
import { type Change, LASTING_FIELDS } from './schema.ts'
import { type LogEntry, readChanges } from './store.ts'
import type { ChangeSignal } from './store-signal.ts'

/** The feed as its readers see it, and how they wait. */

export interface ReadOptions {
  limit: number
  articles: boolean
}

/** Changes as they are sent. A thousand readers that wait at the same place share one of these. */
export interface FeedPage {
  /** Each change as JSON, with its cursor. */
  items: { cursor: string; json: string }[]
  place: Place
  more: boolean
}

export interface Feed {
  read(place: Place, options: ReadOptions): Promise<FeedPage>
  /** The same, but waits up to `ms` for a change where there is none. */
  await(place: Place, options: ReadOptions, ms: number, abort: AbortSignal): Promise<FeedPage>
}

/** What a change is for anonymous readers: whether something appears, changes or goes. */
const publicKind = ({ wasPublic, isPublic }: LogEntry): ChangeKind =>
  isPublic ? (wasPublic ? 'update' : 'create') : 'delete'

function toChange(entry: LogEntry, place: Place, presentation: Presentation | null): Change {
  const { seq, articleId, version, at, actor, article } = entry
  const kind = place.view === 'public' ? publicKind(entry) : entry.kind
  const deleted = kind === 'delete'
  return {
    cursor: encodePlace({ ...place, seq }),
    articleId,
    kind,
    version,
    at: formatInstant(at),
    deleted,
    actor: place.view === 'public' ? null : actor,
    ...(presentation && {
      article: article && !deleted ? toSparse(article, null, presentation, LASTING_FIELDS) : null,
    }),
  }
}

export function openFeed(db: Database, signal: ChangeSignal, present: () => Promise<Presentation>): Feed {
  const reading = new Map<string, Promise<FeedPage>>()

  const readOnce = async (place: Place, options: ReadOptions): Promise<FeedPage> => {
    const presentation = options.articles ? await present() : null
    const { entries, place: next, more } = await readChanges(db, place, options)
    const items = entries.map(entry => {
      const change = toChange(entry, next, presentation)
      return { cursor: change.cursor, json: JSON.stringify(change) }
    })
    return { items, place: next, more }
  }

  /** Joins a read of the same that is under way, but none that began before the last sign. */
  const read: Feed['read'] = (place, options) => {
    const key = JSON.stringify([signal.count, place, options])
    const shared = reading.get(key)
    if (shared) return shared
    const own = readOnce(place, options).finally(() => reading.delete(key))
    reading.set(key, own)
    return own
  }

  return {
    read,
    async await(place, options, ms, abort) {
      const until = performance.now() + ms
      for (;;) {
        const { count } = signal
        const page = await read(place, options)
        const left = until - performance.now()
        if (page.items.length > 0 || left <= 0 || abort.aborted || signal.closed) return page
        await signal.after(count, left, abort)
      }
    },
  }
}

/** What is seen through a key that may read everything, and without one. */
export const viewOf = (seesAll: boolean): View => (seesAll ? 'whole' : 'public')
