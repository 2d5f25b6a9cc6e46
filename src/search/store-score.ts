import type pg from 'pg'
import { Prisma } from '../db/client.ts'
import { type Knowledge, synonymsOf } from './compile.ts'
import { quoteTerm, stemTerm, titleTerm } from './document.ts'
import { run } from './search.ts'
import type { Way, Word } from './words-of-query.ts'

/**
 * BM25 from a stock tsvector. With all weights 1 `ts_rank` of one term is H2(tf) / 1.644934, where H2(n) is the sum of
 * 1/j² up to n, so the frequency of a term in a document can be read from its rank. Morphemes count whole, stems half;
 * besides, how close the words stand, and whether they stand in the title.
 */

const { sql, join, raw } = Prisma
type Sql = Prisma.Sql

const K1 = 1.2
const B = 0.75
export const WEIGHTS = { stem: 0.5, proximity: 0.5, title: 1 }
const COVER = 0.3

/** The lower edges of the ranks of 1, 2, 3, … occurrences. */
const EDGES = (() => {
  const edges: number[] = []
  for (let n = 1, sum = 0; n <= 32; n++) {
    edges.push((sum + 1 / (2 * n * n)) / 1.64493406685)
    sum += 1 / (n * n)
  }
  return raw(`'{${edges.join(',')}}'::float8[]`)
})()

export interface Averages {
  morphemes: number
  stems: number
}

export interface Scoring {
  words: Word[]
  /** Stems of several words in a row. */
  runs: string[]
  knowledge: Knowledge
  averages: Averages
}

/** Morphemes that are scored at most, the rarest of each word and of all: they have nearly all of the weight. */
const SCORED = 24

const ONES = raw(`'{1,1,1,1}'`)

class Expressions {
  private readonly knowledge: Knowledge
  /** Morphemes of one way of one word. */
  private readonly most: number
  constructor(knowledge: Knowledge, words: number) {
    this.knowledge = knowledge
    this.most = Math.max(2, Math.floor(SCORED / Math.max(1, words)))
  }

  /** Some of the terms, those in the fewest articles. */
  rarest(terms: readonly string[], most = SCORED): string[] {
    if (terms.length <= most) return [...terms]
    const { df } = this.knowledge
    return [...terms].sort((a, b) => df(a) - df(b)).slice(0, most)
  }

  idf(df: number): number {
    const { articles } = this.knowledge
    const n = Math.min(df, articles)
    return Math.log(1 + (articles - n + 0.5) / (n + 0.5))
  }

  private bm25(query: string, idf: number, saturation: Sql, size = 1): Sql {
    const rank = sql`ts_rank(${ONES}, s.terms, ${query}::tsquery)::float8 * ${size}::int`
    return sql`(${idf}::float8 * (SELECT tf * ${K1 + 1}::float8 / (tf + ${saturation})
      FROM (SELECT width_bucket(${rank}, ${EDGES})::float8 AS tf) AS f))`
  }

  morpheme(term: string): Sql {
    return this.bm25(quoteTerm(term), this.idf(this.knowledge.df(term)), sql`l.morphemes`)
  }

  stem(stem: string): Sql {
    return sql`${WEIGHTS.stem}::float8 * ${this.bm25(quoteTerm(stem), this.idf(this.knowledge.df(stem)), sql`l.stems`)}`
  }

  way({ morphemes, stem }: Way): Sql {
    return sum([
      ...this.rarest(
        morphemes.map(({ term }) => term),
        this.most,
      ).map(term => this.morpheme(term)),
      ...(stem === null ? [] : [this.stem(stem)]),
    ])
  }

  /** Terms in which the word stands inside, as if they were one that stands there once. */
  private inside(terms: string[]): Sql {
    const df = terms.reduce((total, term) => total + this.knowledge.df(term), 0)
    return sql`CASE WHEN s.terms @@ ${terms.map(quoteTerm).join(' | ')}::tsquery
      THEN ${this.idf(df) * (K1 + 1)}::float8 / (1 + l.morphemes) ELSE 0 END`
  }

  private beginning(text: string): Sql {
    const names = [text, stemTerm(text)]
    const df = names.reduce((total, name) => total + this.knowledge.df(`${name}*`), 0)
    const query = names.map(name => `${quoteTerm(name)}:*`).join(' | ')
    return this.bm25(query, this.idf(df), sql`l.morphemes`, 2)
  }

  word(word: Word): Sql {
    const { term, text, itself } = word
    if (term.prefix) return this.beginning(text)
    const inside = this.knowledge.inside.get(text) ?? []
    const ways = [
      ...[itself, ...synonymsOf(this.knowledge, word)].map(way => this.way(way)),
      ...(inside.length > 0 ? [this.inside(inside)] : []),
    ]
    return ways.length === 1 ? (ways[0] as Sql) : sql`GREATEST(${join(ways)})`
  }

  title(term: string): Sql {
    const idf = this.idf(this.knowledge.df(term))
    return sql`CASE WHEN s.terms @@ ${quoteTerm(titleTerm(term))}::tsquery THEN ${WEIGHTS.title * idf}::float8 ELSE 0 END`
  }

  /** How close together all the morphemes stand. */
  proximity(terms: string[]): Sql {
    const idf = terms.reduce((total, term) => total + this.idf(this.knowledge.df(term)), 0)
    return sql`(SELECT ${WEIGHTS.proximity * idf}::float8 * cd / (cd + ${COVER}::float8)
      FROM (SELECT ts_rank_cd(${ONES}, s.terms, ${terms.map(quoteTerm).join(' & ')}::tsquery)::float8 AS cd) AS c)`
  }
}

const sum = (parts: Sql[]): Sql => (parts.length === 0 ? raw('0') : sql`(${join(parts, ' + ')})`)

function expressionOf({ words, runs, knowledge }: Scoring): Sql {
  const expressions = new Expressions(knowledge, words.length)
  const morphemes = morphemesOf(expressions, words)
  return sum([
    ...words.map(word => expressions.word(word)),
    ...runs.filter(stem => knowledge.df(stem) > 0).map(stem => expressions.stem(stem)),
    ...morphemes.map(term => expressions.title(term)),
  ])
}

/** The rarest morphemes of all words. */
function morphemesOf(expressions: Expressions, words: readonly Word[]): string[] {
  const all = [...new Set(words.flatMap(({ itself }) => itself.morphemes.map(({ term }) => term)))]
  return expressions.rarest(all)
}

export interface Scored {
  id: number
  /** In millionths. */
  score: number
}

/** Of equals the newer record comes first. */
export const byScore = (a: Scored, b: Scored): number => b.score - a.score || b.id - a.id

const MILLIONTHS = 1e6

/** What the closeness of the words adds to the scores of articles, by their identities; dear, so for the best alone. */
export async function scoreProximity(
  client: pg.ClientBase,
  ids: number[],
  { words, knowledge }: Scoring,
): Promise<Map<number, number>> {
  const expressions = new Expressions(knowledge, words.length)
  const morphemes = morphemesOf(expressions, words)
  if (morphemes.length < 2) return new Map()
  const rows = await run<Scored>(
    client,
    sql`SELECT s.article_id AS id, ${expressions.proximity(morphemes)}::float8 AS score FROM article_search s
      WHERE s.article_id = ANY(${ids}::int[])`,
  )
  return new Map(rows.map(({ id, score }) => [id, Math.round(score * MILLIONTHS)]))
}

/** Scores articles, best first. */
export async function scoreArticles(
  client: pg.ClientBase,
  ids: number[],
  scoring: Scoring,
): Promise<Scored[]> {
  const length = (column: string, average: number) =>
    sql`${K1}::float8 * (${1 - B}::float8 + ${B}::float8 * ${raw(`s.${column}`)} / ${Math.max(1, average)}::float8) AS ${raw(column)}`
  const rows = await run<Scored>(
    client,
    sql`SELECT s.article_id AS id, ${expressionOf(scoring)}::float8 AS score
      FROM article_search s,
        LATERAL (SELECT ${length('morphemes', scoring.averages.morphemes)}, ${length('stems', scoring.averages.stems)} OFFSET 0) AS l
      WHERE s.article_id = ANY(${ids}::int[])`,
  )
  return rows.map(({ id, score }) => ({ id, score: Math.round(score * MILLIONTHS) })).sort(byScore)
}
