import type pg from 'pg'
import { CHANNEL } from '../articles/store-log.ts'
import type { Database } from '../db/client.ts'

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

export interface SignalOptions {
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
  let listening: Promise<void> | null = null
  let gathering: NodeJS.Timeout | null = null
  let endListening = () => {}

  const wake = () => {
    gathering = null
    count++
    for (const resolve of [...waiting]) resolve()
  }
  const told = () => {
    gathering ??= setTimeout(wake, GATHERED_MS)
  }
  const pause = (ms: number) =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms)
      endListening = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** Listens until the connection breaks or the process stops. */
  const listenOnce = async () => {
    const client = await db.connect()
    let broken = false
    try {
      client.on('notification', told)
      client.once('end', () => {
        broken = true
        endListening()
      })
      await client.query(`LISTEN ${CHANNEL}`)
      // What came while nobody listened.
      told()
      for (let head = await headOf(client); !closed && !broken; ) {
        await pause(lookMs)
        if (closed || broken) break
        const now = await headOf(client)
        if (now !== head) told()
        head = now
      }
    } finally {
      await client.end().catch(() => {})
    }
  }
  const listen = async () => {
    while (!closed) {
      await listenOnce().catch(onError)
      if (closed) return
      // Until there is a connection again, readers look by themselves.
      told()
      await pause(retryMs)
    }
  }

  return {
    get count() {
      return count
    },
    get closed() {
      return closed
    },
    after(seen, ms, abort) {
      listening ??= listen()
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
      endListening()
      await listening
    },
  }
}

async function headOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ head: string }>(
    'SELECT COALESCE(max(seq), 0)::text AS head FROM changes',
  )
  return rows[0]?.head ?? '0'
}
