import { getChoseong, josa, romanize } from 'es-hangul'
import type { Analyser } from '../text/analyser/analyse.ts'

/** Words as they are suggested, and looked for inside longer ones. */

export interface DescribedWord {
  /** The lexeme: a stem (`=청년도약계좌`), or a morpheme that is a word by itself. */
  term: string
  word: string
  /** Words that stand inside it; see `insideOf`. */
  inside: string[]
  /** Initial consonants: ㅊㄴㄷㅇㄱㅈ. */
  choseong: string
  roman: string
  bigrams: string[]
}

/** How frequent another word must be, of the articles with the one that is searched, to be worth a look-up with each search. */
export const WORTH = 0.005

/** Syllables and letters of two or more; numbers are nobody's suggestion. */
const WORD = /^(?=.*[\p{L}])[\p{L}\p{N}&-]{2,40}$/u

export const bigramsOf = (word: string): string[] => {
  const characters = [...word]
  return [...new Set(characters.slice(1).map((character, i) => `${characters[i]}${character}`))]
}

const LONGEST_INSIDE = 12

/**
 * What stands inside a word and begins or ends at one of its bounds, where a part does: 자원 in 재자원화, but not 원전 in
 * 지원전략. Whole parts of a stem are left out: they are morphemes, by which the same articles are found.
 */
export function insideOf(word: string, bounds: readonly number[], isStem: boolean): string[] {
  const found = new Set<string>()
  const add = (start: number, end: number) => {
    const length = end - start
    if (length < 2 || length > LONGEST_INSIDE || length === word.length) return
    if (!(isStem && bounds.includes(start) && bounds.includes(end))) found.add(word.slice(start, end))
  }
  for (const bound of new Set(bounds)) {
    for (let end = bound + 2; end <= word.length; end++) add(bound, end)
    for (let start = 0; start <= bound - 2; start++) add(start, bound)
  }
  return [...found]
}

/** Whether who types a word is understood to mean it: alone 밝히 is no verb, and 함께 says nothing. */
const isUnderstood = (analyser: Analyser, word: string): boolean =>
  [word, josa(word, '을/를')].some(text =>
    analyser
      .analyse(text)
      .some(({ term, start, end }) => term === word && start === 0 && end === word.length),
  )

/** Describes terms that are new; those that are no words by themselves are left out. */
export function describeTerms(analyser: Analyser, terms: readonly string[]): DescribedWord[] {
  const described: DescribedWord[] = []
  for (const term of terms) {
    const word = term.startsWith('=') ? term.slice(1) : term
    if (!WORD.test(word) || !isUnderstood(analyser, word)) continue
    const ends = analyser
      .analyse(word)
      .filter(({ kind }) => kind === 'morpheme')
      .map(({ end }) => end)
    const inside = insideOf(word, [0, ...ends, word.length], term.startsWith('='))
    described.push({
      term,
      word,
      inside,
      choseong: getChoseong(word),
      roman: romanize(word).toLowerCase(),
      bigrams: bigramsOf(word),
    })
  }
  return described
}
