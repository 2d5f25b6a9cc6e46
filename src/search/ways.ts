import { josa } from 'es-hangul'
import type { Analyser } from '../text/analyser/analyse.ts'
import { byRules, withoutParticle } from '../text/analyser/by-rules.ts'
import { normalise } from '../text/analyser/normalise.ts'
import type { Token } from '../text/analyser/tokens.ts'
import { sumsOf } from './amounts.ts'
import { pairOf, stemTerm } from './document.ts'

/** The ways in which a text can be read: from what is written to terms. */

/** A way in which a word can stand in a document: its morphemes one after another, or its stem. */
export interface Way {
  morphemes: WayMorpheme[]
  stem: string | null
  /**
   * The same, where the dictionary reads it the other way in a document: 한미 is a word, in 한·미 it is a stem of two. Null where
   * there is no other way.
   */
  otherwise: string | null
}
interface WayMorpheme {
  term: string
  position: number
  /** With the one before as one word; null where it cannot be looked up so. See `pairOf`. */
  pair: string | null
}

/** Whether the parts of a compound may be looked for apart: numbers and single syllables alone would be found anywhere. */
export const canPart = ({ morphemes }: Way): boolean =>
  morphemes.length > 1 &&
  morphemes.some(({ term }) => term.length > 1) &&
  morphemes.every(({ term }) => !/^\d/.test(term))

const JOINED = /[\s\u200b,·ㆍ]/g

/** A phrase is written as one word too: “탄소 중립” as 탄소중립. */
const spacedStem = (text: string, morphemes: number): string | null =>
  morphemes > 1 ? stemTerm(normalise(text).text.replace(JOINED, '')) : null

/** A way with the text that is read so. */
export type Reading = Way & { text: string }

/** What a text means by itself; null where nothing of it is searchable. */
export const wayOf = (analyser: Analyser, text: string): Reading | null =>
  readingOf(text, analyser.analyse(text))

/** What a text means that has these tokens. */
function readingOf(text: string, tokens: Token[]): Reading | null {
  const morphemes = tokens.filter(({ kind }) => kind === 'morpheme').sort((a, b) => a.position - b.position)
  if (tokens.length === 0) return null
  const start = Math.min(...tokens.map(token => token.start))
  const end = Math.max(...tokens.map(token => token.end))
  // The stem of all of the text, where there is one.
  const stem = tokens.find(token => token.kind === 'stem' && token.start === start && token.end === end)
  const only = morphemes.length === 1 ? morphemes[0]?.term : undefined
  return {
    text: stem?.term ?? only ?? text.slice(start, end),
    morphemes: morphemes.map((token, i) => ({
      term: token.term,
      position: token.position,
      pair: pairOf(text, morphemes[i - 1], token),
    })),
    stem: stem ? stemTerm(stem.term) : spacedStem(text, morphemes.length),
    otherwise: otherwiseOf(stem?.term, only),
  }
}

/** Two numbers with a dot are no number without it: 4·3 is not 43. Days are written so, 5·18 as 518. */
const FEW_DIGITS = /^\d{1,2}$/

function otherwiseOf(stem: string | undefined, only: string | undefined): string | null {
  const term = stem ?? only
  if (term === undefined || FEW_DIGITS.test(term)) return null
  return stem ?? stemTerm(term)
}

/** The tokens of a part of a text by their places in it; undefined where it is no part by itself. */
function tokensWithin(tokens: Token[], from: number, text: string): Token[] | undefined {
  const to = from + text.length
  const isWithin = ({ start, end }: Token) => from <= start && end <= to
  const touches = ({ start, end }: Token) => start < to && end > from
  if (tokens.some(token => token.kind === 'morpheme' && touches(token) && !isWithin(token))) return undefined
  // A stem may be of more than this word: that of 전 국민 is 전국민.
  return tokens
    .filter(isWithin)
    .map(token => ({ ...token, start: token.start - from, end: token.end - from }))
}

/** What a part of a text means that has these tokens; null where it means nothing, undefined where it is no part by itself. */
export function readingWithin(tokens: Token[], from: number, text: string): Reading | null | undefined {
  const own = tokensWithin(tokens, from, text)
  return own && readingOf(text, own)
}

export interface Readings {
  likely: Reading[]
  lastly: Reading[]
}

/** What stands before and after what is done, so that it is read as that. */
const DONE = ['이를 ', ' 기업'] as const

/** A word as what is done: 만든 as 만들다. Null where it means nothing so. */
function readDone(analyser: Analyser, written: string): Reading | null {
  const [before, after] = DONE
  return readingWithin(analyser.analyse(before + written + after), before.length, written) ?? null
}

/** Whether a reading is a verb in a form that is spelled otherwise than its stem, of two syllables and more. */
const isInflected = ({ morphemes }: Reading, written: string): boolean => {
  const [only, ...others] = morphemes
  return only !== undefined && others.length === 0 && only.term.length > 1 && !written.startsWith(only.term)
}

/**
 * How a word is read that stands alone, while in a text there is something beside it. What an object would be is a noun: 안내 is not
 * 안 and 내다; but 만든 is 만들다 as well. It is tried otherwise where it is hardly found so: as it is read without an object, as what
 * is done, and without what may be a particle: 물이 as 물, 대기업과 as 대기업.
 */
export function readAlone(analyser: Analyser, text: string): Readings {
  const tokens = analyser.analyse(text)
  const reading = readingOf(text, tokens)
  if (reading === null) return { likely: [], lastly: [] }
  const written = normalise(text).text
  const dotted = readDotted(analyser, written)
  // With a middle dot it is hardly a decimal.
  const isDecimal = written.includes('.')
  const sums = [...readSums(text, tokens), ...(dotted && isDecimal ? [dotted] : [])]
  // Rules know no nouns.
  if (analyser === byRules) return { likely: [reading, ...sums], lastly: [] }
  const noun = reading.text === written ? null : wayOf(analyser, josa(written, '을/를'))
  const isNoun = noun?.text === written && noun.morphemes.every(({ pair }, i) => i === 0 || pair !== null)
  const main = isNoun ? noun : reading
  const done = readDone(analyser, written)
  const before = readBefore(analyser, written)
  // 안산 is no 사다 and 청도 no 청, but 물이 may be 물.
  const isPart = (way: Reading) => written.length === 2 && main.text === written && isShort(way)
  const others = [
    ...(isNoun ? [reading] : []),
    ...(done && !isPart(done) ? [done] : []),
    ...before.filter(way => !isPart(way) || !/[은도]$/.test(written)),
    ...(dotted && !isDecimal ? [dotted] : []),
  ]
  // What stands before a particle is a noun: 피해는 is no 피하다.
  const isParticled = reading.text.length > 1 && before.some(({ text }) => text === reading.text)
  if (!done || !isInflected(done, written) || isParticled) return { likely: [main, ...sums], lastly: others }
  // 커진 is read as 크다 alone, 고친 as a name.
  const isVerb = !isNoun && !written.startsWith(reading.text)
  return {
    likely: [...(isVerb ? [] : [main]), done, ...sums],
    lastly: [...(isVerb ? [reading] : []), ...others],
  }
}

/** What may stand before and after a phrase: the dictionary reads its first and last words by that. */
const AROUND = [['기업 ', ''], ['', ' 기업'], ['기업 ', ' 기업'], DONE] as const

/** How many of the words of a text have something to find. */
const wordsFound = (text: string, tokens: Token[]): number =>
  [...text.matchAll(/\S+/g)].filter(({ index, 0: word }) =>
    tokens.some(({ start, end }) => start < index + word.length && end > index),
  ).length

/**
 * A phrase of several words as it is read within a text: “급등 여부를” begins with 급, but with 급등 behind 가격. A reading that leaves words out which
 * the phrase has by itself, or all but one, is none: “등 생활” would find any 생활.
 */
export function readPhrase(analyser: Analyser, text: string): Reading[] {
  if (!/\s/.test(text)) return []
  const least = Math.max(2, wordsFound(text, analyser.analyse(text)))
  return AROUND.flatMap(([before, after]) => {
    const own = tokensWithin(analyser.analyse(before + text + after), before.length, text) ?? []
    return wordsFound(text, own) < least ? [] : (readingOf(text, own) ?? [])
  })
}

/** Whether a reading is one syllable. */
const isShort = ({ morphemes }: Reading): boolean => morphemes.length === 1 && morphemes[0]?.term.length === 1

/** Two numbers with a dot between them, as days that are remembered are written: 5.18 and 5·18. */
const DOTTED = /^(\d{1,2})([.·ㆍ])(\d{1,2})(?!\d)/

/** The same with the other dot; null where there is none. */
function readDotted(analyser: Analyser, written: string): Reading | null {
  const [, month, dot, day] = DOTTED.exec(written) ?? []
  if (dot === undefined) return null
  const way = wayOf(analyser, written.replace(DOTTED, `${month}${dot === '.' ? '·' : '.'}${day}`))
  // Its stem has lost the dot: that of 1·5도 is 15도.
  return way && { ...way, stem: null, otherwise: null }
}

/** A day as it is written in brackets, where a dot follows: 3.27. */
const DAY = /^\d{1,2}\.\d{1,2}$/

/** What stands before what may be a particle; a number as the day that it may be. */
function readBefore(analyser: Analyser, written: string): Reading[] {
  if (DAY.test(written)) return [wayOf(analyser, `${written}.`)].filter(way => way !== null)
  const before = withoutParticle(written)
  return before === written ? [] : readAlone(analyser, before).likely
}

/** With numbers of several parts as one, where there are any. */
function readSums(text: string, tokens: Token[]): Reading[] {
  const morphemes = tokens.filter(({ kind }) => kind === 'morpheme')
  const sums = sumsOf(text, morphemes)
  const others = morphemes.filter(one => !sums.some(sum => sum.start <= one.start && one.end <= sum.end))
  return sums.length === 0 ? [] : [readingOf(text, [...others, ...sums])].filter(way => way !== null)
}
