import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Database } from '../db/client.ts'
import { CACHEABLE, FRESH, json } from '../http/openapi.ts'
import { digest, sendCacheable } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { loadAnalysis } from '../search/analysis.ts'
import { dayOf } from '../time/seoul.ts'
import { type Completion, complete } from './complete.ts'
import { type Suggestion, SuggestionQuery, Suggestions } from './schema.ts'
import { findTitles } from './titles.ts'
import { hasOperators, readTyped, type Typed } from './typed.ts'

/** Completion for a search box. */

/** Seconds for which an answer is good: a person who types goes back and forth. */
const MAX_AGE = 60
/** Articles at most, a third of what is asked for; and the best words whose titles are looked for. */
const ARTICLES = 3
const TITLED = 3

export const suggestionRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  /** Articles with one of the best words in their title. With operators it is not plain which words are wanted. */
  const articlesWith = async (q: string, words: Completion[], limit: number): Promise<Suggestion[]> => {
    const [best] = words
    if (!best || hasOperators(q)) return []
    const { analyser } = await loadAnalysis()
    const texts = words.slice(0, TITLED).map(({ text }) => text)
    const articles = await findTitles(db.pool, analyser, texts, Math.min(ARTICLES, Math.floor(limit / 3)))
    return articles.map(({ id, title, publishedAt }) => ({
      type: 'article',
      text: title,
      match: best.match,
      count: null,
      articleId: id,
      publishedOn: dayOf(publishedAt),
    }))
  }

  const suggest = async (q: string, typed: Typed, limit: number): Promise<Suggestion[]> => {
    const words = await complete(db, q, typed, limit)
    const articles = await articlesWith(q, words, limit)
    return [
      ...words.slice(0, limit - articles.length).map(
        ({ text, match, df, word }): Suggestion => ({
          type: 'word',
          text,
          match,
          count: text.toLowerCase() === word ? df : null,
          articleId: null,
          publishedOn: null,
        }),
      ),
      ...articles,
    ]
  }

  app.get(
    '/suggestions',
    {
      schema: {
        operationId: 'listSuggestions',
        tags: ['articles'],
        summary: 'Complete what is typed into a search box',
        description:
          'Words that stand in public articles, after other words in the same ones, and articles with such words in their titles. What is understood: beginnings, initial consonants, the wrong keyboard layout, the Revised Romanization, and where all else finds nothing, typing errors. Nothing to suggest is an empty list. Answers may be a minute old.',
        querystring: SuggestionQuery,
        response: {
          200: json('Suggestions', ref(Suggestions), {
            ...CACHEABLE,
            'Cache-Control': Type.String({
              description: 'For how many seconds readers may keep it.',
              examples: [`public, max-age=${MAX_AGE}`],
            }),
          }),
          304: FRESH,
        },
      },
    },
    async (request, reply) => {
      const { q, limit = 10 } = request.query
      const typed = readTyped(q)
      const answer: Suggestions = { query: q, items: typed ? await suggest(q, typed, limit) : [] }
      const body = JSON.stringify(answer)
      return sendCacheable(request, reply, { etag: `"${digest(body)}"`, body, maxAge: MAX_AGE })
    },
  )
}
