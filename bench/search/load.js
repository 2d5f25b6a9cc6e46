import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import pg from 'pg'
import { migrate } from '../../dist/db/migrate.js'
import { ANALYSIS_VERSION } from '../../dist/search/analysis.js'
import { Copy } from './copy.js'
import { FOLDER, startBench } from './database.js'
import { dropIndexes } from './indexes.js'
import { ARTICLE_TABLES, TERMS_TABLE } from './tables.js'

/**
 * Fills an embedded database with the corpus: articles, their counters, changes and search rows in one pass, then the
 * counts of terms and the words for suggestions, then the indexes. Usage:
 * node bench/search/load.js [articles, 1000000] [folder, bench/search/.data] [--threads 2] [--seed 1] [--no-search]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    'no-search': { type: 'boolean', default: false },
  },
})
const count = Number(positionals[0] ?? 1_000_000)
const folder = positionals[1] ?? FOLDER
const threads = Number(options.threads)
const withSearch = !options['no-search']

/** For the load only: whoever starts the folder next decides anew. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '8GB',
  checkpoint_timeout: '1h',
  shared_buffers: '1GB',
  maintenance_work_mem: '1GB',
}
const SEARCH_TABLES = ['article_search', 'search_terms', 'search_words']

const print = text => process.stdout.write(`${text}\n`)
const began = performance.now()
const seconds = (since = began) => (performance.now() - since) / 1000

async function timed(what, work) {
  const start = performance.now()
  const result = await work()
  print(`${what}: ${seconds(start).toFixed(1)} s`)
  return result
}

/** Runs a thread's share; ends with what it counted, and leaves the thread waiting for its words. */
function startThread(url, first, progressed) {
  const worker = new Worker(new URL('load-worker.js', import.meta.url), {
    workerData: { url, count, first, step: threads, seed: Number(options.seed), withSearch },
  })
  const loaded = new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.on('message', message => {
      if (message.articles) progressed(message.articles)
      if (message.loaded) resolve(message.loaded)
    })
  })
  const describe = terms =>
    new Promise((resolve, reject) => {
      worker.once('error', reject)
      worker.on('message', message => message.described !== undefined && resolve())
      worker.postMessage({ terms })
    })
  return { loaded, describe }
}

function makeProgress() {
  let done = 0
  let shown = 0
  return articles => {
    done += articles
    if (done - shown < count / 20) return
    shown = done
    print(`  ${done} articles, ${(done / seconds()).toFixed(0)} a second, ${seconds().toFixed(0)} s`)
  }
}

function addUp(parts) {
  const [{ totals, frequencies }, ...others] = parts
  for (const other of others) {
    totals.morphemes += other.totals.morphemes
    totals.stems += other.totals.stems
    for (const [term, df] of other.frequencies) frequencies.set(term, (frequencies.get(term) ?? 0) + df)
  }
  return { totals, frequencies }
}

async function writeTerms(client, { totals, frequencies }) {
  const copy = new Copy(client, 'search_terms', TERMS_TABLE.columns)
  for (const entry of frequencies) {
    copy.add(TERMS_TABLE.values(entry))
    if (copy.lines.length === 50_000) await copy.flush()
  }
  await copy.flush()
  await client.query('UPDATE search_totals SET articles = $1, morphemes = $2, stems = $3, analyser = $4', [
    ...[count, totals.morphemes, totals.stems, ANALYSIS_VERSION],
  ])
}

async function printSizes(client) {
  const { rows } = await client.query(
    `SELECT relname AS name, reltuples::bigint AS rows, pg_table_size(oid) / 2 ^ 20 AS mebibytes,
       pg_indexes_size(oid) / 2 ^ 20 AS indexes
     FROM pg_class WHERE relkind = 'r' AND relname = ANY($1) ORDER BY 3 DESC`,
    [[...Object.keys(ARTICLE_TABLES), ...SEARCH_TABLES]],
  )
  print('\n| table | rows | MiB | MiB of indexes |\n|---|---|---|---|')
  for (const row of rows)
    print(`| ${row.name} | ${row.rows} | ${row.mebibytes.toFixed(0)} | ${row.indexes.toFixed(0)} |`)
}

const server = await startBench(folder, SETTINGS)
try {
  await migrate(server.url)
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query('SELECT FROM articles LIMIT 1')
  if (rows.length > 0) throw new Error(`${folder} has articles already: remove it, or name another folder`)

  const restore = await dropIndexes(client, [...Object.keys(ARTICLE_TABLES), ...SEARCH_TABLES])
  await timed(
    `${count} articles${withSearch ? ' with their search rows' : ''}, ${threads} threads`,
    async () => {
      const progress = makeProgress()
      const started = Array.from({ length: threads }, (_, first) => startThread(server.url, first, progress))
      const parts = await Promise.all(started.map(({ loaded }) => loaded))
      const sums = addUp(parts)
      const terms = [...sums.frequencies.keys()].filter(term => !/^[@^~]/.test(term))
      if (withSearch) await timed(`  of which ${sums.frequencies.size} terms`, () => writeTerms(client, sums))
      await timed(`  of which ${terms.length} words for suggestions`, () =>
        Promise.all(
          started.map(({ describe }, thread) => describe(terms.filter((_, i) => i % threads === thread))),
        ),
      )
    },
  )
  for (const statement of restore)
    await timed(statement.replace(/ (USING|ADD CONSTRAINT) .*/, '').slice(0, 90), () =>
      client.query(statement),
    )
  for (const [table, column] of [
    ['articles', 'id'],
    ['changes', 'seq'],
  ])
    await client.query(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), (SELECT max(${column}) FROM ${table}))`,
    )
  await timed('VACUUM ANALYZE', () => client.query('VACUUM ANALYZE'))
  await printSizes(client)
  await client.end()
} catch (error) {
  // Told before the stop, which waits for the threads' connections.
  process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
} finally {
  await server.stop()
}
print(`\n${seconds().toFixed(0)} s in all`)
