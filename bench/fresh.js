import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openDatabase } from '../dist/db/client.js'
import { startEmbedded } from '../dist/db/embedded.js'
import { migrate } from '../dist/db/migrate.js'
import { insertKey } from '../dist/keys/store.js'
import { freePort } from './ports.js'

/**
 * Whether an answer that is kept is ever older than it may be: writers and readers over three nodes with answers from memory.
 * Each reader notes what was acknowledged before it asks, brings the place of that write along, and must not be shown less;
 * every other one asks without it, and how late it was is noted. Usage: node bench/fresh.js [seconds, 60] [readers, 8]
 * [writers, 4]
 */
const [seconds, readers, writers] = [60, 8, 4].map((usual, i) => Number(process.argv[2 + i] ?? usual))
const ARTICLES = 40
const NODE = new URL('lists/gongbo.js', import.meta.url).pathname

const dir = await mkdtemp(join(tmpdir(), 'gongbo-fresh-'))
await chmod(dir, 0o755)
const server = await startEmbedded({ dir: join(dir, 'postgres'), port: 0, database: 'gongbo' })
await migrate(server.url)
const db = openDatabase({ url: server.url, poolSize: 1, statementTimeout: 10_000 })
const { key } = await insertKey(db, { name: 'bench', scopes: ['articles:write'], expiresAt: null })

async function startNode() {
  const port = await freePort()
  const child = spawn(process.execPath, [NODE], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: server.url,
      PORT: String(port),
      RATE_LIMIT: '0',
      SAMPLES: 'off',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const address = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${address}/healthz`).then(
      r => r.ok,
      () => false,
    ))
  )
    await setTimeout(100)
  return { address, child }
}
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
const patch = { ...headers, 'content-type': 'application/merge-patch+json', 'if-match': '*' }
const pick = list => list[Math.floor(Math.random() * list.length)]

const nodes = []
const met = { writes: 0, kept: 0, reads: 0, stale: 0 }
/** Milliseconds since the acknowledgement of what a reader without a place was not shown. */
const late = []
let loose = 0
try {
  for (let i = 0; i < 3; i++) nodes.push(await startNode())
  /** Of each article every acknowledged version: when, and the place. */
  const acknowledged = new Map()
  const note = ({ id, version }, response) =>
    acknowledged.set(id, [
      ...(acknowledged.get(id) ?? []),
      { version, at: performance.now(), position: response.headers.get('gongbo-position') },
    ])
  for (let i = 0; i < ARTICLES; i++) {
    const article = {
      status: 'published',
      kind: 'other',
      title: `글 ${i}`,
      publishedAt: '2026-01-20T10:00:00+09:00',
    }
    const response = await fetch(`${nodes[0].address}/v1/articles`, {
      ...{ method: 'POST', headers, body: JSON.stringify(article) },
    })
    note(await response.json(), response)
  }
  const ids = [...acknowledged.keys()]
  const end = performance.now() + 1_000 * seconds
  const writing = async () => {
    while (performance.now() < end) {
      const body = JSON.stringify({ title: `고친 글 ${Math.random()}` })
      const response = await fetch(`${pick(nodes).address}/v1/articles/${pick(ids)}`, {
        method: 'PATCH',
        headers: patch,
        body,
      })
      if (!response.ok) throw new Error(await response.text())
      note(await response.json(), response)
      met.writes++
      await setTimeout(20 * Math.random())
    }
  }
  const reading = async n => {
    while (performance.now() < end) {
      const id = pick(ids)
      const before = acknowledged.get(id)
      const { version, position } = before.at(-1)
      const bound = n % 2 === 0
      const asked = bound ? { headers: { 'gongbo-position': position } } : {}
      const list = Math.random() < 0.5
      const path = list ? '/v1/articles?pageSize=100&fields=id,version' : `/v1/articles/${id}`
      const response = await fetch(pick(nodes).address + path, asked)
      if (!response.ok) throw new Error(await response.text())
      const answer = await response.json()
      const shown = list ? answer.items.find(item => item.id === id).version : answer.version
      if (response.headers.get('cache-status') === 'gongbo; hit') met.kept++
      if (bound) met.reads++
      else loose++
      if (shown >= version) continue
      if (bound) met.stale++
      else late.push(performance.now() - before.find(one => one.version > shown).at)
    }
  }
  await Promise.all([
    ...Array.from({ length: writers }, writing),
    ...Array.from({ length: readers }, (_, n) => reading(n)),
  ])
  late.sort((a, b) => a - b)
  const quantile = q => (late[Math.floor(q * (late.length - 1))] ?? 0).toFixed(0)
  process.stdout.write(
    `${met.writes} writes and ${met.reads + loose} reads over 3 nodes in ${seconds} s, ${met.kept} from memory\n` +
      `with the place of the write: ${met.stale} of ${met.reads} older than it\n` +
      `without it: ${late.length} of ${loose}, the write acknowledged ${quantile(0.5)} ms before the answer came (p50), ` +
      `${quantile(0.99)} ms (p99), ${quantile(1)} ms at most\n`,
  )
  if (met.stale > 0) process.exitCode = 1
} finally {
  for (const { child } of nodes) child.kill()
  await db.close()
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}
