import { join, resolve, sep } from 'node:path'
import type { Config } from '../config.ts'
import { startEmbedded } from './embedded.ts'

export interface Provided {
  url: string
  embedded: boolean
  /** Ends an embedded server; a given one is left alone. */
  stop(): Promise<void>
}

/** The database that the settings name, or the embedded one, started. @throws Error that names the setting where its folder is none. */
export async function provideDatabase(
  config: Pick<Config, 'DATABASE_URL' | 'DATA_DIR' | 'DATABASE_PORT'>,
  log: (message: string) => void,
  options: { attach?: boolean } = {},
): Promise<Provided> {
  if (config.DATABASE_URL !== '') return { url: config.DATABASE_URL, embedded: false, stop: async () => {} }
  const server = await startEmbedded({
    dir: join(config.DATA_DIR, 'postgres'),
    port: config.DATABASE_PORT,
    database: 'gongbo',
    log,
    ...options,
  }).catch(error => {
    throw folderFault(error, config.DATA_DIR) ?? error
  })
  log(
    `embedded PostgreSQL on port ${server.port}${server.created ? ', newly made' : ''}, data in ${config.DATA_DIR}`,
  )
  return { url: server.url, embedded: true, stop: server.stop }
}

/** What the system says of a file in the folder, as what is wrong with the setting; null of anything else. */
function folderFault(error: NodeJS.ErrnoException, folder: string): Error | null {
  const inside = error.path?.startsWith(`${resolve(folder)}${sep}`)
  return inside ? new Error(`DATA_DIR "${folder}" cannot be used: ${error.message}`, { cause: error }) : null
}
