import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../../dist/db/embedded.js'
import { migrate } from '../../dist/db/migrate.js'

/**
 * One PostgreSQL for the whole run, with a migrated template that every test file clones. `TEST_DATABASE_URL` names a
 * server of yours instead (the account must be allowed to create databases). Plain JavaScript over the built code:
 * Jest loads this file outside its own module system.
 */
export default async function setup() {
  const dir = await mkdtemp(join(tmpdir(), 'gongbo-tests-'))
  globalThis.gongboTests = { dir }
  process.env.GONGBO_TEST_MET = join(dir, 'met')
  await writeFile(process.env.GONGBO_TEST_MET, '')
  const given = process.env.TEST_DATABASE_URL
  if (given) {
    process.env.GONGBO_TEST_TEMPLATE = given
    await migrate(given)
    return
  }
  // As root the server runs as another user, who must be able to enter.
  await chmod(dir, 0o755)
  const server = await startEmbedded({
    dir: join(dir, 'database'),
    port: 0,
    database: 'gongbo_template',
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  })
  await migrate(server.url)
  process.env.GONGBO_TEST_TEMPLATE = server.url
  globalThis.gongboTests.server = server
}
