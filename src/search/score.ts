import { quoteTerm, stemTerm, titleTerm } from './document.ts'
import { type Knowledge, readingsOf, synonymsOf, writtenOtherwise } from './readings.ts'
import type { Way } from './ways.ts'
import type { Word } from './words-of-query.ts'

/**
 * BM25 from a stock tsvector. With all weights 1 `ts_rank` of one term is H2(tf) / 1.644934, where H2(n) is the sum of
 * 1/j² up to n, so the frequency of a term in a document can be read from its rank. Morphemes count whole, stems half;
 * besides, how close the words stand, and whether they stand in the title. PostgreSQL tells the ranks (store-score.ts),
 * the sums are done here: as SQL they took longer than the ranks.
 */

const K1 = 1.2
const B = 0.75
const WEIGHTS = { stem: 0.5, proximity: 0.5, title: 1 }
const COVER = 0.3

/** The lower edges of the ranks of 1, 2, 3, … occurrences. */
const EDGES = (() => {
  const edges: number[] = []
  for (let n = 1, sum = 0; n <= 32; n++) {
    edges.push((sum + 1 / (2 * n * n)) / 1.64493406685)
    sum += 1 / (n * n)
  }
  return edges
})()

/** How often a term stands in a document, up to 32 times, from its rank there. */
export function frequencyOf(rank: number): number {
  let n = 0
  while (n < EDGES.length && rank >= (EDGES[n] as number)) n++
  return n
}

/** What a term tells that so many of the articles have. */
export function idfOf(df: number, articles: number): number {
  const n = Math.min(df, articles)
  return Math.log(1 + (articles - n + 0.5) / (n + 0.5))
}

interface Averages {
  morphemes: number
  stems: number
}

interface Scoring {
  words: Word[]
  /** Stems of several words in a row. */
  runs: string[]
  knowledge: Knowledge
  averages: Averages
}

/** What is known of a document: how many morphemes and stems it has, and what was asked of it. */
export interface Document {
  morphemes: number
  stems: number
  facts: readonly number[]
}

type Part = (document: Document) => number

/** Morphemes that are scored at most, the rarest of each word and of all: they have nearly all of the weight. */
const SCORED = 24

/** The score of documents for a query, and what must be asked of each document. */
export class Formula {
  private readonly scoring: Scoring
  /** Morphemes of one way of one word. */
  private readonly most: number
  private readonly parts: Part[]
  /** tsqueries: the ranks of the first, and whether the others match. Facts come in this order. */
  readonly ranks: string[] = []
  readonly matches: string[] = []

  constructor(scoring: Scoring) {
    this.scoring = scoring
    const { words, runs, knowledge } = scoring
    this.most = Math.max(2, Math.floor(SCORED / Math.max(1, words.length)))
    this.parts = [
      ...words.map(word => this.word(word)),
      ...runs.filter(stem => knowledge.df(stem) > 0).map(stem => this.stem(stem)),
      ...this.morphemes().map(term => this.title(term)),
    ]
  }

  of(document: Document): number {
    return this.parts.reduce((total, part) => total + part(document), 0)
  }

  /** The rarest morphemes of all words. */
  morphemes(): string[] {
    const all = this.scoring.words.flatMap(({ itself }) => itself.morphemes.map(({ term }) => term))
    return this.rarest([...new Set(all)])
  }

  /** What the closeness of the words adds, by the cover density of their morphemes. */
  proximity(cover: number): number {
    const idf = this.morphemes().reduce((total, term) => total + this.idf(this.scoring.knowledge.df(term)), 0)
    return (WEIGHTS.proximity * idf * cover) / (cover + COVER)
  }

  private rarest(terms: string[], most = SCORED): string[] {
    const { df } = this.scoring.knowledge
    return terms.length <= most ? terms : terms.sort((a, b) => df(a) - df(b)).slice(0, most)
  }

  private idf(df: number): number {
    return idfOf(df, this.scoring.knowledge.articles)
  }

  private saturation(kind: 'morphemes' | 'stems', document: Document): number {
    return K1 * (1 - B + (B * document[kind]) / Math.max(1, this.scoring.averages[kind]))
  }

  /** `size`: alternatives of the query, by which its rank is divided. */
  private bm25(query: string, df: number, kind: 'morphemes' | 'stems', size = 1): Part {
    const idf = this.idf(df)
    const place = asked(this.ranks, query)
    return document => {
      const tf = frequencyOf((document.facts[place] ?? 0) * size)
      return (idf * tf * (K1 + 1)) / (tf + this.saturation(kind, document))
    }
  }

  private matching(query: string, worth: Part): Part {
    const place = asked(this.matches, query)
    return document => (document.facts[this.ranks.length + place] ? worth(document) : 0)
  }

  private morpheme(term: string): Part {
    return this.bm25(quoteTerm(term), this.scoring.knowledge.df(term), 'morphemes')
  }

  private stem(stem: string): Part {
    const part = this.bm25(quoteTerm(stem), this.scoring.knowledge.df(stem), 'stems')
    return document => WEIGHTS.stem * part(document)
  }

  private way(way: Way): Part {
    const { morphemes, stem } = way
    const otherwise = writtenOtherwise(this.scoring.knowledge, way)
    const terms = this.rarest(
      morphemes.map(({ term }) => term),
      this.most,
    )
    const parts = [...terms.map(term => this.morpheme(term)), ...(stem === null ? [] : [this.stem(stem)])]
    const asRead: Part = document => parts.reduce((total, part) => total + part(document), 0)
    if (otherwise === null) return asRead
    const other = this.bm25(quoteTerm(otherwise), this.scoring.knowledge.df(otherwise), 'morphemes')
    return document => Math.max(asRead(document), other(document))
  }

  /** Terms in which the word stands inside, as if they were one that stands there once. */
  private inside(terms: string[]): Part {
    const idf = this.idf(terms.reduce((total, term) => total + this.scoring.knowledge.df(term), 0))
    return this.matching(
      terms.map(quoteTerm).join(' | '),
      document => (idf * (K1 + 1)) / (1 + this.saturation('morphemes', document)),
    )
  }

  private beginning(text: string): Part {
    const names = [text, stemTerm(text)]
    const df = names.reduce((total, name) => total + this.scoring.knowledge.df(`${name}*`), 0)
    const query = names.map(name => `${quoteTerm(name)}:*`).join(' | ')
    return this.bm25(query, df, 'morphemes', names.length)
  }

  private word(word: Word): Part {
    const { term, text } = word
    const { knowledge } = this.scoring
    if (term.prefix) return this.beginning(text)
    const inside = knowledge.inside.get(text) ?? []
    const ways = [
      ...[...readingsOf(knowledge, word), ...synonymsOf(knowledge, word)].map(way => this.way(way)),
      ...(inside.length > 0 ? [this.inside(inside)] : []),
    ]
    return document => Math.max(...ways.map(way => way(document)))
  }

  private title(term: string): Part {
    const idf = this.idf(this.scoring.knowledge.df(term))
    return this.matching(quoteTerm(titleTerm(term)), () => WEIGHTS.title * idf)
  }
}

/** The place of a query among those that are asked; what is asked twice is asked once. */
function asked(queries: string[], query: string): number {
  const place = queries.indexOf(query)
  return place >= 0 ? place : queries.push(query) - 1
}
