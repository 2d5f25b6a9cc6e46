import { contextsOf, type Dictionary } from './dictionary.ts'
import { lookUp } from './double-array.ts'
import { EDGE } from './lattice.ts'
import { POLICY_WORDS } from './policy-words.ts'
import { Segmenter, type UserDictionary } from './segment.ts'

/** Nouns whose contexts ours take: one that ends in a consonant, one in a vowel, for the particles that follow. */
const MODELS = { consonant: '환경', vowel: '정부' }

/**
 * How much cheaper a word is than what the dictionary would make of it: enough to win where it stands as a word, too
 * little to break its neighbours (산업부 must not win in 산업부문). The longer, the surer.
 */
const advantageOf = (length: number): number => Math.max(3000, 1000 * length)
/** A word without parts, such as 이에스지, has no meaning to lose, and syllables that pass for particles. */
const UNDIVIDED_ADVANTAGE = 7000
/** Shorter ones stand inside others by chance: 단가 in 판단가능. */
const SHORT = 2

const lengthOf = (parts: string[]): number => parts.join('').length

const endsInConsonant = (word: string): boolean => (word.charCodeAt(word.length - 1) - 0xac00) % 28 > 0

/**
 * Our own words with their costs. The shortest come first and count for the others, so that 의약품 does not break
 * 식품의약품안전처.
 * @param room of the dictionary's memory, while they are weighed
 * @param list words parted by white space, their parts by `+`; after ^ what stands at the beginning alone
 */
export function readUserWords(dictionary: Dictionary, room: number, list = POLICY_WORDS): UserDictionary {
  const { tokens, trie, connections, contexts: rights } = dictionary
  const user: UserDictionary = { words: [], byUnit: new Map() }
  const segmenter = new Segmenter(dictionary, user, room)
  const entries = list
    .split(/\s+/)
    .filter(Boolean)
    .map(entry => ({ first: entry.startsWith('^'), parts: entry.replace('^', '').split('+') }))
  for (const { first, parts } of entries.sort((a, b) => lengthOf(a.parts) - lengthOf(b.parts))) {
    const word = parts.join('')
    const model = lookUp(trie, endsInConsonant(word) ? MODELS.consonant : MODELS.vowel) >>> 8
    const contexts = contextsOf(tokens, model)
    const begins = connections[EDGE + rights * (contexts & 0xffff)] as number
    const ends = connections[(contexts >>> 16) + rights * EDGE] as number
    const divided = parts.length > 1 || word.length <= SHORT
    const advantage = divided ? advantageOf(word.length) : UNDIVIDED_ADVANTAGE
    const cost = segmenter.cost(word) - begins - ends - advantage
    const alike = user.byUnit.get(word.charCodeAt(0)) ?? []
    user.byUnit.set(word.charCodeAt(0), [...alike, user.words.length])
    user.words.push({ word, parts, contexts, cost, begins: first })
  }
  return user
}
