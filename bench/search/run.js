import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { buildApp } from '../../dist/app.js'
import { keepIndex } from '../../dist/articles/store-index.js'
import { readConfig } from '../../dist/config.js'
import { openDatabase } from '../../dist/db/client.js'
import { insertKey } from '../../dist/keys/store.js'
import { every } from '../../dist/time/every.js'
import { makeCorpus, sampleFrequencies } from './corpus.js'
import { FOLDER, startBench } from './database.js'
import { chooseQueries } from './queries.js'
import { median, percentile, table } from './report.js'

/**
 * The operations of keyword search beside the plain SQL that a typical developer would write, in one run over what
 * load.js has made. Ours is the whole request but the socket: routing, validation, analysis, SQL, JSON. Usage:
 * node bench/search/run.js [folder, bench/search/.data] [--queries 30] [--rounds 5] [--like 2] [--only newest,counts] [--buffers 4GB, of the database] [--url of a running database] [--pause 20, milliseconds between two creates]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queries: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '5' },
    like: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    buffers: { type: 'string', default: '4GB' },
    url: { type: 'string', default: '' },
    pause: { type: 'string', default: '20' },
  },
})
const SETTINGS = {
  shared_buffers: options.buffers,
  effective_cache_size: '12GB',
  random_page_cost: '1.1',
}
/** What searches read, to be in memory before they do. */
const READ = [
  'article_search',
  'article_search_terms',
  'articles',
  'search_terms',
  'search_terms_pkey',
  'search_words',
]
/** Milliseconds after which a plain statement is given up; it counts as so long. */
const GIVEN_UP = 20_000
/** Milliseconds from which a plain statement is slow, and from which once is enough. */
const SLOW = 200
const LONG = 500
const SAMPLE = 20_000

const print = text => process.stdout.write(`${text}\n`)
const corpus = makeCorpus()
const words = sampleFrequencies(corpus, SAMPLE)
const classes = chooseQueries(corpus, words, Number(options.queries))

const server = options.url
  ? { url: options.url, stop: async () => {} }
  : await startBench(positionals[0] ?? FOLDER, SETTINGS)
const db = openDatabase({ url: server.url, poolSize: 4, statementTimeout: 60_000 })
const plain = new pg.Client({ connectionString: server.url, statement_timeout: GIVEN_UP })
await plain.connect()
await plain.query('CREATE EXTENSION IF NOT EXISTS pg_prewarm')
for (const relation of READ) await plain.query('SELECT pg_prewarm($1::regclass)', [relation])
// The terms beside the rows, and their index.
await plain.query(`SELECT pg_prewarm(reltoastrelid), pg_prewarm(indexrelid)
  FROM pg_class JOIN pg_index ON indrelid = reltoastrelid WHERE pg_class.oid = 'article_search'::regclass`)
const app = await buildApp({
  config: { ...readConfig({}), RATE_LIMIT: 0, CACHE_MIB: 0, SEARCH_TIMEOUT_MS: 30_000 },
  db,
})

const LIST = 'a.id, a.title, a.listed_at, a.ministry_name, a.kind'
const PUBLIC = `a.status = 'published' AND a.deleted_at IS NULL`
const FOUND = `articles a JOIN article_search s ON s.article_id = a.id WHERE s.terms @@ $1::tsquery AND ${PUBLIC}`
/** A query as plain SQL has it: the morphemes of each word one after another, all of them. */
const terms = query => [query.tsquery]
const like = query => query.words.map(word => `%${word}%`)
const likes = query =>
  query.words.map((_, i) => `(a.title ILIKE $${i + 1} OR a.body_text ILIKE $${i + 1})`).join(' AND ')

/** Each with what it asks here, over the same terms without our routes, and by ILIKE. */
const OPERATIONS = {
  newest: {
    url: q => `q=${q}&pageSize=20&cursor=${FIRST}`,
    terms: () => `SELECT ${LIST} FROM ${FOUND} ORDER BY a.listed_at DESC, a.id DESC LIMIT 20`,
    like: query =>
      `SELECT ${LIST} FROM articles a WHERE ${PUBLIC} AND ${likes(query)} ORDER BY a.listed_at DESC, a.id DESC LIMIT 20`,
  },
  relevance: {
    url: q => `q=${q}&pageSize=20&sort=relevance&cursor=${FIRST}`,
    terms: () =>
      `SELECT ${LIST}, ts_rank_cd(s.terms, $1::tsquery) AS rank FROM ${FOUND} ORDER BY rank DESC LIMIT 20`,
  },
  'first page by relevance, with its total': {
    url: q => `q=${q}&pageSize=20&sort=relevance`,
    terms: () =>
      `SELECT ${LIST}, ts_rank_cd(s.terms, $1::tsquery) AS rank FROM ${FOUND} ORDER BY rank DESC LIMIT 20`,
  },
  counts: {
    url: q => `q=${q}&pageSize=1`,
    terms: () => `SELECT count(*) FROM ${FOUND}`,
    like: query => `SELECT count(*) FROM articles a WHERE ${PUBLIC} AND ${likes(query)}`,
  },
  'newest, one ministry': {
    url: q => `q=${q}&pageSize=20&ministry=${encodeURIComponent('산업통상부')}`,
    terms: () =>
      `SELECT ${LIST} FROM ${FOUND} AND a.ministry_name = '산업통상부' ORDER BY a.listed_at DESC, a.id DESC LIMIT 20`,
  },
  'newest, a month of 2016': {
    url: q => `q=${q}&pageSize=20&from=2016-03-01&to=2016-03-31`,
    terms: () =>
      `SELECT ${LIST} FROM ${FOUND} AND a.listed_at >= '2016-03-01+09' AND a.listed_at < '2016-04-01+09' ORDER BY a.listed_at DESC, a.id DESC LIMIT 20`,
  },
}

/** A cursor that stands before everything: a list that does not count. */
const FIRST = '__first__'
async function urlOf(operation, query) {
  const q = encodeURIComponent(query.q)
  const url = `/v1/articles?${operation.url(q)}`
  if (!url.includes(FIRST)) return url
  const first = await app.inject(url.replace('pageSize=20', 'pageSize=1').replace(`&cursor=${FIRST}`, ''))
  const { nextCursor } = first.json()
  return nextCursor ? url.replace(FIRST, nextCursor) : url.replace(`&cursor=${FIRST}`, '')
}

async function time(work) {
  const began = performance.now()
  await work()
  return performance.now() - began
}

const fail = error => {
  throw error
}
const ask = async url => {
  const response = await app.inject(url)
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.body}`)
}
const askPlain = async (text, values) => {
  await plain.query({ text, values }).catch(error => {
    if (error.code !== '57014') throw error
  })
}

/** Times of each query in turns, each of which is what most rounds of it take: the cores are shared. */
async function measure(name, operation) {
  const rows = []
  for (const [kind, queries] of Object.entries(classes)) {
    const urls = await Promise.all(queries.map(query => urlOf(operation, query)))
    for (const url of urls) await ask(url)
    const rounds = queries.map(() => ({ ours: [], theirs: [], scans: [] }))
    for (let round = 0; round < Number(options.rounds); round++)
      for (const [i, query] of queries.entries()) {
        const { ours, theirs, scans } = rounds[i]
        ours.push(await time(() => ask(urls[i])))
        if (round === 0 || theirs[0] < LONG)
          theirs.push(await time(() => askPlain(operation.terms(query), terms(query))))
        if (operation.like && round === 0 && i < Number(options.like))
          scans.push(await time(() => askPlain(operation.like(query), like(query))))
      }
    const scans = rounds.flatMap(round => round.scans)
    const [ours, theirs] = ['ours', 'theirs'].map(whose => rounds.map(round => median(round[whose])))
    const ratios = theirs.flatMap((ms, i) => (ms > SLOW ? [ms / ours[i]] : []))
    const tenfold = `${ratios.filter(ratio => ratio >= 10).length} of ${ratios.length}`
    rows.push([
      name,
      kind,
      ...[0.5, 0.95].map(p => percentile(ours, p)),
      ...[0.5, 0.95].map(p => percentile(theirs, p)),
      ratios.length > 0 ? `${tenfold}, median ${median(ratios).toFixed(0)} x` : null,
      scans.length > 0 ? median(scans) : null,
    ])
  }
  return rows
}

async function measureCreate() {
  const { key } = await insertKey(db, { name: 'bench', scopes: ['articles:write'], expiresAt: null })
  const times = []
  // Beside the upkeep, as the server has it: what a create leaves to the index is merged every second.
  const stop = every(1_000, () => keepIndex(db), fail)
  for (let i = 0; i < 230; i++) {
    const { title, subtitles, bodyText, ministryName, kind, tags, publishedAt } = corpus.article(
      5_000_000 + i,
    )
    const payload = {
      status: 'published',
      title,
      subtitles,
      bodyText,
      kind,
      tags,
      ministry: { name: ministryName },
      publishedAt: publishedAt.toISOString(),
    }
    const headers = { authorization: `Bearer ${key}` }
    const ms = await time(async () => {
      const response = await app.inject({ method: 'POST', url: '/v1/articles', headers, payload })
      if (response.statusCode !== 201) throw new Error(response.body)
    })
    if (i >= 30) times.push(ms)
    await setTimeout(Number(options.pause))
  }
  await stop()
  await db.pool.query(
    'DELETE FROM changes WHERE article_id IN (SELECT id FROM articles WHERE source IS NULL)',
  )
  await db.pool.query('DELETE FROM articles WHERE source IS NULL')
  await db.pool.query('DELETE FROM search_deltas')
  return [
    [
      'create with its search row',
      '200 articles',
      percentile(times, 0.5),
      percentile(times, 0.95),
      null,
      null,
      null,
      null,
    ],
  ]
}

const wanted = options.only === '' ? null : options.only.split(',')
const total = (await plain.query('SELECT count(*)::int AS n FROM articles')).rows[0].n
print(`${total} articles; milliseconds; ${options.queries} queries a class, ${options.rounds} rounds\n`)
const rows = []
for (const [name, operation] of Object.entries(OPERATIONS))
  if (!wanted || wanted.includes(name)) rows.push(...(await measure(name, operation)))
if (!wanted || wanted.includes('create')) rows.push(...(await measureCreate()))
print(
  table(
    [
      'operation',
      'queries',
      'p50',
      'p95',
      'plain p50',
      'plain p95',
      '10 x faster where plain takes over 200',
      'ILIKE',
    ],
    rows,
  ),
)

await app.close()
await plain.end()
await db.close()
await server.stop()
