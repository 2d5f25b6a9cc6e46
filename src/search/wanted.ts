import type { Wanted } from './highlight.ts'
import type { LookedUp } from './knowledge.ts'
import { readingsOf, synonymsOf } from './readings.ts'
import { canPart, type Way } from './ways.ts'
import type { Word } from './words-of-query.ts'

/** What to mark for the words that were looked for: they themselves, their synonyms, words in which they stand inside. */
export function wantedOf(words: readonly Word[], knowledge: LookedUp, apart: boolean): Wanted {
  const wanted: Wanted = { terms: [], prefixes: [], phrases: [] }
  const addTerm = (term: string) =>
    wanted.terms.push(
      term.startsWith('=') ? { term: term.slice(1), kind: 'stem' } : { term, kind: 'morpheme' },
    )
  const addWay = (way: Way) => {
    const { morphemes, stem, otherwise } = way
    if (stem !== null) addTerm(stem)
    if (otherwise !== null) addTerm(otherwise)
    if (morphemes.length > 1 && !(apart && canPart(way))) wanted.phrases.push({ terms: morphemes })
    else for (const { term } of morphemes) addTerm(term)
  }
  for (const word of words) {
    const { term, text } = word
    if (term.prefix) wanted.prefixes.push(text)
    else for (const way of readingsOf(knowledge, word)) addWay(way)
    for (const way of synonymsOf(knowledge, word)) addWay(way)
    for (const one of knowledge.inside.get(text) ?? []) addTerm(one)
  }
  return wanted
}
