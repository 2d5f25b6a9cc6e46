import { chmod, chown, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import pg from 'pg'
import type { Account, Place } from './embedded-place.ts'

/**
 * A streaming replica of an embedded server, for tests and benchmarks: a base backup by PostgreSQL's low-level interface, made
 * while the primary runs, since the binaries bring no pg_basebackup.
 */

export interface Primary {
  /** The folder of its `EmbeddedOptions`. */
  dir: string
  url: string
}

/** Folders whose content belongs to a running server: its log of writes comes from the primary, the rest is made anew. */
const EMPTY = [
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
]
const LEFT_OUT = ['postmaster.pid', 'postmaster.opts', 'pg_internal.init']

/** Makes a cluster that follows another. Under another name until it is whole. */
export async function copyCluster(
  place: Place,
  cluster: string,
  account: Account,
  primary: Primary,
): Promise<void> {
  const making = `${cluster}.new`
  const from = join(primary.dir, 'cluster')
  await rm(making, { recursive: true, force: true })
  const client = new pg.Client({ connectionString: primary.url })
  await client.connect()
  try {
    await client.query(`SELECT pg_backup_start('standby', true)`)
    await cp(from, making, { recursive: true, filter: path => isCopied(relative(from, path)) })
    const { rows } = await client.query<{ label: string }>(
      'SELECT labelfile AS label FROM pg_backup_stop(false)',
    )
    await writeFile(join(making, 'backup_label'), rows[0]?.label ?? '')
  } finally {
    await client.end()
  }
  for (const folder of EMPTY) await mkdir(join(making, folder), { recursive: true })
  await writeFile(join(making, 'standby.signal'), '')
  await cp(join(primary.dir, 'password'), join(place.dir, 'password'))
  await follow(making, primary.url)
  await chmod(making, 0o700)
  const { uid, gid } = account
  if (uid !== undefined && gid !== undefined) {
    for (const path of [place.dir, join(place.dir, 'password'), making]) await chown(path, uid, gid)
    for (const path of await readdir(making, { recursive: true })) await chown(join(making, path), uid, gid)
  }
  await rename(making, cluster)
}

const isCopied = (path: string): boolean => {
  const [folder = '', ...rest] = path.split(sep)
  return !(EMPTY.includes(folder) && rest.length > 0) && !LEFT_OUT.includes(path.split(sep).at(-1) ?? '')
}

async function follow(cluster: string, url: string): Promise<void> {
  const { hostname, port, username, password } = new URL(url)
  const parts = { host: hostname, port, user: username, password: decodeURIComponent(password) }
  const conninfo = Object.entries(parts).map(([name, value]) => `${name}=${value}`)
  const conf = join(cluster, 'postgresql.auto.conf')
  await writeFile(conf, `${await readFile(conf, 'utf8')}primary_conninfo = '${conninfo.join(' ')}'\n`)
}
