import type pg from 'pg'
import type { Prisma } from '../db/client.ts'
import type { Analyser } from '../text/analyser/analyse.ts'
import { loadAnalysis } from './analysis.ts'
import { Compiler } from './compile.ts'
import { anyOf } from './compiled.ts'
import type { Slice } from './costs.ts'
import { COUNTED, countFound } from './count.ts'
import { filterTerm } from './document.ts'
import { MAX_LENGTH, parseQuery } from './grammar.ts'
import { type LookedUp, lookUp } from './knowledge.ts'
import { rankPage } from './rank.ts'
import type { Relaxed } from './relax.ts'
import {
  type Found,
  type KeywordHit,
  type KeywordRequest,
  matchingOf,
  type Order,
  type Search,
  type Total,
} from './request.ts'
import { everyMatch, ROUTES, type Routes, searchByDate, searchByViews } from './search.ts'
import { suggestSpellings } from './store-words.ts'
import { type Meaning, understand, type Word, wordsOf } from './words-of-query.ts'

/** A keyword search from its text to the identities of a page, over one snapshot. */

export interface KeywordResult {
  hits: KeywordHit[]
  /** Whether there are more beyond the last one, in the direction of the request. */
  more: boolean
  /** Null where nobody asked. */
  total: Total | null
  report: KeywordReport
  /** The words that were looked for. */
  words: Word[]
  /** Null where there were none. */
  knowledge: LookedUp | null
}

interface KeywordReport {
  ignored: string[]
  relaxed: Pick<Relaxed, 'how' | 'dropped'> | null
  /** How many of the newest matches were ranked; null unless by relevance. */
  ranked: number | null
  degraded: 'no-dictionary' | 'timed-out' | null
  /** The query with words that find something, where it finds nothing. */
  didYouMean: string[]
}

async function datedPage(...given: Parameters<typeof searchByDate>) {
  const { hits, total } = await searchByDate(...given)
  return { found: hits.map(({ id, listedAt }) => ({ id, key: listedAt.getTime() })), total }
}

/** A page in an order that an index knows. */
async function listPage(search: Search, meaning: Meaning): Promise<Found> {
  const { client, request, routes } = search
  const { order, at, limit } = request
  const backwards = 'place' in at && at.backwards
  const slice: Slice = {
    descending: (order !== 'oldest') !== backwards,
    after: 'place' in at ? at.place : null,
    offset: 'offset' in at ? at.offset : 0,
    limit: limit + 1,
  }
  const compiled = new Compiler(search.knowledge).compile(meaning)
  const matching = matchingOf(search, compiled)
  const counted = search.count ? COUNTED + 1 : 0
  const { found, total } =
    order === 'views'
      ? {
          found: (await searchByViews(client, matching, slice)).map(({ id, views }) => ({ id, key: views })),
          total: null,
        }
      : await datedPage(client, matching, slice, { routes, counted })
  const hits = found.slice(0, limit)
  return {
    hits: backwards ? hits.reverse() : hits,
    more: found.length > limit,
    compiled,
    total: total === null ? null : { count: total, exact: true },
    relaxed: null,
    ranked: null,
  }
}

/**
 * The query with other spellings of the words that find nothing by themselves, all at once; null where there are none. Numbers are
 * not misspelt.
 */
async function respell(search: Search, words: Word[]): Promise<string | null> {
  const { client, request, knowledge } = search
  const { q } = request
  const compiler = new Compiler(knowledge)
  let respelt = q
  // From the last word to the first, so that places stay true.
  for (const word of [...words].sort((a, b) => b.term.at - a.term.at)) {
    const { term } = word
    if (term.phrase || /\d/.test(term.text) || !q.startsWith(term.text, term.at)) continue
    if (compiler.compile(word).share > 0) continue
    const [better] = await suggestSpellings(client, term.text, 1)
    if (better) respelt = respelt.slice(0, term.at) + better.word + respelt.slice(term.at + term.text.length)
  }
  return respelt === q || [...respelt].length > MAX_LENGTH ? null : respelt
}

/** What the query may have been meant for, if that finds anything, and not just by asking for less. */
async function didYouMean(search: Search, words: Word[], options: KeywordOptions): Promise<string[]> {
  const { client, request } = search
  const respelt = await respell(search, words)
  if (respelt === null) return []
  const meant = { ...request, q: respelt, query: parseQuery(respelt), order: 'newest' as const, limit: 1 }
  const { hits } = await searchKeywords(client, meant, { ...options, count: false, offers: false })
  return hits.length > 0 ? [respelt] : []
}

/** The last page tells the total, unless what is ranked is a part of it. */
function totalOf({ hits, more, ranked }: Found, { at }: KeywordRequest): Total | null {
  if (ranked !== null || !('offset' in at) || more || (hits.length === 0 && at.offset > 0)) return null
  return { count: at.offset + hits.length, exact: true }
}

interface KeywordOptions {
  /** Whether to count, where the page itself does not tell the total. */
  count: boolean
  routes?: Routes
  /** Whether to look for other spellings where nothing is found. */
  offers?: boolean
}

/** What is known of the words of a request. */
async function readUp(client: pg.ClientBase, request: KeywordRequest, analyser: Analyser, meaning: Meaning) {
  const terms = request.filters.map(any => any.map(filterTerm))
  const knowledge = await lookUp(client, analyser, meaning, terms.flat())
  const compiler = new Compiler(knowledge)
  const filters = terms.map(any => anyOf(any.map(term => compiler.whole(term))))
  return { client, request, knowledge, filters }
}

/** A statement that gives the identities of all matches, in order; null where there is nothing to look for. */
export async function everyHit(
  client: pg.ClientBase,
  request: KeywordRequest & { order: Exclude<Order, 'relevance'> },
): Promise<Prisma.Sql | null> {
  const { analyser } = await loadAnalysis()
  const { meaning } = understand(analyser, request)
  if (!meaning) return null
  const search: Search = {
    ...(await readUp(client, request, analyser, meaning)),
    routes: ROUTES,
    count: false,
  }
  const compiled = new Compiler(search.knowledge).compile(meaning)
  return everyMatch(matchingOf(search, compiled), request.order)
}

/** Runs a search on a connection whose snapshot the caller holds. */
export async function searchKeywords(
  client: pg.ClientBase,
  request: KeywordRequest,
  options: KeywordOptions,
): Promise<KeywordResult> {
  const { count, routes = ROUTES, offers = true } = options
  const { analyser, fault } = await loadAnalysis()
  const { meaning, ignored } = understand(analyser, request)
  const byRelevance = request.order === 'relevance'
  const report: KeywordReport = {
    ignored: ignored.map(({ text }) => text),
    relaxed: null,
    ranked: byRelevance ? 0 : null,
    degraded: fault ? 'no-dictionary' : null,
    didYouMean: [],
  }
  if (!meaning)
    return { hits: [], more: false, total: { count: 0, exact: true }, report, words: [], knowledge: null }
  const words = wordsOf(meaning)
  const search: Search = { ...(await readUp(client, request, analyser, meaning)), routes, count }
  const { knowledge } = search
  const page = byRelevance ? await rankPage(search, meaning) : await listPage(search, meaning)
  const { hits, more, relaxed, ranked } = page
  const total = count
    ? (page.total ??
      totalOf(page, request) ??
      (await countFound(search, page.compiled, relaxed ? null : meaning)))
    : null
  const nothing = offers && hits.length === 0 && 'offset' in request.at && request.at.offset === 0
  return {
    hits,
    more,
    total,
    words,
    knowledge,
    report: {
      ...report,
      relaxed: relaxed && { how: relaxed.how, dropped: relaxed.dropped },
      ranked,
      didYouMean: nothing ? await didYouMean(search, words, options) : [],
    },
  }
}
