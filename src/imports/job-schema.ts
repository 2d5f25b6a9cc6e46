import { type Static, Type } from 'typebox'
import { SOURCE } from '../articles/words.ts'
import { pageFields, pageParameters } from '../http/page.ts'
import { Instant, nullable, oneOf, ref } from '../http/schema.ts'
import { ENCODINGS } from './file.ts'
import { RECORD_FORMATS } from './run.ts'

/** The contract of imports over HTTP: what is uploaded, and what becomes of it. */

export const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const

const source = Type.String({
  ...SOURCE.name,
  description: 'The source’s name where a record has none.',
  examples: ['kpc-esg-board'],
})
const encoding = oneOf(ENCODINGS, {
  description:
    'Of CSV. Otherwise the `charset` of the media type, else UTF-16 by its mark, UTF-8 where the whole file is, else CP949.',
})
const dryRun = Type.Boolean({
  default: false,
  description: 'Only count what would come of it.',
})
const deferSearch = Type.Boolean({
  default: false,
  description:
    'Leave what the articles are found by to the upkeep: the import is faster, they are found later.',
})
const resume = Type.Boolean({
  default: false,
  description: 'Pass over what an earlier import of the same file with the same options has committed.',
})

export const UploadQuery = Type.Object(
  {
    source: Type.Optional(source),
    map: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 2000 }), {
        maxItems: 200,
        description:
          'Of CSV: `header=field` for a column of another name, `header=-` to pass over one. Repeat it, or separate them with commas.',
      }),
    ),
    encoding: Type.Optional(encoding),
    dryRun: Type.Optional(dryRun),
    deferSearch: Type.Optional(deferSearch),
    resume: Type.Optional(resume),
  },
  { additionalProperties: false },
)
export type UploadQuery = Static<typeof UploadQuery>

const count = (description: string, example = 0) =>
  Type.Integer({ minimum: 0, description, examples: [example] })

export const ImportJob = Type.Object(
  {
    id: Type.String({ format: 'uuid', examples: ['0b4f6a3e-3f0e-4c55-9d5c-0d3c2f6f1a77'] }),
    state: oneOf(STATES, {
      description:
        '`queued`: waits for another import; `running`; `succeeded`: read to its end, also where records were rejected; `failed`: see `failure`; `cancelled`. What was committed stays in any case.',
      examples: ['running'],
    }),
    format: oneOf(RECORD_FORMATS, { examples: ['ndjson'] }),
    options: Type.Object({
      source: nullable(source),
      map: Type.Array(Type.String(), { description: '`header=field`.', examples: [['비고=-']] }),
      encoding: nullable(encoding),
      dryRun,
      deferSearch,
      resume,
    }),
    bytes: count('Of the upload, unpacked.', 52_428_800),
    bytesRead: count('How many of them were read so far.', 10_485_760),
    records: Type.Object(
      {
        read: count('Records read so far, those that were rejected included.', 3_500),
        created: count('Articles that are new.', 3_000),
        updated: count('Articles of which a new version was made.', 200),
        unchanged: count('Articles that were here as they are in the file.', 290),
        deleted: count('Left alone because they were deleted here.'),
        recounted: count('Whose counts at the source moved; that makes no new version.'),
        kept: count(
          'In which something stands as it was: a text that the file could not hold, or the release where the row has another day or hour of posting alone.',
        ),
        rejected: count(
          'Records that cannot be imported, and those that say something else of an article than an earlier line does; `/rejects` lists them.',
          10,
        ),
      },
      { description: 'While it runs they lag behind by about a second.' },
    ),
    cancelRequested: Type.Boolean({ description: 'Whether it is to end after what is under way.' }),
    failure: nullable(
      Type.Object({
        code: oneOf(['unreadable', 'interrupted', 'internal'], {
          description:
            '`unreadable`: the file is not what it should be; `interrupted`: the server was stopped or died, upload the file again, with `resume` perhaps; `internal`: the fault is ours.',
          examples: ['unreadable'],
        }),
        detail: Type.String({ examples: ['unknown column "비고"'] }),
      }),
      { description: 'Why it failed, in Korean for `Accept-Language: ko`; null where it did not.' },
    ),
    actor: Type.String({
      description: 'Who uploaded it, as changes of its articles name it.',
      examples: ['key:5f0c3a9b7d21'],
    }),
    recordedAt: Instant('When the upload was complete.'),
    startedAt: nullable(Instant('When the import began.')),
    endedAt: nullable(Instant('When it ended, however it did.')),
  },
  { $id: 'ImportJob', description: 'An upload on its way into the database.' },
)
export type ImportJob = Static<typeof ImportJob>

export const ImportJobPage = Type.Object(
  { items: Type.Array(ref(ImportJob)), ...pageFields('imports', 3) },
  { $id: 'ImportJobPage', description: 'A page of imports, the newest first.' },
)

export const ImportReject = Type.Object(
  {
    line: Type.Integer({
      minimum: 0,
      description: 'The line of the file on which the record begins, from 1.',
      examples: [3],
    }),
    errors: Type.Array(
      Type.Object({
        pointer: Type.String({
          description: 'The place in the article, a JSON Pointer; the whole record is an empty text.',
          examples: ['/title'],
        }),
        column: Type.Optional(Type.String({ description: 'The column of CSV.', examples: ['제목'] })),
        detail: Type.String({ examples: ['must not be blank'] }),
      }),
    ),
  },
  {
    $id: 'ImportReject',
    description: 'A record that cannot be imported, and why; in Korean for `Accept-Language: ko`.',
  },
)
export type ImportReject = Static<typeof ImportReject>

export const ImportRejectPage = Type.Object(
  { items: Type.Array(ref(ImportReject)), ...pageFields('rejected records', 10) },
  { $id: 'ImportRejectPage', description: 'A page of what an import rejected, in the order of lines.' },
)

export const ImportId = Type.Object({ id: ImportJob.properties.id })
export const ImportPages = Type.Object(pageParameters('Imports'), { additionalProperties: false })
export const RejectPages = Type.Object(pageParameters('Rejected records'), { additionalProperties: false })

export const importComponents = [ImportJob, ImportJobPage, ImportReject, ImportRejectPage]
