import {
  allOf,
  anyOf,
  type Compiled,
  excluding,
  independent,
  indexed,
  joined,
  known,
  together,
} from './compiled.ts'
import { pairTerm, quoteTerm, stemTerm, titleTerm } from './document.ts'
import type { Term } from './grammar.ts'
import { type Knowledge, readingsOf, synonymsOf, writtenOtherwise } from './readings.ts'
import { synonymKey } from './synonym-key.ts'
import { canPart, type Way } from './ways.ts'
import { allWords, type Meaning, type Word } from './words-of-query.ts'

/** From what a query means to the tsquery that finds it. */

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
function runsOf(children: readonly Meaning[]): Run[] {
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

/** How often a compound is written in parts, of how often it is written as one word. */
const SPACED = 0.7
/** How often all its parts stand in an article, together or not. */
const APART = 5

/** Ways that find a tenth as much as the one that finds most are worth reading for a part of what is found. */
const FOREMOST = 0.1

/** Where a word is looked for, and whether its parts must stand one after another to the last. */
type Scope = Pick<Term, 'title' | 'phrase'>

/** Makes the query of a meaning over what is known. */
export class Compiler {
  private readonly knowledge: Knowledge
  /** `apart`: the parts of a compound may stand anywhere. */
  private readonly apart: boolean
  /** `foremost`: some of what is found, by the ways in which most of it is. */
  private readonly foremost: boolean
  constructor(knowledge: Knowledge, { apart = false, foremost = false } = {}) {
    this.knowledge = knowledge
    this.apart = apart
    this.foremost = foremost
  }

  compile(meaning: Meaning): Compiled {
    if (meaning.type === 'word') return this.word(meaning)
    if (meaning.type === 'not')
      return excluding(new Compiler(this.knowledge, { apart: this.apart }).compile(meaning.of))
    if (meaning.type === 'or') return anyOf(meaning.of.map(child => this.compile(child)))
    return this.all(meaning.of)
  }

  /** A term as it is: in the title alone, or anywhere. */
  private term(term: string, title: boolean): Compiled {
    return this.whole(title ? titleTerm(term) : term)
  }

  /** A lexeme by its name. */
  whole(name: string): Compiled {
    return { ...known(quoteTerm(name), this.share(name)), term: name }
  }

  private share(term: string): number {
    const { articles, df } = this.knowledge
    return Math.min(1, df(term) / Math.max(1, articles))
  }

  /** Two morphemes written one after the other: as one word, or with space between them. */
  private pair(pair: string, title: boolean): Compiled[] {
    return [this.term(stemTerm(pair), title), this.term(pairTerm(pair), title)]
  }

  /** What an article must have in which the morphemes stand one after another, as far as the index knows. */
  private neighbours(morphemes: Way['morphemes'], title: boolean): Compiled[] {
    return morphemes.flatMap(({ term, pair }, i) => {
      if (pair !== null) return [anyOf(this.pair(pair, title))]
      const paired = morphemes[i + 1]?.pair != null
      return paired ? [] : [this.term(term, title)]
    })
  }

  /** Morphemes one after another, seen in the row: what the pairs of neighbours cannot tell. */
  private phrase({ morphemes, stem }: Way, title: boolean): Compiled {
    const weight = title ? ':A' : ''
    const query = morphemes.reduce((left, { term, position }, i) => {
      const name = `${quoteTerm(term)}${weight}`
      return i === 0 ? name : `${left} <${position - (morphemes[i - 1]?.position ?? 0)}> ${name}`
    }, '')
    const parts = this.neighbours(morphemes, title)
    const shares = parts.map(part => part.share)
    // Written as one word it is so frequent; in parts some less, and its parts apart some more.
    const written = stem === null ? 1 : this.share(title ? titleTerm(stem) : stem)
    const read = Math.min(together(shares), Math.max(APART * written, independent(shares)))
    return {
      query: joined([...parts, { query: `(${query})` }], '&'),
      share: Math.min(read / 2, SPACED * written),
      ...indexed(parts),
      read,
      loose: joined(parts, '&'),
    }
  }

  private way(way: Way, scope: Scope): Compiled[] {
    const otherwise = writtenOtherwise(this.knowledge, way)
    return [...this.asRead(way, scope), ...(otherwise === null ? [] : [this.term(otherwise, scope.title)])]
  }

  private asRead(way: Way, { title, phrase }: Scope): Compiled[] {
    const { morphemes, stem } = way
    const whole = stem === null ? [] : [this.term(stem, title)]
    const [, ...others] = morphemes
    const pairs = others.map(({ pair }) => pair)
    if (morphemes.length === 0) return whole
    if (morphemes.length === 1 || (this.apart && canPart(way)))
      return [...whole, allOf(morphemes.map(({ term }) => this.term(term, title)))]
    if (!pairs.every(pair => pair !== null)) return [...whole, this.phrase(way, title)]
    const [pair, ...more] = pairs
    if (pair && more.length === 0)
      return [...(stem === stemTerm(pair) ? [] : whole), ...this.pair(pair, title)]
    return [...whole, phrase ? this.phrase(way, title) : this.chain(way, title)]
  }

  /** Each two neighbours of a compound one after the other, which is the compound itself: its parts go together. */
  private chain({ morphemes }: Way, title: boolean): Compiled {
    const parts = this.neighbours(morphemes, title)
    const share = SPACED * Math.min(...parts.map(part => part.share))
    return { ...known(joined(parts, '&'), share), ...indexed(parts) }
  }

  private word(word: Word): Compiled {
    const { term, text } = word
    if (term.prefix) return this.beginning(text, term.title)
    const ways = this.ways(word)
    if (!this.foremost) return anyOf(ways)
    const most = Math.max(...ways.map(({ share }) => share))
    return anyOf(ways.filter(({ share }) => share >= FOREMOST * most))
  }

  /** All the ways in which a word is found: it, its synonyms, words in which it stands inside. */
  ways(word: Word): Compiled[] {
    const { term, text } = word
    const { title } = term
    const synonyms = synonymsOf(this.knowledge, word)
    const inside = this.knowledge.inside.get(text) ?? []
    return [
      ...readingsOf(this.knowledge, word).flatMap(way => this.way(way, term)),
      ...synonyms.flatMap(way => this.way(way, { title, phrase: false })),
      ...inside.map(one => this.term(one, title)),
    ]
  }

  /** Words that begin so, as morphemes and as stems. */
  private beginning(text: string, title: boolean): Compiled {
    const names = [text, stemTerm(text)].map(name => (title ? titleTerm(name) : name))
    return anyOf(
      names.map(name => {
        return known(`${quoteTerm(name)}:*`, this.share(`${name}*`))
      }),
    )
  }

  private all(children: readonly Meaning[]): Compiled {
    const parts = children.map(child => this.compile(child))
    if (this.foremost) return allOf(parts)
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
      ...(this.knowledge.synonyms.get(key) ?? []).flatMap(way => this.way(way, { title, phrase: false })),
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
  const addWay = ({ morphemes, stem, otherwise }: Way) => {
    for (const { term, pair } of morphemes) {
      add(term)
      if (pair !== null)
        add(pairTerm(pair))
          .add(stemTerm(pair))
          .add(titleTerm(stemTerm(pair)))
    }
    if (stem !== null) add(stem)
    if (otherwise !== null) add(otherwise)
  }
  for (const word of allWords(meaning)) {
    const { term, text } = word
    if (term.prefix) for (const name of [text, stemTerm(text)]) add(`${name}*`)
    for (const way of [word.itself, ...word.also, ...word.lastly]) addWay(way)
    for (const one of inside.get(text) ?? []) add(one)
  }
  for (const way of [...synonyms.values()].flat()) addWay(way)
  for (const { stem } of allRuns(meaning)) add(stem)
  return [...terms]
}
