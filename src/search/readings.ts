import type { Calendar } from './calendar.ts'
import { pairTerm, stemTerm } from './document.ts'
import { synonymKey } from './synonym-key.ts'
import type { Way } from './ways.ts'
import { WORTH } from './words.ts'
import type { Word } from './words-of-query.ts'

/** Which of the ways in which a word may be read are looked for, by what is known of articles. */

/** What is looked up for a query. */
export interface Knowledge {
  /** Public articles. */
  articles: number
  calendar: Calendar
  /** In how many of them a term stands; 0 where none is known. */
  df(term: string): number
  /** Other spellings, by the key of a word or of several in a row. */
  synonyms: ReadonlyMap<string, Way[]>
  /** Terms in which a word stands inside, by its text. */
  inside: ReadonlyMap<string, string[]>
}

/** What the synonyms of a word are looked up by: as it is written, and without particles, punctuation and width. */
export const synonymKeysOf = ({ term, text }: Word): string[] => [
  ...new Set([term.text, text].map(synonymKey)),
]

/** Other spellings of a word. */
export const synonymsOf = ({ synonyms }: Pick<Knowledge, 'synonyms'>, word: Word): Way[] =>
  synonymKeysOf(word).flatMap(key => synonyms.get(key) ?? [])

/** The term of a word as documents have it that were read otherwise; null where they are too few to be worth a look-up. */
export function writtenOtherwise(
  { df }: Pick<Knowledge, 'df'>,
  { morphemes, stem, otherwise }: Way,
): string | null {
  if (otherwise === null) return null
  const [own] = morphemes
  const known = df(stem ?? own?.term ?? '')
  return df(otherwise) > 0 && df(otherwise) >= WORTH * known ? otherwise : null
}

/** How often a word must be found as it is read, of how often as it may be read besides, for that not to be tried. */
const HARDLY = 0.01

/** In how many articles a word may be so read: those of its stem, or of the neighbours that fewest have. 0 where nobody counts them. */
function frequencyOf({ df }: Pick<Knowledge, 'df'>, { morphemes, stem, otherwise }: Way): number {
  const [first, ...others] = morphemes
  const neighbours = others.map(({ pair }) => (pair === null ? 0 : df(pairTerm(pair)) + df(stemTerm(pair))))
  const parts = neighbours.length > 0 ? Math.min(...neighbours) : df(first?.term ?? '')
  return Math.max(parts, stem === null ? 0 : df(stem), otherwise === null ? 0 : df(otherwise))
}

/** What a word may be. Of words of one syllable it is as likely something else: 기와 is no 기. */
export function readingsOf(knowledge: Pick<Knowledge, 'df'>, { itself, also, lastly }: Word): Way[] {
  const likely = [itself, ...also]
  const found = Math.max(...likely.map(way => frequencyOf(knowledge, way)))
  const others = lastly.filter(way => {
    const short = way.morphemes.length === 1 && way.morphemes[0]?.term.length === 1
    return found < (short ? 1 : Math.max(1, HARDLY * frequencyOf(knowledge, way)))
  })
  return [...likely, ...others]
}
