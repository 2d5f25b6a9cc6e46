import type { Database } from '../db/client.ts'
import { every } from '../time/every.ts'
import { encode, type Format, type Item, Tally } from './encode.ts'
import type { ExportFailure } from './schema.ts'
import { beatExport, endExport, insertExport, type NewExport } from './store.ts'

/** An export from its first to its last byte, and what is remembered of it. */

/** Milliseconds between two notes of how far it is. */
const BEAT_MS = 5_000

interface RunOptions extends NewExport {
  batches: AsyncIterable<Item[]>
  as: Format
  /** Aborted with an `ExportFailure` when the reader is given up. */
  signal: AbortSignal
  /** Called once, when it is over. */
  free: () => void
  onError: (error: unknown) => void
}

export interface Run {
  /** To be pulled. */
  chunks: AsyncGenerator<Buffer>
  /** What a reader compares when all has come: articles, and SHA-256 in hex. Known once `chunks` has ended. */
  summary(): { count: number; sha256: string }
}

/** Begins an export. It settles by itself, also where nobody pulls any more, if only the signal is aborted then. */
export async function beginExport(
  db: Database,
  { batches, as, signal, free, onError, ...it }: RunOptions,
): Promise<Run> {
  const tally = new Tally()
  let digest: Buffer | null = null
  await insertExport(db, it)
  const endBeats = every(BEAT_MS, () => beatExport(db, it.id, tally), onError)
  let over = false
  const settle = async (end: { sha256: Buffer } | { failure: ExportFailure }) => {
    if (over) return
    over = true
    try {
      await endBeats()
      await endExport(db, it.id, { count: tally.count, bytes: tally.bytes, ...end })
    } catch (error) {
      // The content is what it is. Of this export nobody hears again, and after a while it counts as interrupted.
      onError(error)
    } finally {
      free()
    }
  }
  const cut = () => settle({ failure: signal.reason })
  if (signal.aborted) await cut()
  else signal.addEventListener('abort', cut, { once: true })

  async function* chunks() {
    try {
      yield* encode(batches, as, tally)
      digest = tally.digest()
    } catch (error) {
      if (!signal.aborted) {
        onError(error)
        await settle({ failure: 'server' })
      }
      throw error
    }
    // Before the reader has the end, so that who asks at once hears of it.
    await settle({ sha256: digest })
  }
  return { chunks: chunks(), summary: () => ({ count: tally.count, sha256: digest?.toString('hex') ?? '' }) }
}
