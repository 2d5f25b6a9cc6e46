import { open, readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { parseArgs } from 'node:util'
import cliProgress from 'cli-progress'
import { addUpAll } from '../articles/store-index.ts'
import { keepTotals } from '../articles/store-totals.ts'
import { SOURCE_NAME } from '../articles/words.ts'
import type { Database } from '../db/client.ts'
import { parseBoardPage } from '../imports/board-page.ts'
import { readMapping } from '../imports/columns.ts'
import { ENCODINGS, type Survey, surveyFile } from '../imports/file.ts'
import { emptyReport, type LoadReport, type Rejection } from '../imports/load.ts'
import type { Kept } from '../imports/record.ts'
import { importFile, RECORD_FORMATS, type RecordFormat } from '../imports/run.ts'
import { type ImportReport, importBoardPage } from '../imports/store.ts'
import { decodeSaved } from '../text/encoding.ts'
import { print, runCommand, UsageError } from './command.ts'

/**
 * `npm run import -- <file>…`: reads NDJSON, CSV, and saved pages of the ESG board. A saved page is imported whole or not
 * at all; of the others what cannot be imported is named and the rest goes on (exit status 3).
 */
const USAGE = `usage: import <file>… [--format ndjson|csv|board] [--encoding ${ENCODINGS.join('|')}]
  [--map header=field,…] [--source name] [--rejects file] [--dry-run] [--resume] [--defer-search]`
const FORMATS = [...RECORD_FORMATS, 'board'] as const
type Format = (typeof FORMATS)[number]
const SOME_REJECTED = 3
/** Milliseconds between rounds of adding up: some hundred notes. */
const ROUND = 1_000
/** Changes after which totals are added up: many together cost least, but a list reads what is left. */
const TOTALLED = 250_000

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        encoding: { type: 'string' },
        map: { type: 'string', multiple: true, default: [] },
        source: { type: 'string' },
        rejects: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        resume: { type: 'boolean', default: false },
        'defer-search': { type: 'boolean', default: false },
      },
    })
    if (positionals.length === 0) throw new UsageError(USAGE)
    if (values.source !== undefined && !new RegExp(SOURCE_NAME).test(values.source))
      throw new UsageError(
        `--source is a host name or a short word in lower case, such as kpc-esg-board, not "${values.source}"`,
      )
    return {
      ...values,
      files: positionals,
      format: oneOf(FORMATS, 'format', values.format),
      encoding: oneOf(ENCODINGS, 'encoding', values.encoding),
      map: new Map(values.map.flatMap(list => list.split(',')).map(fieldByHeader)),
    }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}

function oneOf<T extends string>(values: readonly T[], name: string, given?: string): T | undefined {
  const found = values.find(value => value === given)
  if (given !== undefined && !found) throw new UsageError(`--${name} is one of ${values.join(', ')}`)
  return found
}

function fieldByHeader(pair: string): [string, string] {
  const found = readMapping(pair)
  if (!found) throw new UsageError(`--map takes header=field, not "${pair}"`)
  return found
}

const FORMAT_OF: Record<string, Format> = {
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.tsv': 'csv',
}

await runCommand({ usage: USAGE, read: readArguments }, async (db, options) => {
  for (const file of options.files)
    await stat(file).catch(error => {
      throw new UsageError(`${file}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`)
    })
  const rejects =
    options.rejects === undefined
      ? null
      : await openRejects(options.rejects, options.resume && !options['dry-run'] ? 'a' : 'w')
  try {
    for (const file of options.files) {
      const format = options.format ?? FORMAT_OF[extname(file).toLowerCase()] ?? 'board'
      try {
        if (format === 'board') print(`${file}: ${summary(await importBoard(db, file))}`)
        else await importRecords(file, format)
      } catch (error) {
        const rest = format === 'board' ? '; nothing was imported from it' : ''
        throw new Error(`${file}: ${(error as Error).message}${rest}`, { cause: error })
      }
    }
  } finally {
    await new Promise<void>(done => (rejects ? rejects.end(done) : done()))
  }

  async function importRecords(file: string, format: RecordFormat): Promise<void> {
    const survey = await surveyFile(file)
    const { 'dry-run': dryRun, 'defer-search': deferSearch, resume, encoding, source, map } = options
    const progress = showProgress(survey)
    const sums = addUpBeside(db)
    const report = emptyReport()
    const written = importFile(
      db,
      { path: file, survey },
      { format, encoding, source, map, dryRun, deferSearch, resume },
      {
        actor: `import:${format}`,
        report,
        onResumed: ({ line, rejected }) => {
          const some = rejected > 0 ? `, up to which ${rejected} were rejected` : ''
          print(`${file}: going on after line ${line}${some}`)
          if (rejected > 0) process.exitCode = SOME_REJECTED
        },
        onRead: progress.read,
        onRejected: rejection => tell(file, rejection),
        onKept: (line, kept) =>
          process.stderr.write(`${file}:${line}: ${kept.field} stays as it is here: ${reasonOf(kept)}\n`),
        onCommitted: ({ created, updated, unchanged }) => {
          progress.written(created + updated + unchanged)
          if (!dryRun) sums.keepUp(created + updated)
        },
      },
    )
    const failed = await written.then(
      () => false,
      () => true,
    )
    progress.stop()
    if (!dryRun) await sums.finish()
    if (!failed || report.read > 0) print(`${file}: ${dryRun ? 'would make ' : ''}${summary(report)}`)
    await written
    if (deferSearch && !dryRun && report.created + report.updated > 0)
      print('search rows are left to the running service, or to npm run reindex')
    if (report.rejected > 0) process.exitCode = SOME_REJECTED
  }

  function tell(file: string, { line, faults }: Rejection): void {
    const errors = faults.map(fault => ({ ...fault, detail: fault.detail.en }))
    if (rejects) rejects.write(`${JSON.stringify({ file, line, errors })}\n`)
    else
      process.stderr.write(
        `${file}:${line}: ${errors.map(({ pointer, column, detail }) => `${[column, pointer && `(${pointer})`].filter(Boolean).join(' ')} ${detail}`.trim()).join('; ')}\n`,
      )
  }
})

function reasonOf({ characters, posted }: Kept): string {
  if (posted) return 'a day of posting does not move it (--map <column>=day takes it for both)'
  return `the file could not hold ${characters.length > 0 ? characters.join(' ') : 'its end'}`
}

/** A run that goes on keeps what the one before has told. */
async function openRejects(path: string, flags: 'a' | 'w') {
  const file = await open(path, flags).catch(error => {
    throw new UsageError(`--rejects: ${error.message}`)
  })
  return file.createWriteStream()
}

async function importBoard(db: Database, file: string): Promise<ImportReport> {
  return importBoardPage(db, parseBoardPage(decodeSaved(await readFile(file))), new Date())
}

function summary(report: ImportReport & Partial<LoadReport>): string {
  const { created, updated, unchanged, deleted, recounted, rejected = 0, kept = 0 } = report
  const changes = created + updated
  const notes: [number, string][] = [
    [deleted, 'left alone, deleted here'],
    [recounted, 'with new counts'],
    [kept, 'in which something stays as it is here'],
    [rejected, 'rejected'],
  ]
  return [
    `${changes} ${changes === 1 ? 'change' : 'changes'} (${created} created, ${updated} updated), ${unchanged} unchanged`,
    ...notes.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`),
  ].join(', ')
}

/** Adds up the counts of terms beside the load: a million notes would take more room than the articles. */
function addUpBeside(db: Database) {
  let adding: Promise<unknown> | undefined
  let began = 0
  let counted = 0
  return {
    /** `changes`: how many the load has made until now. */
    keepUp(changes: number) {
      if (adding || performance.now() - began < ROUND) return
      began = performance.now()
      const due = changes - counted >= TOTALLED
      if (due) counted = changes
      const done = () => {
        adding = undefined
      }
      // A failure is told by the last round, if it is still so.
      adding = addUpAll(db)
        .then(async () => {
          if (due) await keepTotals(db)
        })
        .then(done, done)
    },
    async finish() {
      await adding
      await addUpAll(db)
      await keepTotals(db)
    },
  }
}

/** A bar in a terminal, else a line every ten seconds. */
function showProgress({ bytes }: Survey) {
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}% | {articles} articles, {rate} a second | {eta_formatted} left',
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    cliProgress.Presets.shades_classic,
  )
  const began = performance.now()
  bar.start(bytes, 0, { articles: 0, rate: 0 })
  return {
    read: (more: number) => bar.increment(more),
    written: (articles: number) =>
      bar.update({ articles, rate: Math.round((articles * 1000) / (performance.now() - began)) }),
    stop: () => bar.stop(),
  }
}
