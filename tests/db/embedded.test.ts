import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { startEmbedded } from '../../src/db/embedded.ts'

const BUILT = fileURLToPath(new URL('../../dist/db/embedded.js', import.meta.url))
const SETTINGS = { fsync: 'off' }
const dirs: string[] = []
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const dir of dirs) {
    const pid = await serverOf(dir).catch(() => 0)
    if (pid > 0 && (await alive(pid))) await end(pid, 'SIGINT')
    await rm(dir, { recursive: true, force: true })
  }
})

async function folder(mode = 0o755): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'gongbo-embedded-'))
  await chmod(dir, mode)
  dirs.push(dir)
  return dir
}
const start = (dir: string, more: Partial<Parameters<typeof startEmbedded>[0]> = {}) =>
  startEmbedded({ dir, port: 0, database: 'gongbo', settings: SETTINGS, ...more })
const lock = (dir: string) => join(dir, 'cluster', 'postmaster.pid')
const serverOf = async (dir: string) => Number((await readFile(lock(dir), 'utf8')).split('\n')[0])
/** Whether a process runs. One that has ended and that nobody has asked about yet (a zombie) does not. */
async function alive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))
}
async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal)
  while (await alive(pid)) await new Promise(tick => setTimeout(tick, 10))
}

async function query(url: string, sql: string): Promise<object[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A server held by a process of its own, as a running API holds it. */
async function heldByAnother(dir: string): Promise<{ child: ChildProcess; url: string }> {
  const code = `const { startEmbedded } = await import(process.argv[1])
    const server = await startEmbedded({ dir: process.argv[2], port: 0, database: 'gongbo', settings: ${JSON.stringify(SETTINGS)} })
    console.log(server.url)
    process.once('SIGTERM', () => server.stop().then(() => process.exit()))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, BUILT, dir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let said = ''
  child.stderr?.on('data', chunk => {
    said += chunk
  })
  const url = await new Promise<string>((done, fail) => {
    child.stdout?.once('data', chunk => done(String(chunk).trim()))
    child.once('close', () => fail(new Error(said)))
  })
  return { child, url }
}
const exitOf = (child: ChildProcess, signal: NodeJS.Signals) =>
  new Promise(done => {
    child.once('exit', done)
    child.kill(signal)
  })

test('the second start has the data of the first, and a stop leaves nothing behind', async () => {
  const dir = await folder()
  const first = await start(dir)
  expect(first.created).toBe(true)
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n')
  const pid = await serverOf(dir)
  await first.stop()
  expect(await alive(pid)).toBe(false)
  for (const path of [lock(dir), join(dir, 'owner')]) await expect(stat(path)).rejects.toThrow('ENOENT')

  const second = await start(dir)
  expect(second.created).toBe(false)
  expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }])
  const [settings] = await query(
    second.url,
    `SELECT current_setting('server_encoding') AS encoding, show_trgm <> '{}' AS hangul
     FROM (SELECT string_to_array(regexp_replace('순환 경제', '\\W+', ',', 'g'), ',') AS show_trgm)`,
  )
  expect(settings).toEqual({ encoding: 'UTF8', hangul: true })
  // Nobody else on this machine reads the password or the data.
  expect((await stat(join(dir, 'password'))).mode & 0o077).toBe(0)
  expect((await stat(join(dir, 'cluster'))).mode & 0o077).toBe(0)
  await second.stop()
})

test('a start that fails leaves no server behind, and the next one works', async () => {
  const dir = await folder()
  await (await start(dir)).stop()
  const password = join(dir, 'password')
  const kept = await readFile(password)
  await rm(password)
  await expect(start(dir)).rejects.toThrow('ENOENT')
  await expect(stat(lock(dir))).rejects.toThrow('ENOENT')
  await writeFile(password, kept)
  await (await start(dir)).stop()
})

describe('after a crash', () => {
  test('a server that still runs is taken over, with its data', async () => {
    const dir = await folder()
    const { child, url } = await heldByAnother(dir)
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS n')
    await exitOf(child, 'SIGKILL')
    const orphan = await serverOf(dir)
    expect(await alive(orphan)).toBe(true)

    const told: string[] = []
    const server = await start(dir, { log: message => told.push(message) })
    expect(server.url).toBe(url)
    expect(told.join()).toContain(`process ${orphan}`)
    expect(await query(server.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }])
    await server.stop()
    expect(await alive(orphan)).toBe(false)
  })

  test('the lock of a dead server is removed, and the data is recovered', async () => {
    const dir = await folder()
    const { child, url } = await heldByAnother(dir)
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS n')
    const pid = await serverOf(dir)
    await exitOf(child, 'SIGKILL')
    await end(pid, 'SIGKILL')
    expect(await serverOf(dir)).toBe(pid)
    const server = await start(dir)
    expect(await query(server.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }])
    await server.stop()
  })

  test('a server that dies while its owner lives is started again, and one that is shut down is not', async () => {
    const dir = await folder()
    const told: string[] = []
    const server = await start(dir, { log: message => told.push(message) })
    await query(server.url, 'CREATE TABLE kept AS SELECT 42 AS n')
    const pid = await serverOf(dir)
    await end(pid, 'SIGKILL')
    const read = () => query(server.url, 'SELECT n FROM kept').catch(() => null)
    let rows = await read()
    for (const until = Date.now() + 30_000; rows === null && Date.now() < until; rows = await read())
      await new Promise(tick => setTimeout(tick, 50))
    expect(rows).toEqual([{ n: 42 }])
    expect(told[0]).toBe('PostgreSQL has ended (SIGKILL): starting it again')
    const second = await serverOf(dir)
    expect(second).not.toBe(pid)
    told.length = 0
    await end(second, 'SIGINT')
    await server.stop().catch(() => {})
    expect(told).toEqual([])
  })

  /** A lock whose process number another program has by now, as after a restart of the machine. */
  async function lockOf(pid: number): Promise<string> {
    const dir = await folder()
    await (await start(dir)).stop()
    const lines = [pid, join(dir, 'cluster'), 1, 1, '', '127.0.0.1', '0 0', 'ready   ']
    await writeFile(lock(dir), `${lines.join('\n')}\n`, { mode: 0o600 })
    return dir
  }

  test('a lock that names another program is removed, and that program left alone', async () => {
    const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' })
    children.push(sleeper)
    const told: string[] = []
    const server = await start(await lockOf(sleeper.pid ?? 0), { log: message => told.push(message) })
    expect(told.join()).toContain(`stale lock of a crashed run (process ${sleeper.pid})`)
    expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
    await server.stop()
    expect(sleeper.exitCode).toBeNull()
  })

  test('a lock that names another PostgreSQL is removed, and that one left alone', async () => {
    const otherDir = await folder()
    const other = await start(otherDir)
    try {
      const server = await start(await lockOf(await serverOf(otherDir)))
      expect(server.port).not.toBe(1)
      expect(await query(server.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
      await server.stop()
      expect(await query(other.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
    } finally {
      await other.stop()
    }
  })

  test('a cluster that was never finished is made anew', async () => {
    const dir = await folder()
    await mkdir(join(dir, 'cluster.new'))
    await writeFile(join(dir, 'cluster.new', 'PG_VERSION'), '18\n')
    const server = await start(dir)
    expect(server.created).toBe(true)
    await server.stop()
    await expect(stat(join(dir, 'cluster.new'))).rejects.toThrow('ENOENT')
  })
})

describe('a folder has one owner', () => {
  test('a second one is refused and told who it is; a command works beside it and leaves it running', async () => {
    const dir = await folder()
    const { child, url } = await heldByAnother(dir)
    await expect(start(dir)).rejects.toThrow(`in use by process ${child.pid}: stop it, or set DATA_DIR`)

    const beside = await start(dir, { attach: true })
    expect(beside.url).toBe(url)
    await beside.stop()
    expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }])

    expect(await exitOf(child, 'SIGTERM')).toBe(0)
    const after = await start(dir, { attach: true })
    await after.stop()
  })

  test('a command that comes while the owner still starts works on the owner’s server', async () => {
    const dir = await folder()
    const owner = heldByAnother(dir)
    while (!(await readFile(join(dir, 'owner'), 'utf8').catch(() => '')))
      await new Promise(tick => setTimeout(tick, 5))
    const [held, beside] = await Promise.allSettled([owner, start(dir, { attach: true })])
    if (held.status === 'rejected') throw held.reason
    if (beside.status === 'rejected') throw beside.reason
    expect(beside.value.url).toBe(held.value.url)
    await beside.value.stop()
    expect(await query(held.value.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('of two that start at once one gets it', async () => {
    const dir = await folder()
    const both = await Promise.allSettled([heldByAnother(dir), heldByAnother(dir)])
    expect(both.map(r => r.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(r => r.status === 'rejected')?.reason.message).toContain('in use by process')
  })
})

const root = process.getuid?.() === 0 ? test : test.skip
root(
  'under a folder that is closed to others the database lives where PostgreSQL’s account may go',
  async () => {
    const dir = join(await folder(0o700), 'data')
    const told: string[] = []
    const server = await start(dir, { log: message => told.push(message) })
    const home = await readlink(join(dir, 'moved'))
    dirs.push(home)
    expect(home).toMatch(/^\/var\/lib\/gongbo\/[0-9a-f]{12}$/)
    expect(told.join()).toContain(home)
    await query(server.url, 'CREATE TABLE kept AS SELECT 42 AS n')
    await server.stop()
    const again = await start(dir)
    expect(await query(again.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }])
    await again.stop()
  },
)
