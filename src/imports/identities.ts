import { hash } from 'node:crypto'
import { HeaderError } from './columns.ts'

/** Of which lines the articles of a file are, in some bytes each: a file may have millions. */

/** Articles of a file: 128 MB of slots. */
const MOST = 5_000_000
/** Numbers of a slot: two of the identity, the line (0 where the slot is free), one of what stood there. */
const SLOT = 4
const FIRST_SLOTS = 1 << 10

const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer')

export class Identities {
  #slots = new Uint32Array(FIRST_SLOTS * SLOT)
  #count = 0
  readonly #most: number

  constructor(most = MOST) {
    this.#most = most
  }

  /**
   * The line on which the article stood first, and whether the same stood there; null where this is the first.
   * @throws HeaderError where the file has more articles than can be told apart.
   */
  meet(identity: string, content: string, line: number): { line: number; same: boolean } | null {
    const key = digestOf(identity)
    const [high, low, said] = [key.readUInt32LE(0), key.readUInt32LE(4), digestOf(content).readUInt32LE(0)]
    const at = this.#find(high, low)
    const first = this.#slots[at + 2] ?? 0
    if (first > 0) return { line: first, same: this.#slots[at + 3] === said }
    if (this.#count === this.#most)
      throw new HeaderError({
        en: `line ${line}: the file has more than ${this.#most} articles: split it`,
        ko: `${line}번째 줄: 한 파일의 글은 ${this.#most}건까지입니다. 파일을 나누십시오`,
      })
    this.#count++
    this.#slots.set([high, low, line, said], at)
    if (this.#count * SLOT * 4 > this.#slots.length * 3) this.#grow()
    return null
  }

  /** The slot of an identity, or the free one that it would have. */
  #find(high: number, low: number): number {
    const { length } = this.#slots
    let at = (low * SLOT) % length
    while (this.#slots[at + 2] !== 0 && (this.#slots[at] !== high || this.#slots[at + 1] !== low))
      at = (at + SLOT) % length
    return at
  }

  #grow(): void {
    const former = this.#slots
    this.#slots = new Uint32Array(former.length * 2)
    for (let at = 0; at < former.length; at += SLOT) {
      const slot = former.subarray(at, at + SLOT)
      const [high = 0, low = 0, line] = slot
      if (line !== 0) this.#slots.set(slot, this.#find(high, low))
    }
  }
}
