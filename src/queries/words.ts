import { MAX_LENGTH, MAX_TERMS, type QueryNode, tryQuery } from '../search/grammar.ts'
import type { LeftOut } from './left-out.ts'

/** What somebody typed into a plain search box, as a query of ours in which nothing is an operator. */

const QUOTES = /["“”＂]/gu
/** Everything that ends a word. */
const BREAKS = /[\s\u200b\p{Cc}"“”＂]+/u

const QUOTES_SAY_NOTHING = {
  en: 'quotation marks are passed over: each word is looked for',
  ko: '따옴표는 건너뛰고 단어마다 찾습니다',
}
const NO_WORD = { en: 'has no letter or digit', ko: '글자나 숫자가 없습니다' }
const TOO_MUCH = {
  en: `a query has at most ${MAX_TERMS} words and ${MAX_LENGTH} characters`,
  ko: `검색어는 단어 ${MAX_TERMS}개, ${MAX_LENGTH}자까지입니다`,
}

/** How many plain words a word is, several where they are listed without a space; null where it is anything else. */
function plainWords(word: string): number | null {
  const isPlain = (node: QueryNode) => node.type === 'term' && !node.phrase && !node.prefix && !node.title
  const read = tryQuery(word)
  const words = read?.type === 'and' ? read.of : [read]
  return words.every(node => node !== null && isPlain(node)) ? words.length : null
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
  let count = 0
  for (const word of text.split(BREAKS).filter(Boolean)) {
    const words = plainWords(word)
    // In quotes it is a word, whatever its signs would say.
    const term = words === null ? `"${word}"` : word
    const fits = count + (words ?? 1) <= MAX_TERMS && [...[...terms, term].join(' ')].length <= MAX_LENGTH
    if (!/[\p{L}\p{N}]/u.test(word)) left.push({ value: word, why: NO_WORD })
    else if (fits) {
      terms.push(term)
      count += words ?? 1
    } else left.push({ value: word, why: TOO_MUCH })
  }
  return { q: terms.length > 0 ? terms.join(' ') : null, left }
}
