import { Type } from 'typebox'
import { Day, Instant, nullable, oneOf, ref } from '../http/schema.ts'
import { TAKEN_FOR } from './ministry-filter.ts'
import { SORTS } from './query-schema.ts'
import {
  Article,
  ArticleLink,
  ArticlePatch,
  ArticleSummary,
  Highlight,
  NewArticle,
  Snippet,
  SparseArticle,
} from './schema.ts'
import { Attachment, Counts, Ministry, NewMinistry, NewSource, Source } from './words.ts'

/** The contract of lists. */

const RESOLVED = {
  from: nullable(Day('First day.', '2026-01-20')),
  to: nullable(Day('Last day, inclusive.', '2026-01-23')),
  fromInstant: nullable(Instant('The first instant that belongs to the range.', '2026-01-20T00:00:00+09:00')),
  toInstant: nullable(Instant('The first instant after the range.', '2026-01-24T00:00:00+09:00')),
}
export const ResolvedRange = Type.Object(RESOLVED, {
  $id: 'ResolvedRange',
  description: 'A range of Seoul days as it was understood: half-open on instants. An open end is null.',
})

export const MinistryTakenIn = Type.Object(
  {
    asked: Type.String({ description: 'The value of `ministry`.', examples: ['산자부'] }),
    code: nullable(Type.String(), {
      description: 'Null for a body without a code here.',
      examples: ['A00015'],
    }),
    name: Type.String({
      description: 'What it is called today; with `lineage=exact` the name as published.',
      examples: ['산업통상부'],
    }),
    why: oneOf(TAKEN_FOR, {
      description:
        'The value is its `code`, or a name of its: in force today, `former-` or `later-`, full or `short-`; it is the `predecessor` of one that is; with `lineage=exact` it is the name `as-published`; or nobody knows it, and articles carry it as `text`.',
      examples: ['former-short-name'],
    }),
  },
  { $id: 'MinistryTakenIn', description: 'A body whose articles a list takes in.' },
)

const RELAXATIONS = ['parts-apart', 'fewer-words', 'any-word'] as const
export const SearchReport = Type.Object(
  {
    ignored: Type.Array(Type.String(), {
      description:
        'Words of the query that say nothing by themselves and were not looked for, such as 의 or ·.',
    }),
    relaxed: nullable(
      Type.Object({
        how: oneOf(RELAXATIONS, {
          description:
            '`parts-apart`: the parts of compounds may stand anywhere; `fewer-words`: without `dropped`; `any-word`: any of the words.',
        }),
        dropped: Type.Array(Type.String(), { description: 'Words that need not be there.' }),
      }),
      {
        description:
          'What was looked for instead, where `sort=relevance` found fewer than 5. Filters and exclusions are never relaxed, other orders never relax.',
      },
    ),
    ranked: nullable(Type.Integer({ minimum: 0 }), {
      description:
        'How many articles `sort=relevance` has ranked: all matches where they are some hundreds; of more the newest 150, the newest 150 that have all telling keywords in the title and the newest 250 that have one (400 where there is but one); a third of that where each must be read, as for a phrase of three words. Pages end there. Null in other orders.',
    }),
    degraded: nullable(oneOf(['no-dictionary', 'timed-out']), {
      description:
        'Why this answer is not as good as it should be: the dictionary cannot be read, so that words are compared as written; or the ranking took too long, so that the newest come first. Null otherwise.',
    }),
    didYouMean: Type.Array(Type.String(), {
      description: 'Queries that find something, where this one does not.',
    }),
  },
  { $id: 'SearchReport', description: 'How a keyword search was understood.' },
)

const PAGE = {
  total: nullable(Type.Integer({ minimum: 0 }), {
    description: 'How many articles the query has. Null in lists that go by cursor, which do not count.',
    examples: [3720],
  }),
  totalRelation: oneOf(['exact', 'at-least', 'not-counted'], {
    description:
      'What `total` is. Without keywords it is exact; with keywords matches are counted up to 10,000, and there are at least so many.',
    examples: ['exact'],
  }),
  page: nullable(Type.Integer({ minimum: 1 }), {
    description: 'This page. Null in lists that go by cursor.',
  }),
  pages: nullable(Type.Integer({ minimum: 0 }), {
    description:
      'How many pages can be read. Null in lists that go by cursor, and where the total is not exact.',
  }),
  pageSize: Type.Integer({ minimum: 1 }),
  nextCursor: nullable(Type.String(), {
    description: 'Goes on after this page, whatever is added or taken away meanwhile.',
  }),
  previousCursor: nullable(Type.String(), {
    description: 'Goes back before this page. Null on the first one.',
  }),
  published: ref(ResolvedRange),
  modified: ref(ResolvedRange),
  asOf: nullable(Instant('The last instant of what is shown.', '2026-01-20T23:59:59.999+09:00'), {
    description: 'Null for the present.',
  }),
  ministries: nullable(Type.Array(ref(MinistryTakenIn)), {
    description: 'Which bodies the `ministry` filter takes in, and why. Null without it.',
  }),
  sort: oneOf(SORTS, { description: 'What the list goes by.', examples: ['-publishedAt'] }),
  search: nullable(ref(SearchReport), { description: 'Null without `q`.' }),
}
export const ArticlePage = Type.Object(
  { items: Type.Array(ref(ArticleSummary)), ...PAGE },
  { $id: 'ArticlePage', description: 'A page of articles.' },
)

export const SparseArticlePage = Type.Object(
  {
    fields: Type.Array(Type.String(), { description: 'The fields that were asked for.' }),
    items: Type.Array(ref(SparseArticle)),
    ...PAGE,
  },
  { $id: 'SparseArticlePage', description: 'A page of articles with just the fields that `fields` names.' },
)

/** Every named component of this folder. */
export const articleComponents = [
  Attachment,
  Ministry,
  NewMinistry,
  Source,
  NewSource,
  Counts,
  ArticleLink,
  Snippet,
  Highlight,
  ArticleSummary,
  Article,
  SparseArticle,
  NewArticle,
  ArticlePatch,
  ResolvedRange,
  MinistryTakenIn,
  SearchReport,
  ArticlePage,
  SparseArticlePage,
]
