import type { OutgoingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import { type RepeatedBody, ROOM } from './under-way.ts'

/**
 * Answers to anonymous readers, kept in memory as they are sent. None is older than what was told of since: the
 * owner says when everything that is kept may be untrue, and that it would hear of it.
 */

/** An answer as it is sent to whoever asks the same. */
export interface Kept {
  etag: string
  headers: Record<string, string>
  type: string
  body: RepeatedBody
  /** Made for the first who takes it. */
  gzip: Promise<RepeatedBody> | null
  /** Articles whose counters it shows; null: those of any. */
  shows: readonly number[] | null
  /** How it was sent, by the manner in which it was asked for. */
  sent: Map<string, Sent>
}

/** An answer as it went out, all but the fields that are of one request alone. */
export interface Sent {
  fields: OutgoingHttpHeaders
  /** The head as Node wrote it of them; null as long as it has not. */
  head: string | null
  body: RepeatedBody
}

interface MemoryOptions {
  /** Bytes that answers may take; the least recently asked for go first. */
  bytes: number
  /** Milliseconds for which an answer is kept at most: what nobody is told of is no older. */
  ms: number
}

type Make = () => Promise<Kept>

/** The last part of its time in which an answer is made anew, so that those who go on asking for it need not wait when it ends. */
const RENEWAL = 0.1

/** Manners of asking for which it is noted how one answer was sent. */
const MANNERS = 4
/** Bytes that all manners may take. */
const MANNERS_BYTES = 4_194_304

/** Bytes of an entry: its body, also compressed, its key, its headers, and how it was sent in each manner. */
const sizeOf = ({ body, headers }: Kept, key: string): number =>
  Math.ceil(1.4 * body.bytes.length) +
  2 * ROOM +
  key.length +
  (1 + MANNERS) * String(headers.link ?? '').length +
  5_000

export class AnswerMemory {
  readonly #answers: LRUCache<string, Kept, Make>
  /** Keys of answers by the manners in which they were asked for. */
  readonly #manners = new LRUCache<string, string>({
    maxSize: MANNERS_BYTES,
    sizeCalculation: (key, manner) => key.length + manner.length + 100,
  })
  /** Bytes that answers may take; 0: none is kept. */
  readonly limit: number
  /** Milliseconds before its end from which an answer is made anew. */
  readonly #renewal: number
  /** Keys of answers that are being made. */
  readonly #making = new Set<string>()
  #trusted = false
  #position = 0
  /** Called when an answer could have been kept, but nobody would tell of changes. */
  onWanted: () => void = () => {}

  constructor({ bytes, ms }: MemoryOptions) {
    this.limit = bytes
    this.#renewal = ms * RENEWAL
    this.#answers = new LRUCache<string, Kept, Make>({
      maxSize: Math.max(1, bytes),
      ttl: ms,
      sizeCalculation: sizeOf,
      // Whoever asks while an answer is made waits for it. One that is made while everything is forgotten still answers
      // those who asked before, and is not kept.
      ignoreFetchAbort: true,
      // What could not be made anew is kept as long as it may be.
      noDeleteOnFetchRejection: true,
      fetchMethod: async (key, _stale, { context }) => {
        this.#making.add(key)
        try {
          return await context()
        } finally {
          this.#making.delete(key)
        }
      },
    })
  }

  /** Whether changes are told of: else nothing is kept, nor answered from memory. */
  get trusted(): boolean {
    return this.#trusted
  }
  /** The place in the log up to which changes were told of. */
  get position(): number {
    return this.#position
  }
  /** Bytes that are kept. */
  get bytes(): number {
    return this.#answers.calculatedSize
  }

  /** From now on every change is told of; up to `position` they need not be. */
  trust(position: number): void {
    this.#answers.clear()
    this.#trusted = true
    this.#position = Math.max(this.#position, position)
  }

  /** Nobody tells of changes any more. */
  distrust(): void {
    this.#trusted = false
    this.#answers.clear()
  }

  /** Something changed: no answer from before is given any more. */
  told(position = 0): void {
    this.#answers.clear()
    this.#position = Math.max(this.#position, position)
  }

  /** The counters of an article moved. What is being made may have read them before. */
  recounted(id: number): void {
    for (const key of this.#making) this.#answers.delete(key)
    for (const [key, { shows }] of this.#answers.entries())
      if (shows === null || shows.includes(id)) this.#answers.delete(key)
  }

  /** The answer that is kept, but for one that is to make it anew. */
  find(key: string): Kept | undefined {
    return this.#isDue(key) ? undefined : this.#answers.get(key)
  }

  /** Whether it ends soon, and nobody makes it anew. */
  #isDue(key: string): boolean {
    return this.#answers.getRemainingTTL(key) < this.#renewal && !this.#making.has(key)
  }

  /** How an answer that was kept under a key was sent to one who asked in some manner: it counts as long as it is kept. */
  noteSent(key: string, kept: Kept, manner: string, sent: Sent): void {
    if (kept.sent.size >= MANNERS) return
    kept.sent.set(manner, sent)
    this.#manners.set(manner, key)
  }

  /** What was sent to one who asked in the same manner, where it is kept still. */
  findSent(manner: string): Sent | undefined {
    const key = this.#manners.get(manner)
    return key === undefined ? undefined : this.find(key)?.sent.get(manner)
  }

  /**
   * The answer that is kept, or one that is made now; several who ask at once share one making. While one that is kept is made anew
   * `find` still gives it, and so does this where it could not be made. @throws what `make` throws
   */
  async findOrMake(key: string, make: Make): Promise<Kept> {
    try {
      return (await this.#answers.fetch(key, { context: make, forceRefresh: this.#isDue(key) })) ?? make()
    } catch (error) {
      const kept = this.#answers.get(key)
      if (kept) return kept
      throw error
    }
  }
}
