import type pg from 'pg'
import type { Analyser } from '../text/analyser/analyse.ts'
import { allRuns, termsToLookUp } from './compile.ts'
import type { Ends } from './costs.ts'
import { type Knowledge, synonymKeysOf } from './readings.ts'
import { findFrequencies, type Sums } from './store.ts'
import { listSynonymsOf } from './store-synonyms.ts'
import { listWordsWith } from './store-words.ts'
import { synonymKey } from './synonym-key.ts'
import { allWords, type Meaning, type Way, wayOf } from './words-of-query.ts'

/** What is looked up before a query can be compiled: synonyms, words inside words, frequencies. */

export type LookedUp = Knowledge & { averages: Pick<Sums, 'morphemes' | 'stems'>; ends: Ends | null }

async function lookUpSynonyms(client: pg.ClientBase, analyser: Analyser, meaning: Meaning) {
  const own = allWords(meaning).filter(({ term }) => !term.prefix)
  const keys = [...new Set([...own.flatMap(synonymKeysOf), ...allRuns(meaning).map(({ key }) => key)])]
  const groups = await listSynonymsOf(client, keys)
  const synonyms = new Map<string, Way[]>()
  for (const key of keys) {
    const others = groups
      .filter(group => group.keys.includes(key))
      .flatMap(({ terms }) => terms.filter(term => synonymKey(term) !== key))
    const ways = others.map(text => wayOf(analyser, text)).filter(way => way !== null)
    if (ways.length > 0) synonyms.set(key, ways)
  }
  return synonyms
}

async function lookUpInside(client: pg.ClientBase, meaning: Meaning) {
  const words = allWords(meaning).filter(
    ({ term, text }) => !term.prefix && !term.phrase && [...text].length > 1,
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
