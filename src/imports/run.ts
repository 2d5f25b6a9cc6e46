import type { Database } from '../db/client.ts'
import { HeaderError } from './columns.ts'
import { readCsv } from './csv.ts'
import { type Encoding, readBytes, type Survey, toUtf8 } from './file.ts'
import { type LoadOptions, type LoadReport, load } from './load.ts'
import { readNdjson } from './ndjson.ts'
import { deleteProgress, findProgress, type Progress, upsertProgress } from './store-progress.ts'

/** A file of records from its bytes into the database: what the command and `/v1/imports` share. */

export const RECORD_FORMATS = ['ndjson', 'csv'] as const
export type RecordFormat = (typeof RECORD_FORMATS)[number]

export interface FileOptions {
  format: RecordFormat
  /** Of CSV; what the survey found, where nothing is said. */
  encoding?: Encoding
  /** The source's name where a record has none. */
  source?: string
  /** Fields by headers of CSV; `-` for a column that is passed over. */
  map: ReadonlyMap<string, string>
  dryRun: boolean
  deferSearch: boolean
  /** Go on after what an earlier import of the same file has committed. */
  resume: boolean
}

interface FileHooks
  extends Pick<LoadOptions, 'actor' | 'now' | 'onRejected' | 'onKept' | 'signal' | 'report' | 'gently'> {
  /** Called before the first record with the line after which it goes on, and how many were rejected up to there. */
  onResumed?: (progress: Progress) => void
  onRead?: (bytes: number) => void
  /** Called when more is committed. */
  onCommitted?: (report: LoadReport) => void
}

/** Milliseconds between notes of how far it is: each waits for the disk. */
const NOTED = 1_000

const isUtf16 = (encoding: Encoding) => encoding.startsWith('utf-16')

/** What is said of a file goes before what is found; but its mark knows the order of the bytes of UTF-16. */
const encodingOf = (found: Encoding, said = found): Encoding =>
  isUtf16(said) && isUtf16(found) ? found : said

/** @throws HeaderError where the file cannot be read as what it is; the reason of the signal that ended it. */
export async function importFile(
  db: Database,
  { path, survey }: { path: string; survey: Survey },
  { format, source, map, dryRun, deferSearch, resume, ...options }: FileOptions,
  { onResumed, onRead, onCommitted, onRejected, ...hooks }: FileHooks,
): Promise<LoadReport> {
  if (survey.gzip)
    throw new HeaderError({ en: 'this is gzip: unpack it', ko: 'gzip 파일입니다. 압축을 푸십시오' })
  const encoding = encodingOf(survey.encoding, options.encoding)
  const identity = {
    digest: survey.digest,
    options: JSON.stringify({ format, encoding, source, map: [...map] }),
  }
  const earlier = resume ? await findProgress(db, identity) : { line: 0, rejected: 0 }
  const after = earlier.line
  if (after > 0) onResumed?.(earlier)
  const bytes = readBytes(path, onRead)
  const records =
    format === 'ndjson'
      ? readNdjson(isUtf16(encoding) ? toUtf8(bytes, encoding) : bytes, { source })
      : readCsv(bytes, { encoding, map, source })
  let done = after
  let noted = after
  let notedAt = Number.NEGATIVE_INFINITY
  /** How many were rejected up to there, and the lines of those behind: the file is read ahead of what is written. */
  let rejections = earlier.rejected
  let rejected: number[] = []
  const note = async () => {
    const behind = rejected.filter(line => line > done)
    rejections += rejected.length - behind.length
    rejected = behind
    if (done > noted) await upsertProgress(db, identity, { line: done, rejected: rejections })
    noted = done
    notedAt = performance.now()
  }
  const report = await load(db, records, {
    ...hooks,
    deferSearch,
    dryRun,
    after,
    onRejected: rejection => {
      rejected.push(rejection.line)
      return onRejected?.(rejection)
    },
    onCommitted: async (line, soFar) => {
      onCommitted?.(soFar)
      done = line
      if (!dryRun && performance.now() - notedAt >= NOTED) await note()
    },
  }).catch(async error => {
    if (!dryRun) await note().catch(() => {})
    throw error
  })
  if (!dryRun) await deleteProgress(db, identity)
  return report
}
