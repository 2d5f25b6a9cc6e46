import { expect } from '@jest/globals'
import type { DuplicateReason } from '../../src/duplicates/relate.ts'
import type { LabelledPair } from './labelled.ts'

/** How well reasons that were found agree with those that were given. */
export function scoresOf(
  pairs: readonly LabelledPair[],
  found: readonly (DuplicateReason | null)[],
  besides = 0,
) {
  const reasons = [...new Set(pairs.map(({ reason }) => reason))].filter(reason => reason !== null)
  const of = (right: number, told: number, given: number) => ({
    precision: told === 0 ? 1 : right / told,
    recall: right / given,
  })
  const count = (test: (given: DuplicateReason | null, told: DuplicateReason | null) => boolean) =>
    pairs.filter(({ reason }, i) => test(reason, found[i] ?? null)).length
  const scores = Object.fromEntries(
    reasons.map(reason => [
      reason,
      of(
        count((given, told) => given === reason && told === reason),
        count((_, told) => told === reason),
        count(given => given === reason),
      ),
    ]),
  )
  return {
    ...scores,
    // Whatever the reason; pairs that nobody labelled count as wrong.
    'any reason': of(
      count((given, told) => given !== null && told !== null),
      count((_, told) => told !== null) + besides,
      count(given => given !== null),
    ),
  }
}

/** What was found wrong, by the kind of pair. */
function mistakesOf(pairs: readonly LabelledPair[], found: readonly (DuplicateReason | null)[]): string {
  const mistakes = pairs.flatMap(({ what, reason }, i) =>
    (found[i] ?? null) === reason ? [] : [`${what}: ${reason} → ${found[i] ?? null}`],
  )
  return [...new Set(mistakes)]
    .map(mistake => `\n  ${mistakes.filter(one => one === mistake).length} × ${mistake}`)
    .join('')
}

export const tellScores = (...given: Parameters<typeof scoresOf>) =>
  Object.entries(scoresOf(...given))
    .map(
      ([reason, { precision, recall }]) =>
        `\n  ${reason}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
    )
    .join('') + mistakesOf(given[0], given[1])

/** Past Jest’s own console, which adds where it was called. */
export const print = (text: string) => process.stdout.write(`${text}\n`)

/** What the README promises. */
export function expectScores(scores: ReturnType<typeof scoresOf>): void {
  for (const { precision, recall } of Object.values(scores)) {
    expect(precision).toBeGreaterThanOrEqual(0.98)
    expect(recall).toBeGreaterThanOrEqual(0.95)
  }
}
