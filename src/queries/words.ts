import { MAX_LENGTH, MAX_TERMS } from '../search/grammar.ts'
import type { LeftOut } from './left-out.ts'

/** What somebody typed into a plain search box, as a query of ours in which nothing is an operator. */

const QUOTES = /["“”＂]/gu
/** Everything that ends a word. */
const BREAKS = /[\s\u200b\p{Cc}"“”＂]+/u
/** What would be more than a word by itself, and is none in quotes. */
const OPERATOR = /[()|*]|^-|^(?:OR|AND)$|^(?:[Tt][Ii][Tt][Ll][Ee]|제목):/u

const QUOTES_SAY_NOTHING = {
  en: 'quotation marks are passed over: each word is looked for',
  ko: '따옴표는 건너뛰고 낱말마다 찾습니다',
}
const NO_WORD = { en: 'has no letter or digit', ko: '글자나 숫자가 없습니다' }
const TOO_MUCH = {
  en: `a query has at most ${MAX_TERMS} words and ${MAX_LENGTH} characters`,
  ko: `검색어는 낱말 ${MAX_TERMS}개, ${MAX_LENGTH}자까지입니다`,
}

/** `q` is null where no word is left. */
export function queryOfWords(text: string): {
  q: string | null
  left: Pick<LeftOut, 'value' | 'why'>[]
} {
  const left: Pick<LeftOut, 'value' | 'why'>[] = []
  const quotes = text.match(QUOTES)
  if (quotes) left.push({ value: [...new Set(quotes)].join(''), why: QUOTES_SAY_NOTHING })
  const terms: string[] = []
  for (const word of text.split(BREAKS).filter(Boolean)) {
    const term = OPERATOR.test(word) ? `"${word}"` : word
    const fits = terms.length < MAX_TERMS && [...terms, term].join(' ').match(/./gsu)?.length
    if (!/[\p{L}\p{N}]/u.test(word)) left.push({ value: word, why: NO_WORD })
    else if (fits && fits <= MAX_LENGTH) terms.push(term)
    else left.push({ value: word, why: TOO_MUCH })
  }
  return { q: terms.length > 0 ? terms.join(' ') : null, left }
}
