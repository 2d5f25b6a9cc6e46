import type { Calendar } from './calendar.ts'
import { quoteTerm, stemTerm, titleTerm } from './document.ts'
import { synonymKey } from './synonym-key.ts'
import { type Meaning, type Way, type Word, wordsOf } from './words-of-query.ts'

/** From what a query means to the tsquery that finds it, with an estimate of how many articles that are. */

/** What is looked up for a query. */
export interface Knowledge {
  /** Public articles. */
  articles: number
  calendar: Calendar
  /** In how many of them a term stands; 0 where none is known. */
  df(term: string): number
  /** Other spellings, by the key of a word or of several in a row. */
  synonyms: ReadonlyMap<string, Way[]>
  /** Terms in which a word stands inside, by its text. */
  inside: ReadonlyMap<string, string[]>
}

export interface Compiled {
  /** For `::tsquery`. */
  query: string
  /** Where it is nothing but one term, that. */
  term?: string
  /** The estimated share of articles, from 0 to 1. */
  share: number
  /** Entries of the index that it takes to find them, as a multiple of the articles. */
  postings: number
}

/** Words in a row that are written as one, or have a synonym together. */
export interface Run {
  from: number
  to: number
  words: Word[]
  /** 순환 경제 as 순환경제. */
  stem: string
  /** What synonyms are looked up by. */
  key: string
}

const LONGEST_RUN = 4

/** The runs of plain words among the children of an `and`. */
export function runsOf(children: readonly Meaning[]): Run[] {
  const runs: Run[] = []
  children.forEach((first, from) => {
    if (!isPlain(first)) return
    const words = [first]
    for (let to = from + 1; to < from + LONGEST_RUN; to++) {
      const next = children[to]
      if (!next || !isPlain(next) || next.term.title !== first.term.title) return
      words.push(next)
      const stem = stemTerm(words.map(({ text }) => text).join(''))
      runs.push({
        from,
        to,
        words: [...words],
        stem,
        key: synonymKey(words.map(({ term }) => term.text).join('')),
      })
    }
  })
  return runs
}

const isPlain = (node: Meaning): node is Word =>
  node.type === 'word' && !node.term.phrase && !node.term.prefix

/** Every run of a query. */
export const allRuns = (meaning: Meaning): Run[] =>
  meaning.type === 'word'
    ? []
    : meaning.type === 'not'
      ? allRuns(meaning.of)
      : [...(meaning.type === 'and' ? runsOf(meaning.of) : []), ...meaning.of.flatMap(allRuns)]

/** All of several, of which nobody knows how they go together: between independent and as often as the rarest. */
const together = (shares: number[]): number =>
  shares.length === 0 ? 0 : Math.sqrt(shares.reduce((a, b) => a * b, 1) * Math.min(...shares))
const either = (shares: number[]): number =>
  Math.min(
    1,
    shares.reduce((a, b) => a + b, 0),
  )

export const anyOf = (parts: Compiled[]): Compiled => {
  const [only, ...more] = parts
  if (only && more.length === 0) return only
  return {
    query: `(${parts.map(({ query }) => query).join(' | ')})`,
    share: either(parts.map(p => p.share)),
    postings: sumOf(parts),
  }
}

const sumOf = (parts: Compiled[]) => parts.reduce((sum, { postings }) => sum + postings, 0)

/** Of the longer lists only what the shortest one has is read. */
const SKIPPED = 4
const leastOf = (parts: Compiled[]) =>
  Math.min(sumOf(parts), SKIPPED * Math.min(...parts.map(({ postings }) => postings)))

export const allOf = (parts: Compiled[]): Compiled => {
  const [only, ...more] = parts
  if (only && more.length === 0) return only
  return {
    query: `(${parts.map(({ query }) => query).join(' & ')})`,
    share: together(parts.map(p => p.share)),
    postings: leastOf(parts.filter(({ postings }) => postings > 0)),
  }
}

/** Makes the query of a meaning over what is known. */
export class Compiler {
  private readonly knowledge: Knowledge
  /** `apart`: the parts of a compound may stand anywhere. */
  private readonly apart: boolean
  constructor(knowledge: Knowledge, { apart = false } = {}) {
    this.knowledge = knowledge
    this.apart = apart
  }

  compile(meaning: Meaning): Compiled {
    if (meaning.type === 'word') return this.word(meaning)
    if (meaning.type === 'not') return { query: `!${this.compile(meaning.of).query}`, share: 1, postings: 0 }
    if (meaning.type === 'or') return anyOf(meaning.of.map(child => this.compile(child)))
    return this.all(meaning.of)
  }

  /** A term as it is: in the title alone, or anywhere. */
  private term(term: string, title: boolean): Compiled {
    return this.whole(title ? titleTerm(term) : term)
  }

  /** A lexeme by its name. */
  whole(name: string): Compiled {
    const share = this.share(name)
    return { query: quoteTerm(name), term: name, share, postings: share }
  }

  private share(term: string): number {
    const { articles, df } = this.knowledge
    return Math.min(1, df(term) / Math.max(1, articles))
  }

  private phrase({ morphemes }: Way, title: boolean): Compiled {
    const parts = morphemes.map(({ term }) => this.term(term, title))
    if (parts.length < 2 || this.apart) return allOf(parts)
    const weight = title ? ':A' : ''
    const query = morphemes.reduce((left, { term, position }, i) => {
      const name = `${quoteTerm(term)}${weight}`
      return i === 0 ? name : `${left} <${position - (morphemes[i - 1]?.position ?? 0)}> ${name}`
    }, '')
    const share = together(parts.map(part => part.share)) / 2
    return {
      query: title ? `(${[...parts.map(p => p.query), `(${query})`].join(' & ')})` : `(${query})`,
      share,
      postings: leastOf(parts),
    }
  }

  private way(way: Way, title: boolean): Compiled[] {
    return [
      ...(way.stem === null ? [] : [this.term(way.stem, title)]),
      ...(way.morphemes.length > 0 ? [this.phrase(way, title)] : []),
    ]
  }

  private word(word: Word): Compiled {
    const { term, text } = word
    return term.prefix ? this.beginning(text, term.title) : anyOf(this.ways(word))
  }

  /** All the ways in which a word is found: it, its synonyms, words in which it stands inside. */
  ways({ term, text, itself }: Word): Compiled[] {
    const { title } = term
    const synonyms = this.knowledge.synonyms.get(synonymKey(term.text)) ?? []
    const inside = this.knowledge.inside.get(text) ?? []
    return [
      ...this.way(itself, title),
      ...synonyms.flatMap(way => this.way(way, title)),
      ...inside.map(one => this.term(one, title)),
    ]
  }

  /** Words that begin so, as morphemes and as stems. */
  private beginning(text: string, title: boolean): Compiled {
    const names = [text, stemTerm(text)].map(name => (title ? titleTerm(name) : name))
    return anyOf(
      names.map(name => {
        const share = this.share(`${name}*`)
        return { query: `${quoteTerm(name)}:*`, share, postings: share }
      }),
    )
  }

  private all(children: readonly Meaning[]): Compiled {
    const parts = children.map(child => this.compile(child))
    const runs = runsOf(children).flatMap(run => {
      const whole = this.run(run)
      return whole ? [allOf([...parts.slice(0, run.from), whole, ...parts.slice(run.to + 1)])] : []
    })
    return anyOf([allOf(parts), ...runs])
  }

  /** Words that are written as one somewhere, or have a synonym together; null where they have not. */
  private run({ words, stem, key }: Run): Compiled | null {
    const title = words[0]?.term.title ?? false
    const written = this.term(stem, title)
    const ways = [
      ...(written.share > 0 ? [written] : []),
      ...(this.knowledge.synonyms.get(key) ?? []).flatMap(way => this.way(way, title)),
    ]
    return ways.length > 0 ? anyOf(ways) : null
  }
}

/** Every term whose frequency a query may ask for; what ends in a star is a beginning. */
export function termsToLookUp(
  meaning: Meaning,
  synonyms: Knowledge['synonyms'],
  inside: Knowledge['inside'],
): string[] {
  const terms = new Set<string>()
  const add = (term: string) => terms.add(term).add(titleTerm(term))
  const addWay = ({ morphemes, stem }: Way) => {
    for (const { term } of morphemes) add(term)
    if (stem !== null) add(stem)
  }
  for (const { term, text, itself } of wordsOf(meaning)) {
    if (term.prefix) for (const name of [text, stemTerm(text)]) add(`${name}*`)
    addWay(itself)
    for (const one of inside.get(text) ?? []) add(one)
  }
  for (const way of [...synonyms.values()].flat()) addWay(way)
  for (const { stem } of allRuns(meaning)) add(stem)
  return [...terms]
}
