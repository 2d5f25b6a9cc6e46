import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { buildApp } from '../dist/app.js'
import { readConfig } from '../dist/config.js'
import { openDatabase } from '../dist/db/client.js'
import { startEmbedded } from '../dist/db/embedded.js'
import { tuneHeap } from '../dist/heap.js'
import { FLAGS } from './flags.js'
import { lines } from './records.js'

/**
 * How fast an export is and what memory it takes, in a server process of its own for each run: NDJSON, CSV and gzip; a reader
 * who is slow; one who goes away. Count and digest are checked against trailers and `/v1/exports/{id}`. Of the database that
 * `--url` names (migrated before) articles are only read; without it one is made.
 * Usage: node bench/export.js [articles, 20000] [--url postgresql://…] [--query 'kind=press-release'] [--only csv,slow]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string' }, query: { type: 'string', default: '' }, only: { type: 'string' } },
})

const print = text => process.stdout.write(`${text}\n`)
const MB = 1e6

/** The API alone, without the upkeep of the service; tells where it is, and on its end the most memory that it had. */
async function serve(url) {
  tuneHeap()
  const db = openDatabase({ url, poolSize: 10, statementTimeout: 10_000 })
  const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
  print(await app.listen({ port: 0, host: '127.0.0.1' }))
  process.once('SIGTERM', async () => {
    await app.close()
    await db.close()
    print(process.resourceUsage().maxRSS)
  })
}

/** Does work against a server of its own, and gives what it gave with the MiB that the server had at most. */
async function withServer(url, work) {
  const child = spawn(process.execPath, [...FLAGS, process.argv[1], 'serve', '--url', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const address = await new Promise((done, fail) => {
    child.once('exit', code => fail(new Error(`the server ended with ${code}`)))
    child.stdout.on('data', chunk => {
      said += chunk
      const line = /^(http:\S+)\n/.exec(said)?.[1]
      if (line) done(line)
    })
  })
  const gone = new Promise(done => child.once('close', done))
  try {
    return { ...(await work(address)), rss: () => Number(said.trim().split('\n').at(-1)) / 1024 }
  } finally {
    child.kill('SIGTERM')
    await gone
  }
}

/** A reader; `each` is waited for after every chunk. */
function read(address, path, { gzip = false, each } = {}) {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  return new Promise((done, fail) => {
    const headers = gzip ? { 'accept-encoding': 'gzip' } : {}
    const request = get(`${address}${path}`, { headers, agent: false }, async response => {
      try {
        if (response.statusCode !== 200) throw new Error(`${response.statusCode}`)
        const hash = createHash('sha256')
        const so = { bytes: 0, sent: 0, lines: 0, first: 0, seconds, destroy: () => request.destroy() }
        response.on('data', chunk => {
          so.sent += chunk.length
        })
        for await (const chunk of gzip ? response.pipe(createGunzip()) : response) {
          so.first ||= seconds()
          so.bytes += chunk.length
          hash.update(chunk)
          for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) so.lines++
          await each?.(so)
        }
        const took = seconds()
        const id = response.headers['gongbo-export']
        const told = await (await fetch(`${address}/v1/exports/${id}`)).json()
        const digest = hash.digest('hex')
        const { 'gongbo-count': count, 'gongbo-sha256': sha256 } = response.trailers
        const whole =
          [sha256, told.sha256].every(one => one === digest) &&
          [told.count, path.includes('.csv') ? told.count : so.lines].every(n => n === Number(count)) &&
          told.bytes === so.bytes
        done({ ...so, seconds: took, count: Number(count), whole })
      } catch (error) {
        fail(error)
      }
    })
    request.once('error', fail)
  })
}

const query = options.query && `?${options.query}`
const fast = (type, gzip) => address => read(address, `/v1/articles.${type}${query}`, { gzip })

/** Takes nothing for 25 s, then at most 2.5 MB a second for 35 s, then what comes. */
async function slowly(address) {
  let paused = false
  let due = 0
  return read(address, `/v1/articles.ndjson${query}`, {
    each: async ({ bytes, seconds }) => {
      if (!paused) await pause(25_000)
      paused = true
      if (seconds() > 60 || bytes < due) return
      due = bytes + 0.25 * MB
      await pause(100)
    },
  })
}

/** Goes away after 5 MB; how long has the database a connection for it? */
async function leave(address, url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const open = async () =>
    (
      await client.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'gongbo export' AND datname = current_database()`,
      )
    ).rowCount
  try {
    let left = 0
    await read(address, `/v1/articles.ndjson${query}`, {
      each: async so => {
        if (so.bytes < 5 * MB || left) return
        if ((await open()) !== 1) throw new Error('the export has no connection, or others are running')
        left = performance.now()
        so.destroy()
      },
    }).catch(error => {
      if (!left) throw error
    })
    if (!left) throw new Error('all came before the reader could leave: ask for more articles')
    while ((await open()) > 0) await pause(5)
    return { freed: performance.now() - left }
  } finally {
    await client.end()
  }
}

async function run(url) {
  const runs = {
    'one page of a list, for comparison': async address => {
      await (await fetch(`${address}/v1/articles?pageSize=100`)).text()
      return {}
    },
    ndjson: fast('ndjson'),
    csv: fast('csv'),
    'ndjson, gzip': fast('ndjson', true),
    'ndjson, slow reader': slowly,
    'ndjson, reader leaves': leave,
  }
  print(
    '\n| run | articles | MB | MB sent | seconds | to the first byte | MB a second | articles a second | count and digest | server, MiB at most |\n|---|---|---|---|---|---|---|---|---|---|',
  )
  for (const [name, work] of Object.entries(runs)) {
    if (options.only && !options.only.split(',').some(one => name.includes(one))) continue
    const { rss, count, bytes, sent, seconds, first, whole, freed } = await withServer(url, address =>
      work(address, url),
    )
    const rate = seconds && [
      ...[count, (bytes / MB).toFixed(0), (sent / MB).toFixed(0), seconds.toFixed(1), first.toFixed(2)],
      ...[(bytes / MB / seconds).toFixed(1), (count / seconds).toFixed(0), whole ? 'agree' : 'DIFFER'],
    ]
    const cells = rate ?? [...Array(7).fill(''), freed ? `connection freed in ${freed.toFixed(0)} ms` : '']
    print(`| ${[name, ...cells, rss().toFixed(0)].join(' | ')} |`)
    if (whole === false) process.exitCode = 1
  }
}

if (positionals[0] === 'serve') await serve(options.url)
else if (options.url) await run(options.url)
else {
  const dir = await mkdtemp(join(tmpdir(), 'gongbo-export-'))
  await chmod(dir, 0o755)
  const server = await startEmbedded({ dir: join(dir, 'postgres'), port: 0, database: 'gongbo' })
  try {
    const file = join(dir, 'articles.ndjson')
    await pipeline(Readable.from(lines(Number(positionals[0] ?? 20_000))), createWriteStream(file))
    const load = spawn(process.execPath, ['dist/commands/import.js', file, '--defer-search'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env.PATH, DATABASE_URL: server.url },
    })
    const [status] = await once(load, 'exit')
    if (status !== 0) throw new Error('the articles were not imported')
    await run(server.url)
  } finally {
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}
