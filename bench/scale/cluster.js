import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '../../dist/db/embedded.js'
import { freePort } from '../ports.js'

/** A primary, streaming replicas and API nodes, each in processes of its own, in a folder that goes with them. */

const database = 'gongbo'
const SETTINGS = { shared_buffers: '128MB', max_connections: '150' }

export async function startPrimary() {
  const root = mkdtempSync(join(tmpdir(), 'gongbo-scale-'))
  chmodSync(root, 0o755)
  const dir = join(root, 'primary')
  const server = await startEmbedded({ dir, port: 0, database, settings: SETTINGS })
  return { ...server, root, dir, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** A replica of a primary; `delay` milliseconds are what it waits before it replays a commit. */
export async function startReplica(primary, name, delay = 0) {
  const dir = join(primary.root, name)
  let port = 0
  let server
  const start = async () => {
    const settings = { ...SETTINGS, recovery_min_apply_delay: `${delay}ms` }
    server = await startEmbedded({ dir, port, database, settings, standbyOf: primary })
    port = server.port
  }
  await start()
  return {
    ...{ name, dir, url: server.url, start, stop: () => server.stop() },
    /** Ends all of its processes at once, as a machine does that loses its power. */
    async kill() {
      for (const pid of processesOf(dir))
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It has ended by itself meanwhile.
        }
      await server.stop().catch(() => {})
    },
  }
}

/** The process ids of the server of a folder. */
function processesOf(dir) {
  const first = readFileSync(join(dir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]
  const children = execFileSync('pgrep', ['-P', first], { encoding: 'utf8' }).trim().split('\n')
  return [first, ...children].map(Number)
}

/** Seconds of processor time that a server of a folder, or a node, has had; a backend that ends is forgotten. */
export const processorTime = ({ dir, child }) =>
  (dir ? processesOf(dir) : [child.pid]).reduce((sum, pid) => sum + timeOf(pid), 0)

const TICKS = Number(execFileSync('getconf', ['CLK_TCK']))
function timeOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return 0
  }
}

/** An API node. It answers once its replicas are found well. Without `cache` it keeps no answers in memory. */
export async function startNode(primary, replicas, cache = false) {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../dist/main.js', import.meta.url))], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      ...{ PORT: String(port), DATABASE_URL: primary.url, DATA_DIR: join(primary.root, 'data') },
      ...{ RATE_LIMIT: '0', LOG_LEVEL: 'silent', SAMPLES: 'off' },
      ...(!cache && { CACHE_MIB: '0' }),
      DATABASE_REPLICA_URLS: replicas.map(({ url }) => url).join(','),
    },
  })
  const ready = async () =>
    (await fetch(`${address}/readyz`).then(answer => answer.json())).status === 'ready'
  while (!(await ready().catch(() => false))) {
    if (child.exitCode !== null) throw new Error(`a node ended with ${child.exitCode}`)
    await pause(100)
  }
  return { address, child }
}

export const stopNode = ({ child }) =>
  new Promise(done => {
    child.once('exit', done)
    child.kill('SIGTERM')
  })

/** How many reads a node has answered from where. */
export async function readsOf({ address }) {
  const metrics = await (await fetch(`${address}/metrics`)).text()
  const found = [...metrics.matchAll(/^article_reads_total\{from="(\w+)"\} (\d+)$/gm)]
  return Object.fromEntries(found.map(([, from, n]) => [from, Number(n)]))
}
