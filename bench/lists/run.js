import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FLAGS } from '../flags.js'
import { makeCorpus } from '../search/corpus.js'
import { line, median, table } from '../search/report.js'
import { startDirectus } from './directus.js'
import { OPERATIONS } from './operations.js'
import { start } from './start.js'

/**
 * Lists and details over HTTP: a bare server that is tuned by hand, a typical one with Prisma, ours with and without answers
 * from memory, and the same bytes out of memory, on one database, in interleaved rounds. Each server has the first core, wrk
 * (a Debian package) the second one; where the database runs on this machine, pin it there too: `taskset -acp 1 <postmaster>`.
 * A database is made by `node bench/import.js 200000 deferred keep=<folder>`, or with search rows by `bench/search/load.js`.
 * One start of a server and another of the same code differ by a tenth: `--starts` starts all of them so often, and medians are
 * of the rounds of all. `create` adds articles: measure it last. Usage: node bench/lists/run.js <url of a database> [--rounds 5]
 * [--seconds 3] [--starts 1] [--connections 32] [--only newest,detail] [--prisma no] [--directus <folder of directus.js>]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    starts: { type: 'string', default: '1' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string', default: '' },
    prisma: { type: 'string', default: 'yes' },
    directus: { type: 'string' },
  },
})
const [url] = positionals
const here = path => fileURLToPath(new URL(path, import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'gongbo-lists-'))

/** Seconds of processor time, and mebibytes, of a process. */
function usage(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')
  const ticks = Number(execFileSync('getconf', ['CLK_TCK']))
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return { cpu: (Number(fields[11]) + Number(fields[12])) / ticks, rss: Number(rss[1]) / 1024 }
}

const milliseconds = text =>
  Number.parseFloat(text) * (text.endsWith('us') ? 0.001 : text.endsWith('ms') ? 1 : 1000)

async function load({ name, port, child }, operation, seconds = options.seconds) {
  const script = join(dir, 'wrk.lua')
  const { lua, bare = lua, directus } = OPERATIONS[operation]
  const request = { bare, Directus: directus }[name] ?? lua
  writeFileSync(
    script,
    `LAST = ${n}; KEY = '${key}'; S = {${sentences.map(text => `'${text}'`)}}; T = {${titles.map(text => `'${text}'`)}}; math.randomseed(os.time())\nrequest = function() ${request} end\n`,
  )
  const before = usage(child.pid)
  const wrk = spawn(
    'taskset',
    [
      '-c',
      '1',
      'wrk',
      '-t1',
      `-c${options.connections}`,
      `-d${seconds}`,
      '--latency',
      '--timeout',
      '60s',
      '-s',
      script,
      `http://127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let out = ''
  wrk.stdout.on('data', chunk => {
    out += chunk
  })
  await new Promise(done => wrk.once('close', done))
  if (/Non-2xx/.test(out) || /Socket errors/.test(out)) throw new Error(out)
  await untilIdle()
  const requests = Number(/(\d+) requests in/.exec(out)[1])
  const after = usage(child.pid)
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]),
    p50: milliseconds(/50%\s+(\S+)/.exec(out)[1]),
    p99: milliseconds(/99%\s+(\S+)/.exec(out)[1]),
    cpu: ((after.cpu - before.cpu) / Math.max(1, requests)) * 1000,
    rss: after.rss,
  }
}

/** What nobody waits for any more would slow down the next. */
async function untilIdle() {
  const busy = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'`
  while ((await client.query(busy)).rows[0].n > 0) await setTimeout(50)
}

const pg = (await import('pg')).default
const client = new pg.Client({ connectionString: url })
await client.connect()
const { n } = (await client.query('SELECT count(*)::int AS n FROM articles')).rows[0]
process.stdout.write(
  `${n} articles, ${options.connections} connections, ${options.starts} × ${options.rounds} rounds of ${options.seconds} s\n\n`,
)

const { openDatabase } = await import('../../dist/db/client.js')
const { insertKey, revokeKey } = await import('../../dist/keys/store.js')
const db = openDatabase({ url, poolSize: 1, statementTimeout: 60_000 })
const { keepTotals } = await import('../../dist/articles/store-totals.js')
// The service's upkeep does so once a second.
await keepTotals(db)
const { key, row } = await insertKey(db, { name: 'bench', scopes: ['articles:write'], expiresAt: null })
const corpus = makeCorpus(1)
/** Sentences and titles of some hundred articles: two that are made of them hardly have one in common. */
const written = Array.from({ length: 370 }, (_, i) => corpus.article(i))
const plain = text => text.replaceAll(/["\\']/g, ' ')
const sentences = written.flatMap(({ bodyText }) => plain(bodyText).split(/(?<=\.)\s+|\n+/))
const titles = written.map(({ title }) => plain(title))

const ours = {
  ...{ DATABASE_URL: url, RATE_LIMIT: '0', LOG_LEVEL: 'silent', DATA_DIR: dir, SAMPLES: 'off' },
}
/** As `npm start` has it. */
const gongbo = () => [...FLAGS, here('gongbo.js')]
/** All servers, started now. */
async function startAll() {
  const kept = await start('Gongbo, kept', gongbo, ours)
  return [
    await start('bare', port => [here('bare.js'), url, String(port)]),
    ...(options.prisma === 'no'
      ? []
      : [await start('Fastify + Prisma', port => [here('prisma.js'), url, String(port)])]),
    await start('memory', port => [here('memory.js'), `http://127.0.0.1:${kept.port}`, String(port)]),
    kept,
    await start('Gongbo', gongbo, { ...ours, CACHE_MIB: '0' }),
    ...(options.directus ? [await startDirectus(options.directus, url)] : []),
  ]
}

async function endAll() {
  await Promise.all(
    servers.splice(0).map(({ child }) => {
      child.kill()
      return child.exitCode === null && child.signalCode === null && once(child, 'exit')
    }),
  )
}

const wanted = Object.keys(OPERATIONS).filter(
  name =>
    n >= (OPERATIONS[name].atLeast ?? 0) &&
    (options.only === '' || options.only.split(',').some(part => name.startsWith(part))),
)

/** Interleaved rounds of one operation: what each server did, by its name. */
async function measure(servers, operation) {
  const { servers: names, warmUp = 4 } = OPERATIONS[operation]
  const asked = servers.filter(({ name }) => names.includes(name))
  for (const server of asked) await load(server, operation, warmUp)
  const rounds = []
  for (let round = 0; round < Number(options.rounds); round++) {
    const done = new Map()
    for (const server of asked) done.set(server.name, await load(server, operation))
    rounds.push(done)
  }
  return rounds
}

const HEAD = [
  ...['operation', 'server', 'requests a second', 'to bare', 'to memory', 'p50, ms', 'p99, ms'],
  ...['processor time a request, ms', 'memory, MiB'],
]

/** A line of the table for each server. */
function rowsOf(operation, rounds) {
  const names = [...rounds[0].keys()]
  const of = (name, field) => median(rounds.map(round => round.get(name)[field]))
  const to = (name, other) =>
    names.length > 1 && names.includes(other)
      ? median(rounds.map(round => round.get(name).rate / round.get(other).rate)).toFixed(2)
      : null
  return names.map(name => [
    ...[operation, name, of(name, 'rate'), to(name, 'bare'), to(name, 'memory')],
    ...[of(name, 'p50'), of(name, 'p99'), of(name, 'cpu').toFixed(2), of(name, 'rss')],
  ])
}

let servers = []
try {
  process.stdout.write(`${table(HEAD, [])}\n`)
  const rounds = new Map(wanted.map(operation => [operation, []]))
  const starts = Number(options.starts)
  for (let at = 1; at <= starts; at++) {
    servers = await startAll()
    for (const operation of wanted) {
      rounds.get(operation).push(...(await measure(servers, operation)))
      if (at === starts)
        for (const row of rowsOf(operation, rounds.get(operation))) process.stdout.write(`${line(row)}\n`)
    }
    await endAll()
  }
} finally {
  await endAll()
  await revokeKey(db, row.id, new Date())
  await db.close()
  await client.end()
  rmSync(dir, { recursive: true, force: true })
}
