import { flagsOf, UNSETTLED } from './units.ts'

/** NFC in time that grows with the text alone. */

/**
 * Marks that may stand one upon another, as Unicode allows them in a stream (UAX #15): to put them in order takes time that
 * grows with the square of their number.
 */
const MOST_MARKS = 30
const MARKS = /\p{M}+/gu

const isPile = (marks: string) => marks.length > MOST_MARKS && [...marks].length > MOST_MARKS

/** Whether it has more marks in a row than any writing needs. */
export function hasPile(text: string): boolean {
  for (const [marks] of text.matchAll(MARKS)) if (isPile(marks)) return true
  return false
}

/** The text in NFC; of a pile of marks the first 30 stay. */
export function nfc(text: string): string {
  if ((flagsOf(text) & UNSETTLED) === 0) return text
  const bounded = text.replace(MARKS, marks =>
    isPile(marks) ? [...marks].slice(0, MOST_MARKS).join('') : marks,
  )
  return bounded.normalize('NFC')
}
