import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { startEmbedded } from '../dist/db/embedded.js'
import { lines } from './records.js'

/**
 * How fast `npm run import` is and what memory it takes: NDJSON of the search corpus into an empty embedded database, with
 * search rows deferred, once more (0 changes), and into another empty one with search rows.
 * Usage: node bench/import.js [articles, 20000] [deferred: leave the last run out] [keep=<folder>: leave the database of
 * the first two runs in there, a DATA_DIR for other benchmarks, with the server stopped]
 */
const [articles = '20000', ...words] = process.argv.slice(2)
const count = Number(articles)
const deferred = words.includes('deferred')
const keep = words.find(word => word.startsWith('keep='))?.slice('keep='.length)
const COMMAND = new URL('../dist/commands/import.js', import.meta.url).pathname
/** Prints the most memory that the process ever had. */
const WATCH = `data:text/javascript,process.on('exit',()=>{const{maxRSS,userCPUTime,systemCPUTime}=process.resourceUsage();process.stderr.write('@'+JSON.stringify({rss:maxRSS/1024,cpu:(userCPUTime+systemCPUTime)/1e6})+'\\n')})`

async function run(url, ...args) {
  const began = performance.now()
  const child = spawn(process.execPath, ['--import', WATCH, COMMAND, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', chunk => {
    out += chunk
  })
  child.stderr.on('data', chunk => {
    err += chunk
  })
  const status = await new Promise(done => child.once('close', done))
  if (status !== 0) throw new Error(err)
  const { rss, cpu } = JSON.parse(/@(\{.*\})/.exec(err)[1])
  const seconds = (performance.now() - began) / 1000
  const changes = /: (\d+) changes/.exec(out)[1]
  return { changes, seconds, rss, cpu }
}

const dir = await mkdtemp(join(tmpdir(), 'gongbo-import-'))
await chmod(dir, 0o755)
const file = join(dir, 'articles.ndjson')
await pipeline(Readable.from(lines(count)), createWriteStream(file))
process.stdout.write(
  `${count} articles, ${((await stat(file)).size / count).toFixed(0)} bytes each\n\n| run | articles a second | seconds of processor time for 1,000 (the importer alone) | changes | memory, MiB |\n|---|---|---|---|---|\n`,
)
const server = await startEmbedded({ dir: join(keep ?? dir, 'postgres'), port: 0, database: 'gongbo' })
const other = new URL(server.url)
other.pathname = '/other'
try {
  const admin = new (await import('pg')).default.Client({ connectionString: server.url })
  await admin.connect()
  if (!deferred) await admin.query('CREATE DATABASE other')
  await admin.end()
  for (const [what, url, ...args] of [
    ['search rows deferred', server.url, '--defer-search'],
    ['the same again', server.url, '--defer-search'],
    ...(deferred ? [] : [['with search rows', other.href]]),
  ]) {
    const { changes, seconds, rss, cpu } = await run(url, file, ...args)
    process.stdout.write(
      `| ${what} | ${(count / seconds).toFixed(0)} | ${((cpu * 1000) / count).toFixed(2)} | ${changes} | ${rss.toFixed(0)} |\n`,
    )
  }
} finally {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}
