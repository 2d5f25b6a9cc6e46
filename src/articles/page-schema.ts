import { type Static, Type } from 'typebox'
import { Day, Instant, nullable, oneOf, ref } from '../http/schema.ts'
import { Article, ArticleLink, ArticlePatch, ArticleSummary, NewArticle, SparseArticle } from './schema.ts'
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

const PAGE = {
  total: nullable(Type.Integer({ minimum: 0 }), {
    description:
      'How many articles the query has, exactly. Null in lists that go by cursor, which do not count.',
    examples: [3720],
  }),
  totalRelation: oneOf(['exact', 'not-counted'], { description: 'What `total` is.', examples: ['exact'] }),
  page: nullable(Type.Integer({ minimum: 1 }), {
    description: 'This page. Null in lists that go by cursor.',
  }),
  pages: nullable(Type.Integer({ minimum: 0 }), { description: 'How many pages there are.' }),
  pageSize: Type.Integer({ minimum: 1 }),
  nextCursor: nullable(Type.String(), {
    description: 'Goes on after this page, whatever is added or taken away meanwhile.',
  }),
  previousCursor: nullable(Type.String(), {
    description: 'Goes back before this page. Null on the first one.',
  }),
  published: ref(ResolvedRange),
  modified: ref(ResolvedRange),
  sort: Type.String({ examples: ['-publishedAt'] }),
}
export const ArticlePage = Type.Object(
  { items: Type.Array(ref(ArticleSummary)), ...PAGE },
  { $id: 'ArticlePage', description: 'A page of articles.' },
)
export type ArticlePage = Static<typeof ArticlePage>

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
  ArticleSummary,
  Article,
  SparseArticle,
  NewArticle,
  ArticlePatch,
  ResolvedRange,
  ArticlePage,
  SparseArticlePage,
]
