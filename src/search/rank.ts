import { bigramScores } from './bigrams.ts'
import { allRuns, Compiler } from './compile.ts'
import { allOf, anyOf, type Compiled, needsReading } from './compiled.ts'
import type { Slice } from './costs.ts'
import { COUNTED } from './count.ts'
import { titleTerm } from './document.ts'
import type { Knowledge } from './readings.ts'
import { type Relaxed, relaxations } from './relax.ts'
import { type Found, type KeywordRequest, matchingOf, type Search } from './request.ts'
import { Formula, idfOf } from './score.ts'
import { searchByDate } from './search.ts'
import { byScore, type Scored, scoreArticles, scoreProximity } from './store-score.ts'
import { type Meaning, type Word, wordsOf } from './words-of-query.ts'

/** Pages by relevance: candidates, their scores, and the rerank of the best. */

/** Of the best it is asked how close the words stand; the best of these are compared by pairs of characters too. */
const NEAR = 160
const RERANKED = 60
const RERANK_WEIGHT = 0.4
/** Fewer hits than this, and relevance asks for less. */
const FEW = 5
const TELLING = 0.5
/** Where at most so many times `whole` are expected all are tried, and the newest `whole` ranked if there are more. */
const EXPECTED = 2
/** The part of the candidates that are looked for where each must be read, which takes four times as long. */
const PHRASED = 1 / 3

interface Candidates {
  ids: number[]
  /** How many matches there are, where that is known. */
  total: number | null
}

/**
 * All matches where they are few. Of more the newest, and those that titles lift, the newest of each kind: all of the telling words
 * in the title, and one of them.
 */
async function listCandidates(search: Search, compiled: Compiled, meaning: Meaning): Promise<Candidates> {
  const { client, knowledge, routes } = search
  const words = wordsOf(meaning)
  const matching = matchingOf(search, compiled)
  const { leaveOut } = matching
  const some = needsReading(compiled) ? PHRASED : 1
  const newest = (most: number): Slice => ({
    descending: true,
    after: null,
    offset: 0,
    limit: Math.ceil(some * most),
  })
  const few = matching.share * matching.articles <= EXPECTED * routes.whole
  const slice = newest(few ? routes.whole : routes.ranked)
  const counted = search.count ? COUNTED + 1 : 0
  const { hits, total } = await searchByDate(client, matching, slice, { routes, counted })
  if (hits.length < slice.limit) return { ids: hits.map(({ id }) => id), total: hits.length }
  const telling = tellingOf(words, knowledge)
  const titles = telling.map(term => new Compiler(knowledge).whole(titleTerm(term)))
  const implied = isImplied(meaning, telling)
  const found = new Set(hits.map(({ id }) => id))
  const lift = async (title: Compiled, all: boolean, most: number) => {
    const lifted = { ...matchingOf(search, all && implied ? title : allOf([compiled, title])), leaveOut }
    const { hits: more } = await searchByDate(client, lifted, newest(most), { routes })
    for (const { id } of more) found.add(id)
  }
  const several = titles.length > 1
  if (several) await lift(allOf(titles), true, routes.named)
  if (titles.length > 0) await lift(anyOf(titles), !several, routes.titled + (several ? 0 : routes.named))
  return { ids: [...found], total }
}

/** Whether what has all these terms in its title is found by that: each word is one of them, and no more is asked for. */
function isImplied(meaning: Meaning, terms: string[]): boolean {
  const children = meaning.type === 'and' ? meaning.of : [meaning]
  return children.every(child => {
    if (child.type !== 'word' || child.term.prefix) return false
    const [only, ...others] = child.itself.morphemes
    return only !== undefined && others.length === 0 && terms.includes(only.term)
  })
}

/** Of the words those that tell half as much as the one that tells most: the others lift no title to the first pages. */
function tellingOf(words: Word[], { df, articles }: Knowledge): string[] {
  const terms = words.flatMap(({ itself }) => itself.morphemes.map(({ term }) => term))
  const most = Math.max(...terms.map(term => idfOf(df(term), articles)))
  return terms.filter(term => idfOf(df(term), articles) >= TELLING * most)
}

interface Collected extends Candidates {
  compiled: Compiled
  relaxed: Relaxed | null
  /** Those that the query itself finds, where others are found besides. */
  exact: readonly number[]
}

/** Candidates of the query, and of ones that ask for less where it finds next to nothing. */
async function collect(search: Search, meaning: Meaning): Promise<Collected> {
  const compiler = new Compiler(search.knowledge)
  const compiled = compiler.compile(meaning)
  let found: Collected = {
    ...(await listCandidates(search, compiled, meaning)),
    compiled,
    relaxed: null,
    exact: [],
  }
  const exact = found.ids
  if (exact.length >= FEW) return found
  for (const relaxed of relaxations(meaning, compiler)) {
    const looser = new Compiler(search.knowledge, relaxed).compile(relaxed.meaning)
    const { ids, total } = await listCandidates(search, looser, relaxed.meaning)
    const union = [...new Set([...found.ids, ...ids])]
    if (union.length > found.ids.length) {
      // What asks for less need not find all of the same: 순환 경제 has a synonym that neither of its words has.
      const all = found.total === found.ids.length && total === ids.length
      const both = anyOf([found.compiled, looser])
      found = { ids: union, total: all ? union.length : null, compiled: both, relaxed, exact }
    }
    if (union.length >= FEW) break
  }
  return found
}

/** Adds something to the scores of the best; they stay ahead of the others, since nothing is taken away. */
function raise(scored: Scored[], best: number, by: (id: number, place: number) => number): Scored[] {
  const raised = scored.slice(0, best).map(({ id, score }, i) => ({ id, score: score + by(id, i) }))
  return [...raised.sort(byScore), ...scored.slice(best)]
}

async function rerank({ client, request }: Search, scored: Scored[], formula: Formula): Promise<Scored[]> {
  if (scored.length < 2) return scored
  const idsOf = (best: Scored[]) => best.map(({ id }) => id)
  const near = await scoreProximity(client, idsOf(scored.slice(0, NEAR)), formula)
  const closer = raise(scored, NEAR, id => near.get(id) ?? 0)
  const best = idsOf(closer.slice(0, RERANKED))
  const texts = await request.textsOf(client, best)
  const none = { title: '', body: '' }
  const bonus = bigramScores(
    request.q,
    best.map(id => texts.get(id) ?? none),
  )
  return raise(closer, RERANKED, (_, i) => Math.round(RERANK_WEIGHT * (bonus[i] ?? 0) * 1e6))
}

/** More than any score. */
const AHEAD = 1e12

/** Puts some before all others. */
function putAhead(scored: Scored[], some: readonly number[]): Scored[] {
  if (some.length === 0) return scored
  const ahead = new Set(some)
  return scored.map(one => (ahead.has(one.id) ? { ...one, score: one.score + AHEAD } : one)).sort(byScore)
}

/** The part of a ranking that a request asks for. */
function pageOf(ranking: Scored[], { at, limit }: KeywordRequest): Pick<Found, 'hits' | 'more'> {
  const hitsOf = (part: Scored[]) => part.map(({ id, score }) => ({ id, key: score }))
  if ('offset' in at) {
    const end = at.offset + limit
    return { hits: hitsOf(ranking.slice(at.offset, end)), more: ranking.length > end }
  }
  const place = { id: at.place.id, score: at.place.key }
  const side = at.backwards ? 1 : -1
  const part = ranking.filter(one => side * byScore(place, one) > 0)
  return {
    hits: hitsOf(at.backwards ? part.slice(-limit) : part.slice(0, limit)),
    more: part.length > limit,
  }
}

/** A page by relevance. */
export async function rankPage(search: Search, meaning: Meaning): Promise<Found> {
  const { client, request, knowledge } = search
  const { ids, total, compiled, relaxed, exact } = await collect(search, meaning)
  const formula = new Formula({
    words: wordsOf(meaning),
    runs: allRuns(meaning).map(({ stem }) => stem),
    knowledge,
    averages: knowledge.averages,
  })
  // Before the rerank, so that the best are the same ones on pages that are reranked and on those behind.
  const scored = putAhead(await scoreArticles(client, ids, formula), exact)
  const { at } = request
  const ranking = 'place' in at || at.offset < NEAR ? await rerank(search, scored, formula) : scored
  return {
    ...pageOf(ranking, request),
    compiled,
    total: total === null ? null : { count: total, exact: true },
    relaxed,
    ranked: ranking.length,
  }
}
