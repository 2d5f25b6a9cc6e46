import type { Morpheme } from './morphemes.ts'
import { endsStem, isContent, isSymbol, separates } from './parts-of-speech.ts'

/** What a text is found by. */
export interface Token {
  /** Normalised: lower case, NFC, verbs in their dictionary form, numbers as digits. */
  term: string
  /** A stem is a word as written, without particles and endings, where its morphemes alone would not say as much. */
  kind: 'morpheme' | 'stem'
  /** UTF-16 offsets. */
  start: number
  end: number
  /** Morphemes count from 1, with a gap between parts of a sentence; a stem has the position of its first morpheme. */
  position: number
}

/** What stands between spaces and symbols. */
interface WrittenWord {
  morphemes: Morpheme[]
  /** Of these, what is worth finding. */
  content: Morpheme[]
  /** Whether a comma or the end of a sentence stands before it. */
  apart: boolean
  /** Whether it follows a word of one syllable and a dot, as 중소기업 does in 대·중소기업, or a hyphen as in K-푸드. */
  linked: boolean
  /** Where the determiner begins that it is often written as one with: 전 in 전 국민. */
  determined: number | undefined
}

/** Longer ones are no words, and PostgreSQL takes no lexeme past 2,046 bytes. */
const LONGEST_TERM = 80

/** Whether a symbol makes one word of its neighbours, of which the first has so many units. */
function links(morphemes: Morpheme[], i: number, length: number): boolean {
  const [before, symbol, after] = morphemes.slice(i - 1, i + 2)
  if (!symbol || before?.end !== symbol.start || after?.start !== symbol.end) return false
  return symbol.form === '·'
    ? length === 1
    : HYPHEN.test(symbol.form) && [before.tag, after.tag].includes('SL')
}
const HYPHEN = /^[-‐‑]$/

/** Of one syllable, which people write before nouns with a space or without: 전 국민, 전국민. */
const DETERMINERS = new Set('전 각 총 현 본 타 양'.split(' '))
const determines = ([first, second]: Morpheme[], next: Morpheme): boolean =>
  first?.tag === 'MM' &&
  second === undefined &&
  DETERMINERS.has(first.form) &&
  next.tag !== 'SN' &&
  !OTHERS.has(first.form + next.form)
/** What is another word when it is written as one: 각 시·도 is no 각시, 전 시·군 no 전시. */
const OTHERS = new Set('각시 각도 각동 각목 각부 전시 전도 전주 양도'.split(' '))

function writtenWords(morphemes: Morpheme[]): WrittenWord[] {
  const words: WrittenWord[] = []
  let word: WrittenWord = { morphemes: [], content: [], apart: false, linked: false, determined: undefined }
  let end = -1
  for (let i = 0; i < morphemes.length; i++) {
    const morpheme = morphemes[i] as Morpheme
    const symbol = isSymbol(morpheme)
    if (word.morphemes.length > 0 && (symbol || morpheme.start > end)) {
      words.push(word)
      const length = end - (word.morphemes[0]?.start ?? end)
      const linked = symbol && links(morphemes, i, length)
      const determined =
        !symbol && determines(word.morphemes, morpheme) ? word.morphemes[0]?.start : undefined
      word = { morphemes: [], content: [], apart: false, linked, determined }
    } else if (symbol) word.linked = false
    end = Math.max(end, morpheme.end)
    if (symbol) word.apart ||= separates(morpheme)
    else {
      word.morphemes.push(morpheme)
      if (isContent(morpheme, morphemes[i + 1])) word.content.push(morpheme)
    }
  }
  if (word.morphemes.length > 0) words.push(word)
  return words
}

/** As it is searched for: 2,000억원 is 2000억원, 대·중소기업 is 대중소기업, 전 국민 전국민. */
const spell = (written: string): string =>
  /[,·‐‑\s-]/.test(written) ? written.replace(/(\d),(?=\d{3})/g, '$1').replace(/[·‐‑\s-]/g, '') : written

/**
 * The tokens of a line, by their start.
 * @param position of its first morpheme
 */
export function toTokens(text: string, morphemes: Morpheme[], position: number): Token[] {
  const tokens: Token[] = []
  const add = (kind: Token['kind'], term: string, start: number, end: number, at: number) => {
    if (term !== '' && term.length <= LONGEST_TERM) tokens.push({ term, kind, start, end, position: at })
  }
  let next = position
  let chain = { start: 0, position }
  for (const { morphemes: all, content, apart, linked, determined } of writtenWords(morphemes)) {
    if (apart) next++
    const start = (all[0] as Morpheme).start
    if (!linked) chain = { start, position: next }
    const end = content.findLast(endsStem)?.end
    if (end !== undefined) {
      const stem = spell(text.slice(start, end))
      // Every second unit may be a dot; spelling what is longer yet, again for each part, would take seconds.
      if (linked && end - chain.start <= 2 * LONGEST_TERM)
        add('stem', spell(text.slice(chain.start, end)), chain.start, end, chain.position)
      if (determined !== undefined) add('stem', spell(text.slice(determined, end)), determined, end, next)
      if (!content.some(({ form, start: from }) => form === stem && from === start))
        add('stem', stem, start, end, next)
    }
    for (const morpheme of content) add('morpheme', morpheme.form, morpheme.start, morpheme.end, next++)
  }
  return tokens.sort((a, b) => a.start - b.start || b.end - a.end)
}
