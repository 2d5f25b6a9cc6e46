import pg from 'pg'
import { buildApp } from '../../dist/app.js'
import { readConfig } from '../../dist/config.js'
import { openDatabase } from '../../dist/db/client.js'
import { makeCorpus, sampleFrequencies } from './corpus.js'
import { FOLDER, startBench } from './database.js'
import { percentile } from './report.js'

/**
 * How many of the articles that ILIKE finds a search finds too: words of one and two parts, over the newest articles. The
 * time is that of the newest 20 over all of them. Usage: node bench/search/recall.js [folder, bench/search/.data, or the URL of a running
 * database]
 */
const WORDS = 200
const NEWEST = 20_000

const corpus = makeCorpus()
const words = sampleFrequencies(corpus, NEWEST).filter(
  ({ word, parts, df }) => parts.length <= 2 && /^[가-힣]{2,}$/.test(word) && df >= 5,
)
const chosen = Array.from(
  { length: WORDS },
  (_, i) => words[Math.floor(((i + 0.5) * words.length) / WORDS)].word,
)

const given = process.argv[2] ?? FOLDER
const server = given.startsWith('postgres')
  ? { url: given, stop: async () => {} }
  : await startBench(given, { shared_buffers: '4GB' })
const db = openDatabase({ url: server.url, poolSize: 4, statementTimeout: 60_000 })
const plain = new pg.Client({ connectionString: server.url })
await plain.connect()
const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, CACHE_MIB: 0 }, db })

const edge = (
  await plain.query(
    'SELECT listed_at FROM article_search WHERE public ORDER BY listed_at DESC OFFSET $1 LIMIT 1',
    [NEWEST],
  )
).rows[0].listed_at
const from = new Date(edge.getTime() + 9 * 3_600_000).toISOString().slice(0, 10)
await plain.query(
  `CREATE TEMP TABLE newest AS SELECT id, title || E'\\n' || body_text AS text FROM articles
   WHERE status = 'published' AND listed_at >= ($1 || 'T00:00:00+09:00')::timestamptz`,
  [from],
)

const get = async query => (await app.inject(`/v1/articles?${query}`)).json()
async function found(word) {
  const ids = []
  for (let cursor = ''; ; ) {
    const page = await get(`q=${encodeURIComponent(word)}&from=${from}&pageSize=100&fields=id${cursor}`)
    ids.push(...page.items.map(({ id }) => id))
    if (page.nextCursor === null) return new Set(ids)
    cursor = `&cursor=${page.nextCursor}`
  }
}

let wanted = 0
let got = 0
let more = 0
const recalls = []
const times = []
for (const word of chosen) {
  const like = (await plain.query('SELECT id FROM newest WHERE text ILIKE $1', [`%${word}%`])).rows.map(
    ({ id }) => id,
  )
  const ours = await found(word)
  const both = like.filter(id => ours.has(id)).length
  wanted += like.length
  got += both
  more += ours.size - both
  if (like.length > 0) recalls.push({ word, recall: both / like.length, like: like.length })
  await get(`q=${encodeURIComponent(word)}`)
  const began = performance.now()
  await get(`q=${encodeURIComponent(word)}`)
  times.push(performance.now() - began)
}
const print = text => process.stdout.write(`${text}\n`)
const mean = recalls.reduce((sum, { recall }) => sum + recall, 0) / recalls.length
print(
  `${recalls.length} words over ${(await plain.query('SELECT count(*) FROM newest')).rows[0].count} articles`,
)
print(`recall against ILIKE: mean ${mean.toFixed(4)} by word, ${(got / wanted).toFixed(4)} by article`)
print(`found besides, by other spacings and in other words' way: ${more} beside ${wanted}`)
print(
  `newest 20 with total over all: p50 ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms`,
)
for (const { word, recall, like } of recalls.sort((a, b) => a.recall - b.recall).slice(0, 12))
  print(`  ${word}: ${recall.toFixed(2)} of ${like}`)

await app.close()
await plain.end()
await db.close()
await server.stop()
