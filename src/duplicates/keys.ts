import { hash } from 'node:crypto'
import { ALIKE_DAYS, type Compared, SAME_DAYS } from './relate.ts'
import { SHORT } from './text.ts'

/**
 * What possible duplicates have in common, as numbers that an index compares for equality: the span of days, together
 * with the title, the body, or the least of its shingles' hashes. Two articles within a span lie in the same one or in
 * neighbours, so each is kept under the span that it is in and looked for under three.
 */

export interface Keys {
  kept: string[]
  soughtFor: string[]
  /** Those among `soughtFor` that the very same body has; none where it says too little to be told by. */
  sameText: string[]
}

/** Where among the keys that are kept the one of the body stands, from 1; shorter bodies have none. */
export const TEXT_KEY = 3

const DAY = 86_400_000
/** Shingles are dealt into so many bins; the least of two bins is a band. Bodies with 8/10 in common share one with p = .998. */
const BINS = 12

const numberOf = (text: string): bigint => hash('sha1', text, 'buffer').readBigInt64BE(0)

/** Far enough apart for neighbours to share nothing. */
const STRIDE = 0x9e3779b97f4a7c15n
/** What is kept under a span, as PostgreSQL takes a bigint. */
const keyOf = (what: bigint, span: number): string =>
  BigInt.asIntN(64, what + BigInt(span) * STRIDE).toString()

/** The least hash in each bin; empty bins have the greatest number. */
function leastOf(shingles: Uint32Array): Uint32Array {
  const least = new Uint32Array(BINS).fill(0xffffffff)
  for (const shingle of shingles) {
    const bin = shingle % BINS
    if (shingle < (least[bin] as number)) least[bin] = shingle
  }
  return least
}

const bandsOf = (shingles: Uint32Array): string[] => {
  const least = leastOf(shingles)
  return Array.from({ length: BINS / 2 }, (_, i) => `${i} ${least[2 * i]} ${least[2 * i + 1]}`)
}

export function keysOf({ title, body, day, code, names }: Compared): Keys {
  const spans: { days: number; whats: string[] }[] = [
    // Joint releases: whoever issues them, on the same day or the next.
    { days: 1, whats: [`title ${title.letters}`] },
    // A title that comes again and again has many namesakes, but few of one issuer.
    { days: ALIKE_DAYS, whats: [`title ${code ?? names[0] ?? ''} ${title.letters}`] },
  ]
  if (body.shingles.length >= SHORT)
    spans.push(
      { days: SAME_DAYS, whats: [`body ${numberOf(body.letters)}`] },
      { days: ALIKE_DAYS, whats: bandsOf(body.shingles).map(band => `band ${band}`) },
    )
  const number = Date.parse(day) / DAY
  const keys: Keys = { kept: [], soughtFor: [], sameText: [] }
  for (const { days, whats } of spans) {
    const span = Math.floor(number / days)
    for (const what of whats.map(text => numberOf(`${days} ${text}`))) {
      const here = keyOf(what, span)
      keys.kept.push(here)
      keys.soughtFor.push(keyOf(what, span - 1), here, keyOf(what, span + 1))
    }
  }
  if (body.shingles.length >= SHORT) keys.sameText = keys.soughtFor.slice(3 * (TEXT_KEY - 1), 3 * TEXT_KEY)
  return keys
}

/** What stands for a body whatever the day, of its key and the day under which that is kept. */
export const textOf = (key: string, day: string): string =>
  keyOf(BigInt(key), -Math.floor(Date.parse(day) / DAY / SAME_DAYS))
