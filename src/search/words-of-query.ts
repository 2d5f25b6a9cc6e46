import type { Analyser } from '../text/analyser/analyse.ts'
import { normalise } from '../text/analyser/normalise.ts'
import { pairOf, stemTerm } from './document.ts'
import type { QueryNode, Term } from './grammar.ts'

/** What the words of a query mean: from text to terms, before anything is looked up. */

/** A way in which a word can stand in a document: its morphemes one after another, or its stem. */
export interface Way {
  morphemes: WayMorpheme[]
  stem: string | null
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
}
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
  return {
    text: stem?.term ?? (morphemes.length === 1 ? (morphemes[0]?.term ?? '') : text.slice(start, end)),
    morphemes: morphemes.map((token, i) => ({
      term: token.term,
      position: token.position,
      pair: pairOf(text, morphemes[i - 1], token),
    })),
    stem: stem ? stemTerm(stem.term) : spacedStem(text, morphemes.length),
  }
}

/** A phrase is written as one word too: “탄소 중립” as 탄소중립. */
const spacedStem = (text: string, morphemes: number): string | null =>
  morphemes > 1 ? stemTerm(normalise(text).text.replace(JOINED, '')) : null

/** The beginning of a word is no word: it is taken as it stands. */
const beginningOf = ({ text }: Term): string => normalise(text).text.replace(/[^\p{L}\p{N}&]/gu, '')

function wordOf(analyser: Analyser, term: Term): Word | null {
  if (term.prefix) {
    const text = beginningOf(term)
    return text === '' ? null : { type: 'word', term, text, itself: { morphemes: [], stem: null } }
  }
  const way = wayOf(analyser, term.text)
  return way && { type: 'word', term, text: way.text, itself: way }
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
