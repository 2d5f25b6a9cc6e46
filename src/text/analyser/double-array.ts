/**
 * A Darts double array over UTF-8 bytes, as MeCab writes it: pairs of {base, check}. Walked by UTF-16 units, so that
 * no text need be encoded and a word never ends inside a character.
 */
export interface DoubleArray {
  cells: Int32Array
  /** The state after every first unit: every place of a text asks for one. */
  firstStates: Int32Array
}

const step = (cells: Int32Array, state: number, byte: number): number => {
  const at = (state + byte + 1) * 2
  return at < cells.length && cells[at + 1] === state ? (cells[at] as number) : -1
}

export function makeDoubleArray(cells: Int32Array): DoubleArray {
  const firstStates = new Int32Array(new SharedArrayBuffer(0x10000 * 4))
  const trie = { cells, firstStates }
  for (let unit = 0; unit < 0x10000; unit++) firstStates[unit] = walk(trie, cells[0] as number, unit)
  return trie
}

/** The state after one more unit, or -1. Surrogates lead nowhere: the dictionary has no word beyond the BMP. */
export function walk({ cells }: DoubleArray, state: number, unit: number): number {
  if (unit < 0x80) return step(cells, state, unit)
  let next: number
  if (unit < 0x800) next = step(cells, state, 0xc0 | (unit >> 6))
  else {
    next = step(cells, state, 0xe0 | (unit >> 12))
    if (next >= 0) next = step(cells, next, 0x80 | ((unit >> 6) & 0x3f))
  }
  return next < 0 ? next : step(cells, next, 0x80 | (unit & 0x3f))
}

/** What the word that ends in a state is worth (its first token << 8 | how many), or -1 where no word ends. */
export function valueAt({ cells }: DoubleArray, state: number): number {
  const at = state * 2
  if (at >= cells.length || cells[at + 1] !== state) return -1
  const base = cells[at] as number
  return base < 0 ? -base - 1 : -1
}

/** The value of a whole word, or -1. */
export function lookUp(trie: DoubleArray, word: string): number {
  let state = trie.firstStates[word.charCodeAt(0)] ?? -1
  for (let i = 1; i < word.length && state >= 0; i++) state = walk(trie, state, word.charCodeAt(i))
  return state < 0 ? -1 : valueAt(trie, state)
}

/** Slots for steps, a power of two: texts of a subject take some ten thousand different ones. */
const SLOTS = 1 << 15
/** Fields of a slot. */
const STATE = 0
const UNIT = 1
const NEXT = 2
const VALUE = 3
const FIELDS = 4

/** Steps that were taken, by their state and unit: one takes six reads that lie far apart, and most come again soon. */
export class Steps {
  readonly #trie: DoubleArray
  readonly #slots = new Int32Array(SLOTS * FIELDS).fill(-1)

  constructor(trie: DoubleArray) {
    this.#trie = trie
  }

  /** Where a step is, which is taken where another one has its slot. */
  find(state: number, unit: number): number {
    const slots = this.#slots
    const hash = Math.imul(state, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)
    const step = ((hash >>> 17) & (SLOTS - 1)) * FIELDS
    if (slots[step + STATE] === state && slots[step + UNIT] === unit) return step
    const next = walk(this.#trie, state, unit)
    slots[step + STATE] = state
    slots[step + UNIT] = unit
    slots[step + NEXT] = next
    slots[step + VALUE] = next < 0 ? -1 : valueAt(this.#trie, next)
    return step
  }

  /** The state after a step, or -1. */
  next(step: number): number {
    return this.#slots[step + NEXT] as number
  }

  /** What the word that ends after a step is worth, or -1. */
  value(step: number): number {
    return this.#slots[step + VALUE] as number
  }
}
