import { type Static, Type } from 'typebox'
import { Day, nullable, oneOf, ref } from '../http/schema.ts'
import { MinistryTakenIn, ResolvedRange } from './page-schema.ts'
import { ArticleQuery, DAY_OF_UNRELEASED } from './query-schema.ts'
import { MOST_BUCKETS } from './statistics.ts'
import { FACETS, INTERVALS } from './store-statistics.ts'

/** The contract of histograms and facets. */

const { q, from, to, period, modifiedFrom, modifiedTo } = ArticleQuery.properties
const { ministry, lineage, kind, tag, source, author, status } = ArticleQuery.properties
/** What a list filters by. */
const FILTERS = {
  q,
  from,
  to,
  period,
  modifiedFrom,
  modifiedTo,
  ministry,
  lineage,
  kind,
  tag,
  source,
  author,
  status,
}

export const HistogramQuery = Type.Object(
  {
    interval: Type.Optional(
      oneOf(INTERVALS, {
        default: 'month',
        description: `Of Seoul’s calendar. Weeks begin on Monday. More than ${MOST_BUCKETS} intervals, a century of days, are refused.`,
        examples: ['month'],
      }),
    ),
    ...FILTERS,
  },
  { additionalProperties: false },
)

export const FacetQuery = Type.Object(
  {
    facets: Type.Optional(
      Type.Array(oneOf(FACETS), {
        minItems: 1,
        maxItems: FACETS.length,
        description:
          'Which facets; all of them where none is named. Repeat it, or separate them with commas.',
        examples: [['ministry', 'kind']],
      }),
    ),
    ...FILTERS,
  },
  { additionalProperties: false },
)

const OF_LIST = {
  total: Type.Integer({
    minimum: 0,
    description: 'How many articles the query has. Exact.',
    examples: [3720],
  }),
  published: ref(ResolvedRange),
  modified: ref(ResolvedRange),
  ministries: nullable(Type.Array(ref(MinistryTakenIn)), {
    description: 'Which bodies the `ministry` filter takes in, and why. Null without it.',
  }),
}
const count = Type.Integer({ minimum: 0, description: 'Articles. Exact.', examples: [81] })

export const Histogram = Type.Object(
  {
    interval: oneOf(INTERVALS),
    buckets: Type.Array(
      Type.Object({
        from: Day('First day of the interval.', '2026-01-01'),
        to: Day('Last day of the interval, inclusive.', '2026-01-31'),
        count,
      }),
      {
        description:
          'In the order of time, from the first interval that has an article to the last one, those between them that have none included. The whole intervals are named; counted are only the days of the query.',
      },
    ),
    ...OF_LIST,
  },
  {
    $id: 'Histogram',
    description: `How the articles of a query are spread over time, by their day of release. ${DAY_OF_UNRELEASED}`,
  },
)
export type Histogram = Static<typeof Histogram>

const FacetValue = Type.Object({
  value: nullable(Type.String(), {
    description:
      'What the articles have: a ministry by its name of today. Null where they have none. The list of a ministry’s is that of its `code` or else name with `lineage=body`.',
    examples: ['고용노동부'],
  }),
  code: nullable(Type.String(), { description: 'Of a ministry that has one here.', examples: ['A00025'] }),
  count,
})

const VALUES = Type.Optional(
  Type.Array(FacetValue, { description: 'Those of most articles first; all of them.' }),
)

export const Facets = Type.Object(
  {
    facets: Type.Object(
      { ministry: VALUES, kind: VALUES, source: VALUES },
      { additionalProperties: false, description: 'Just the facets that were asked for.' },
    ),
    ...OF_LIST,
  },
  {
    $id: 'Facets',
    description: 'How the articles of a query are spread over ministries, kinds and sources.',
  },
)

export type Facets = Static<typeof Facets>

export const statisticsComponents = [Histogram, Facets]
