import type { Database, Prisma } from '../db/client.ts'
import { inBatches } from '../db/sweep.ts'
import type { Pages } from '../http/page.ts'
import { type Bilingual, type Language, Problem } from '../http/problem.ts'
import { formatInstant, formatInstantOrNull } from '../time/seoul.ts'
import type { ImportJob, ImportReject } from './job-schema.ts'
import { emptyReport, type LoadReport, type Rejection } from './load.ts'
import type { RecordFault } from './record.ts'
import type { FileOptions } from './run.ts'

/** Imports as rows. Whoever reads them first settles those whose process has died, so that none says what is not so. */

type Told = NonNullable<ImportJob['failure']>
export type Failure = Omit<Told, 'detail'> & { detail: Bilingual }
export type End = { state: 'succeeded' | 'cancelled' } | { state: 'failed'; failure: Failure }
export type JobRow = Prisma.ImportJobGetPayload<object>

/** Seconds of silence after which a process counts as dead. */
export const SILENCE = 30
const SWEPT_AT_ONCE = 10

export const INTERRUPTED = 'interrupted'
const died: Failure = {
  code: INTERRUPTED,
  detail: {
    en: 'the server fell silent: it died, or lost the database; what was committed until then stays, the counts may be a second short of it',
    ko: '서버가 응답을 멈추었거나 데이터베이스 연결을 잃었습니다. 그때까지 저장한 것은 그대로이며, 건수는 1초쯤 뒤처져 있을 수 있습니다',
  },
}

interface NewJob {
  id: string
  node: string
  actor: string
  bytes: number
  options: FileOptions
}

export const insertJob = (
  tx: Prisma.TransactionClient,
  { options: { format, map, ...options }, bytes, ...job }: NewJob,
): Promise<JobRow> =>
  tx.importJob.create({
    data: {
      ...job,
      format,
      bytes,
      options: { ...options, map: [...map].map(pair => pair.join('=')) },
      report: { ...emptyReport() },
    },
  })

async function settleDead({ pool }: Database): Promise<void> {
  await pool.query(
    `UPDATE import_jobs SET state = 'failed', failure = $1, ended_at = now()
     WHERE ended_at IS NULL AND beat_at < now() - make_interval(secs => $2)`,
    [died, SILENCE],
  )
}

/** @throws Problem 404 */
export async function findJob(db: Database, id: string): Promise<JobRow> {
  await settleDead(db)
  const row = await db.prisma.importJob.findUnique({ where: { id } })
  if (row) return row
  throw new Problem('not-found', { en: `There is no import ${id}.`, ko: `ID가 ${id}인 가져오기가 없습니다.` })
}

export async function listJobs(
  db: Database,
  { page, pageSize }: Pages,
): Promise<{ rows: JobRow[]; total: number }> {
  await settleDead(db)
  const [rows, total] = await Promise.all([
    db.prisma.importJob.findMany({
      orderBy: [{ recordedAt: 'desc' }, { id: 'desc' }],
      skip: (page - 1) * pageSize,
      take: pageSize,
    }),
    db.prisma.importJob.count(),
  ])
  return { rows, total }
}

export async function listRejects(
  { prisma }: Database,
  jobId: string,
  { page, pageSize }: Pages,
  language: Language,
): Promise<ImportReject[]> {
  const rows = await prisma.importReject.findMany({
    where: { jobId },
    orderBy: [{ line: 'asc' }, { seq: 'asc' }],
    skip: (page - 1) * pageSize,
    take: pageSize,
  })
  return rows.map(({ line, errors }) => ({
    line,
    errors: (errors as unknown as RecordFault[]).map(fault => told(fault, language)),
  }))
}

/** Begins a job of this process, also where the answer to a first attempt was lost; false where it was cancelled, or counted as dead. */
export async function startJob({ pool }: Database, id: string, node: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE import_jobs SET state = 'running', started_at = now(), beat_at = now()
     WHERE id = $1 AND node = $2 AND state IN ('queued', 'running')`,
    [id, node],
  )
  return rowCount === 1
}

/** Tells that the process which has some jobs is alive. */
export async function beat({ pool }: Database, ids: string[]): Promise<void> {
  await pool.query('UPDATE import_jobs SET beat_at = now() WHERE id = ANY($1::uuid[]) AND ended_at IS NULL', [
    ids,
  ])
}

/** Notes how far a job is, and says what others have decided of it meanwhile. */
export async function noteProgress(
  { pool }: Database,
  id: string,
  report: LoadReport,
  bytesRead: number,
): Promise<'running' | 'cancelled' | 'ended'> {
  const { rows } = await pool.query<{ running: boolean; cancelled: boolean }>(
    `UPDATE import_jobs SET report = $2, bytes_read = $3, beat_at = now() WHERE id = $1
     RETURNING state = 'running' AS running, cancel_requested AS cancelled`,
    [id, report, bytesRead],
  )
  if (!rows[0]?.running) return 'ended'
  return rows[0].cancelled ? 'cancelled' : 'running'
}

/** Ends a job, unless somebody has done so. */
export async function endJob({ pool }: Database, id: string, end: End): Promise<void> {
  await pool.query(
    'UPDATE import_jobs SET state = $2, failure = $3, ended_at = now() WHERE id = $1 AND ended_at IS NULL',
    [id, end.state, 'failure' in end ? JSON.stringify(end.failure, storable) : null],
  )
}

/** Asks a job to end; one that waits has ended at once. @throws Problem 404, or 409 where it has ended. */
export async function cancelJob(db: Database, id: string): Promise<JobRow> {
  await settleDead(db)
  const { rowCount } = await db.pool.query(
    `UPDATE import_jobs SET cancel_requested = true,
       state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,
       ended_at = CASE state WHEN 'queued' THEN now() END
     WHERE id = $1 AND ended_at IS NULL`,
    [id],
  )
  const row = await findJob(db, id)
  if (rowCount === 1) return row
  throw new Problem('conflict', {
    en: `Import ${id} has ended already: ${row.state}.`,
    ko: `${id} 가져오기는 이미 끝났습니다(${row.state}).`,
  })
}

/** Messages quote what they complain of: characters that JSON in PostgreSQL cannot hold among it. */
const storable = (_key: string, value: unknown) =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value

/** Writes what was rejected, and counts it in the same statement. What is written already is neither written nor counted anew. */
export async function insertRejects(
  { pool }: Database,
  id: string,
  rejects: readonly (Rejection & { seq: number })[],
): Promise<void> {
  await pool.query(
    `WITH written AS (
       INSERT INTO import_rejects (job_id, line, seq, errors)
       SELECT $1, line, seq, faults FROM jsonb_to_recordset($2::jsonb) AS r (line int, seq int, faults jsonb)
       ON CONFLICT DO NOTHING RETURNING 1)
     UPDATE import_jobs SET rejects = rejects + (SELECT count(*) FROM written) WHERE id = $1`,
    [id, JSON.stringify(rejects, storable)],
  )
}

/** Which of some jobs are still to be done. */
export async function listUnfinished(db: Database, ids: string[]): Promise<Set<string>> {
  await settleDead(db)
  const rows = await db.prisma.importJob.findMany({
    where: { id: { in: ids }, endedAt: null },
    select: { id: true },
  })
  return new Set(rows.map(({ id }) => id))
}

/** Forgets what has ended and was uploaded before an instant, and says how much. */
export async function sweepJobs(db: Database, before: Date): Promise<number> {
  await settleDead(db)
  // Each with its rejected records.
  return inBatches(async atMost => {
    const { rowCount } = await db.pool.query(
      `DELETE FROM import_jobs WHERE id IN (
         SELECT id FROM import_jobs WHERE ended_at IS NOT NULL AND recorded_at < $1
         LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [before, atMost],
    )
    return rowCount ?? 0
  }, SWEPT_AT_ONCE)
}

/** What was noted by a process of an earlier release is in English. */
const told = <Fault extends { detail: Bilingual | string }>(fault: Fault, language: Language) => ({
  ...fault,
  detail: typeof fault.detail === 'string' ? fault.detail : fault.detail[language],
})

export function toImportJob(row: JobRow, language: Language): ImportJob {
  const { id, format, actor, cancelRequested } = row
  const {
    source = null,
    encoding = null,
    map,
    dryRun,
    deferSearch,
    resume,
  } = row.options as unknown as ImportJob['options']
  return {
    id,
    state: row.state as ImportJob['state'],
    format: format as ImportJob['format'],
    options: { source, map, encoding, dryRun, deferSearch, resume },
    bytes: Number(row.bytes),
    bytesRead: Number(row.bytesRead),
    // In the order of the contract: PostgreSQL has its own.
    records: { ...emptyReport(), ...(row.report as unknown as LoadReport), rejected: row.rejects },
    cancelRequested,
    failure: row.failure === null ? null : told(row.failure as unknown as Failure, language),
    actor,
    recordedAt: formatInstant(row.recordedAt),
    startedAt: formatInstantOrNull(row.startedAt),
    endedAt: formatInstantOrNull(row.endedAt),
  }
}
