import { parseArgs } from 'node:util'
import pg from 'pg'
import { parseQuery } from '../../dist/search/grammar.js'
import { everyHit, searchKeywords } from '../../dist/search/keyword.js'
import { makeCorpus, sampleFrequencies } from './corpus.js'
import { FOLDER, startBench } from './database.js'
import { chooseQueries } from './queries.js'

/**
 * Whether the routes by date find at full size what reading all matches in order finds: random pages, places and ranges of
 * days of the queries of run.js. Usage: node bench/search/check.js [folder, bench/search/.data] [--seconds 120] [--url …]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '120' }, url: { type: 'string', default: '' } },
})
/** Matches of a query that are read in order. */
const READ = 20_000
const DAY = 86_400_000

const corpus = makeCorpus()
const queries = Object.values(chooseQueries(corpus, sampleFrequencies(corpus, READ), 20)).flat()
const below = n => Math.floor(Math.random() * n)
const oneOf = list => list[below(list.length)]
const often = share => Math.random() < share

const server = options.url
  ? { url: options.url, stop: async () => {} }
  : await startBench(positionals[0] ?? FOLDER, { shared_buffers: '4GB' })
const client = new pg.Client({ connectionString: server.url })
await client.connect()
await client.query("SET jit = off; SET work_mem = '64MB'")

function someDays() {
  if (often(0.5)) return { fromInstant: null, toInstant: null }
  const from = Date.UTC(2010 + below(16), below(12), 1 + below(28), 15)
  const to = from + oneOf([3, 40, 200, 900]) * DAY
  return {
    fromInstant: often(0.8) ? new Date(from) : null,
    toInstant: often(0.8) ? new Date(to) : null,
  }
}

/** A page and what must stand on it. */
async function somePage(ids, limit) {
  if (ids.length === 0 || often(0.3)) {
    const offset = oneOf([0, 0, 40, 900])
    return { at: { offset }, wanted: ids.slice(offset, offset + limit) }
  }
  const i = below(ids.length)
  const { rows } = await client.query('SELECT listed_at FROM article_search WHERE article_id = $1', [ids[i]])
  const backwards = often(0.3)
  const wanted = backwards ? ids.slice(Math.max(0, i - limit), i) : ids.slice(i + 1, i + 1 + limit)
  return { at: { place: { key: rows[0].listed_at.getTime(), id: ids[i] }, backwards }, wanted }
}

let compared = 0
let different = 0
for (const end = Date.now() + Number(options.seconds) * 1_000; Date.now() < end; ) {
  const { q } = oneOf(queries)
  const limit = oneOf([20, 100, 400])
  const order = oneOf(['newest', 'newest', 'oldest'])
  const request = { q, query: parseQuery(q), filters: [], published: someDays(), also: null, order, limit }
  const every = await everyHit(client, { ...request, at: { offset: 0 } })
  const { rows } = await client.query({ text: `${every.text} LIMIT ${READ}`, values: every.values })
  const ids = rows.map(({ id }) => id)
  for (let i = 0; i < 3; i++) {
    const { at, wanted } = await somePage(ids, limit)
    // Beyond what was read nobody knows.
    if (ids.length === READ && wanted.length < limit && !at.backwards) continue
    const { hits } = await searchKeywords(client, { ...request, at }, { count: false })
    compared++
    if (hits.map(({ id }) => id).join() === wanted.join()) continue
    different++
    process.stdout.write(
      `differs: ${JSON.stringify({ q, order, at, limit, published: request.published })}\n`,
    )
  }
}
process.stdout.write(`${compared} pages compared, ${different} differ\n`)
await client.end()
await server.stop()
process.exitCode = different > 0 ? 1 : 0
