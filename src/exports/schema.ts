import { type Static, Type } from 'typebox'
import { ArticleQuery, SORTS } from '../articles/query-schema.ts'
import { FIELDS } from '../articles/schema.ts'
import { Instant, nullable, oneOf } from '../http/schema.ts'

/** The contract of exports. */

const { page: _, pageSize: __, cursor: ___, highlight: ____, ...LIST } = ArticleQuery.properties

/** Everything of a list or an item but what a page alone can tell. */
export const EXPORTED = FIELDS.filter(field => field !== 'number')

const QUERY = {
  ...LIST,
  sort: Type.Optional(
    oneOf(
      SORTS.filter(sort => sort !== 'relevance'),
      { default: '-publishedAt', description: 'Newest first by default.', examples: ['-publishedAt'] },
    ),
  ),
  fields: Type.Optional(
    Type.Array(oneOf(EXPORTED), {
      minItems: 1,
      maxItems: 100,
      description:
        'Just these fields, in this order: `id,title,bodyText`. Repeat it, or separate them with commas.',
    }),
  ),
}
export const ExportQuery = Type.Object(QUERY, { additionalProperties: false })
export type ExportQuery = Static<typeof ExportQuery>

export const CsvQuery = Type.Object(
  {
    ...QUERY,
    bom: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether it begins with a byte order mark, by which Excel knows UTF-8.',
        examples: [true],
      }),
    ),
    formulas: Type.Optional(
      oneOf(['keep', 'defuse'], {
        default: 'keep',
        description:
          '`defuse`: a cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or the like) gets an apostrophe before it. `keep`: cells as they are, for an import.',
        examples: ['defuse'],
      }),
    ),
  },
  { additionalProperties: false },
)

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const
const FAILURES = ['reader-gone', 'reader-stalled', 'too-long', 'server', 'interrupted'] as const
export type ExportFailure = (typeof FAILURES)[number]

export const Export = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    state: oneOf(['running', 'succeeded', 'failed'], {
      description:
        '`succeeded`: it was made to its end. Whether it arrived, count, bytes and digest tell the reader.',
    }),
    format: oneOf(EXPORT_FORMATS),
    query: Type.String({
      description: 'The query as it was asked, percent-encoded.',
      examples: ['period=1m&kind=press-release'],
    }),
    count: Type.Integer({ minimum: 0, description: 'Articles; so far, while it runs.', examples: [3720] }),
    bytes: Type.Integer({ minimum: 0, description: 'Bytes before any `Content-Encoding`; so far.' }),
    sha256: nullable(Type.String({ pattern: '^[0-9a-f]{64}$' }), {
      description:
        'SHA-256 of the content before any `Content-Encoding`, in hex as `sha256sum` prints it. Null before the end.',
    }),
    failure: nullable(oneOf(FAILURES), {
      description:
        'Why it was cut: the reader went away, or took nothing for `EXPORT_STALL_MS`; it took longer than 6 hours; something failed at the server; or its server fell silent (`interrupted`).',
    }),
    startedAt: Instant('When its snapshot was taken, or a little later.'),
    endedAt: nullable(Instant('When it ended.')),
  },
  { $id: 'Export', description: 'What an export was, for who wants to know whether all of it has arrived.' },
)
export type Export = Static<typeof Export>

export const ExportId = Type.Object({
  id: Type.String({ format: 'uuid', description: 'The value of `Gongbo-Export` in the answer.' }),
})

export const exportComponents = [Export]
