import { bigramScores } from './bigrams.ts'
import { allOf, allRuns, anyOf, type Compiled, Compiler } from './compile.ts'
import { quoteTerm, titleTerm } from './document.ts'
import { type Relaxed, relaxations } from './relax.ts'
import { type Found, type KeywordRequest, matchingOf, type Search } from './request.ts'
import { type Slice, searchByDate } from './search.ts'
import { type Scored, scoreArticles } from './store-score.ts'
import { synonymKey } from './synonym-key.ts'
import { type Meaning, type Word, wordsOf } from './words-of-query.ts'

/** Pages by relevance: candidates, their scores, and the rerank of the best. */

/** The best are compared by pairs of characters too. */
const RERANKED = 60
const RERANK_WEIGHT = 0.4
/** Fewer hits than this, and relevance asks for less. */
const FEW = 5

interface Candidates {
  ids: number[]
  /** Whether these are all matches. */
  all: boolean
}

/** The newest matches, and the newest with one of the words in the title. */
async function listCandidates(search: Search, compiled: Compiled, words: Word[]): Promise<Candidates> {
  const { client, knowledge, limits } = search
  const slice: Slice = { descending: true, after: null, offset: 0, limit: limits.ranked }
  const newest = await searchByDate(client, matchingOf(search, compiled), slice, limits)
  const ids = newest.map(({ id }) => id)
  if (newest.length < limits.ranked) return { ids, all: true }
  const { df, articles } = knowledge
  const titles = words
    .flatMap(({ itself }) => itself.morphemes.map(({ term }) => titleTerm(term)))
    .map(term => ({ query: quoteTerm(term), share: Math.min(1, df(term) / Math.max(1, articles)) }))
  if (titles.length === 0) return { ids, all: false }
  const titled = matchingOf(search, allOf([compiled, anyOf(titles)]))
  const more = await searchByDate(client, titled, slice, limits)
  return { ids: [...new Set([...ids, ...more.map(({ id }) => id)])], all: false }
}

interface Collected extends Candidates {
  compiled: Compiled
  relaxed: Relaxed | null
}

/** Candidates of the query, and of ones that ask for less where it finds next to nothing. */
async function collect(search: Search, meaning: Meaning): Promise<Collected> {
  const compiler = new Compiler(search.knowledge)
  const compiled = compiler.compile(meaning)
  let found: Collected = {
    ...(await listCandidates(search, compiled, wordsOf(meaning))),
    compiled,
    relaxed: null,
  }
  if (found.ids.length >= FEW) return found
  for (const relaxed of relaxations(meaning, compiler)) {
    const looser = new Compiler(search.knowledge, relaxed).compile(relaxed.meaning)
    const { ids, all } = await listCandidates(search, looser, wordsOf(relaxed.meaning))
    const union = [...new Set([...found.ids, ...ids])]
    if (union.length > found.ids.length) found = { ids: union, all, compiled: looser, relaxed }
    if (union.length >= FEW) break
  }
  return found
}

const byScore = (a: Scored, b: Scored) => b.score - a.score || b.id - a.id

async function rerank({ client, request }: Search, scored: Scored[]): Promise<Scored[]> {
  const best = scored.slice(0, RERANKED)
  if (best.length < 2) return scored
  const texts = await request.textsOf(
    client,
    best.map(({ id }) => id),
  )
  const none = { title: '', body: '' }
  const bonus = bigramScores(
    request.q,
    best.map(({ id }) => texts.get(id) ?? none),
  )
  const reranked = best.map(({ id, score }, i) => ({
    id,
    score: score + Math.round(RERANK_WEIGHT * (bonus[i] ?? 0) * 1e6),
  }))
  return [...reranked.sort(byScore), ...scored.slice(RERANKED)]
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
  const { ids, all, compiled, relaxed } = await collect(search, meaning)
  const scored = await scoreArticles(
    client,
    ids,
    {
      words: wordsOf(meaning),
      runs: allRuns(meaning).map(({ stem }) => stem),
      knowledge,
      averages: knowledge.averages,
    },
    word => knowledge.synonyms.get(synonymKey(word.term.text)) ?? [],
  )
  const { at } = request
  const ranking = 'place' in at || at.offset < RERANKED ? await rerank(search, scored) : scored
  return {
    ...pageOf(ranking, request),
    compiled,
    total: all ? { count: ranking.length, exact: true } : null,
    relaxed,
    ranked: ranking.length,
  }
}
