import type pg from 'pg'
import type { Prisma } from '../db/client.ts'
import type { DayRange } from '../time/seoul.ts'
import { loadAnalysis } from './analysis.ts'
import { bigramScores } from './bigrams.ts'
import { allOf, allRuns, anyOf, type Compiled, Compiler } from './compile.ts'
import { filterTerm, quoteTerm, titleTerm } from './document.ts'
import type { QueryNode } from './grammar.ts'
import { type LookedUp, lookUp } from './knowledge.ts'
import { type Relaxed, relaxations } from './relax.ts'
import {
  countMatches,
  type Matching,
  type Place,
  ROUTE_LIMITS,
  type RouteLimits,
  type Slice,
  searchByDate,
  searchByViews,
} from './search.ts'
import { countTerm, findFrequencies } from './store.ts'
import { type Scored, scoreArticles } from './store-score.ts'
import { suggestSpellings } from './store-words.ts'
import { synonymKey } from './synonym-key.ts'
import { type Meaning, understand, type Word, wordsOf } from './words-of-query.ts'

/** A keyword search from its text to the identities of a page, over one snapshot. */

export type Order = 'newest' | 'oldest' | 'views' | 'relevance'

export interface KeywordRequest {
  q: string
  query: QueryNode
  /** Terms of filters: any of each list. */
  filters: string[][]
  published: DayRange
  /** See `Matching`. */
  also: Prisma.Sql | null
  order: Order
  at: { offset: number } | { place: Place; backwards: boolean }
  limit: number
  /** The texts of articles by their identities, for the rerank. */
  textsOf: (client: pg.ClientBase, ids: number[]) => Promise<Map<number, { title: string; body: string }>>
}

export interface KeywordHit {
  id: number
  /** What the list orders by: milliseconds since 1970, views, or millionths of a score. */
  key: number
}

export interface KeywordResult {
  hits: KeywordHit[]
  /** Whether there are more beyond the last one, in the direction of the request. */
  more: boolean
  /** Null where nobody asked. */
  total: { count: number; exact: boolean } | null
  report: KeywordReport
  /** The words that were looked for in the end. */
  words: Word[]
  knowledge: LookedUp | null
}

export interface KeywordReport {
  ignored: string[]
  relaxed: Pick<Relaxed, 'how' | 'dropped'> | null
  /** How many of the newest matches were ranked; null unless by relevance. */
  ranked: number | null
  degraded: 'no-dictionary' | 'timed-out' | null
  /** The query with words that find something, where it finds nothing. */
  didYouMean: string[]
}

/** Matches that are counted; beyond, a total is a lower bound. */
export const COUNTED = 10_000
/** The best are compared by pairs of characters too. */
const RERANKED = 60
const RERANK_WEIGHT = 0.4
/** Fewer hits than this, and relevance asks for less. */
const FEW = 5

/** A page before anything is said of it. */
interface Found extends Pick<KeywordResult, 'hits' | 'more' | 'total'> {
  /** What was looked for in the end. */
  compiled: Compiled
  relaxed: Relaxed | null
  ranked: number | null
}

/** One search on one connection. */
class KeywordSearch {
  private readonly client: pg.ClientBase
  private readonly request: KeywordRequest
  private readonly limits: RouteLimits
  readonly knowledge: LookedUp
  private readonly filters: Compiled[]

  constructor(
    client: pg.ClientBase,
    request: KeywordRequest,
    looked: { knowledge: LookedUp; filters: Compiled[] },
    limits: RouteLimits,
  ) {
    this.client = client
    this.request = request
    this.knowledge = looked.knowledge
    this.filters = looked.filters
    this.limits = limits
  }

  matching(compiled: Compiled): Matching {
    const { query, share } = allOf([compiled, ...this.filters])
    const { published, also } = this.request
    return { query, share, articles: this.knowledge.articles, published, also }
  }

  /** The page in an order that an index knows. */
  async list(meaning: Meaning): Promise<Found> {
    const { order, at, limit } = this.request
    const backwards = 'place' in at && at.backwards
    const slice: Slice = {
      descending: (order !== 'oldest') !== backwards,
      after: 'place' in at ? at.place : null,
      offset: 'offset' in at ? at.offset : 0,
      limit: limit + 1,
    }
    const compiled = new Compiler(this.knowledge).compile(meaning)
    const matching = this.matching(compiled)
    const found =
      order === 'views'
        ? (await searchByViews(this.client, matching, slice, this.limits)).map(({ id, views }) => ({
            id,
            key: views,
          }))
        : (await searchByDate(this.client, matching, slice, this.limits)).map(({ id, listedAt }) => ({
            id,
            key: listedAt.getTime(),
          }))
    const hits = found.slice(0, limit)
    return {
      hits: backwards ? hits.reverse() : hits,
      more: found.length > limit,
      compiled,
      total: null,
      relaxed: null,
      ranked: null,
    }
  }

  /** The newest matches, and the newest with one of the words in the title. */
  private async candidates(compiled: Compiled, words: Word[]): Promise<{ ids: number[]; all: boolean }> {
    const slice: Slice = { descending: true, after: null, offset: 0, limit: this.limits.ranked }
    const newest = await searchByDate(this.client, this.matching(compiled), slice, this.limits)
    const ids = newest.map(({ id }) => id)
    if (newest.length < this.limits.ranked) return { ids, all: true }
    const { df, articles } = this.knowledge
    const titles = words
      .flatMap(({ itself }) => itself.morphemes.map(({ term }) => titleTerm(term)))
      .map(term => ({ query: quoteTerm(term), share: Math.min(1, df(term) / Math.max(1, articles)) }))
    if (titles.length === 0) return { ids, all: false }
    const titled = this.matching(allOf([compiled, anyOf(titles)]))
    const more = await searchByDate(this.client, titled, slice, this.limits)
    return { ids: [...new Set([...ids, ...more.map(({ id }) => id)])], all: false }
  }

  /** Candidates of the query, or of one that asks for less where it finds next to nothing. */
  private async collect(meaning: Meaning) {
    const compiler = new Compiler(this.knowledge)
    const compiled = compiler.compile(meaning)
    let found = {
      ...(await this.candidates(compiled, wordsOf(meaning))),
      compiled,
      relaxed: null as Relaxed | null,
    }
    if (found.ids.length >= FEW) return found
    for (const relaxed of relaxations(meaning, compiler)) {
      const looser = new Compiler(this.knowledge, relaxed).compile(relaxed.meaning)
      const { ids, all } = await this.candidates(looser, wordsOf(relaxed.meaning))
      const union = [...new Set([...found.ids, ...ids])]
      if (union.length > found.ids.length) found = { ids: union, all, compiled: looser, relaxed }
      if (union.length >= FEW) break
    }
    return found
  }

  /** The page by relevance. */
  async rank(meaning: Meaning): Promise<Found> {
    const { at, limit, q } = this.request
    const { ids, all, compiled, relaxed } = await this.collect(meaning)
    const words = wordsOf(meaning)
    const scored = await scoreArticles(
      this.client,
      ids,
      {
        words,
        runs: allRuns(meaning).map(({ stem }) => stem),
        knowledge: this.knowledge,
        averages: this.knowledge.averages,
      },
      word => this.knowledge.synonyms.get(synonymKey(word.term.text)) ?? [],
    )
    const needsRerank = 'place' in at || at.offset < RERANKED
    const ranking = needsRerank ? await this.rerank(q, scored) : scored
    return {
      ...pageOf(ranking, at, limit),
      compiled,
      total: all ? { count: ranking.length, exact: true } : null,
      relaxed,
      ranked: ranking.length,
    }
  }

  private async rerank(q: string, scored: Scored[]): Promise<Scored[]> {
    const best = scored.slice(0, RERANKED)
    if (best.length < 2) return scored
    const texts = await this.request.textsOf(
      this.client,
      best.map(({ id }) => id),
    )
    const none = { title: '', body: '' }
    const bonus = bigramScores(
      q,
      best.map(({ id }) => texts.get(id) ?? none),
    )
    const reranked = best.map(({ id, score }, i) => ({
      id,
      score: score + Math.round(RERANK_WEIGHT * (bonus[i] ?? 0) * 1e6),
    }))
    return [...reranked.sort((a, b) => b.score - a.score || b.id - a.id), ...scored.slice(RERANKED)]
  }

  /** How many there are: exactly up to a bound, beyond it where the count of one term says so. */
  async count(compiled: Compiled, meaning: Meaning | null): Promise<NonNullable<KeywordResult['total']>> {
    const matching = this.matching(compiled)
    const { published, also } = this.request
    const whole = !also && this.filters.length === 0 && !published.fromInstant && !published.toInstant
    if (whole && meaning?.type === 'word' && matching.share * matching.articles > COUNTED / 2) {
      const exact = await this.countWord(meaning)
      if (exact !== null) return { count: exact, exact: true }
    }
    const count = await countMatches(this.client, matching, COUNTED + 1)
    return count > COUNTED ? { count: COUNTED, exact: false } : { count, exact: true }
  }

  /** A frequent term's own count, and how many have only another way to say it. */
  private async countWord(word: Word): Promise<number | null> {
    if (word.term.prefix) return null
    const ways = new Compiler(this.knowledge).ways(word).sort((a, b) => b.share - a.share)
    const [main, ...others] = ways
    if (!main?.term) return null
    const counted = await countTerm(this.client, main.term)
    if (counted === null || others.length === 0) return counted
    const rest = this.matching(anyOf(others))
    const query = `${rest.query} & !${main.query}`
    const more = await countMatches(this.client, { ...rest, query }, COUNTED + 1)
    return more > COUNTED ? null : counted + more
  }
}

/** The part of a ranking that a request asks for. */
function pageOf(
  ranking: Scored[],
  at: KeywordRequest['at'],
  limit: number,
): Pick<KeywordResult, 'hits' | 'more'> {
  const hitsOf = (part: Scored[]) => part.map(({ id, score }) => ({ id, key: score }))
  if ('offset' in at)
    return {
      hits: hitsOf(ranking.slice(at.offset, at.offset + limit)),
      more: ranking.length > at.offset + limit,
    }
  const { key, id } = at.place
  const before = ({ score, id: own }: Scored) => score > key || (score === key && own > id)
  const after = ({ score, id: own }: Scored) => score < key || (score === key && own < id)
  if (at.backwards) {
    const part = ranking.filter(before)
    return { hits: hitsOf(part.slice(-limit)), more: part.length > limit }
  }
  const part = ranking.filter(after)
  return { hits: hitsOf(part.slice(0, limit)), more: part.length > limit }
}

/** Filters as queries: any of each list. */
async function compileFilters(
  client: pg.ClientBase,
  filters: string[][],
  articles: number,
): Promise<Compiled[]> {
  if (filters.length === 0) return []
  const { df } = await findFrequencies(client, filters.flat().map(filterTerm))
  return filters.map(any =>
    anyOf(
      any.map(filter => {
        const term = filterTerm(filter)
        return { query: quoteTerm(term), share: Math.min(1, (df.get(term) ?? 0) / Math.max(1, articles)) }
      }),
    ),
  )
}

export interface KeywordOptions {
  /** Whether to count, where the page itself does not tell the total. */
  count: boolean
  limits?: RouteLimits
}

/** Runs a search on a connection whose snapshot the caller holds. */
export async function searchKeywords(
  client: pg.ClientBase,
  request: KeywordRequest,
  { count, limits = ROUTE_LIMITS }: KeywordOptions,
): Promise<KeywordResult> {
  const { analyser, fault } = await loadAnalysis()
  const { meaning, ignored } = understand(analyser, request.query)
  const report: KeywordReport = {
    ignored: ignored.map(({ text }) => text),
    relaxed: null,
    ranked: request.order === 'relevance' ? 0 : null,
    degraded: fault ? 'no-dictionary' : null,
    didYouMean: [],
  }
  if (!meaning)
    return { hits: [], more: false, total: { count: 0, exact: true }, report, words: [], knowledge: null }
  const knowledge = await lookUp(client, analyser, meaning)
  const filters = await compileFilters(client, request.filters, knowledge.articles)
  const search = new KeywordSearch(client, request, { knowledge, filters }, limits)
  const page = request.order === 'relevance' ? await search.rank(meaning) : await search.list(meaning)
  const total = count
    ? (page.total ??
      totalOf(page, request) ??
      (await search.count(page.compiled, page.relaxed ? null : meaning)))
    : null
  const nothing = page.hits.length === 0 && 'offset' in request.at && request.at.offset === 0
  return {
    hits: page.hits,
    more: page.more,
    total,
    words: wordsOf(meaning),
    knowledge,
    report: {
      ...report,
      relaxed: page.relaxed && { how: page.relaxed.how, dropped: page.relaxed.dropped },
      ranked: page.ranked,
      didYouMean: nothing ? await respell(client, request.q, wordsOf(meaning)) : [],
    },
  }
}

/** The query with other spellings of its words, all at once. */
async function respell(client: pg.ClientBase, q: string, words: Word[]): Promise<string[]> {
  let respelt = q
  // From the last word to the first, so that places stay true.
  for (const { term } of [...words].sort((a, b) => b.term.at - a.term.at)) {
    if (term.phrase || !q.startsWith(term.text, term.at)) continue
    const [better] = await suggestSpellings(client, term.text, 1)
    if (better) respelt = respelt.slice(0, term.at) + better.word + respelt.slice(term.at + term.text.length)
  }
  return respelt === q ? [] : [respelt]
}

/** The last page tells the total. */
function totalOf({ hits, more }: Pick<KeywordResult, 'hits' | 'more'>, { at }: KeywordRequest) {
  if (!('offset' in at) || more || (hits.length === 0 && at.offset > 0)) return null
  return { count: at.offset + hits.length, exact: true }
}
