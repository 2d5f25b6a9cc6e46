import { type Static, Type } from 'typebox'
import { pageFields, pageParameters } from '../http/page.ts'
import { Day, NOT_BLANK, nullable, ref } from '../http/schema.ts'
import { Code } from '../ministries/schema.ts'

/** The contract of ministries that nobody knows. */

const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: NOT_BLANK,
  description: 'The name as articles carry it.',
  examples: ['환경정책제도과'],
})
const first = Day('The first Seoul day of release.', '2023-06-21')
const last = Day('The last Seoul day of release.', '2026-01-23')

export const UnresolvedMinistry = Type.Object(
  {
    name: Name,
    articles: Type.Integer({
      minimum: 0,
      description: 'How many public articles carry it.',
      examples: [3],
    }),
    hidden: Type.Integer({
      minimum: 0,
      description: 'How many that are not public; deleted ones are not counted.',
      examples: [0],
    }),
    firstOn: nullable(first, { description: 'The first Seoul day of release of a public one.' }),
    lastOn: nullable(last, { description: 'The last Seoul day of release of a public one.' }),
    nearest: Type.Array(Type.String(), {
      description: 'Names of ministries that look most like it, the nearest first.',
    }),
  },
  { $id: 'UnresolvedMinistry', description: 'A name that articles carry without a code.' },
)
export const UnresolvedMinistryPage = Type.Object(
  {
    items: Type.Array(ref(UnresolvedMinistry)),
    ...pageFields('names', 2),
  },
  {
    $id: 'UnresolvedMinistryPage',
    description: 'A page of names that articles carry without a code, those of most public articles first.',
  },
)
export type UnresolvedMinistryPage = Static<typeof UnresolvedMinistryPage>

export const MinistryMapping = Type.Object(
  { name: Name, code: Code },
  {
    $id: 'MinistryMapping',
    additionalProperties: false,
    description: 'Which ministry a name means.',
    examples: [{ name: '환경정책제도과', code: 'A00019' }],
  },
)
export const MinistryMapped = Type.Object(
  {
    ...MinistryMapping.properties,
    added: Type.Boolean({
      description:
        'Whether the name is new among the short names of the ministry; it may have had it already.',
    }),
    articles: Type.Integer({
      minimum: 0,
      description: 'How many articles have the code now and had none.',
      examples: [3],
    }),
  },
  { $id: 'MinistryMapped', description: 'What became of a mapping.' },
)

export const unresolvedComponents = [
  UnresolvedMinistry,
  UnresolvedMinistryPage,
  MinistryMapping,
  MinistryMapped,
]

export const UnresolvedQuery = Type.Object(
  {
    ...pageParameters('Names'),
  },
  { additionalProperties: false },
)
