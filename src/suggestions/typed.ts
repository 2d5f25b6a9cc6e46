import { tryQuery } from '../search/grammar.ts'
import { otherKeyboard } from '../search/spelling.ts'
import { normalise } from '../text/analyser/normalise.ts'

/** The text of a search box: its last word, which is completed, and what stands before it. Pure. */

export interface Typed {
  /** All before the last word, operators of the search included: `"순환경제 `. */
  head: string
  /** The last word as typed. */
  given: string
  /** The last word as the index writes it: lower case, half width, without hyphens and middle dots. */
  word: string
}

const BREAK = /[\s\u200b"“”＂()|:*,，、/／]/u
/** What stands before a word to exclude it. */
const MINUS = /^[-－]/u

/** What K-푸드 is written without; see the analyser’s tokens.ts. */
const LINKS = /(?<=.)[·‐‑-]/gu

/** Null where there is no word. */
export function readTyped(q: string): Typed | null {
  const characters = [...q.trimStart()]
  while (BREAK.test(characters.at(-1) ?? '')) characters.pop()
  const start = characters.findLastIndex(character => BREAK.test(character)) + 1
  const tail = characters.slice(start).join('')
  const given = tail.replace(MINUS, '')
  if (given === '') return null
  const head = characters.slice(0, start).join('') + tail.slice(0, tail.length - given.length)
  return { head, given, word: normalise(given).text.replace(LINKS, '') }
}

/** Whether the text uses the grammar of the search, so that not all of its words are words to find. */
export const hasOperators = (q: string): boolean => /["“”＂()|:*]|(^|\s)[-－]|\s(OR|AND)\s/u.test(q)

/** Whether what stands before a word is a query by itself, which the word narrows: no open bracket, nor what excludes it. */
export const standsBy = (head: string): boolean => !/[-－]$/u.test(head) && tryQuery(head) !== null

/** The whole query with its last word completed, and quotes and brackets that are open closed. */
export function completed({ head, given }: Typed, word: string): string {
  const text = `${head}${isUpperCase(given) ? word.toUpperCase() : word}`
  const quotes = [...text].filter(character => /["“”＂]/u.test(character)).length
  const open = [...text].filter(character => character === '(').length
  const closed = [...text].filter(character => character === ')').length
  return text + (quotes % 2 === 1 ? '"' : '') + ')'.repeat(Math.max(0, open - closed))
}

/** Of letters that have case: ES begins ESG, and e begins esg. */
const isUpperCase = (text: string) => text !== text.toLowerCase() && text === text.toUpperCase()

/** The words before one that was typed with the wrong keyboard layout, where they were too. */
export const rereadHead = (head: string): string =>
  head.replace(/[a-z]{2,}|[가-힣ㄱ-ㅣ]+/giu, word => {
    const [reading] = otherKeyboard(word)
    // Hangul of whole syllables is what it seems, and so is Latin that makes none.
    const wrong = /[a-z]/iu.test(word) ? /^[가-힣]+$/u.test(reading ?? '') : /[ㄱ-ㅣ]/u.test(word)
    return wrong && reading !== undefined ? reading : word
  })
