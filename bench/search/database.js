import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '../../dist/db/embedded.js'

export const FOLDER = fileURLToPath(new URL('.data', import.meta.url))

/** The database of the benchmark. It lies as `DATA_DIR` has it, so `DATA_DIR=bench/search/.data npm start` serves it. */
export function startBench(folder = FOLDER, settings = {}) {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return startEmbedded({ dir: join(folder, 'postgres'), port: 0, database: 'gongbo', settings })
}
