import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from '../../src/db/embedded.ts'
import { run } from '../../src/db/embedded-place.ts'
import { migrate } from '../../src/db/migrate.ts'

/** A primary and a streaming replica of their own: what is done to them would disturb other tests. */

const SETTINGS = { fsync: 'off', synchronous_commit: 'off', max_connections: '60', shared_buffers: '32MB' }

export interface Server {
  url: string
  /** Ends every process of it at once, as a machine does that loses its power. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

async function serverIn(options: Pick<EmbeddedOptions, 'dir' | 'settings' | 'standbyOf'>): Promise<Server> {
  let port = 0
  let server: EmbeddedPostgres | null = null
  const start = async () => {
    server = await startEmbedded({ ...options, port, database: 'gongbo' })
    port = server.port
    return server
  }
  const stop = async () => {
    await server?.stop()
    server = null
  }
  return {
    url: (await start()).url,
    start: async () => void (await start()),
    stop,
    async kill() {
      await killAll(join(options.dir, 'cluster'))
      // Nobody is there to be stopped, but the folder is free from then on.
      await stop().catch(() => {})
      server = null
    },
  }
}

/** @param standbySettings of the replica's PostgreSQL */
export async function replicated(
  standbySettings: Record<string, string> = {},
): Promise<{ primary: Server; standby: Server; stop(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'gongbo-replicas-'))
  await chmod(root, 0o755)
  const dir = join(root, 'primary')
  const primary = await serverIn({ dir, settings: SETTINGS })
  await migrate(primary.url)
  const standby = await serverIn({
    dir: join(root, 'standby'),
    settings: { ...SETTINGS, ...standbySettings },
    standbyOf: { dir, url: primary.url },
  })
  return {
    primary,
    standby,
    async stop() {
      await standby.stop()
      await primary.stop()
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

export interface Way {
  url: string
  /** Lets nothing through any more, or again. */
  hang(on: boolean): void
  close(): void
}

/** A way to a server that can be made to hang: connections stay, and nothing comes. */
export async function hangable(url: string): Promise<Way> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let hanging = false
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from)
    from.on('data', data => hanging || to.write(data))
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  const proxy = createServer(near => {
    const far = connect(Number(port), hostname)
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>(done => proxy.listen(0, '127.0.0.1', done))
  const way = new URL(url)
  way.port = String((proxy.address() as { port: number }).port)
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: way.href,
    hang(on) {
      hanging = on
      // What was lost on the way is not made good: such connections are of no use any more.
      if (!on) cut()
    },
    close() {
      proxy.close()
      cut()
    },
  }
}
