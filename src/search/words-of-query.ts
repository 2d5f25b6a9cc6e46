import { josa } from 'es-hangul'
import type { Analyser } from '../text/analyser/analyse.ts'
import { byRules } from '../text/analyser/by-rules.ts'
import { normalise } from '../text/analyser/normalise.ts'
import { pairOf, stemTerm } from './document.ts'
import type { QueryNode, Term } from './grammar.ts'

/** What the words of a query mean: from text to terms, before anything is looked up. */

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

export interface Word {
  type: 'word'
  term: Term
  /** As it is spelled, without particles. */
  text: string
  itself: Way
  /** Another reading; see `readWord`. */
  also: Way | null
}
/** What a word may be. */
export const readingsOf = ({ itself, also }: Word): Way[] => (also === null ? [itself] : [itself, also])

export type Meaning =
  | Word
  | { type: 'not'; of: Meaning }
  | { type: 'and'; of: Meaning[] }
  | { type: 'or'; of: Meaning[] }

export interface Understood {
  /** Null where nothing can be looked for. */
  meaning: Meaning | null
  /** Terms without anything searchable, such as 의 or ·. */
  ignored: Term[]
}

const JOINED = /[\s\u200b,·ㆍ]/g

/** What a text means by itself; null where nothing of it is searchable. */
export function wayOf(analyser: Analyser, text: string): (Way & { text: string }) | null {
  const tokens = analyser.analyse(text)
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
    otherwise: stem?.term ?? (only === undefined ? null : stemTerm(only)),
  }
}

/** A word with the particle 의, which at the end of a text the dictionary takes for a part of a noun: 철강의 as 철 and 강의. */
const GENITIVE = /^.*[가-힣]{2}(?=의$)/u
/** A noun that may follow. */
const NEXT = ' 정책'

/**
 * How a word of a query is read, which stands alone while in a text there is something beside it; `itself` is what it is, `also`
 * what it may be besides. A noun that the dictionary has is none of its syllables: 안내 is not 안 and 내다. What could be a noun or
 * a verb is both: 보고서.
 */
function readWord(analyser: Analyser, text: string): Pick<Word, 'text' | 'itself' | 'also'> | null {
  const way = wayOf(analyser, text)
  if (way === null) return null
  const asRead = { text: way.text, itself: way, also: null }
  // Rules know no nouns.
  if (analyser === byRules) return asRead
  const written = normalise(text).text
  if (way.text === written) {
    const owner = ownerOf(analyser, written)
    return owner === null ? asRead : { text: owner.text, itself: owner, also: null }
  }
  const noun = wayOf(analyser, josa(written, '을/를'))
  if (noun?.text !== written) return asRead
  const known = noun.morphemes.length === 1 && noun.stem === null
  return known ? { text: noun.text, itself: noun, also: null } : { ...asRead, also: noun }
}

/** What stands before the particle of a genitive; null where there is none, as in 회의. */
function ownerOf(analyser: Analyser, written: string): ReturnType<typeof wayOf> {
  const owner = GENITIVE.exec(written)?.[0] ?? null
  if (owner === null) return null
  const tokens = analyser.analyse(written + NEXT)
  return tokens.some(({ start, end }) => start === 0 && end === owner.length) ? wayOf(analyser, owner) : null
}

/** A phrase is written as one word too: “탄소 중립” as 탄소중립. */
const spacedStem = (text: string, morphemes: number): string | null =>
  morphemes > 1 ? stemTerm(normalise(text).text.replace(JOINED, '')) : null

/** The beginning of a word is no word: it is taken as it stands. */
const beginningOf = ({ text }: Term): string => normalise(text).text.replace(/[^\p{L}\p{N}&]/gu, '')

function wordOf(analyser: Analyser, term: Term): Word | null {
  if (term.prefix) {
    const text = beginningOf(term)
    return text === ''
      ? null
      : { type: 'word', term, text, itself: { morphemes: [], stem: null, otherwise: null }, also: null }
  }
  const read = readWord(analyser, term.text)
  return read && { type: 'word', term, ...read }
}

/** Takes the terms of a query apart; those that mean nothing are left out and named. */
export function understand(analyser: Analyser, query: QueryNode): Understood {
  const ignored: Term[] = []
  const meaningOf = (node: QueryNode): Meaning | null => {
    if (node.type === 'term') {
      const word = wordOf(analyser, node)
      if (!word) ignored.push(node)
      return word
    }
    if (node.type === 'not') {
      const of = meaningOf(node.of)
      return of && { type: 'not', of }
    }
    const of = node.of.map(meaningOf).filter(child => child !== null)
    if (of.every(({ type }) => type === 'not')) return null
    return of.length === 1 ? (of[0] as Meaning) : { type: node.type, of }
  }
  return { meaning: meaningOf(query), ignored }
}

/** The words that are looked for, in their order; what is excluded is not among them. */
export function wordsOf(meaning: Meaning): Word[] {
  if (meaning.type === 'word') return [meaning]
  return meaning.type === 'not' ? [] : meaning.of.flatMap(wordsOf)
}

/** All words, those excluded too. */
export function allWords(meaning: Meaning): Word[] {
  if (meaning.type === 'word') return [meaning]
  return meaning.type === 'not' ? allWords(meaning.of) : meaning.of.flatMap(allWords)
}
