import type pg from 'pg'
import type { Analyser } from '../text/analyser/analyse.ts'
import { allRuns, termsToLookUp } from './compile.ts'
import type { Ends } from './costs.ts'
import { type Knowledge, synonymKeysOf } from './readings.ts'
import { findFrequencies, type Sums } from './store.ts'
import { listSynonymsOf } from './store-synonyms.ts'
import { listWordsWith } from './store-words.ts'
import { synonymKey } from './synonym-key.ts'
import { type Way, wayOf } from './ways.ts'
import { allWords, type Meaning, type Word } from './words-of-query.ts'

/** What is looked up before a query can be compiled: synonyms, words inside words, frequencies. */

export type LookedUp = Knowledge & { averages: Pick<Sums, 'morphemes' | 'stems'>; ends: Ends | null }

/** A part of a compound, which may have synonyms: AI in AI기본법. */
interface Part {
  word: Word
  before: string
  key: string
  after: string
}

/** Morphemes of a word whose parts are looked up, and spellings of it that come of them, at most: each is one more list of the index. */
const LONGEST = 6
const SPELLINGS = 8

/** What a compound has of one morpheme or several in a row, but for all of it. */
function partsOf(analyser: Analyser, word: Word): Part[] {
  const { term, text, itself } = word
  if (term.phrase || itself.morphemes.length < 2 || itself.morphemes.length > LONGEST) return []
  const morphemes = analyser.analyse(text).filter(({ kind }) => kind === 'morpheme')
  return morphemes.flatMap(({ start }, from) =>
    morphemes.slice(from).flatMap(({ end }, more) => {
      const key = synonymKey(text.slice(start, end))
      const whole = from === 0 && more === morphemes.length - 1
      return whole || key.length < 2
        ? []
        : [{ word, before: text.slice(0, start), key, after: text.slice(end) }]
    }),
  )
}

async function lookUpSynonyms(client: pg.ClientBase, analyser: Analyser, meaning: Meaning) {
  const own = allWords(meaning).filter(({ term }) => !term.prefix)
  const parts = own.flatMap(word => partsOf(analyser, word))
  const keys = [...new Set([...own.flatMap(synonymKeysOf), ...allRuns(meaning).map(({ key }) => key)])]
  const groups = await listSynonymsOf(client, [...new Set([...keys, ...parts.map(({ key }) => key)])])
  const othersOf = (key: string): string[] =>
    groups
      .filter(group => group.keys.includes(key))
      .flatMap(({ terms }) => terms.filter(term => synonymKey(term) !== key))
  const synonyms = new Map<string, Way[]>()
  const add = (key: string, texts: string[]) => {
    const ways = texts.map(text => wayOf(analyser, text)).filter(way => way !== null)
    if (ways.length > 0) synonyms.set(key, [...(synonyms.get(key) ?? []), ...ways])
  }
  for (const key of keys) add(key, othersOf(key))
  for (const word of own) {
    const spellings = parts
      .filter(part => part.word === word)
      .flatMap(({ before, key, after }) => othersOf(key).map(other => before + other + after))
    const [key = ''] = synonymKeysOf(word)
    add(key, spellings.slice(0, SPELLINGS))
  }
  return synonyms
}

/** Whether a word is spelled as it was typed: verbs in other forms stand inside nouns by chance only, 아프다 in 남아프리카. */
const isAsTyped = ({ term, text }: Word): boolean => synonymKey(term.text).includes(synonymKey(text))

async function lookUpInside(client: pg.ClientBase, meaning: Meaning) {
  const words = allWords(meaning).filter(
    word => !word.term.prefix && !word.term.phrase && [...word.text].length > 1 && isAsTyped(word),
  )
  const found = await listWordsWith(client, [...new Set(words.map(({ text }) => text))])
  return new Map([...found].map(([part, words]) => [part, words.map(({ term }) => term)]))
}

/** @param filters terms of filters, whose frequencies are looked up with the others */
export async function lookUp(
  client: pg.ClientBase,
  analyser: Analyser,
  meaning: Meaning,
  filters: string[] = [],
): Promise<LookedUp> {
  const synonyms = await lookUpSynonyms(client, analyser, meaning)
  const inside = await lookUpInside(client, meaning)
  const { df, articles, morphemes, stems, calendar, ends } = await findFrequencies(client, [
    ...termsToLookUp(meaning, synonyms, inside),
    ...filters,
  ])
  const whole = Math.max(1, articles)
  return {
    articles,
    calendar,
    ends,
    df: term => df.get(term) ?? 0,
    synonyms,
    inside,
    averages: { morphemes: morphemes / whole, stems: stems / whole },
  }
}
