import type { Analyser } from '../text/analyser/analyse.ts'
import { normalise } from '../text/analyser/normalise.ts'
import type { Token } from '../text/analyser/tokens.ts'
import type { QueryNode, Term } from './grammar.ts'
import { type Reading, readAlone, readingWithin, readPhrase, type Way } from './ways.ts'

/** What the words of a query mean, before anything is looked up. */

export interface Word {
  type: 'word'
  term: Term
  /** As it is spelled, without particles. */
  text: string
  itself: Way
  /** Other readings; see `readAlone`. */
  also: Way[]
  /** Readings for a word that is hardly found as it is read. */
  lastly: Way[]
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

/** Words that a query has in a row, as they are read together, with all that stands between them. */
class Row {
  readonly #from: number = 0
  readonly #tokens: Token[] = []

  constructor(analyser: Analyser, q: string, terms: readonly Term[]) {
    const [first, ...more] = terms
    const last = more.at(-1)
    if (!first || !last) return
    this.#from = first.at
    this.#tokens = analyser.analyse(q.slice(first.at, last.at + last.text.length))
  }

  /** What a word is here: undefined where there is nothing beside it, null where it means nothing. */
  read(term: Term): Reading | null | undefined {
    if (this.#tokens.length === 0) return undefined
    return readingWithin(this.#tokens, term.at - this.#from, term.text)
  }
}

/** What tells two readings apart. */
const identityOf = ({ morphemes, stem }: Way): string =>
  [stem, ...morphemes.map(({ term }) => term)].join(' ')

/**
 * How a word is read: as in the row of words where there is one, and as it is read alone. Null where it means nothing in either:
 * 다른 is a verb at the end of a row only because nothing follows.
 */
function readWord(
  analyser: Analyser,
  term: Term,
  row: Row,
): Pick<Word, 'text' | 'itself' | 'also' | 'lastly'> | null {
  const there = term.phrase ? undefined : row.read(term)
  if (there === null) return null
  const alone = readAlone(analyser, term.text)
  if (alone.likely.length === 0) return null
  const known = new Set<string>()
  const others = (readings: Reading[]): Reading[] =>
    readings.filter(one => !known.has(identityOf(one)) && known.add(identityOf(one)))
  const within = term.phrase ? readPhrase(analyser, term.text) : []
  const [itself, ...also] = others([...(there ? [there] : []), ...alone.likely, ...within])
  return itself ? { text: itself.text, itself, also, lastly: others(alone.lastly) } : null
}

/** The beginning of a word is no word: it is taken as it stands. */
const beginningOf = ({ text }: Term): string => normalise(text).text.replace(/[^\p{L}\p{N}&]/gu, '')

function wordOf(analyser: Analyser, term: Term, row: Row): Word | null {
  if (term.prefix) {
    const text = beginningOf(term)
    return text === ''
      ? null
      : {
          type: 'word',
          term,
          text,
          itself: { morphemes: [], stem: null, otherwise: null },
          also: [],
          lastly: [],
        }
  }
  const read = readWord(analyser, term, row)
  return read && { type: 'word', term, ...read }
}

/** The words in a row among the children of an `and`; a beginning of a word and what is in brackets end a row. */
function rowsOf(analyser: Analyser, q: string, children: readonly QueryNode[]): Map<QueryNode, Row> {
  const rows = new Map<QueryNode, Row>()
  let terms: Term[] = []
  const end = () => {
    const row = new Row(analyser, q, terms)
    for (const term of terms) rows.set(term, row)
    terms = []
  }
  for (const child of children) {
    const goesOn = child.type === 'term' && !child.prefix
    if (!goesOn || child.title !== (terms[0]?.title ?? child.title)) end()
    if (goesOn) terms.push(child)
  }
  end()
  return rows
}

/** A query as it was typed, and as it was parsed. */
export interface Query {
  q: string
  query: QueryNode
}

/** Takes the terms of a query apart; those that mean nothing are left out and named. */
export function understand(analyser: Analyser, { q, query }: Query): Understood {
  const ignored: Term[] = []
  const meaningOf = (node: QueryNode, row: Row): Meaning | null => {
    if (node.type === 'term') {
      const word = wordOf(analyser, node, row)
      if (!word) ignored.push(node)
      return word
    }
    if (node.type === 'not') {
      const of = meaningOf(node.of, alone)
      return of && { type: 'not', of }
    }
    const rows = node.type === 'and' ? rowsOf(analyser, q, node.of) : null
    const of = node.of
      .map(child => meaningOf(child, rows?.get(child) ?? alone))
      .filter(child => child !== null)
    if (of.every(({ type }) => type === 'not')) return null
    return of.length === 1 ? (of[0] as Meaning) : { type: node.type, of }
  }
  const alone = new Row(analyser, q, [])
  return { meaning: meaningOf(query, alone), ignored }
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
