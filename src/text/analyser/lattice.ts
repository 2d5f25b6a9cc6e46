/** The context before the first and after the last word. */
export const EDGE = 0

/** What words cost, and the program that adds it up. Threads share the memory. */
export interface Costs {
  /** Of a right context followed by a left context: [right + contexts × left]. */
  connections: Int16Array
  contexts: number
  /** Of each left context the least. */
  cheapestConnections: Int16Array
  /** Of each left context the one that it has after a syllable without a space. */
  attachedContexts: Uint16Array
  /** Four fields a token: both contexts, posid and cost, feature, unused. */
  tokens: Int32Array
  /** What a word costs more for where it stands: see `AFTER_SPACE` and the others; by place and posid. */
  penalties: Int32Array
  /** Where all of these lie, and the rooms. */
  memory: WebAssembly.Memory
  program: WebAssembly.Module
}

/** What one word of the cheapest path was when it was added. */
export interface Step {
  start: number
  token: number
}

/** `wasm/viterbi.ts`. */
interface Program {
  read(
    ...at: [
      connections: number,
      floors: number,
      attached: number,
      tokens: number,
      penalties: number,
      contexts: number,
    ]
  ): void
  bytesFor(capacity: number): number
  use(room: number, capacity: number): number
  cheapest(count: number, length: number): number
  way(): number
}

/** Units of the longest text. */
export const LONGEST_TEXT = 2048
/** The dictionary has 61 words at most that begin at one place (한다니까요); unknown ones, ours and the move come on top. */
export const MOST_WORDS = 96
const CAPACITY = (LONGEST_TEXT + 1) * MOST_WORDS
/** Fields of a word: both contexts, cost, end, token. What no word has stands for a move, and for entries. */
const WORD = 4
const MOVE = 0xffff
const ENTRIES = 0xfffe
const STEP = 2
const PAGE = 0x10000

function start(costs: Costs): Program {
  const { connections, cheapestConnections, attachedContexts, tokens, penalties, contexts, memory } = costs
  const program = new WebAssembly.Instance(costs.program, { env: { memory } }).exports as unknown as Program
  const at = [connections, cheapestConnections, attachedContexts, tokens, penalties].map(
    ({ byteOffset }) => byteOffset,
  )
  program.read(...(at as [number, number, number, number, number]), contexts)
  return program
}

/** Bytes of a shared memory that nobody else has, all 0. @throws RangeError where it has no more */
export function allocate(memory: WebAssembly.Memory, bytes: number): Uint8Array<SharedArrayBuffer> {
  const at = memory.grow(Math.ceil(bytes / PAGE)) * PAGE
  return new Uint8Array(memory.buffer, at, bytes)
}

/** Room for a lattice: 9 MB of addresses, of which texts use what they need. One at a time can have it. */
export const makeRoom = (costs: Costs): number =>
  allocate(costs.memory, start(costs).bytesFor(CAPACITY)).byteOffset

/**
 * The words that a text could be made of, and the cheapest path through them. Words are written down here, and weighed by
 * `wasm/viterbi.ts` once all are known. One lattice serves many texts, one after the other.
 */
export class Lattice {
  readonly #program: Program
  readonly #words: Int32Array
  /** Whether a word ends at a place. */
  readonly #reached = new Uint8Array(LONGEST_TEXT + 1)
  #count = 0
  #length = 0

  constructor(costs: Costs, room: number) {
    this.#program = start(costs)
    this.#words = new Int32Array(costs.memory.buffer, this.#program.use(room, CAPACITY), CAPACITY * WORD)
  }

  /** Forgets all words, for a text of this length. */
  begin(length: number): void {
    this.#reached.fill(0, 0, length + 1)
    this.#reached[0] = 1
    this.#length = length
    this.#count = 0
  }

  /** Whether words can follow at this place. */
  reaches(place: number): boolean {
    return this.#reached[place] === 1
  }

  /** Words that are added from here on follow those that end at this place, and start where the spaces after it end. */
  moveTo(place: number, start: number): void {
    this.#put(MOVE, start, place, 0)
  }

  /** A word up to an end, with the left context and above it the right one. */
  add(contexts: number, cost: number, end: number, token: number): void {
    this.#put(contexts, cost, end, token)
    this.#reached[end] = 1
  }

  /** What the dictionary has for what ends there, by its value in the trie and where it stands: a row of the penalties. */
  addEntries(value: number, end: number, place: number): void {
    this.#put(ENTRIES | (place << 16), value, end, 0)
    this.#reached[end] = 1
  }

  /** What the cheapest path to the place last moved to costs. */
  cost(): number {
    return this.#program.cheapest(this.#count, this.#length)
  }

  /** The cheapest path to the place last moved to, from its first word to its last; written where the words were. */
  path(): Step[] {
    this.cost()
    const words = this.#words
    const steps: Step[] = []
    for (let at = (this.#program.way() - 1) * STEP; at >= 0; at -= STEP)
      steps.push({ start: words[at] as number, token: words[at + 1] as number })
    return steps
  }

  #put(contexts: number, cost: number, end: number, token: number): void {
    const words = this.#words
    const at = this.#count++ * WORD
    words[at] = contexts
    words[at + 1] = cost
    words[at + 2] = end
    words[at + 3] = token
  }
}
