import { type Dictionary, LEFT, RIGHT, TOKEN_FIELDS } from './dictionary.ts'
import { lookUp } from './double-array.ts'
import { POLICY_WORDS } from './policy-words.ts'

/** A word of our own: a noun with its parts, in the cost model of the dictionary. */
export interface UserWord {
  word: string
  parts: string[]
  left: number
  right: number
  cost: number
}

export interface UserDictionary {
  words: UserWord[]
  /** Indexes of the words by their first unit, so that a text pays one look-up a unit. */
  byUnit: Map<number, number[]>
}

/** Nouns whose contexts ours take: one that ends in a consonant, one in a vowel, for the particles that follow. */
const MODELS = { consonant: '환경', vowel: '정부' }

/** Cheaper than any way that the dictionary has to split a word of that length. */
const COST_OF_SYLLABLE = -1500

const endsInConsonant = (word: string): boolean =>
  ((word.codePointAt(word.length - 1) ?? 0) - 0xac00) % 28 > 0

/** @param lines one word a line, its parts joined by `+`; `#` begins a remark. */
export function readUserWords(dictionary: Dictionary, lines = POLICY_WORDS): UserDictionary {
  const words: UserWord[] = []
  const byUnit = new Map<number, number[]>()
  const { tokens, trie } = dictionary
  for (const line of lines.split('\n')) {
    const parts = line.replace(/#.*/, '').trim().split('+').filter(Boolean)
    if (parts.length === 0) continue
    const word = parts.join('')
    const model = lookUp(trie, endsInConsonant(word) ? MODELS.consonant : MODELS.vowel) >>> 8
    const [left = 0, right = 0] = [LEFT, RIGHT].map(field => tokens[model * TOKEN_FIELDS + field])
    const first = word.charCodeAt(0)
    byUnit.set(first, [...(byUnit.get(first) ?? []), words.length])
    words.push({ word, parts, left, right, cost: COST_OF_SYLLABLE * word.length })
  }
  return { words, byUnit }
}
