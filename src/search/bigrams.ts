import { normalisedUnits } from '../text/analyser/normalise.ts'

/** What of a body is counted: longer ones would make the rerank of a page cost more than its search. */
const COUNTED = 5_000

const K1 = 1.2
const B = 0.75

const SPACE = 0x20

let letters: Uint8Array | undefined

const makeLetters = (): Uint8Array =>
  Uint8Array.from({ length: 0x10000 }, (_, unit) => (/[\p{L}\p{N}]/u.test(String.fromCharCode(unit)) ? 1 : 0))

/**
 * Calls for every two letters or digits that follow each other. A single space between them does not count, so that
 * 순환 경제 and 순환경제 agree; any other symbol keeps them apart.
 */
function eachBigram(text: string, call: (bigram: number) => void): void {
  letters ??= makeLetters()
  const units = normalisedUnits(text)
  let previous = 0
  for (let i = 0; i < units.length; i++) {
    const unit = units[i] as number
    if (letters[unit] === 1) {
      if (previous > 0) call((previous << 16) | unit)
      previous = unit
    } else if (unit !== SPACE || units[i - 1] === SPACE) previous = 0
  }
}

/** The different bigrams of a query. */
interface Asked {
  /** Each with its number. */
  numbers: Map<number, number>
  /** 1 for the units with which they begin: few of a document's do. */
  firsts: Uint8Array
}

function bigramsOf(query: string): Asked {
  const numbers = new Map<number, number>()
  const firsts = new Uint8Array(0x10000)
  eachBigram(query, bigram => {
    if (!numbers.has(bigram)) numbers.set(bigram, numbers.size)
    firsts[bigram >>> 16] = 1
  })
  return { numbers, firsts }
}

interface Counted {
  /** How often each bigram of the query stands in the document, by its number. */
  times: Uint32Array
  /** In bigrams. */
  length: number
}

function countBigrams(parts: string[], { numbers, firsts }: Asked): Counted {
  const times = new Uint32Array(numbers.size)
  let length = 0
  const count = (bigram: number) => {
    length++
    if (firsts[bigram >>> 16] === 0) return
    const number = numbers.get(bigram)
    if (number !== undefined) times[number] = (times[number] as number) + 1
  }
  for (const part of parts) eachBigram(part, count)
  return { times, length }
}

/** How much a bigram says that so many of all documents have. */
const inverseFrequency = (frequency: number, documents: number) =>
  Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))

/**
 * BM25 over character bigrams, of these documents among themselves: how frequent a bigram is and how long a document is
 * are both measured against the documents given. For the rerank of a few dozen candidates: 60 of 1,000 characters take
 * 1 to 2 ms.
 * @returns a score for each document, in their order; all are 0 for a query that has no two letters together
 */
export function bigramScores(query: string, documents: { title: string; body: string }[]): number[] {
  const asked = bigramsOf(query)
  const counted = documents.map(({ title, body }) => countBigrams([title, body.slice(0, COUNTED)], asked))
  const average = counted.reduce((sum, { length }) => sum + length, 0) / counted.length
  const weights = Array.from({ length: asked.numbers.size }, (_, number) =>
    inverseFrequency(counted.filter(({ times }) => times[number] !== 0).length, counted.length),
  )
  return counted.map(({ times, length }) => {
    const saturation = K1 * (1 - B + (B * length) / average)
    return weights.reduce((sum, weight, number) => {
      const frequency = times[number] as number
      return frequency === 0 ? sum : sum + (weight * frequency * (K1 + 1)) / (frequency + saturation)
    }, 0)
  })
}
