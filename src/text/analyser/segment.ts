import {
  AFTER_SPACE,
  AT_END,
  ATTACHED,
  ATTACHED_AT_END,
  classBits,
  contextsOf,
  costOf,
  type Dictionary,
  defaultClass,
  groups,
  invokes,
  unknownLength,
} from './dictionary.ts'
import { Steps, valueAt } from './double-array.ts'
import { Lattice } from './lattice.ts'
import { numberEnd } from './numbers.ts'

/** A noun of our own with its parts, in the cost model of the dictionary. */
export interface UserWord {
  word: string
  parts: string[]
  contexts: number
  cost: number
  /** Whether it stands after no syllable. */
  begins: boolean
}

export interface UserDictionary {
  words: UserWord[]
  /** Indexes of the words by their first unit, so that a text pays one look-up a unit. */
  byUnit: Map<number, number[]>
}

/** A word of a text: a token of the dictionary, a word of our own, or the class of a run of unknown characters. */
export interface Word {
  start: number
  end: number
  token: number | UserWord | { unknown: number }
}

const SPACE = 0x20
const AMPERSAND = 0x26
/** What stands before nouns without a space: the middle dot, as it is normalised, and 1%대. */
const DOT = 0xb7
const PERCENT = 0x25
/** As in MeCab: a longer run of unknown characters is not one word. */
const LONGEST_GROUP = 24
/** Tokens of our own words are counted from here, unknown classes down from -1. */
const USER = 0x40000000

const isSyllable = (unit: number | undefined): boolean =>
  unit !== undefined && unit >= 0xac00 && unit <= 0xd7a3

/** Whether what follows this unit without a space is a part of a word. */
const joins = (unit: number | undefined): boolean => isSyllable(unit) || unit === DOT || unit === PERCENT

/** What verbs begin with that make a noun a verb, as 하다 does: 허가받은, 안내드린, 손본. */
const DOES = '하해했한할함합되돼됐된될됨됩받드보본봐봤볼봄'
const FIRST_SYLLABLE = 0xac00
const SYLLABLES = 11_172
const FINALS = 28
const OF_AN_INITIAL = 21 * FINALS
/** Finals of Sino-Korean syllables: none, ㄱ, ㄴ, ㄹ, ㅁ, ㅂ, ㅇ; and initials which these do not have: ㄲ, ㄸ, ㅃ, ㅉ. */
const SINO_FINALS = new Set([0, 1, 4, 8, 16, 17, 21])
const TENSE_INITIALS = new Set([1, 4, 8, 13])

/**
 * Of each syllable whether a verb that begins with it may be a part of a noun in truth, as 사는 is in 노무사는. Others, such as 없다,
 * 높다 and 끌다, begin with what hardly any compound noun goes on with.
 */
const MAY_BE_NOUN = Uint8Array.from({ length: SYLLABLES }, (_, syllable) =>
  Number(SINO_FINALS.has(syllable % FINALS) && !TENSE_INITIALS.has(Math.trunc(syllable / OF_AN_INITIAL))),
)
for (const syllable of DOES) MAY_BE_NOUN[syllable.charCodeAt(0) - FIRST_SYLLABLE] = 0

const unitsOf = (text: string): Uint16Array => Uint16Array.from(text, unit => unit.charCodeAt(0))

/** Splits texts into words as MeCab would, with our own words, numbers and Latin words besides. */
export class Segmenter {
  readonly #dictionary: Dictionary
  readonly #user: UserDictionary
  readonly #lattice: Lattice
  readonly #steps: Steps
  readonly #latin: number
  #units: Uint16Array = new Uint16Array()
  #from = 0
  #to = 0

  /** @param room of the dictionary's memory, which no other segmenter uses at the same time */
  constructor(dictionary: Dictionary, user: UserDictionary, room: number) {
    this.#dictionary = dictionary
    this.#user = user
    this.#lattice = new Lattice(dictionary, room)
    this.#steps = new Steps(dictionary.trie)
    this.#latin = classBits(dictionary.classes[0x61] as number)
  }

  /** The words of some units, which are taken for a text of their own. */
  segment(units: Uint16Array, from: number, to: number): Word[] {
    this.#fill(units, from, to)
    const steps = this.#lattice.path()
    return steps.map(({ start, token }, i) => {
      let end = steps[i + 1]?.start ?? to - from
      while (units[from + end - 1] === SPACE) end--
      return { start: from + start, end: from + end, token: this.#tokenOf(token) }
    })
  }

  /** The words of a text of one line. */
  words(text: string): Word[] {
    return this.segment(unitsOf(text), 0, text.length)
  }

  /** What the cheapest words of a text cost. */
  cost(text: string): number {
    const units = unitsOf(text)
    this.#fill(units, 0, units.length)
    return this.#lattice.cost()
  }

  #fill(units: Uint16Array, from: number, to: number): void {
    this.#units = units
    this.#from = from
    this.#to = to
    this.#lattice.begin(to - from)
    for (let at = from; at <= to; at++) {
      if (!this.#lattice.reaches(at - from)) continue
      let start = at
      while (start < to && units[start] === SPACE) start++
      this.#lattice.moveTo(at - from, start - from)
      if (start === to) break
      this.#addWords(start, start > at)
    }
  }

  #tokenOf(token: number): Word['token'] {
    if (token < 0) return { unknown: -1 - token }
    return token < USER ? token : (this.#user.words[token - USER] as UserWord)
  }

  #addWords(start: number, spaced: boolean): void {
    const { trie } = this.#dictionary
    const units = this.#units
    const from = this.#from
    const place = spaced ? AFTER_SPACE : 0
    const joined = !spaced && start > from && joins(units[start - 1])
    const attached =
      joined && isSyllable(units[start - 1]) && MAY_BE_NOUN[(units[start] as number) - FIRST_SYLLABLE] === 1
    const within = attached ? ATTACHED : place
    const last = attached ? ATTACHED_AT_END : AT_END
    const whole = this.#wholeEnd(start)
    let known = this.#addUserWords(start)
    let state = trie.firstStates[units[start] as number] as number
    let value = state < 0 ? -1 : valueAt(trie, state)
    for (let end = start + 1; state >= 0; end++) {
      if (value >= 0 && end >= whole) {
        known = true
        this.#lattice.addEntries(value, end - from, joined && this.#ends(end) ? last : within)
      }
      if (end === this.#to) break
      const step = this.#steps.find(state, units[end] as number)
      state = this.#steps.next(step)
      value = this.#steps.value(step)
    }
    if (whole > start) this.#addUnknown(start, whole)
    else this.#addUnknowns(start, known)
  }

  #addUserWords(start: number): boolean {
    const first = this.#user.byUnit.get(this.#units[start] as number)
    if (first === undefined) return false
    let known = false
    for (const index of first) {
      const { word, contexts, cost, begins } = this.#user.words[index] as UserWord
      if (begins && start > this.#from && isSyllable(this.#units[start - 1])) continue
      let length = 1
      while (length < word.length && this.#units[start + length] === word.charCodeAt(length)) length++
      if (length < word.length || start + length > this.#to) continue
      known = true
      this.#lattice.add(contexts, cost, start + length - this.#from, USER + index)
    }
    return known
  }

  /** Whether no syllable follows. */
  #ends(end: number): boolean {
    return end === this.#to || !isSyllable(this.#units[end])
  }

  #classes(at: number): number {
    return at < this.#to ? classBits(this.#dictionary.classes[this.#units[at] as number] as number) : 0
  }

  /** Where the number or the Latin word that starts here ends, which are never split; else `start`. R&D is one word. */
  #wholeEnd(start: number): number {
    let end = numberEnd(this.#units, start, this.#to)
    if (end > start) return end
    const isLatin = (at: number) => (this.#classes(at) & this.#latin) !== 0
    while (isLatin(end) || (end > start && this.#units[end] === AMPERSAND && isLatin(end + 1))) end++
    return end
  }

  /** Unknown words by the class of their characters: a run of them, and its beginnings up to a length. */
  #addUnknowns(start: number, known: boolean): void {
    const field = this.#dictionary.classes[this.#units[start] as number] as number
    if (known && !invokes(field)) return
    let run = start + 1
    if (groups(field))
      while (run - start <= LONGEST_GROUP && (this.#classes(run) & classBits(field)) !== 0) run++
    const grouped = groups(field) && run - start <= LONGEST_GROUP
    if (grouped) this.#addUnknown(start, run)
    const longest = Math.max(unknownLength(field), grouped || known ? 0 : 1)
    for (let end = start + 1; end - start <= longest && end <= run; end++)
      if (!(grouped && end === run)) this.#addUnknown(start, end)
  }

  #addUnknown(start: number, end: number): void {
    const type = defaultClass(this.#dictionary.classes[this.#units[start] as number] as number)
    const { unknown } = this.#dictionary
    this.#lattice.add(contextsOf(unknown, type), costOf(unknown, type), end - this.#from, -1 - type)
  }
}
