import { type Static, Type } from 'typebox'
import { pageFields, pageParameters } from '../http/page.ts'
import { Instant, NOT_BLANK, ref } from '../http/schema.ts'

/** The contract of synonyms. */

const Term = (options: object = {}) =>
  Type.String({ minLength: 1, maxLength: 100, pattern: NOT_BLANK, ...options })
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
    ...pageFields('groups', 20),
  },
  { $id: 'SynonymGroupPage', description: 'A page of groups of synonyms, the oldest first.' },
)

export const synonymComponents = [SynonymGroup, NewSynonymGroup, SynonymGroupPage]

export const SynonymQuery = Type.Object(
  {
    term: Type.Optional(
      Term({
        description:
          'Only the group that has this spelling; case, width, spaces and middle dots make no difference.',
        examples: ['ESG'],
      }),
    ),
    ...pageParameters('Groups'),
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
