import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../db/client.ts'
import { findCaller, insertKey } from './store.ts'

/**
 * On the embedded database: a key of scope `admin`, kept in a file that only its owner may read, made anew where it is
 * missing or was revoked. Returns the file's path.
 */
export async function ensureDevelopmentKey(db: Database, dataDir: string): Promise<string> {
  const path = join(dataDir, 'development-key')
  const present = await readFile(path, 'utf8').catch(() => '')
  if ((await findCaller(db, present.trim())) === null) {
    const { key } = await insertKey(db, { name: 'development', scopes: ['admin'], expiresAt: null })
    await writeFile(path, `${key}\n`, { mode: 0o600 })
  }
  return path
}
