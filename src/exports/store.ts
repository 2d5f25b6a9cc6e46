import type { Database } from '../db/client.ts'
import { Problem } from '../http/problem.ts'
import { formatInstant, formatInstantOrNull } from '../time/seoul.ts'
import type { Export, ExportFailure } from './schema.ts'

/** What exports were, as rows: any node can tell it, whichever ran them. */

export type NewExport = Pick<Export, 'id' | 'format' | 'query'>
/** How far an export is. */
type Extent = Pick<Export, 'count' | 'bytes'>

/** Seconds of silence after which a process counts as dead. */
const SILENCE = 30

export async function insertExport({ prisma }: Database, data: NewExport): Promise<void> {
  await prisma.export.create({ data })
}

/** Notes how far an export is, and that its process lives. */
export async function beatExport({ pool }: Database, id: string, { count, bytes }: Extent): Promise<void> {
  await pool.query(
    'UPDATE exports SET articles = $2, bytes = $3, beat_at = now() WHERE id = $1 AND ended_at IS NULL',
    [id, count, bytes],
  )
}

export type Outcome = Extent & ({ sha256: Buffer } | { failure: ExportFailure })

export async function endExport({ pool }: Database, id: string, outcome: Outcome): Promise<void> {
  const [sha256, failure] = 'failure' in outcome ? [null, outcome.failure] : [outcome.sha256, null]
  await pool.query(
    `UPDATE exports SET state = CASE WHEN $5::text IS NULL THEN 'succeeded' ELSE 'failed' END,
       articles = $2, bytes = $3, sha256 = $4, failure = $5, ended_at = now()
     WHERE id = $1 AND ended_at IS NULL`,
    [id, outcome.count, outcome.bytes, sha256, failure],
  )
}

/** @throws Problem 404 */
export async function findExport({ prisma }: Database, id: string): Promise<Export> {
  const row = await prisma.export.findUnique({ where: { id } })
  if (!row)
    throw new Problem('not-found', {
      en: `There is no export ${id}.`,
      ko: `ID가 ${id}인 내보내기가 없습니다.`,
    })
  const died = row.state === 'running' && row.beatAt.getTime() < Date.now() - SILENCE * 1_000
  return {
    id,
    state: died ? 'failed' : (row.state as Export['state']),
    format: row.format as Export['format'],
    query: row.query,
    count: row.articles,
    bytes: Number(row.bytes),
    sha256: row.sha256 && Buffer.from(row.sha256).toString('hex'),
    failure: died ? 'interrupted' : (row.failure as ExportFailure | null),
    startedAt: formatInstant(row.startedAt),
    endedAt: formatInstantOrNull(died ? row.beatAt : row.endedAt),
  }
}

/** Forgets those that began before an instant, and says how many. */
export async function sweepExports({ pool }: Pick<Database, 'pool'>, before: Date): Promise<number> {
  const { rowCount } = await pool.query('DELETE FROM exports WHERE started_at < $1', [before])
  return rowCount ?? 0
}
