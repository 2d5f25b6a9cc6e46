import { type Static, Type } from 'typebox'
import { NOT_BLANK, nullable, oneOf, ref } from '../http/schema.ts'

/** The words of the contract: what the fields of an article are. */

/** What an entry of the log of changes says was done. */
export const CHANGE_KINDS = ['create', 'update', 'publish', 'hide', 'delete', 'restore'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

export const STATUSES = ['draft', 'scheduled', 'published', 'hidden'] as const
export const KINDS = [
  'press-release',
  'reference',
  'explanation',
  'policy-news',
  'fact-check',
  'visual',
  'activity',
  'personnel',
  'other',
] as const
export const LICENCES = ['kogl-1', 'kogl-2', 'kogl-3', 'kogl-4'] as const

export const Status = oneOf(STATUSES, {
  description:
    '`draft` (작성 중), `scheduled` (embargoed until `embargoUntil`), `published` (노출), `hidden` (비노출). Only `published` is public.',
  examples: ['published'],
})
export const Kind = oneOf(KINDS, {
  description:
    'What it is: `press-release` 보도자료, `reference` 보도참고, `explanation` 설명자료, `policy-news` 정책뉴스, `fact-check` 사실은 이렇습니다, `visual` 카드·영상, `activity` 동정, `personnel` 인사, `other`.',
  examples: ['press-release'],
})
export const Licence = oneOf(LICENCES, {
  description:
    'Korea Open Government Licence (공공누리), type 1 to 4: 1 attribution; 2 no commercial use; 3 no derivatives; 4 neither.',
  examples: ['kogl-1'],
})
export const Title = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: NOT_BLANK,
  description: 'The title as published, prefixes such as [보도참고] kept. Plain text.',
  examples: ['대·중소기업 모여 순환 경제 신사업 함께 만든다'],
})
export const Subtitles = Type.Array(Type.String({ minLength: 1, maxLength: 1000, pattern: NOT_BLANK }), {
  maxItems: 10,
  description: 'Lines under the title, in their order.',
})
export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 100, pattern: NOT_BLANK }), {
  maxItems: 50,
  uniqueItems: true,
  description: 'Free keywords, for the `tag` filter.',
  examples: [['순환경제', 'ESG']],
})
export const Author = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: NOT_BLANK,
  description: 'Who wrote or posted it (글쓴이).',
  examples: ['한국생산성본부'],
})
export const Attribution = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: NOT_BLANK,
  description: 'The line that a re-user must print.',
  examples: ['(산업통상자원부, 2023.06.21)'],
})
const Url = (description: string, example: string) =>
  Type.String({ format: 'uri', pattern: '^https?://', maxLength: 2000, description, examples: [example] })
export const THUMBNAIL = Url('A picture for lists.', 'https://example.org/thumbnail.jpg')

export const Attachment = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'File name.',
      examples: ['보도자료.hwpx'],
    }),
    url: Url('Where the file is.', 'https://example.org/files/1.hwpx'),
    mediaType: Type.Optional(
      nullable(Type.String({ maxLength: 200 }), { description: 'IANA media type, where known.' }),
    ),
    size: Type.Optional(nullable(Type.Integer({ minimum: 0 }), { description: 'Bytes, where known.' })),
  },
  { $id: 'Attachment', additionalProperties: false, description: 'A file that belongs to an article.' },
)
export type Attachment = Static<typeof Attachment>
export const Attachments = Type.Array(ref(Attachment), {
  maxItems: 100,
  description: 'Files, in their order.',
})

export const MINISTRY = {
  code: nullable(Type.String({ pattern: '^[A-Z]\\d{5}$', examples: ['A00015'] }), {
    description:
      'The code that korea.kr gives the body (`repCode`). Null where nobody knows which body the name means.',
    examples: ['A00015'],
  }),
  name: Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: NOT_BLANK,
    description: 'Its name today, whatever the source wrote.',
    examples: ['산업통상부'],
  }),
  publishedName: Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: NOT_BLANK,
    description: 'Its name on the day of release.',
    examples: ['산업통상자원부'],
  }),
}
export const Ministry = Type.Object(MINISTRY, {
  $id: 'Ministry',
  description: 'The body that issued an article (담당부서).',
})

export const NewMinistry = Type.Object(
  {
    code: Type.Optional({
      ...MINISTRY.code,
      description: 'Found by the name where it is left out or null. 400 where it is another body’s.',
    }),
    name: Type.String({
      ...MINISTRY.name,
      description:
        'A name that it has or had, or a short one; what it means is decided by the day of release. What nobody is called is kept as text, beside a `code` as the name as published; it gives way to the body that `publishedName` tells.',
    }),
    publishedName: Type.Optional(
      Type.String({
        ...MINISTRY.publishedName,
        description: 'Its name on the day of release; found where it is left out.',
      }),
    ),
  },
  { $id: 'NewMinistry', additionalProperties: false, description: 'The body that issued an article.' },
)

/** What a source may be called. */
export const SOURCE_NAME = '^[a-z0-9][a-z0-9.-]{0,99}$'
export const SOURCE = {
  name: Type.String({
    pattern: SOURCE_NAME,
    description: 'Where the article comes from: a host name or a short word, in lower case.',
    examples: ['gongbo-samples'],
  }),
  externalId: Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: NOT_BLANK,
    description: 'Its identity there (korea.kr: `newsId`). Unique within the source.',
    examples: ['sample-018'],
  }),
}
const SOURCE_URL = nullable(
  Url(
    'Its page there, without anybody’s search context.',
    'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
  ),
)
export const Source = Type.Object(
  { ...SOURCE, url: SOURCE_URL },
  { $id: 'Source', description: 'The identity of an article where it comes from.' },
)
export const NewSource = Type.Object(
  { ...SOURCE, url: Type.Optional(SOURCE_URL) },
  {
    $id: 'NewSource',
    additionalProperties: false,
    description: 'The identity of an article where it comes from.',
  },
)

export const Counts = Type.Object(
  {
    comments: Type.Integer({ minimum: 0, description: 'Comments at the source.', examples: [0] }),
    views: Type.Integer({ minimum: 0, description: 'Views, here and at the source.', examples: [565] }),
    likes: Type.Integer({ minimum: 0, description: 'Likes, here and at the source.', examples: [0] }),
    dislikes: Type.Integer({ minimum: 0, description: 'Dislikes, here and at the source.', examples: [0] }),
  },
  {
    $id: 'Counts',
    description: 'Counters. They live apart from the article: they move neither its version nor its ETag.',
  },
)
export type Counts = Static<typeof Counts>
