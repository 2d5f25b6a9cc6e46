import { type Static, Type } from 'typebox'
import { Day, oneOf } from '../http/schema.ts'
import { PERIOD } from '../time/seoul.ts'
import { LINEAGES } from './ministry-filter.ts'
import { FIELDS } from './schema.ts'
import { KINDS, STATUSES } from './words.ts'

/** The contract of what lists are asked: the parameters of the query. */

export const SORTS = ['-publishedAt', 'publishedAt', '-views', 'relevance'] as const
export type Sort = (typeof SORTS)[number]

const many = (item: ReturnType<typeof Type.String>, description: string, examples: string[][] = []) =>
  Type.Optional(
    Type.Array(item, {
      maxItems: 50,
      description: `${description} Repeat it for any of several.`,
      ...(examples.length > 0 && { examples }),
    }),
  )
const word = Type.String({ minLength: 1, maxLength: 200 })
const dayOrInstant = (description: string) => Type.Optional(Type.String({ description }))

/** `asOf` of the list and of one article. */
export const AS_OF = Type.Optional(
  Type.String({
    description:
      'What stood here at this instant, or at the end of this Seoul day, with the content that it had then. Needs a key of scope `articles:read`: what was taken off the list would come back by it.',
  }),
)

/** Where lists, ranges of days and histograms have what no visitor sees. */
export const DAY_OF_UNRELEASED =
  'What is not released yet stands under the day on which its embargo ends, and without one under that on which it was recorded.'

/** Articles of a page, unless it is said. */
export const PAGE_SIZE = 20

/** Only parameters that make sense together have examples: reference pages fill them all in. */
export const ArticleQuery = Type.Object(
  {
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          'Keywords in title, subtitles, body and tags: `순환 경제` both words (also `수소,철강`), `"탄소 중립"` one after another, `-원전` without it, `수소 OR 암모니아` either, `(…)` to group, `title:수소` in the title, `재생*` the beginning of a word. At most 16 words. Particles and spacing make no difference.',
      }),
    ),
    highlight: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether items show where the keywords stand. Only together with `q`.',
      }),
    ),
    from: Type.Optional(Day(`First day of release, in Seoul. ${DAY_OF_UNRELEASED}`, '2026-01-20')),
    to: Type.Optional(Day('Last day of release, inclusive, in Seoul.', '2026-01-23')),
    period: Type.Optional(
      Type.String({
        pattern: PERIOD.source,
        description:
          '`today`, `yesterday`, or a number of days, weeks, months or years that end today, such as `7d`, `2w`, `1m`, `1y`. Not together with `from` or `to`.',
      }),
    ),
    asOf: AS_OF,
    modifiedFrom: dayOrInstant('Changed here on this Seoul day or later; or at this instant or later.'),
    modifiedTo: dayOrInstant('Changed here on this Seoul day or earlier; or before this instant.'),
    ministry: many(
      word,
      'The issuing body, by code (`A00015`) or by any name or short name that it has or had (`산업통상부`, `산업통상자원부`, `산자부`). Its predecessors are taken in too; `ministries` of the answer tells which. A text that no body is called and no article carries is refused.',
      [['고용노동부']],
    ),
    lineage: Type.Optional(
      oneOf(LINEAGES, {
        default: 'all',
        description:
          '`all`: what the bodies of `ministry` published under any name, and their predecessors. `body`: what is theirs, as facets count: without predecessors, and without what others published under such a name. `exact`: only what was published under exactly that name; a code or short name stands for the full one. Only together with `ministry`.',
      }),
    ),
    kind: Type.Optional(
      Type.Array(oneOf(KINDS), {
        maxItems: 50,
        description: 'Repeat it for any of several.',
        examples: [['press-release']],
      }),
    ),
    tag: many(word, 'A tag, such as `순환경제`.'),
    source: many(word, 'Where it comes from, such as `korea.kr`.'),
    author: many(word, 'Who wrote or posted it, such as `한국생산성본부`.'),
    status: Type.Optional(
      Type.Array(oneOf([...STATUSES, 'deleted'] as const), {
        maxItems: 10,
        description:
          'Only `published` without a key; `deleted` are those that can be restored. Repeat it for any of several.',
        examples: [['published']],
      }),
    ),
    duplicates: Type.Optional(
      oneOf(['include', 'collapse'], {
        default: 'include',
        description:
          '`collapse`: of articles that say the same just the earliest one that matches the query, in totals too. Each item then says how many `duplicates` it has.',
      }),
    ),
    sort: Type.Optional(
      oneOf(SORTS, {
        default: '-publishedAt',
        description: 'Newest first by default. `relevance` only together with `q`.',
        examples: ['-publishedAt'],
      }),
    ),
    page: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        description: 'Page number, from 1. Not together with `cursor`.',
        examples: [1],
      }),
    ),
    pageSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: PAGE_SIZE,
        description: 'Articles on a page.',
        examples: [PAGE_SIZE],
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1000,
        description:
          '`nextCursor` or `previousCursor` of a page of the same query. Opaque. Page size and fields may change on the way.',
      }),
    ),
    fields: Type.Optional(
      Type.Array(oneOf(FIELDS), {
        minItems: 1,
        maxItems: 100,
        description:
          'Answer with just these fields, also of the item: `id,title,bodyText`. Repeat it, or separate them with commas.',
      }),
    ),
  },
  { additionalProperties: false },
)
export type ArticleQuery = Static<typeof ArticleQuery>
