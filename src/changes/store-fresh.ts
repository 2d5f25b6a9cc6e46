import type { Database } from '../db/client.ts'
import { CHANNEL, type Listening, listen } from '../db/listen.ts'
import type { AnswerMemory } from '../http/memory.ts'
import { headOf } from './store-signal.ts'

/** Keeps answers in memory true: what changes on any node is told here at its commit. */

interface FreshOptions {
  /** Told of every change too. */
  onTold?: () => void
  onError: (error: unknown) => void
}

/**
 * Milliseconds between looks whether the connection that listens is alive, and between attempts to connect anew. Where a
 * network swallows what is sent, answers are this old at most, and the time that a query may take.
 */
const LOOK_MS = 1_000

/** While the connection stands answers are kept; when it breaks all are forgotten, and none is kept until it is back. */
export function keepFresh(
  db: Pick<Database, 'connect'>,
  memory: AnswerMemory,
  { onTold = () => {}, onError }: FreshOptions,
): Listening {
  const told = (position?: number) => {
    onTold()
    memory.told(position)
  }
  return listen(db, {
    channel: CHANNEL,
    lookMs: LOOK_MS,
    retryMs: LOOK_MS,
    onError,
    onBegin: async client => memory.trust(Number(await headOf(client))),
    onNotice: payload => told(payload === '' ? undefined : Number(payload)),
    onLook: async client => {
      const head = Number(await headOf(client))
      if (head > memory.position) told(head)
    },
    onLost: () => memory.distrust(),
  })
}
