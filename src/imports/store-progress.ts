import type { Database } from '../db/client.ts'

/** How far a file was imported, in the database that it was imported into: another one starts at the beginning. */

interface FileIdentity {
  /** SHA-256, in hex. */
  digest: string
  /** How the file is read: what makes other articles of it. */
  options: string
}

export interface Progress {
  /** Up to which everything is done. */
  line: number
  /** Of the records up to that line. */
  rejected: number
}

/** How far the file was imported: line 0 where nothing is known of it. */
export async function findProgress({ pool }: Database, { digest, options }: FileIdentity): Promise<Progress> {
  const { rows } = await pool.query<Progress>(
    `SELECT line, rejected FROM import_progress WHERE digest = decode($1, 'hex') AND options = $2`,
    [digest, options],
  )
  return rows[0] ?? { line: 0, rejected: 0 }
}

/** Notes what has been committed. It may lag behind: an article that is imported twice does not change. */
export async function upsertProgress(
  { pool }: Database,
  { digest, options }: FileIdentity,
  { line, rejected }: Progress,
): Promise<void> {
  await pool.query(
    `INSERT INTO import_progress (digest, options, line, rejected) VALUES (decode($1, 'hex'), $2, $3, $4)
     ON CONFLICT (digest, options) DO UPDATE SET line = excluded.line, rejected = excluded.rejected, updated_at = now()`,
    [digest, options, line, rejected],
  )
}

/** Forgets a file that was imported to its end. */
export async function deleteProgress({ pool }: Database, { digest, options }: FileIdentity): Promise<void> {
  await pool.query(`DELETE FROM import_progress WHERE digest = decode($1, 'hex') AND options = $2`, [
    digest,
    options,
  ])
}
