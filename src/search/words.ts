import { getChoseong, romanize } from 'es-hangul'
import type { Analyser } from '../text/analyser/analyse.ts'

/** Words as they are suggested, and looked for inside longer ones. */

export interface DescribedWord {
  /** The lexeme: a stem (`=청년도약계좌`), or a morpheme that is a word by itself. */
  term: string
  word: string
  /** Where its parts end, in characters, ascending; the last is its end. */
  parts: number[]
  /** Initial consonants: ㅊㄴㄷㅇㄱㅈ. */
  choseong: string
  roman: string
  bigrams: string[]
}

/** Syllables and letters of two or more; numbers are nobody's suggestion. */
const WORD = /^(?=.*[\p{L}])[\p{L}\p{N}&-]{2,40}$/u

export const bigramsOf = (word: string): string[] => {
  const characters = [...word]
  return [...new Set(characters.slice(1).map((character, i) => `${characters[i]}${character}`))]
}

/** Describes terms that are new; those that are no words are left out. */
export function describeTerms(analyser: Analyser, terms: readonly string[]): DescribedWord[] {
  const described: DescribedWord[] = []
  for (const term of terms) {
    const word = term.startsWith('=') ? term.slice(1) : term
    if (!WORD.test(word)) continue
    const ends = analyser
      .analyse(word)
      .filter(({ kind }) => kind === 'morpheme')
      .map(({ end }) => end)
    const parts = [...new Set([...ends.sort((a, b) => a - b), word.length])]
    described.push({
      term,
      word,
      parts,
      choseong: getChoseong(word),
      roman: romanize(word).toLowerCase(),
      bigrams: bigramsOf(word),
    })
  }
  return described
}
