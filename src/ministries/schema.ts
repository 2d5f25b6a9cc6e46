import { type Static, Type } from 'typebox'
import { Day, Instant, NOT_BLANK, nullable, oneOf, ref } from '../http/schema.ts'
import { EVENT_KINDS } from './lineage.ts'
import { REASONS } from './registry.ts'

/** The contract of ministries and their lineage. */

const MINISTRY_KINDS = ['ministry', 'office', 'agency', 'commission', 'other'] as const

const CODE = { pattern: '^[A-Z]\\d{5}$' }
export const Code = Type.String({
  ...CODE,
  description: 'The code that korea.kr gives the body (`repCode`).',
  examples: ['A00015'],
})
const Kind = oneOf(MINISTRY_KINDS, {
  description: '`ministry` 부, `office` 처, `agency` 청, `commission` 위원회, `other`.',
  examples: ['ministry'],
})
const name = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 200, pattern: NOT_BLANK, description, examples: [example] })
const NAME = name('A full name.', '산업통상자원부')
export const SHORT_NAMES_AT_MOST = 20
const SHORT_NAMES = Type.Array(name('A short name.', '산자부'), {
  maxItems: SHORT_NAMES_AT_MOST,
  description: 'What else it is called for short, or was found to be called, while it has this name.',
  examples: [['산자부', '산업부']],
})
const FROM = nullable(Day('The first day on which it is in force.', '2025-10-01'), {
  description: 'The first Seoul day on which it is in force. Null where that is not known.',
})
const TO = nullable(Day('The last day on which it is in force.', '2025-09-30'), {
  description: 'The last Seoul day on which it is in force. Null while it is.',
})

export const MinistryName = Type.Object(
  { name: NAME, shortNames: SHORT_NAMES, from: FROM, to: TO },
  { $id: 'MinistryName', description: 'A name with the days on which it was in force, both included.' },
)

export const MinistryParty = Type.Object(
  {
    code: nullable(Type.String(CODE), {
      description: 'Null for a body that is not here.',
      examples: ['A00041'],
    }),
    name: name('What it was called in this event.', '재정경제부'),
  },
  { $id: 'MinistryParty', description: 'A body in an event.' },
)

const EVENT_KIND = oneOf(EVENT_KINDS, {
  description:
    '`rename`; `upgrade` with another rank; `replace` by a new body; `split` of one into several; `merge` of several into one; `transfer` of functions between bodies that both go on.',
  examples: ['split'],
})
const NOTE = nullable(Type.String({ minLength: 1, maxLength: 1000, pattern: NOT_BLANK }), {
  description: 'What else is known of it.',
})
const EFFECTIVE = Day('The first Seoul day after it.', '2026-01-02')

export const MinistryEvent = Type.Object(
  {
    id: Type.Integer({ minimum: 1, description: 'Identity here.', examples: [10] }),
    version: Type.Integer({ minimum: 1, description: 'Grows by one with every change.', examples: [1] }),
    kind: EVENT_KIND,
    on: EFFECTIVE,
    from: Type.Array(ref(MinistryParty), { description: 'The bodies before it.' }),
    to: Type.Array(ref(MinistryParty), { description: 'The bodies after it.' }),
    note: NOTE,
    recordedAt: Instant('When it was first recorded here.'),
    modifiedAt: Instant('When it last changed here.'),
  },
  {
    $id: 'MinistryEvent',
    description: 'What became of bodies on a day: one to one, one to many, many to one.',
  },
)
export type MinistryEvent = Static<typeof MinistryEvent>

export const MinistryRelative = Type.Object(
  {
    ...MinistryParty.properties,
    kind: EVENT_KIND,
    on: EFFECTIVE,
    event: Type.Integer({ description: 'Which event says so.', examples: [10] }),
  },
  {
    $id: 'MinistryRelative',
    description: 'A body in whose place another one came, or that came in its place.',
  },
)
const LINEAGE = {
  predecessors: Type.Array(ref(MinistryRelative), {
    description: 'Bodies in whose place it came, one step back. Its own former names are in `names`.',
  }),
  successors: Type.Array(ref(MinistryRelative), {
    description: 'Bodies that came in its place, one step on.',
  }),
}

export const MinistryRecord = Type.Object(
  {
    code: Code,
    version: Type.Integer({ minimum: 1, description: 'Grows by one with every change.', examples: [1] }),
    kind: Kind,
    name: name('What it is called today; of one that has ended, its last name.', '산업통상부'),
    names: Type.Array(ref(MinistryName), { description: 'Every name, in the order of time.' }),
    events: Type.Array(ref(MinistryEvent), {
      description: 'Every event in which it took part, in the order of time.',
    }),
    ...LINEAGE,
    recordedAt: Instant('When it was first recorded here.'),
    modifiedAt: Instant('When it last changed here; its events have versions of their own.'),
  },
  { $id: 'MinistryRecord', description: 'A body that issues articles, with its whole history.' },
)
export type MinistryRecord = Static<typeof MinistryRecord>

export const MinistrySummary = Type.Object(
  { code: Code, kind: Kind, ...MinistryName.properties },
  { $id: 'MinistrySummary', description: 'A body with the name that is in force on a day.' },
)
export const MinistryList = Type.Object(
  {
    on: Day('The Seoul day for which it is true.', '2026-01-23'),
    items: Type.Array(ref(MinistrySummary)),
  },
  { $id: 'MinistryList', description: 'The bodies that there are on a day, in the order of their codes.' },
)
export type MinistryList = Static<typeof MinistryList>

export const MinistryCandidate = Type.Object(
  {
    code: Code,
    kind: Kind,
    name: name('What it is called on that day; of one that has ended before, its last name.', '산업통상부'),
    inForce: Type.Boolean({ description: 'Whether there is such a body on that day.' }),
    why: oneOf(REASONS, {
      description:
        'Why this body is meant. `former-` were in force before that day, `later-` will be after it.',
      examples: ['former-short-name'],
    }),
    meant: ref(MinistryName),
    ...LINEAGE,
  },
  { $id: 'MinistryCandidate', description: 'A body that a name may mean.' },
)
export const MinistryResolution = Type.Object(
  {
    asked: Type.String({ description: 'The name that was asked for.', examples: ['산자부'] }),
    on: Day('The Seoul day for which it is true.', '2026-01-05'),
    ambiguous: Type.Boolean({
      description: 'Whether several bodies are meant for equally good reasons: `why` of each tells which.',
    }),
    ministry: nullable(ref(MinistryCandidate), {
      description: 'The body that is meant. Null where ambiguous.',
    }),
    candidates: Type.Array(ref(MinistryCandidate), { description: 'All that may be meant, the best first.' }),
  },
  { $id: 'MinistryResolution', description: 'Which body a name means on a day.' },
)
export type MinistryResolution = Static<typeof MinistryResolution>

const NewMinistryName = Type.Object(
  {
    name: NAME,
    shortNames: Type.Optional(SHORT_NAMES),
    from: Type.Optional(FROM),
    to: Type.Optional(TO),
  },
  { $id: 'NewMinistryName', additionalProperties: false, description: 'A name as it is written.' },
)
export const NewMinistryRecord = Type.Object(
  {
    code: Code,
    kind: Kind,
    names: Type.Array(ref(NewMinistryName), {
      minItems: 1,
      maxItems: 50,
      description: 'Every name that it has or had, none over another in time.',
    }),
  },
  {
    $id: 'NewMinistryRecord',
    additionalProperties: false,
    description: 'A ministry as it is written.',
    examples: [
      { code: 'B00030', kind: 'agency', names: [{ name: '공소청', shortNames: [], from: '2026-10-02' }] },
    ],
  },
)
export type NewMinistryRecord = Static<typeof NewMinistryRecord>

const NewMinistryParty = Type.Object(
  {
    code: Type.Optional(MinistryParty.properties.code),
    name: Type.String({
      ...MinistryParty.properties.name,
      description: 'What it is called in this event; a name of the body, where it has a code.',
    }),
  },
  { $id: 'NewMinistryParty', additionalProperties: false, description: 'A body in an event.' },
)
const parties = (description: string) =>
  Type.Array(ref(NewMinistryParty), { minItems: 1, maxItems: 20, description })
export const NewMinistryEvent = Type.Object(
  {
    kind: EVENT_KIND,
    on: EFFECTIVE,
    from: parties('The bodies before it.'),
    to: parties('The bodies after it.'),
    note: Type.Optional(NOTE),
  },
  {
    $id: 'NewMinistryEvent',
    additionalProperties: false,
    description: 'An event as it is written.',
    examples: [
      {
        kind: 'transfer',
        on: '2026-12-01',
        from: [{ code: 'A00002', name: '교육부' }],
        to: [{ code: 'A00033', name: '과학기술정보통신부' }],
        note: '이관된 업무.',
      },
    ],
  },
)
export type NewMinistryEvent = Static<typeof NewMinistryEvent>

export const MinistryEventList = Type.Object(
  { items: Type.Array(ref(MinistryEvent)) },
  { $id: 'MinistryEventList', description: 'Every event, in the order of time.' },
)

export const ministryComponents = [
  NewMinistryName,
  NewMinistryRecord,
  NewMinistryParty,
  NewMinistryEvent,
  MinistryEventList,
  MinistryName,
  MinistryParty,
  MinistryEvent,
  MinistryRelative,
  MinistryRecord,
  MinistrySummary,
  MinistryList,
  MinistryCandidate,
  MinistryResolution,
]

const ON = Type.Optional(Day('For this Seoul day; today where it is left out.', '2026-01-23'))

export const MinistryQuery = Type.Object({ on: ON }, { additionalProperties: false })
export const ResolveQuery = Type.Object(
  { name: name('A code, or any name or short name that a body ever had.', '산자부'), on: ON },
  { additionalProperties: false },
)
export const MinistryCode = Type.Object({ code: Code })
export const MinistryEventId = Type.Object({
  id: Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    description: 'The event’s identity here.',
    examples: [10],
  }),
})
