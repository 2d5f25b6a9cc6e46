import { type Static, type TSchema, Type } from 'typebox'
import { Day, Instant, nullable, ref } from '../http/schema.ts'
import { BODY_TAGS } from '../text/sanitise.ts'
import {
  Attachments,
  Attribution,
  Author,
  Counts,
  Kind,
  Licence,
  Ministry,
  NewMinistry,
  NewSource,
  Source,
  Status,
  Subtitles,
  Tags,
  THUMBNAIL,
  Title,
} from './words.ts'

/** The contract of articles: what goes in and what comes out. */

export const ArticleLink = Type.Object(
  {
    id: Type.Integer({ description: 'Identity here.' }),
    title: Type.String(),
    publishedOn: Day('Seoul day of release.', '2026-01-23'),
  },
  { $id: 'ArticleLink', description: 'A neighbour in the public list.' },
)

const SUMMARY = {
  id: Type.Integer({ minimum: 1, description: 'Identity here.', examples: [21] }),
  version: Type.Integer({
    minimum: 1,
    description: 'Grows by one with every change of the article.',
    examples: [1],
  }),
  status: Status,
  kind: Kind,
  title: Title,
  subtitles: Subtitles,
  ministry: nullable(ref(Ministry), { description: 'Null where no body is named.' }),
  author: nullable(Author),
  publishedAt: nullable(
    Instant(
      'Instant of release, with Seoul’s offset. Null while there is none.',
      '2023-06-21T00:00:00+09:00',
    ),
  ),
  publishedOn: nullable(Day('The day of `publishedAt` in Seoul.', '2023-06-21')),
  postedOn: nullable(Day('The Seoul day on which a board carried it on, where known.', '2023-07-03')),
  source: nullable(ref(Source), { description: 'Null for an article that was written here.' }),
  licence: nullable(Licence),
  tags: Tags,
  thumbnailUrl: nullable(THUMBNAIL),
  counts: ref(Counts),
  isNew: Type.Boolean({
    description:
      'The board’s `New` badge: released on one of the last `NEW_DAYS` days in Seoul, today included (1 by default).',
  }),
  modifiedAt: Instant('When it last changed here.'),
}

const DETAIL = {
  bodyHtml: Type.String({ description: 'Sanitised HTML.', examples: ['<p>산업부는 라운지를 개최했다.</p>'] }),
  bodyText: Type.String({
    description: 'The same as plain text.',
    examples: ['산업부는 라운지를 개최했다.'],
  }),
  attribution: nullable(Attribution),
  attachments: Attachments,
  embargoUntil: nullable(Instant('When a scheduled article becomes public.', '2099-12-01T10:00:00+09:00')),
  sourceModifiedAt: nullable(Instant('When the source last changed it.')),
  recordedAt: Instant('When it was first recorded here.'),
  deletedAt: nullable(
    Instant('When it was deleted. Null but for key holders who look at a deleted article.'),
  ),
}

const SNIPPET = {
  html: Type.String({
    description: 'Escaped; `<em>` is its only tag.',
    examples: ['<em>탄소중립</em>을 위한 설명회'],
  }),
  text: Type.String({ description: 'The same without tags and escapes.' }),
  ranges: Type.Array(
    Type.Object({ start: Type.Integer({ minimum: 0 }), end: Type.Integer({ minimum: 0 }) }),
    { description: 'What is marked, in UTF-16 units of `text`, the end not included.' },
  ),
  start: Type.Integer({ minimum: 0, description: 'Where `text` begins in the field, in UTF-16 units.' }),
  before: Type.Boolean({ description: 'Whether the field goes on before.' }),
  after: Type.Boolean({ description: 'Whether the field goes on after.' }),
}
export const Snippet = Type.Object(SNIPPET, {
  $id: 'Snippet',
  description: 'A part of a field with the keywords marked, particles outside the mark.',
})
export const Highlight = Type.Object(
  {
    title: ref(Snippet),
    body: ref(Snippet),
    subtitles: Type.Array(ref(Snippet), { description: 'The subtitles that have keywords, each whole.' }),
    tags: Type.Array(ref(Snippet), { description: 'The tags that have keywords, each whole.' }),
  },
  {
    $id: 'Highlight',
    description:
      'The title whole, about 160 characters of the plain text of the body, where most keywords stand together, and what else has keywords.',
  },
)
const IN_SOME_LISTS = {
  highlight: Type.Optional(ref(Highlight)),
  duplicates: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'Only with `duplicates=collapse`: how many other public articles say the same; `/articles/{id}/duplicates` lists them.',
    }),
  ),
}

export const ArticleSummary = Type.Object(
  {
    number: nullable(Type.Integer({ minimum: 1 }), {
      description:
        'The board’s running number (번호): total minus position; counting up where the oldest comes first. Null in lists that go by cursor.',
      examples: [3720],
    }),
    ...SUMMARY,
    ...IN_SOME_LISTS,
  },
  { $id: 'ArticleSummary', description: 'An article as lists show it.' },
)
export type ArticleSummary = Static<typeof ArticleSummary>

export const Article = Type.Object(
  {
    ...SUMMARY,
    ...DETAIL,
    previous: nullable(ref(ArticleLink), {
      description: 'The next older article of the public list (이전 글).',
    }),
    next: nullable(ref(ArticleLink), { description: 'The next newer one (다음 글).' }),
  },
  { $id: 'Article', description: 'One policy article.' },
)
export type Article = Static<typeof Article>

/** What `fields` may name: everything that a list or an item can carry. */
export const FIELDS = ['number', ...Object.keys(SUMMARY), ...Object.keys(DETAIL)] as (
  | 'number'
  | keyof typeof SUMMARY
  | keyof typeof DETAIL
)[]
export type Field = (typeof FIELDS)[number]
export const isDetail = (field: Field): boolean => field in DETAIL

export const SparseArticle = Type.Partial(Type.Object({ ...ArticleSummary.properties, ...DETAIL }), {
  $id: 'SparseArticle',
  description: 'Just the fields that `fields` names; any field of the list or the item but its neighbours.',
})

/** Characters of a body, as it is sent and as the HTML that is kept: what is read can be written again. */
export const MAX_BODY = 300_000

const WRITABLE = {
  status: Status,
  kind: Kind,
  title: Title,
  subtitles: Type.Optional(Subtitles),
  bodyHtml: Type.Optional(
    Type.String({
      maxLength: MAX_BODY,
      description: `The body as HTML. These elements stay: ${BODY_TAGS.join(', ')}; of others their text, but nothing of scripts, styles, frames, forms and players. Of attributes stay \`href\` (http, https, mailto), \`src\` (http, https), \`alt\`, \`width\`, \`height\`, \`start\`, \`colspan\`, \`rowspan\` and \`scope\`. What is left open is closed: then, too, it may have 300000 characters. Not together with \`bodyText\`.`,
      examples: ['<p>본문입니다.</p>'],
    }),
  ),
  bodyText: Type.Optional(
    Type.String({
      maxLength: MAX_BODY,
      description:
        'The body as plain text; an empty line parts paragraphs. With the mark-up that makes `bodyHtml` of it, too, it may have 300000 characters. Not together with `bodyHtml`.',
      examples: ['첫 문단입니다.\n\n둘째 문단입니다.'],
    }),
  ),
  ministry: Type.Optional(nullable(ref(NewMinistry))),
  author: Type.Optional(nullable(Author)),
  publishedAt: Type.Optional(
    nullable(
      Instant(
        'Instant of release, any offset. Where a published article gives none, the one that it has already, else now. Never in the future.',
        '2023-06-21T00:00:00+09:00',
      ),
    ),
  ),
  embargoUntil: Type.Optional(
    nullable(
      Instant('When a `scheduled` article becomes public; mandatory for those.', '2099-12-01T10:00:00+09:00'),
    ),
  ),
  postedOn: Type.Optional(nullable(Day('The Seoul day on which a board carried it on.', '2023-07-03'))),
  source: Type.Optional(nullable(ref(NewSource))),
  sourceModifiedAt: Type.Optional(nullable(Instant('When the source last changed it.'))),
  licence: Type.Optional(nullable(Licence)),
  attribution: Type.Optional(nullable(Attribution)),
  tags: Type.Optional(Tags),
  thumbnailUrl: Type.Optional(nullable(THUMBNAIL)),
  attachments: Type.Optional(Attachments),
}

export const NewArticle = Type.Object(WRITABLE, {
  $id: 'NewArticle',
  additionalProperties: false,
  description: 'An article to write. What is left out takes its empty value.',
  examples: [
    {
      status: 'published',
      kind: 'press-release',
      title: '순환경제 신사업 설명회 개최',
      bodyText: '산업통상부는 순환경제 신사업 설명회를 열었다.',
      ministry: { code: 'A00015', name: '산업통상부' },
      publishedAt: '2026-01-20T10:00:00+09:00',
      tags: ['순환경제'],
      licence: 'kogl-1',
    },
  ],
})
export type NewArticle = Static<typeof NewArticle>

const taken = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema))
const { subtitles, bodyHtml, bodyText, tags, attachments } = WRITABLE

export const ArticlePatch = Type.Object(
  {
    ...Type.Partial(Type.Object(WRITABLE)).properties,
    subtitles: taken(subtitles),
    bodyHtml: taken(bodyHtml),
    bodyText: taken(bodyText),
    tags: taken(tags),
    attachments: taken(attachments),
    ministry: Type.Optional(
      nullable(
        Type.Partial(
          Type.Object({
            ...NewMinistry.properties,
            publishedName: taken(NewMinistry.properties.publishedName),
          }),
          { additionalProperties: false },
        ),
      ),
    ),
    source: Type.Optional(
      nullable(Type.Partial(Type.Object(NewSource.properties), { additionalProperties: false })),
    ),
  },
  {
    $id: 'ArticlePatch',
    additionalProperties: false,
    description:
      'A JSON Merge Patch (RFC 7396): what is left out stays, null takes a value away, lists are replaced whole. The result must be a valid article.',
    examples: [{ title: '순환경제 신사업 설명회를 열다', tags: ['순환경제', 'ESG'] }],
  },
)
