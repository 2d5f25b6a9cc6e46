import { join } from 'node:path'
import type { Config } from '../config.ts'
import { startEmbedded } from './embedded.ts'

export interface Provided {
  url: string
  embedded: boolean
  /** Ends an embedded server; a given one is left alone. */
  stop(): Promise<void>
}

/** The database that the settings name, or the embedded one, started. */
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
  })
  log(
    `embedded PostgreSQL on port ${server.port}${server.created ? ', newly made' : ''}, data in ${config.DATA_DIR}`,
  )
  return { url: server.url, embedded: true, stop: server.stop }
}
