import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { searchArticles } from '../dist/articles/list.js'
import { decideQuery } from '../dist/articles/query.js'
import { relateFound } from '../dist/articles/store-duplicates.js'
import { openDatabase } from '../dist/db/client.js'
import { migrate } from '../dist/db/migrate.js'
import { run } from '../dist/db/run.js'
import { keysOf } from '../dist/duplicates/keys.js'
import { toCompared } from '../dist/duplicates/relate.js'
import { Copy } from './search/copy.js'
import { makeCorpus } from './search/corpus.js'
import { startBench } from './search/database.js'
import { ARTICLE_TABLES } from './search/tables.js'

/**
 * What finding duplicates costs each write, and what leaving them out costs lists, over so many generated articles whose
 * prints are loaded by COPY. One in forty is a joint release of the one before.
 * Usage: node bench/duplicates.js [articles, 200000]
 */
const count = Number(process.argv[2] ?? 200_000)
const JOINT = 40
const WRITES = 300

const corpus = makeCorpus(1)
/** The bodies of the corpus are kept short here: what is measured are look-ups. */
function article(i) {
  const copied = i % JOINT === JOINT - 1 && i < count
  const { bodyHtml: _, ...one } = corpus.article(copied ? i - 1 : i)
  return {
    ...one,
    bodyHtml: '',
    externalId: `b${i}`,
    ...(copied && { ministryCode: 'B00010', ministryName: '산림청', ministryPublishedName: '산림청' }),
  }
}
const rowOf = (id, one) => ({ ...one, id, status: 'published', deletedAt: null, listedAt: one.publishedAt })
const comparedOf = (id, one) =>
  toCompared({
    id,
    listedAt: one.publishedAt,
    public: true,
    title: one.title,
    body: one.bodyText,
    code: one.ministryCode,
    names: [one.ministryName],
    source: one.source,
    author: one.author,
  })

const dir = mkdtempSync(join(tmpdir(), 'gongbo-duplicates-'))
chmodSync(dir, 0o755)
const server = await startBench(dir, { shared_buffers: '1GB', fsync: 'off', max_wal_size: '8GB' })
await migrate(server.url)
const db = openDatabase({ url: server.url, poolSize: 4, statementTimeout: 60_000 })
const print = line => process.stdout.write(`${line}\n`)
const seconds = async work => {
  const began = performance.now()
  await work()
  return ((performance.now() - began) / 1000).toFixed(0)
}

async function load(client) {
  const tables = Object.entries({
    ...ARTICLE_TABLES,
    article_prints: {
      columns: ['article_id', 'rules', 'keys'],
      values: (id, one) => [id, 1, keysOf(comparedOf(id, one)).kept],
    },
  }).filter(([name]) => name !== 'changes')
  const copies = tables.map(([name, { columns, values }]) => ({
    copy: new Copy(client, name, columns),
    values,
  }))
  const members = new Copy(client, 'duplicate_members', ['article_id', 'group_id', 'listed_at', 'public'])
  const pairs = new Copy(client, 'duplicate_pairs', ['first_id', 'second_id', 'reason', 'similarity'])
  const flush = async () => {
    for (const { copy } of copies) await copy.flush()
    await members.flush()
    await pairs.flush()
  }
  for (let i = 0; i < count; i++) {
    const id = i + 1
    const one = article(i)
    for (const { copy, values } of copies) copy.add(values(id, one, 1))
    if (i % JOINT === JOINT - 1) {
      for (const member of [id - 1, id]) members.add([member, id - 1, one.publishedAt, true])
      pairs.add([id - 1, id, 'joint-release', 1])
    }
    if (i % 5_000 === 4_999) await flush()
  }
  await flush()
  await client.query('SELECT setval(pg_get_serial_sequence($1, $2), $3)', ['articles', 'id', count])
}

const percentile = (values, p) => values.toSorted((a, b) => a - b)[Math.floor(values.length * p)]
const told = values => `${percentile(values, 0.5).toFixed(1)} | ${percentile(values, 0.95).toFixed(1)}`

/** Milliseconds of finding the duplicates of one article, in a transaction that is then undone. */
async function measureWrites(client, articleOf) {
  const times = []
  for (let i = 0; i < WRITES; i++) {
    const row = rowOf(count + 1 + i, articleOf(i))
    await client.query('BEGIN')
    await client.query(
      `INSERT INTO articles (id, status, kind, title, body_text, published_at) VALUES ($1, 'published', 'other', $2, $3, $4)`,
      [row.id, row.title, row.bodyText, row.publishedAt],
    )
    const began = performance.now()
    await relateFound(
      statement => run(client, statement),
      [row],
      async () => ({ bodies: new Map(), events: [], called: new Map() }),
    )
    times.push(performance.now() - began)
    await client.query('ROLLBACK')
  }
  return times
}

async function measureList(query) {
  const times = []
  for (let i = 0; i < 15; i++) {
    const began = performance.now()
    await searchArticles(db, decideQuery(query, new Date()), { timeout: 60_000 })
    times.push(performance.now() - began)
  }
  return times
}

const client = await db.pool.connect()
try {
  print(`${count} articles, loaded in ${await seconds(() => load(client))} s; milliseconds\n`)
  await client.query('VACUUM ANALYZE')
  const { rows } = await client.query(
    `SELECT pg_size_pretty(pg_total_relation_size('article_prints')) AS prints, pg_size_pretty(pg_relation_size('article_prints_keys')) AS keys`,
  )
  print(`| what | p50 | p95 |\n|---|---|---|`)
  print(
    `| finding duplicates of a new article | ${told(await measureWrites(client, i => article(count + i)))} |`,
  )
  print(
    `| of one that is there already | ${told(await measureWrites(client, i => article(i * Math.floor(count / WRITES))))} |`,
  )
  const lists = {
    'page 1': {},
    'page 1,000': { page: Math.min(1_000, count / 20) },
    'page 1 of a ministry': { ministry: ['A00015'] },
    'page 1 of a kind': { kind: ['reference'] },
    'page 1 of three months': { from: '2024-01-01', to: '2024-03-31' },
    'page 1 by views': { sort: '-views' },
  }
  for (const [what, query] of Object.entries(lists))
    for (const duplicates of ['include', 'collapse'])
      print(
        `| ${what}, with its total, ${duplicates} | ${told(await measureList({ ...query, duplicates }))} |`,
      )
  print(`\narticle_prints ${rows[0].prints}, of it the index of keys ${rows[0].keys}`)
} finally {
  client.release()
  await db.close()
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
}
