import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { loadDictionary } from '../../../src/text/analyser/analyse.ts'
import { type DoubleArray, valueAt } from '../../../src/text/analyser/double-array.ts'
import {
  allocate,
  type Costs,
  EDGE,
  Lattice,
  MOST_WORDS,
  makeRoom,
} from '../../../src/text/analyser/lattice.ts'

const CONTEXTS = 4
const LENGTH = 6
const program = await WebAssembly.compile(
  await readFile(new URL('../../../src/text/analyser/wasm/viterbi.wasm', import.meta.url)),
)

/** With three tokens, the first of which is dearer after a space. */
function connect(costs: number[]): Costs {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1024, shared: true })
  const ints = (given: number[]) => {
    const { buffer, byteOffset } = allocate(memory, given.length * 4)
    const array = new Int32Array(buffer, byteOffset, given.length)
    array.set(given)
    return array
  }
  const shorts = (given: number[]) => {
    const { buffer, byteOffset } = allocate(memory, given.length * 2)
    const array = new Int16Array(buffer, byteOffset, given.length)
    array.set(given)
    return array
  }
  const floors = Array.from({ length: CONTEXTS }, (_, left) =>
    Math.min(...costs.slice(left * CONTEXTS, (left + 1) * CONTEXTS)),
  )
  const attached = shorts(ATTACHED)
  return {
    connections: shorts(costs),
    contexts: CONTEXTS,
    cheapestConnections: shorts(floors),
    attachedContexts: new Uint16Array(attached.buffer, attached.byteOffset, CONTEXTS),
    tokens: ints(
      TOKENS.flatMap(({ left, right, posid, cost }) => [left | (right << 16), posid | (cost << 16), 0, 0]),
    ),
    penalties: ints(PENALTIES.flatMap(penalty => [0, penalty, ...Array(1022).fill(0)])),
    memory,
    program,
  }
}

/** Of posid 1, by place; in the last two what has the left context 1 has 3. */
const PENALTIES = [0, 70, 200, 0, 200]
const ATTACHED = [0, 3, 2, 3]
const TOKENS = [
  { left: 1, right: 2, posid: 1, cost: -40 },
  { left: 2, right: 3, posid: 0, cost: 30 },
  { left: 3, right: 1, posid: 0, cost: -300 },
]

interface Given {
  left: number
  right: number
  cost: number
  start: number
  length: number
}

const context = fc.nat(CONTEXTS - 1)
const cost = fc.integer({ min: -300, max: 300 })
const words = fc.array(
  fc.record({
    ...{ left: context, right: context, cost },
    ...{ start: fc.nat(LENGTH - 1), length: fc.integer({ min: 1, max: 3 }) },
  }),
  { maxLength: 40 },
)
/** A word of each unit, so that there is a way. */
const units: Given[] = Array.from({ length: LENGTH }, (_, start) => ({
  ...{ left: 1, right: 1, cost: 200, start, length: 1 },
}))

/** What the cheapest way from a place to the end costs, tried one by one. */
function tried(connections: Int16Array, all: Given[], place: number, right: number): number {
  if (place === LENGTH) return connections[right + CONTEXTS * EDGE] as number
  const ways = all
    .filter(({ start, length }) => start === place && start + length <= LENGTH)
    .map(
      word =>
        (connections[right + CONTEXTS * word.left] as number) +
        word.cost +
        tried(connections, all, place + word.length, word.right),
    )
  return Math.min(...ways)
}

function fill(lattice: Lattice, all: Given[]): void {
  lattice.begin(LENGTH)
  for (let place = 0; place <= LENGTH; place++) {
    if (!lattice.reaches(place)) continue
    lattice.moveTo(place, place)
    all.forEach(({ left, right, cost, start, length }, token) => {
      if (start === place && start + length <= LENGTH)
        lattice.add(left | (right << 16), cost, start + length, token)
    })
  }
}

test('the path costs as little as any, and is what it costs', () => {
  const matrix = fc.array(cost, { minLength: CONTEXTS ** 2, maxLength: CONTEXTS ** 2 })
  fc.assert(
    fc.property(matrix, fc.array(words, { minLength: 1, maxLength: 4 }), (costs, texts) => {
      const connections = connect(costs)
      const lattice = new Lattice(connections, makeRoom(connections))
      for (const text of texts) {
        const all = [...text, ...units]
        fill(lattice, all)
        const least = tried(connections.connections, all, 0, EDGE)
        expect(lattice.cost()).toBe(least)

        let [place, right, total] = [0, EDGE, 0]
        for (const { start, token } of lattice.path()) {
          const word = all[token] as Given
          expect(start).toBe(place)
          expect(word.start).toBe(place)
          total += (costs[right + CONTEXTS * word.left] as number) + word.cost
          place += word.length
          right = word.right
        }
        expect(place).toBe(LENGTH)
        expect(total + (costs[right + CONTEXTS * EDGE] as number)).toBe(least)
      }
    }),
    { numRuns: 300 },
  )
})

test('entries of the dictionary are so many words, some of them dearer in some places', () => {
  const matrix = fc.array(cost, { minLength: CONTEXTS ** 2, maxLength: CONTEXTS ** 2 })
  const entries = fc.record({ first: fc.nat(2), count: fc.integer({ min: 1, max: 3 }), place: fc.nat(4) })
  fc.assert(
    fc.property(matrix, entries, (costs, { first, count, place }) => {
      const connections = connect(costs)
      const lattice = new Lattice(connections, makeRoom(connections))
      const [one, other] = [entriesOf, wordsOf].map(put => {
        lattice.begin(2)
        lattice.moveTo(0, 0)
        lattice.add(1 | (1 << 16), 0, 1, 0)
        lattice.moveTo(1, 1)
        put(lattice)
        lattice.moveTo(2, 2)
        return { cost: lattice.cost(), path: lattice.path() }
      })
      expect(one).toEqual(other)

      function entriesOf(into: Lattice) {
        into.addEntries((first << 8) | Math.min(count, 3 - first), 2, place)
      }
      function wordsOf(into: Lattice) {
        TOKENS.slice(first, first + count).forEach(({ left, right, posid, cost }, i) => {
          const penalty = posid === 1 ? (PENALTIES[place] as number) : 0
          const context = place < 3 ? left : (ATTACHED[left] as number)
          into.add(context | (right << 16), cost + penalty, 2, first + i)
        })
      }
    }),
  )
})

test('who takes over a room finds nothing of who had it', () => {
  const connections = connect(Array.from({ length: CONTEXTS ** 2 }, (_, i) => i))
  const room = makeRoom(connections)
  const costs = [1, 2].map(() => {
    const lattice = new Lattice(connections, room)
    fill(lattice, units)
    return lattice.cost()
  })
  expect(costs[1]).toBe(costs[0])
  expect(costs[0]).toBe(tried(connections.connections, units, 0, EDGE))
})

test('no place begins more words of the dictionary than there is room for', async () => {
  const { trie } = await loadDictionary()
  expect(mostWords(trie)).toBe(61)
  expect(MOST_WORDS).toBeGreaterThan(61 + 20)
})

/** The most words that begin at one place: those that are beginnings of one text. */
function mostWords(trie: DoubleArray): number {
  const { cells } = trie
  let most = 0
  const open = [{ state: cells[0] as number, words: 0 }]
  for (let next = open.pop(); next; next = open.pop())
    for (let byte = 0; byte < 0x100; byte++) {
      const at = (next.state + byte + 1) * 2
      if (at >= cells.length || cells[at + 1] !== next.state) continue
      const state = cells[at] as number
      if (state < 0) continue
      const value = valueAt(trie, state)
      const words = next.words + (value < 0 ? 0 : value & 0xff)
      most = Math.max(most, words)
      open.push({ state, words })
    }
  return most
}
