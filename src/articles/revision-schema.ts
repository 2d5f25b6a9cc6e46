import { type Static, Type } from 'typebox'
import { pageFields, pageParameters } from '../http/page.ts'
import { Instant, nullable, oneOf, ref } from '../http/schema.ts'
import { Article } from './schema.ts'
import { CHANGE_KINDS } from './words.ts'

/** The contract of former versions. */

const ENTRY = {
  version: Type.Integer({ minimum: 1, examples: [2] }),
  kind: oneOf(CHANGE_KINDS, {
    description: 'What made it.',
    examples: ['update'],
  }),
  at: Instant('When it was made.'),
  actor: Type.String({ description: 'Who made it.', examples: ['key:0f3a5c7e9b1d'] }),
}
export const RevisionEntry = Type.Object(
  {
    ...ENTRY,
    changed: Type.Array(Type.String(), {
      description: 'The fields that it changed, as the article names them. Empty for the first version.',
      examples: [['title', 'bodyText']],
    }),
  },
  { $id: 'RevisionEntry', description: 'A version of an article in the list of them.' },
)

export const RevisionPage = Type.Object(
  { items: Type.Array(ref(RevisionEntry)), ...pageFields('versions', 2) },
  { $id: 'RevisionPage', description: 'A page of an article’s versions, the newest first.' },
)
export type RevisionPage = Static<typeof RevisionPage>

export const Revision = Type.Object(
  { ...ENTRY, article: ref(Article) },
  {
    $id: 'Revision',
    description: 'A version of an article: its content then, the counts of today, without neighbours.',
  },
)

export const DiffPart = Type.Object(
  { op: oneOf(['equal', 'insert', 'delete']), text: Type.String() },
  { $id: 'DiffPart', description: 'A part of a text that is the same, new, or gone.' },
)
export const FieldDiff = Type.Object(
  {
    field: Type.String({ description: 'As the article names it.', examples: ['title'] }),
    before: Type.Unknown({ description: 'Its value in `from`; null before the first version.' }),
    after: Type.Unknown({ description: 'Its value in `to`.' }),
    words: nullable(Type.Array(ref(DiffPart)), {
      description: 'Of title and `bodyText`: word by word, or by lines where little is the same.',
    }),
  },
  { $id: 'FieldDiff', description: 'A field whose value differs.' },
)
export const RevisionDiff = Type.Object(
  {
    from: nullable(Type.Integer({ minimum: 1 }), { description: 'Null before the first version.' }),
    to: Type.Integer({ minimum: 1 }),
    fields: Type.Array(ref(FieldDiff), {
      description: 'In the order of the article. Empty where nothing differs.',
    }),
  },
  { $id: 'RevisionDiff', description: 'What differs between two versions of an article.' },
)
export type RevisionDiff = Static<typeof RevisionDiff>

export const RevisionsQuery = Type.Object(pageParameters('Versions'), { additionalProperties: false })
export const DiffQuery = Type.Object(
  {
    from: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: 'The version to compare with; by default the one before, for the first one nothing.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const revisionComponents = [RevisionEntry, RevisionPage, Revision, DiffPart, FieldDiff, RevisionDiff]
