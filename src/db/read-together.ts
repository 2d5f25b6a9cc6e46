import { together } from '../time/together.ts'
import type { Database } from './client.ts'

type Pool = Database['pool']

interface Bounds {
  /** Statements at the same time. More would be smaller: each has its way to the database and back, and its turn there. */
  atOnce: number
  /** Keys of one. */
  most: number
}

/**
 * Reads what belongs to a key, for keys that are asked for at the same time by one statement of their pool. None is read before it
 * was asked for, so no answer is older than its question. Null where nothing belongs to it.
 */
export function readTogether<Key, Row>(
  read: (pool: Pool, keys: Key[]) => Promise<Map<Key, Row>>,
  { atOnce, most }: Bounds,
): (pool: Pool, key: Key) => Promise<Row | null> {
  const readers = new WeakMap<Pool, (key: Key) => Promise<Row | null>>()

  const readerOf = (pool: Pool) =>
    together<Key, Row | null>(
      async (keys, giveWay) => {
        giveWay()
        const rows = await read(pool, [...new Set(keys)])
        return keys.map(key => rows.get(key) ?? null)
      },
      { atOnce, most, largest: most, sizeOf: () => 1 },
    )

  return (pool, key) => {
    const reader = readers.get(pool) ?? readerOf(pool)
    readers.set(pool, reader)
    return reader(key)
  }
}
