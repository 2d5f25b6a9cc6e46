import { type Static, Type } from 'typebox'
import { Day, Instant, nullable, oneOf, ref } from '../http/schema.ts'
import { SERVICES } from './open-api-client.ts'

/** The contract of coverage: which days of the Open API are here. */

export const CoverageQuery = Type.Object(
  {
    from: Type.Optional(Day('First day in Seoul; 29 days before `to`, where it is left out.', '2026-01-01')),
    to: Type.Optional(Day('Last day; today, where it is left out.', '2026-01-30')),
    service: Type.Optional(oneOf(SERVICES, { description: 'One service only; both, where it is left out.' })),
  },
  { additionalProperties: false },
)

export const CoveredDay = Type.Object(
  {
    day: Day('A day in Seoul.', '2026-01-23'),
    state: oneOf(['complete', 'partial', 'missing'], {
      description:
        '`complete`: loaded after it had ended; `partial`: loaded while it lasted, more may have come; `missing`: never loaded.',
      examples: ['complete'],
    }),
    items: nullable(Type.Integer({ minimum: 0 }), {
      description: 'Items approved on that day, as last loaded. Null where it is missing.',
      examples: [84],
    }),
    rejected: nullable(Type.Integer({ minimum: 0 }), {
      description: 'Items that could not be read, beside those. Null where it is missing.',
      examples: [0],
    }),
    syncedAt: nullable(Instant('When it was last loaded.')),
  },
  { $id: 'CoveredDay', description: 'What is here of a day.' },
)

export const ServiceCoverage = Type.Object(
  {
    service: oneOf(SERVICES, {
      description: '`press`: press releases (보도자료); `policy`: policy news (정책뉴스).',
      examples: ['press'],
    }),
    lastSyncedAt: nullable(
      Instant('When any day of this service was last loaded, also outside of the range.'),
    ),
    missing: Type.Array(Day('A day in Seoul.', '2026-01-23'), {
      description: 'Days of the range that are not complete, today and what is to come apart.',
    }),
    days: Type.Array(ref(CoveredDay), {
      description: 'Each day of the range that has begun, the oldest first.',
    }),
  },
  { $id: 'ServiceCoverage', description: 'What is here of a service.' },
)

export const Coverage = Type.Object(
  {
    from: Day('First day.', '2026-01-01'),
    to: Day('Last day.', '2026-01-30'),
    services: Type.Array(ref(ServiceCoverage)),
  },
  { $id: 'Coverage', description: 'Which days of the Open API of data.go.kr were loaded.' },
)
export type Coverage = Static<typeof Coverage>

export const coverageComponents = [CoveredDay, ServiceCoverage, Coverage]
