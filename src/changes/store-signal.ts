import type pg from 'pg'
import type { Database } from '../db/client.ts'
import { CHANNEL, type Listening, listen } from '../db/listen.ts'

/**
 * Tells waiting readers that there is something new: one connection of the process listens for all of them. Nobody asks the
 * database while nothing happens, but for this connection's own look every now and then whether it missed something.
 */

export interface ChangeSignal {
  /** Counts signs of something new. Take it before reading: `after` then misses nothing that came meanwhile. */
  readonly count: number
  /** Whether the process stops: nobody waits any more. */
  readonly closed: boolean
  /** Comes back when there is a later sign than `count`, after `ms`, at an abort, or when the process stops. */
  after(count: number, ms: number, abort: AbortSignal): Promise<void>
  close(): Promise<void>
}

interface SignalOptions {
  onError: (error: unknown) => void
  /** Milliseconds between looks, and between attempts to connect anew. */
  lookMs?: number
  retryMs?: number
}

/** Signs within so many milliseconds are one: a hundred writes a second wake a reader less often. */
const GATHERED_MS = 10

/** It connects when the first reader waits. */
export function changeSignal(
  db: Pick<Database, 'connect'>,
  { onError, lookMs = 15_000, retryMs = 1_000 }: SignalOptions,
): ChangeSignal {
  const waiting = new Set<() => void>()
  let count = 0
  let closed = false
  let listening: Listening | null = null
  let gathering: NodeJS.Timeout | null = null
  let head = ''

  const wake = () => {
    gathering = null
    count++
    for (const resolve of [...waiting]) resolve()
  }
  const told = () => {
    if (!closed) gathering ??= setTimeout(wake, GATHERED_MS)
  }
  const begin = () =>
    listen(db, {
      channel: CHANNEL,
      onError,
      lookMs,
      retryMs,
      onNotice: told,
      onBegin: async client => {
        // What came while nobody listened.
        told()
        head = await headOf(client)
      },
      onLook: async client => {
        const now = await headOf(client)
        if (now !== head) told()
        head = now
      },
      // Until there is a connection again, readers look by themselves.
      onLost: told,
    })

  return {
    get count() {
      return count
    },
    get closed() {
      return closed
    },
    after(seen, ms, abort) {
      if (!closed) listening ??= begin()
      if (closed || abort.aborted || count !== seen || ms <= 0) return Promise.resolve()
      return new Promise(resolve => {
        const done = () => {
          clearTimeout(timer)
          waiting.delete(done)
          abort.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, ms)
        waiting.add(done)
        abort.addEventListener('abort', done)
      })
    },
    async close() {
      closed = true
      if (gathering) clearTimeout(gathering)
      for (const resolve of [...waiting]) resolve()
      await listening?.close()
    },
  }
}

/** The newest change, as text: numbers of PostgreSQL may be longer than ours. */
export async function headOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ head: string }>(
    'SELECT COALESCE(max(seq), 0)::text AS head FROM changes',
  )
  return rows[0]?.head ?? '0'
}
