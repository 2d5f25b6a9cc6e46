import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { openDatabase } from '../dist/db/client.js'
import { startEmbedded } from '../dist/db/embedded.js'
import { run } from '../dist/db/run.js'
import { listUnprinted } from '../dist/duplicates/store.js'
import { insertKey, revokeKey } from '../dist/keys/store.js'
import { ANALYSIS_VERSION } from '../dist/search/analysis.js'
import { countStale } from '../dist/search/store.js'
import { FLAGS } from './flags.js'
import { lines } from './records.js'

/**
 * What memory the server process has (`dist/main.js`, upkeep included; PostgreSQL is another process): idle, after the first
 * list, after the first search, which loads the Korean dictionary, under a mix of lists, details and searches on 16
 * connections, and while all is exported besides; and how long its event loop makes others wait while articles are imported
 * over HTTP: with their search rows, and deferred, until the upkeep is done. Linux only: it reads /proc.
 * As in production it has one arena of malloc, unless MALLOC_ARENA_MAX says otherwise.
 * Usage: node bench/memory.js [articles, 2000] [--seconds 20] [--url postgresql://…] [--node --max-semi-space-size=16]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    url: { type: 'string' },
    node: { type: 'string', multiple: true, default: FLAGS },
  },
})
const seconds = Number(options.seconds)
const QUERIES = [
  '순환경제',
  '수소 충전소',
  '반도체',
  '탄소중립',
  '설명회',
  '예산',
  '중소기업 지원',
  '국토교통부',
]
const print = text => process.stdout.write(`${text}\n`)

/** What Linux says of a process, in MiB: resident now, the most so far, what no file is behind, what one is. */
function residentOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return ['VmRSS', 'VmHWM', 'RssAnon', 'RssFile'].map(
    name => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024,
  )
}

/** The same, and what the process says of its heap. */
async function tell(stage, pid, address) {
  const metrics = await (await fetch(`${address}/metrics`)).text()
  const heap = [
    'nodejs_heap_size_used_bytes',
    'nodejs_heap_size_total_bytes',
    'nodejs_external_memory_bytes',
  ].map(name => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1]) / 2 ** 20)
  print(`| ${[stage, ...[...residentOf(pid), ...heap].map(n => n.toFixed(0))].join(' | ')} |`)
}

const take = async url => {
  const response = await fetch(url)
  const body = await response.text()
  if (!response.ok) throw new Error(`${url}: ${response.status} ${body}`)
  return body
}

/** Lists with and without words, pages far down, and details, on 16 connections. */
async function load(address) {
  const { items } = JSON.parse(await take(`${address}/v1/articles?pageSize=100&fields=id`))
  const end = performance.now() + seconds * 1_000
  let asked = 0
  const ask = async () => {
    while (performance.now() < end) {
      const n = asked++
      const q = encodeURIComponent(QUERIES[n % QUERIES.length])
      await take(
        [
          `${address}/v1/articles?page=${1 + (n % 50)}`,
          `${address}/v1/articles/${items[n % items.length].id}`,
          `${address}/v1/articles?q=${q}&highlight=true`,
          `${address}/v1/articles?q=${q}&sort=relevance&pageSize=50`,
        ][n % 4],
      )
    }
  }
  await Promise.all(Array.from({ length: 16 }, ask))
  return asked / seconds
}

/** Milliseconds that the server's watch of its event loop sleeps; what it tells has them in it. */
const SLEEP = 5
/** In the server's process: what the delay of its event loop was since it was asked before. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'
if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: ${SLEEP} })
  delay.enable()
  process.on('message', () => {
    process.send([50, 99, 100].map(p => delay.percentile(p) / 1e6))
    delay.reset()
  })
  process.channel.unref()
}`)}`

const delayOf = async child => {
  child.send('delay')
  const [[p50, p99, max]] = await once(child, 'message')
  return `${[p50, p99, max].map(n => (n - SLEEP).toFixed(1)).join(' | ')}`
}

/** Articles that are imported while the event loop is watched. */
const IMPORTED = 3_000

/** Imports articles over HTTP and waits for the upkeep; tells of the event loop and how many articles a second came. */
async function importing(url, address, child, query = '') {
  const db = openDatabase({ url, poolSize: 1, statementTimeout: 10_000 })
  const { key, row } = await insertKey(db, { name: 'bench', scopes: ['articles:write'], expiresAt: null })
  const first = (await db.pool.query('SELECT count(*)::int AS n FROM articles')).rows[0].n
  const headers = { authorization: `Bearer ${key}` }
  const body = [...lines(first + IMPORTED)].slice(first).join('')
  await delayOf(child)
  const began = performance.now()
  const response = await fetch(`${address}/v1/imports${query}`, {
    ...{ method: 'POST', body },
    headers: { ...headers, 'content-type': 'application/x-ndjson' },
  })
  const job = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(job))
  const pause = () => new Promise(next => setTimeout(next, 500))
  for (;;) {
    await pause()
    const { state } = await (await fetch(`${address}/v1/imports/${job.id}`, { headers })).json()
    if (state === 'queued' || state === 'running') continue
    if (state !== 'succeeded') throw new Error(`the import is ${state}`)
    break
  }
  const rate = (IMPORTED * 1_000) / (performance.now() - began)
  while (
    (await countStale(db, ANALYSIS_VERSION)) > 0 ||
    (await listUnprinted(statement => run(db.pool, statement), 1)).length > 0
  )
    await pause()
  await revokeKey(db, row.id)
  await db.close()
  return `${await delayOf(child)} | ${rate.toFixed(0)}`
}

async function measure(url) {
  const child = spawn(process.execPath, [...options.node, '--import', WATCH, 'dist/main.js'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      ...{ PATH: process.env.PATH, MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '1' },
      ...{ DATABASE_URL: url, PORT: '0', RATE_LIMIT: '0', LOG_LEVEL: 'info' },
    },
  })
  let said = ''
  const address = await new Promise((done, fail) => {
    child.once('exit', code => fail(new Error(`exit ${code}: ${said}`)))
    child.stdout.on('data', chunk => {
      said += said.length < 10_000 ? chunk : ''
      const found = /articles at (http:\/\/[^/]+)\/v1/.exec(said)?.[1]
      if (found) done(found)
    })
  })
  try {
    print(
      '| when | RSS | most so far | anonymous | files | heap used | heap | external |\n|---|---|---|---|---|---|---|---|',
    )
    const stage = name => tell(name, child.pid, address)
    await new Promise(next => setTimeout(next, 3_000))
    await stage('idle')
    await take(`${address}/v1/articles`)
    await stage('after a list')
    await take(`${address}/v1/articles?q=${encodeURIComponent('순환경제')}`)
    await stage('after a search')
    const rate = await load(address)
    await stage(`after ${seconds} s of load, ${rate.toFixed(0)} requests a second`)
    await Promise.all([load(address), take(`${address}/v1/articles.ndjson`)])
    await stage('after as much, and an export')
    const delays = [`an import of ${IMPORTED} articles | ${await importing(url, address, child)}`]
    await stage(`after an import of ${IMPORTED} articles`)
    const deferred = await importing(url, address, child, '?deferSearch=true')
    delays.push(`the same deferred, and the upkeep after it | ${deferred}`)
    await stage('after another one, deferred')
    print(
      '\n| delay of the event loop, milliseconds | p50 | p99 | at most | articles a second |\n|---|---|---|---|---|',
    )
    for (const delay of delays) print(`| ${delay} |`)
  } finally {
    child.kill('SIGINT')
    await once(child, 'close')
  }
}

/** Articles with their search rows in a database of their own. */
async function withDatabase(work) {
  const dir = await mkdtemp(join(tmpdir(), 'gongbo-memory-'))
  await chmod(dir, 0o755)
  const server = await startEmbedded({ dir: join(dir, 'postgres'), port: 0, database: 'gongbo' })
  try {
    const file = join(dir, 'articles.ndjson')
    await pipeline(Readable.from(lines(Number(positionals[0] ?? 2_000))), createWriteStream(file))
    const loading = spawn(process.execPath, ['dist/commands/import.js', file], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { PATH: process.env.PATH, DATABASE_URL: server.url },
    })
    const [status] = await once(loading, 'exit')
    if (status !== 0) throw new Error('the articles were not imported')
    await work(server.url)
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

if (options.url) await measure(options.url)
else await withDatabase(measure)
