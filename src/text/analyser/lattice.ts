/** The context before the first and after the last word. */
export const EDGE = 0
const CONTEXTS = 0x10000
const FIRST_NODES = 1 << 14

/** What it costs that words follow each other. */
export interface Connections {
  /** Of a right context followed by a left context: [right + contexts × left]. */
  connections: Int16Array
  contexts: number
  /** Of each left context the least. */
  cheapestConnections: Int16Array
}

/** What one word of the cheapest path was when it was added. */
export interface Step {
  start: number
  token: number
}

/**
 * The cheapest way through words that follow each other (Viterbi). A node is a number, its fields stand in columns: a
 * text makes some ten nodes a character, too many for objects. One lattice serves many texts, one after the other; its
 * columns grow to the longest and are used again.
 */
export class Lattice {
  readonly #connections: Int16Array
  readonly #contexts: number
  readonly #floors: Int16Array

  #count = 0
  #right = new Int32Array(FIRST_NODES)
  #total = new Int32Array(FIRST_NODES)
  #previous = new Int32Array(FIRST_NODES)
  #start = new Int32Array(FIRST_NODES)
  #token = new Int32Array(FIRST_NODES)
  /** Of the nodes that end where this one does, the one before it. */
  #next = new Int32Array(FIRST_NODES)
  #ending = new Int32Array(0)

  // What can stand before a place, the cheapest first: of the nodes with one right context only the cheapest counts.
  #round = 0
  #before = 0
  readonly #beforeRight = new Int32Array(CONTEXTS)
  readonly #beforeTotal = new Int32Array(CONTEXTS)
  readonly #beforeNode = new Int32Array(CONTEXTS)
  readonly #cheapestRound = new Int32Array(CONTEXTS)
  readonly #cheapest = new Int32Array(CONTEXTS)
  // The best of these for a left context, which many words of a place share.
  readonly #bestRound = new Int32Array(CONTEXTS)
  readonly #bestNode = new Int32Array(CONTEXTS)
  readonly #bestTotal = new Int32Array(CONTEXTS)

  constructor({ connections, contexts, cheapestConnections }: Connections) {
    this.#connections = connections
    this.#contexts = contexts
    this.#floors = cheapestConnections
  }

  /** Forgets all words, for a text of this length. */
  begin(length: number): void {
    if (this.#ending.length <= length) this.#ending = new Int32Array(length * 2 + 1)
    this.#ending.fill(-1, 0, length + 1)
    this.#count = 0
    this.#push(EDGE, -1, 0, 0, 0, 0)
  }

  /** Words that are added from here on follow those that end at this place; false where none does. */
  moveTo(place: number): boolean {
    if ((this.#ending[place] as number) < 0) return false
    this.#round++
    for (let node = this.#ending[place] as number; node >= 0; node = this.#next[node] as number) {
      const right = this.#right[node] as number
      const rival = this.#cheapestRound[right] === this.#round ? (this.#cheapest[right] as number) : -1
      if (rival >= 0 && (this.#total[node] as number) >= (this.#total[rival] as number)) continue
      this.#cheapestRound[right] = this.#round
      this.#cheapest[right] = node
    }
    this.#before = 0
    for (let node = this.#ending[place] as number; node >= 0; node = this.#next[node] as number)
      if (this.#cheapest[this.#right[node] as number] === node) this.#insertBefore(node)
    return true
  }

  /** A word from `start` to `end` with its contexts and cost. */
  add(left: number, right: number, cost: number, start: number, end: number, token: number): void {
    if (this.#bestRound[left] !== this.#round) this.#findBest(left)
    this.#push(
      right,
      this.#bestNode[left] as number,
      (this.#bestTotal[left] as number) + cost,
      start,
      end,
      token,
    )
  }

  /** What the cheapest path to the place last moved to costs. */
  cost(): number {
    this.#findBest(EDGE)
    return this.#bestTotal[EDGE] as number
  }

  /** The cheapest path to the place last moved to, from its first word to its last. */
  path(): Step[] {
    this.#findBest(EDGE)
    const steps: Step[] = []
    for (let node = this.#bestNode[EDGE] as number; node > 0; node = this.#previous[node] as number)
      steps.push({ start: this.#start[node] as number, token: this.#token[node] as number })
    return steps.reverse()
  }

  #insertBefore(node: number): void {
    const totals = this.#beforeTotal
    const nodes = this.#beforeNode
    const rights = this.#beforeRight
    const total = this.#total[node] as number
    let i = this.#before++
    for (; i > 0 && (totals[i - 1] as number) > total; i--) {
      totals[i] = totals[i - 1] as number
      nodes[i] = nodes[i - 1] as number
      rights[i] = rights[i - 1] as number
    }
    totals[i] = total
    nodes[i] = node
    rights[i] = this.#right[node] as number
  }

  #findBest(left: number): void {
    const row = left * this.#contexts
    const floor = this.#floors[left] as number
    const connections = this.#connections
    const rights = this.#beforeRight
    const totals = this.#beforeTotal
    const count = this.#before
    let best = 0
    let least = 0x7fffffff
    // Most connections lie far apart in memory: those that cannot win any more are not read.
    for (let i = 0; i < count && (totals[i] as number) + floor < least; i++) {
      const total = (totals[i] as number) + (connections[row + (rights[i] as number)] as number)
      if (total >= least) continue
      least = total
      best = i
    }
    this.#bestRound[left] = this.#round
    this.#bestNode[left] = this.#beforeNode[best] as number
    this.#bestTotal[left] = least
  }

  #push(right: number, previous: number, total: number, start: number, end: number, token: number): void {
    const node = this.#count++
    if (node === this.#total.length) this.#grow()
    this.#right[node] = right
    this.#previous[node] = previous
    this.#total[node] = total
    this.#start[node] = start
    this.#token[node] = token
    this.#next[node] = this.#ending[end] as number
    this.#ending[end] = node
  }

  #grow(): void {
    const longer = (column: Int32Array) => {
      const grown = new Int32Array(column.length * 2)
      grown.set(column)
      return grown
    }
    this.#right = longer(this.#right)
    this.#total = longer(this.#total)
    this.#previous = longer(this.#previous)
    this.#start = longer(this.#start)
    this.#token = longer(this.#token)
    this.#next = longer(this.#next)
  }
}
