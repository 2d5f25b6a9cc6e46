import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import pg from 'pg'
import { start } from './start.js'

/**
 * Sets Directus up over the articles of a database, for `run.js … --directus <folder>`: puts it into a folder (830 MB, with the Node
 * that it wants), makes its own tables, and lets readers without a key read articles. It has its own licence, which wants reading
 * before it serves anything else. `--drop` takes its tables away. Usage: node bench/lists/directus.js <url of a database> <folder>
 * [--drop]
 */
const VERSION = '11'
const ADMIN = { email: 'bench@example.com', password: 'only-for-a-bench' }

/** How Directus is started; settings by which it does nothing beside answering. */
const directus = (folder, url) => ({
  node: join(folder, 'node_modules/node/bin/node'),
  cli: join(folder, 'node_modules/directus/cli.js'),
  env: {
    ...{
      PATH: process.env.PATH,
      HOME: folder,
      HOST: '127.0.0.1',
      KEY: 'bench',
      SECRET: 'bench-bench-bench-bench-bench-bench',
    },
    ...{
      DB_CLIENT: 'pg',
      DB_CONNECTION_STRING: url,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
    },
    ...{ LOG_LEVEL: 'error', TELEMETRY: 'false', CACHE_ENABLED: 'false', RATE_LIMITER_ENABLED: 'false' },
    ...{ WEBSOCKETS_ENABLED: 'false', EMAIL_VERIFY_SETUP: 'false', STORAGE_LOCAL_ROOT: folder },
  },
})

export function startDirectus(folder, url) {
  const { node, cli, env } = directus(folder, url)
  return start('Directus', () => [cli, 'start'], env, { node, asked: '/server/ping' })
}

const run = promisify(execFile)

async function install(folder) {
  if (existsSync(directus(folder, '').cli)) return
  await run('npm', ['install', '--no-save', '--prefix', folder, 'node@22'])
  // What it compiles is for the Node that will run it, whose headers are there.
  const node = join(folder, 'node_modules/node')
  const env = {
    ...process.env,
    PATH: `${join(node, 'bin')}:${process.env.PATH}`,
    npm_config_nodedir: join(node, 'node_modules', `node-${process.platform}-${process.arch}`),
  }
  await run('npm', ['install', '--prefix', folder, `directus@${VERSION}`], { env })
}

async function ask(origin, path, body, token) {
  const response = await fetch(origin + path, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()).data
}

/** Everybody reads articles: a permission of the policy of those who bring no key. */
async function openToAll(origin) {
  const { access_token } = await ask(origin, '/auth/login', ADMIN)
  const [policy] = await ask(origin, '/policies?filter[name][_contains]=public', null, access_token)
  const permission = {
    collection: 'articles',
    action: 'read',
    fields: ['*'],
    permissions: {},
    validation: {},
  }
  await ask(origin, '/permissions', { ...permission, policy: policy.id }, access_token)
}

async function setUp(url, folder) {
  await install(folder)
  const { node, cli, env } = directus(folder, url)
  await run(node, [cli, 'bootstrap'], { env, cwd: folder })
  const { port, child } = await startDirectus(folder, url)
  try {
    await openToAll(`http://127.0.0.1:${port}`)
  } finally {
    child.kill()
  }
}

async function drop(url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    `SELECT string_agg(format('%I', tablename), ', ') AS tables FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'directus\\_%'`,
  )
  if (rows[0].tables) await client.query(`DROP TABLE ${rows[0].tables} CASCADE`)
  await client.end()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { drop: { type: 'boolean' } },
  })
  const [url, folder] = positionals
  await (values.drop ? drop(url) : setUp(url, folder))
}
