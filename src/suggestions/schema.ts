import { type Static, Type } from 'typebox'
import { Day, nullable, oneOf, ref } from '../http/schema.ts'

/** The contract of suggestions. */

const MATCHES = ['prefix', 'choseong', 'keyboard', 'romanised', 'spelling'] as const
export type Match = (typeof MATCHES)[number]

export const SuggestionQuery = Type.Object(
  {
    q: Type.String({
      minLength: 1,
      maxLength: 100,
      description:
        'What is typed so far; its last word is completed, after other words by what stands together with them in the newest articles. The last syllable may be unfinished (`탄소주`, `탄솢`), all of it initial consonants (`ㅌㅅㅈㄹ`), typed with the wrong keyboard layout (`xksth`), or romanised (`tanso`).',
      examples: ['탄소중'],
    }),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 20,
        default: 10,
        description: 'Suggestions at most, words and articles together.',
        examples: [10],
      }),
    ),
  },
  { additionalProperties: false },
)

export const Suggestion = Type.Object(
  {
    type: oneOf(['word', 'article'], {
      description: '`word` completes the query; `article` leads to an article with such a word in its title.',
      examples: ['word'],
    }),
    text: Type.String({
      description:
        'The whole query, completed, to put into the search box; of an article its title. Words are in lower case unless capitals are typed.',
      examples: ['탄소중립'],
    }),
    match: oneOf(MATCHES, {
      description:
        'How the typed text leads to it: by its beginning, its initial consonants, the other keyboard layout, romanised, or by a likely typing error. Of an article, how it leads to the best word.',
      examples: ['prefix'],
    }),
    count: nullable(Type.Integer({ minimum: 1 }), {
      description:
        'How many public articles have the word as it is suggested. Null of an article, and where other words stand before it.',
      examples: [312],
    }),
    articleId: nullable(Type.Integer({ minimum: 1 }), {
      description: 'The article, for `/v1/articles/{id}`. Null of a word.',
    }),
    publishedOn: nullable(Day('Its Seoul day of release. Null of a word.', '2026-01-23')),
  },
  { $id: 'Suggestion', description: 'A line to show under a search box.' },
)
export type Suggestion = Static<typeof Suggestion>

export const Suggestions = Type.Object(
  {
    query: Type.String({
      description: 'The query that this answers, for those whose answers may come out of order.',
      examples: ['탄소중'],
    }),
    items: Type.Array(ref(Suggestion), {
      description:
        'Words, the most frequent first (after other words, those that are most often beside them), then up to three articles, the newest first.',
    }),
  },
  { $id: 'Suggestions', description: 'What a search box may suggest.' },
)
export type Suggestions = Static<typeof Suggestions>

export const suggestionComponents = [Suggestion, Suggestions]
