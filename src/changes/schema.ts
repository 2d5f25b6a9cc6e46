import { type Static, type TSchema, Type } from 'typebox'
import { Article } from '../articles/schema.ts'
import { CHANGE_KINDS } from '../articles/words.ts'
import { Instant, nullable, oneOf, ref } from '../http/schema.ts'

/** The contract of the change feed. */

/** What moves without a change of the article, or belongs to a list: it would be stale in a mirror. */
const MOVING = ['counts', 'isNew', 'previous', 'next']
const LASTING = Object.fromEntries(
  Object.entries(Article.properties).filter(([field]) => !MOVING.includes(field)),
) as Omit<typeof Article.properties, 'counts' | 'isNew' | 'previous' | 'next'>
export const LASTING_FIELDS = Object.keys(LASTING) as (keyof typeof LASTING)[]

export const ChangedArticle = Type.Object(LASTING as Record<string, TSchema>, {
  $id: 'ChangedArticle',
  description: 'An article without what moves by itself: counters, the badge, and neighbours.',
})

export const Change = Type.Object(
  {
    cursor: Type.String({ description: 'Goes on after this change.', examples: ['WzEsInAiLDQyLDBd'] }),
    articleId: Type.Integer({ minimum: 1, examples: [21] }),
    kind: oneOf(CHANGE_KINDS, {
      description:
        'Without a key: `create` (it became public), `update`, `delete` (it is not public any more). With a key also `publish`, `hide` and `restore`, as they were made.',
      examples: ['create'],
    }),
    version: Type.Integer({ minimum: 1, description: 'The version that the change made.', examples: [1] }),
    at: Instant('When it was made.'),
    deleted: Type.Boolean({
      description: 'A tombstone: for the reader the article is gone. Another change may bring it back.',
    }),
    actor: nullable(Type.String(), { description: 'Who made it, with a key; null without one.' }),
    article: Type.Optional(
      nullable(ref(ChangedArticle), {
        description:
          'With `include=article`: the article as it stands now, which may be a later version. Null where it is gone for the reader; the tombstone is this change or one that follows.',
      }),
    ),
  },
  { $id: 'Change', description: 'One write to one article.' },
)
export type Change = Static<typeof Change>

export const ChangePage = Type.Object(
  {
    items: Type.Array(ref(Change), { description: 'In the order in which they were committed.' }),
    cursor: Type.String({
      description: 'Goes on after this page: the next `since`. Also where there are no items.',
      examples: ['WzEsInAiLDQyLDBd'],
    }),
    more: Type.Boolean({ description: 'Whether there are more changes already.' }),
  },
  { $id: 'ChangePage', description: 'Changes of articles.' },
)

export const ChangesQuery = Type.Object(
  {
    since: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          'A cursor: changes after it. `now`: none of those there are. Left out: from the beginning.',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 100,
        description: 'Changes at most; with articles there may be fewer, of about 4 MB.',
      }),
    ),
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: 0,
        description: 'Seconds to wait for a change where there is none yet. Event streams always wait.',
      }),
    ),
    include: Type.Optional(
      Type.Array(oneOf(['article']), {
        maxItems: 1,
        description: '`article`: each change with the article as it stands now.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const changeComponents = [ChangedArticle, Change, ChangePage]
