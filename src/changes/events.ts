import { setTimeout as pause } from 'node:timers/promises'
import { Problem } from '../http/problem.ts'
import { encodePlace, type Place } from './cursor.ts'
import type { Feed, FeedPage, ReadOptions } from './feed.ts'

/** The feed as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

export const EVENTS = 'text/event-stream'

/** Milliseconds after which a reader shall connect anew. */
const RETRY_MS = 2_000
/** Milliseconds between comments in a stream in which nothing happens: proxies cut what is silent for a minute. */
const HEARTBEAT_MS = 15_000

interface StreamOptions {
  abort: AbortSignal
  /** Whether the process stops. */
  stopping: () => boolean
  /** Milliseconds after which the stream ends: a reader who connects anew shows the key anew. */
  lifetime: number
  heartbeat?: number
  /** Told what a read failed with; the stream goes on as soon as the database does. */
  onError: (error: unknown) => void
}

const eventOf = ({ cursor, json }: FeedPage['items'][number]) => `id: ${cursor}\ndata: ${json}\n\n`

/**
 * The stream from a place on, with the first page that was read there already. It is pulled: where the reader does not
 * take what was sent, nothing more is read.
 */
export async function* streamEvents(
  feed: Feed,
  first: FeedPage,
  options: ReadOptions,
  { abort, stopping, lifetime, heartbeat = HEARTBEAT_MS, onError }: StreamOptions,
): AsyncGenerator<string> {
  const until = performance.now() + lifetime
  // An id without data tells no event, but is remembered: a reader who began with `now` comes back to this place.
  const start = first.items.length > 0 ? '' : `id: ${encodePlace(first.place)}\n`
  yield `retry: ${RETRY_MS}\n${start}\n`
  let page: FeedPage = first
  let place: Place = first.place
  for (;;) {
    if (page.items.length > 0) yield page.items.map(eventOf).join('')
    if (abort.aborted || stopping() || performance.now() >= until) return
    try {
      page = await feed.await(place, options, heartbeat, abort)
      place = page.place
      if (page.items.length === 0 && !abort.aborted) yield ':\n\n'
    } catch (error) {
      // The stream began long ago, so there is no status to say it with.
      if (error instanceof Problem) {
        yield `event: problem\ndata: ${JSON.stringify({ status: error.statusCode, detail: error.detail })}\n\n`
        return
      }
      onError(error)
      page = { items: [], place, more: false }
      await pause(1_000, undefined, { signal: abort }).catch(() => {})
      if (!abort.aborted) yield ':\n\n'
    }
  }
}
