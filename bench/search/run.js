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
 * The operations of keyword search beside plain SQL, in one run over what load.js has made: over our own tables, and over one
 * that a typical developer would make, if plain.js has made it. Ours is the whole request but the socket: routing, validation, analysis, SQL, JSON. Usage:
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
/** Where plain SQL finds terms: in our tables, and in one as developers make it (plain.js), where that is there. */
const PLAIN = {
  ours: { from: 'articles a JOIN article_search s ON s.article_id = a.id', terms: 's.terms' },
  typical: { from: 'plain_articles a', terms: 'a.terms' },
}
const hasTypical = (await plain.query(`SELECT to_regclass('plain_articles') AS known`)).rows[0].known !== null
if (hasTypical) await plain.query(`SELECT pg_prewarm('plain_articles_terms')`)
const found = ({ from, terms }) => `${from} WHERE ${terms} @@ $1::tsquery AND ${PUBLIC}`
const NEWEST = 'ORDER BY a.listed_at DESC, a.id DESC LIMIT 20'
const newest = (where, also = '') => `SELECT ${LIST} FROM ${found(where)} ${also} ${NEWEST}`
const ranked = where =>
  `SELECT ${LIST}, ts_rank_cd(${where.terms}, $1::tsquery) AS rank FROM ${found(where)} ORDER BY rank DESC LIMIT 20`
/** A query as plain SQL has it: the morphemes of each word one after another, all of them. */
const terms = query => [query.tsquery]
const like = query => query.words.map(word => `%${word}%`)
const likes = query =>
  query.words.map((_, i) => `(a.title ILIKE $${i + 1} OR a.body_text ILIKE $${i + 1})`).join(' AND ')

/** Each with what it asks here, over the same terms without our routes, and by ILIKE. */
const OPERATIONS = {
  newest: {
    url: q => `q=${q}&pageSize=20&cursor=${FIRST}`,
    plain: newest,
    like: query => `SELECT ${LIST} FROM articles a WHERE ${PUBLIC} AND ${likes(query)} ${NEWEST}`,
  },
  relevance: { url: q => `q=${q}&pageSize=20&sort=relevance&cursor=${FIRST}`, plain: ranked },
  'first page by relevance, with its total': {
    url: q => `q=${q}&pageSize=20&sort=relevance`,
    plain: ranked,
  },
  counts: {
    url: q => `q=${q}&pageSize=1`,
    plain: where => `SELECT count(*) FROM ${found(where)}`,
    like: query => `SELECT count(*) FROM articles a WHERE ${PUBLIC} AND ${likes(query)}`,
  },
  'newest, one ministry': {
    url: q => `q=${q}&pageSize=20&ministry=${encodeURIComponent('산업통상부')}`,
    plain: where => newest(where, `AND a.ministry_name = '산업통상부'`),
  },
  'newest, a month of 2016': {
    url: q => `q=${q}&pageSize=20&from=2016-03-01&to=2016-03-31`,
    plain: where => newest(where, `AND a.listed_at >= '2016-03-01+09' AND a.listed_at < '2016-04-01+09'`),
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
    const rounds = queries.map(() => ({ gongbo: [], ours: [], typical: [], scans: [] }))
    for (let round = 0; round < Number(options.rounds); round++)
      for (const [i, query] of queries.entries()) {
        const times = rounds[i]
        times.gongbo.push(await time(() => ask(urls[i])))
        for (const [where, tables] of Object.entries(PLAIN))
          if ((where === 'ours' || hasTypical) && (round === 0 || times[where][0] < LONG))
            times[where].push(await time(() => askPlain(operation.plain(tables), terms(query))))
        if (operation.like && round === 0 && i < Number(options.like))
          times.scans.push(await time(() => askPlain(operation.like(query), like(query))))
      }
    const medians = whose => rounds.map(round => median(round[whose]))
    const gongbo = medians('gongbo')
    const scans = rounds.flatMap(round => round.scans)
    rows.push([
      ...[name, kind, percentile(gongbo, 0.5), percentile(gongbo, 0.95)],
      ...beside(gongbo, medians('ours')),
      ...(hasTypical ? beside(gongbo, medians('typical')) : []),
      scans.length > 0 ? median(scans) : null,
    ])
  }
  return rows
}

/** What plain SQL takes, and of how many slow queries it takes ten times as long. */
function beside(gongbo, theirs) {
  const ratios = theirs.flatMap((ms, i) => (ms > SLOW ? [ms / gongbo[i]] : []))
  const tenfold = ratios.filter(ratio => ratio >= 10).length
  return [
    ...[percentile(theirs, 0.5), percentile(theirs, 0.95)],
    ratios.length > 0 ? `${tenfold} of ${ratios.length}, median ${median(ratios).toFixed(0)} x` : null,
  ]
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
  return [['create with its search row', '200 articles', percentile(times, 0.5), percentile(times, 0.95)]]
}

const wanted = options.only === '' ? null : options.only.split(',')
const total = (await plain.query('SELECT count(*)::int AS n FROM articles')).rows[0].n
print(`${total} articles; milliseconds; ${options.queries} queries a class, ${options.rounds} rounds\n`)
const rows = []
for (const [name, operation] of Object.entries(OPERATIONS))
  if (!wanted || wanted.includes(name)) rows.push(...(await measure(name, operation)))
if (!wanted || wanted.includes('create')) rows.push(...(await measureCreate()))
const PLAIN_HEAD = ['p50', 'p95', '10 x faster where it takes over 200']
const head = [
  ...['operation', 'queries', 'p50', 'p95', ...PLAIN_HEAD.map(name => `plain, ${name}`)],
  ...(hasTypical ? PLAIN_HEAD.map(name => `typical, ${name}`) : []),
  'ILIKE',
]
print(
  table(
    head,
    rows.map(row => head.map((_, i) => row[i] ?? null)),
  ),
)

await app.close()
await plain.end()
await db.close()
await server.stop()
