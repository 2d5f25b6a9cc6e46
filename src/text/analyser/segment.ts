import {
  COST,
  classBits,
  type Dictionary,
  defaultClass,
  groups,
  invokes,
  LEFT,
  POSID,
  RIGHT,
  TOKEN_FIELDS,
  unknownLength,
} from './dictionary.ts'
import { Steps, valueAt } from './double-array.ts'
import { Lattice } from './lattice.ts'
import { numberEnd } from './numbers.ts'

/** A noun of our own with its parts, in the cost model of the dictionary. */
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

/** A word of a text: a token of the dictionary, a word of our own, or the class of a run of unknown characters. */
export interface Word {
  start: number
  end: number
  token: number | UserWord | { unknown: number }
}

const SPACE = 0x20
const AMPERSAND = 0x26
/** As in MeCab: a longer run of unknown characters is not one word. */
const LONGEST_GROUP = 24
/** Tokens of our own words are counted from here, unknown classes down from -1. */
const USER = 0x40000000

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

  constructor(dictionary: Dictionary, user: UserDictionary = { words: [], byUnit: new Map() }) {
    this.#dictionary = dictionary
    this.#user = user
    this.#lattice = new Lattice(dictionary)
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

  /** What the cheapest words of a text cost. */
  cost(text: string): number {
    const units = Uint16Array.from(text, unit => unit.charCodeAt(0))
    this.#fill(units, 0, units.length)
    return this.#lattice.cost()
  }

  #fill(units: Uint16Array, from: number, to: number): void {
    this.#units = units
    this.#from = from
    this.#to = to
    this.#lattice.begin(to - from)
    for (let at = from; at <= to; at++) {
      if (!this.#lattice.moveTo(at - from)) continue
      let start = at
      while (start < to && units[start] === SPACE) start++
      if (start === to) break
      this.#addWords(start, start > at)
    }
  }

  #tokenOf(token: number): Word['token'] {
    if (token < 0) return { unknown: -1 - token }
    return token < USER ? token : (this.#user.words[token - USER] as UserWord)
  }

  #addWords(start: number, spaced: boolean): void {
    const { trie, tokens, spacePenalties } = this.#dictionary
    const units = this.#units
    const whole = this.#wholeEnd(start)
    let known = this.#addUserWords(start)
    let state = trie.firstStates[units[start] as number] as number
    let value = state < 0 ? -1 : valueAt(trie, state)
    for (let end = start + 1; state >= 0; end++) {
      if (value >= 0 && end >= whole) {
        known = true
        const last = (value >>> 8) + (value & 0xff)
        for (let token = value >>> 8; token < last; token++) {
          const field = token * TOKEN_FIELDS
          const penalty = spaced ? (spacePenalties[tokens[field + POSID] as number] as number) : 0
          this.#add(tokens, field, penalty, start, end, token)
        }
      }
      if (end === this.#to) break
      const step = this.#steps.find(state, units[end] as number)
      state = this.#steps.next[step] as number
      value = this.#steps.value[step] as number
    }
    if (whole > start) this.#addUnknown(start, whole)
    else this.#addUnknowns(start, known)
  }

  #addUserWords(start: number): boolean {
    const first = this.#user.byUnit.get(this.#units[start] as number)
    if (first === undefined) return false
    let known = false
    for (const index of first) {
      const { word, left, right, cost } = this.#user.words[index] as UserWord
      let length = 1
      while (length < word.length && this.#units[start + length] === word.charCodeAt(length)) length++
      if (length < word.length || start + length > this.#to) continue
      known = true
      const at = start - this.#from
      this.#lattice.add(left, right, cost, at, at + length, USER + index)
    }
    return known
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
    this.#add(this.#dictionary.unknown, type * TOKEN_FIELDS, 0, start, end, -1 - type)
  }

  #add(tokens: Uint16Array, field: number, penalty: number, start: number, end: number, token: number): void {
    const cost = (((tokens[field + COST] as number) << 16) >> 16) + penalty
    const left = tokens[field + LEFT] as number
    const right = tokens[field + RIGHT] as number
    this.#lattice.add(left, right, cost, start - this.#from, end - this.#from, token)
  }
}
