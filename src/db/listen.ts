import type pg from 'pg'
import { restful } from '../time/rest.ts'
import { type Database, type Execute, Prisma } from './client.ts'

/** A connection that hears of notifications, and comes back when it is lost. */

/** Tells every node what is new, at the commit: how far the log has come, or nothing where something else changed. */
export const CHANNEL = 'gongbo_changes'

/** Tells that something changed of which the log says nothing: so a replica may show it later than it is told. */
export const tellNodes = (execute: Execute): Promise<unknown> =>
  execute(Prisma.sql`SELECT pg_notify(${CHANNEL}, '')`)

interface ListenOptions {
  channel: string
  /** When it listens: whatever is committed from now on is told. What happened before is for it to find. */
  onBegin(client: pg.Client): Promise<void>
  /** At each notification, in the order of the commits. */
  onNotice(payload: string): void
  /** Every `lookMs`: that the connection still answers, and what it may have missed. */
  onLook(client: pg.Client): Promise<void>
  /** When it does not listen any more, and after each attempt to connect that failed. */
  onLost(): void
  onError(error: unknown): void
  /** Milliseconds between looks, and between attempts to connect anew. */
  lookMs: number
  retryMs: number
}

export interface Listening {
  close(): Promise<void>
}

export function listen(db: Pick<Database, 'connect'>, options: ListenOptions): Listening {
  const { channel, onBegin, onNotice, onLook, onLost, onError, lookMs, retryMs } = options
  let closed = false
  const { rest: pause, wake } = restful()

  const listenOnce = async () => {
    const client = await db.connect()
    let broken = false
    try {
      client.on('notification', ({ payload = '' }) => onNotice(payload))
      client.once('end', () => {
        broken = true
        // At once, and not when the next look fails.
        onLost()
        wake()
      })
      await client.query(`LISTEN ${channel}`)
      await onBegin(client)
      while (!closed && !broken) {
        await pause(lookMs)
        if (!closed && !broken) await onLook(client)
      }
    } finally {
      await client.end().catch(() => {})
    }
  }
  const running = (async () => {
    while (!closed) {
      await listenOnce().catch(onError)
      if (closed) return
      onLost()
      await pause(retryMs)
    }
  })()
  return {
    async close() {
      closed = true
      wake()
      await running
    },
  }
}
