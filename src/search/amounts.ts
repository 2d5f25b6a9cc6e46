import type { Token } from '../text/analyser/tokens.ts'

/** A scale at the end of what is written: 3만. */
const SCALED = /[천만억조경]$/
const ZEROS = /0*$/

/** Whether a number goes on with the next one, which is written after it and fits into its zeros: 1조 5천억, 3만5천. */
function goesOn(text: string, first: Token, second: Token): boolean {
  if (second.position !== first.position + 1 || !/^\d+$/.test(first.term) || !/^\d+$/.test(second.term))
    return false
  const zeros = ZEROS.exec(first.term)?.[0].length ?? 0
  return (
    second.term.length <= zeros &&
    SCALED.test(text.slice(first.start, first.end)) &&
    /^ ?$/.test(text.slice(first.end, second.start))
  )
}

/**
 * Numbers that are written in parts, each as one: 1조 5천억 is 1500000000000, which 1.5조 is too. A sum has the position of its last
 * part.
 * @param morphemes of a text, in their order
 */
export function sumsOf(text: string, morphemes: readonly Token[]): Token[] {
  const sums: Token[] = []
  let sum: Token | undefined
  morphemes.forEach((token, i) => {
    const before = sum ?? morphemes[i - 1]
    if (before && goesOn(text, before, token)) {
      if (sum !== undefined) sums.pop()
      sum = { ...token, term: before.term.slice(0, -token.term.length) + token.term, start: before.start }
      sums.push(sum)
    } else sum = undefined
  })
  return sums
}

/** The tokens of a text with those sums. */
export const withSums = (text: string, tokens: readonly Token[]): Token[] => [
  ...tokens,
  ...sumsOf(
    text,
    tokens.filter(({ kind }) => kind === 'morpheme'),
  ),
]
