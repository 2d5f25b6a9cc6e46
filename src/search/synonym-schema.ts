import { type Static, Type } from 'typebox'
import { Instant, ref } from '../http/schema.ts'

/** The contract of synonyms. */

const Term = (options: object = {}) =>
  Type.String({ minLength: 1, maxLength: 100, pattern: '\\S', ...options })
const Terms = Type.Array(Term(), {
  minItems: 2,
  maxItems: 20,
  description:
    'Spellings that stand for each other, each with a letter or digit. White space is trimmed and made single.',
  examples: [['CBAM', '탄소국경조정제도', '탄소국경세']],
})

export const SynonymGroup = Type.Object(
  {
    id: Type.Integer({ minimum: 1, description: 'Identity here.', examples: [2] }),
    version: Type.Integer({
      minimum: 1,
      description: 'Grows by one with every change of the group.',
      examples: [1],
    }),
    terms: Terms,
    recordedAt: Instant('When it was first recorded here.'),
    modifiedAt: Instant('When it last changed here.'),
  },
  { $id: 'SynonymGroup', description: 'Spellings that keyword search takes for each other.' },
)
export type SynonymGroup = Static<typeof SynonymGroup>

export const NewSynonymGroup = Type.Object(
  { terms: Terms },
  {
    $id: 'NewSynonymGroup',
    additionalProperties: false,
    description: 'A group as it is written.',
    examples: [{ terms: ['그린수소', '녹색수소', '청정 수소'] }],
  },
)

export const SynonymGroupPage = Type.Object(
  {
    items: Type.Array(ref(SynonymGroup)),
    total: Type.Integer({ minimum: 0, description: 'How many groups there are, exactly.', examples: [20] }),
    page: Type.Integer({ minimum: 1, description: 'This page.', examples: [1] }),
    pages: Type.Integer({ minimum: 0, description: 'How many pages there are.', examples: [1] }),
    pageSize: Type.Integer({ minimum: 1, examples: [100] }),
  },
  { $id: 'SynonymGroupPage', description: 'A page of groups of synonyms, the oldest first.' },
)
export type SynonymGroupPage = Static<typeof SynonymGroupPage>

export const synonymComponents = [SynonymGroup, NewSynonymGroup, SynonymGroupPage]

export const SynonymQuery = Type.Object(
  {
    term: Type.Optional(
      Term({
        description:
          'Only the group that has this spelling; case, spaces and middle dots make no difference.',
        examples: ['ESG'],
      }),
    ),
    page: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        default: 1,
        description: 'Page number, from 1.',
        examples: [1],
      }),
    ),
    pageSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 100,
        description: 'Groups on a page.',
        examples: [100],
      }),
    ),
  },
  { additionalProperties: false },
)

export const SynonymGroupId = Type.Object({
  id: Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    description: 'The group’s identity here.',
    examples: [2],
  }),
})

export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description: 'The ETag that was last read. Without it 428, with a stale one 412.',
      examples: ['"1.kq2Jc0mJ9w3xTtXZ"'],
    }),
  ),
})
