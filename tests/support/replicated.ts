import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbedded } from '../../src/db/embedded.ts'
import { run } from '../../src/db/embedded-place.ts'
import { migrate } from '../../src/db/migrate.ts'

/** A primary with streaming replicas, of their own: what is done to them would disturb other tests. */

const SETTINGS = { fsync: 'off', synchronous_commit: 'off', max_connections: '60', shared_buffers: '32MB' }

export interface Standby {
  url: string
  /** Ends every process of it at once, as a machine does that loses its power. */
  kill(): Promise<void>
  start(): Promise<void>
}

export async function replicated(standbys: number): Promise<{
  url: string
  standbys: Standby[]
  stop(): Promise<void>
}> {
  const root = await mkdtemp(join(tmpdir(), 'gongbo-replicas-'))
  await chmod(root, 0o755)
  const dir = join(root, 'primary')
  const database = 'gongbo'
  const primary = await startEmbedded({ dir, port: 0, database, settings: SETTINGS })
  await migrate(primary.url)
  const standbyOf = { dir, url: primary.url }
  const servers = new Map<number, EmbeddedPostgres>()
  const make = async (i: number): Promise<Standby> => {
    const place = join(root, `standby-${i}`)
    let port = 0
    const start = async () => {
      const settings = { ...SETTINGS, max_standby_streaming_delay: '0' }
      const server = await startEmbedded({ dir: place, port, database, settings, standbyOf })
      servers.set(i, server)
      port = server.port
    }
    await start()
    return {
      url: (servers.get(i) as EmbeddedPostgres).url,
      start,
      async kill() {
        await killAll(join(place, 'cluster'))
        // Nobody is there to be stopped, but the folder is free from then on.
        await servers
          .get(i)
          ?.stop()
          .catch(() => {})
        servers.delete(i)
      },
    }
  }
  const made: Standby[] = []
  for (let i = 0; i < standbys; i++) made.push(await make(i))
  return {
    url: primary.url,
    standbys: made,
    async stop() {
      for (const server of [...servers.values(), primary]) await server.stop()
      await rm(root, { recursive: true })
    },
  }
}

async function killAll(cluster: string): Promise<void> {
  const postmaster = Number((await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[0])
  const { stdout } = await run('pgrep', ['-P', String(postmaster)]).catch(() => ({ stdout: '' }))
  for (const pid of [postmaster, ...stdout.split('\n').filter(Boolean).map(Number)])
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself meanwhile.
    }
}

/** A way to a server that can be made to hang: connections stay, and nothing comes any more. */
export async function hangable(
  url: string,
): Promise<{ url: string; hang(on: boolean): void; close(): void }> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let hanging = false
  const proxy = createServer(near => {
    const far = connect(Number(port), hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('data', data => hanging || other.write(data))
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
    }
  })
  await new Promise<void>(done => proxy.listen(0, '127.0.0.1', done))
  const way = new URL(url)
  way.port = String((proxy.address() as { port: number }).port)
  return {
    url: way.href,
    hang(on) {
      hanging = on
      // What was lost on the way is not made good: such connections are of no use any more.
      if (!on) for (const socket of sockets) socket.destroy()
    },
    close() {
      proxy.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
