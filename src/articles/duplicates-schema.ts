import { type Static, Type } from 'typebox'
import { DUPLICATE_REASONS } from '../duplicates/relate.ts'
import { nullable, oneOf, ref } from '../http/schema.ts'
import { ArticleSummary } from './schema.ts'

/** The contract of duplicates. */

export const DuplicateArticle = Type.Object(
  {
    article: ref(ArticleSummary),
    reason: oneOf(DUPLICATE_REASONS, {
      description:
        '`midnight-relisting`: the same list carries the same again at the next midnight. `reissue`: the same issuer sent it out again, perhaps corrected. `joint-release`: several bodies released it on the same day or the next. `same-body`: the same text under another title, or of another body on another day.',
      examples: ['joint-release'],
    }),
    similarity: nullable(Type.Number({ minimum: 0, maximum: 1, examples: [0.94] }), {
      description:
        'What the two bodies have in common of all that they say. Null where one of them says nothing.',
    }),
    comparedWith: nullable(Type.Integer({ minimum: 1, examples: [21] }), {
      description:
        'The article that reason and similarity are about: the one that was asked for; where these two are duplicates only over others, the earliest of those. Null where only one that is not public is.',
    }),
  },
  { $id: 'DuplicateArticle', description: 'Another article that says the same.' },
)

export const ArticleDuplicates = Type.Object(
  {
    original: nullable(Type.Integer({ minimum: 1, examples: [21] }), {
      description:
        'The earliest public article of the group, which may be the one that was asked for. Null where none is public.',
    }),
    total: Type.Integer({ minimum: 0, description: 'How many others there are.', examples: [1] }),
    items: Type.Array(ref(DuplicateArticle), { description: 'The others, the earliest first; at most 100.' }),
  },
  { $id: 'ArticleDuplicates', description: 'The other articles that say the same as one.' },
)
export type ArticleDuplicates = Static<typeof ArticleDuplicates>

export const duplicateComponents = [DuplicateArticle, ArticleDuplicates]
