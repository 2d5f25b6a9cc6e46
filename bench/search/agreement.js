import { inSnapshot, openDatabase } from '../../dist/db/client.js'
import { parseQuery } from '../../dist/search/grammar.js'
import { searchKeywords } from '../../dist/search/keyword.js'
import { ROUTES } from '../../dist/search/search.js'
import { dayRange } from '../../dist/time/seoul.js'
import { makeCorpus, sampleFrequencies } from './corpus.js'
import { chooseQueries } from './queries.js'
import { table } from './report.js'

/**
 * How many of the best 10 and 20 by relevance are those of a ranking of all matches, of which a search ranks some hundreds.
 * Usage: node bench/search/agreement.js <URL of a database that load.js has made> [queries a class, 20]
 */
const [url, count = '20'] = process.argv.slice(2)
const db = openDatabase({ url, poolSize: 2, statementTimeout: 120_000 })
const corpus = makeCorpus()
const classes = chooseQueries(corpus, sampleFrequencies(corpus, 20_000), Number(count))
const ALL = 1_000_000

const textsOf = async (client, ids) => {
  const text = 'SELECT id, title, left(body_text, 5000) AS body FROM articles WHERE id = ANY($1::int[])'
  const { rows } = await client.query(text, [ids])
  return new Map(rows.map(row => [row.id, row]))
}

/** The best, and how long they took. */
const rank = (q, routes) =>
  inSnapshot(db, 120_000, async client => {
    const began = performance.now()
    const request = {
      ...{ q, query: parseQuery(q), filters: [], also: null, published: dayRange(null, null), textsOf },
      ...{ order: 'relevance', at: { offset: 0 }, limit: 20 },
    }
    const { hits } = await searchKeywords(client, request, { count: false, routes })
    return { ids: hits.map(({ id }) => id), ms: performance.now() - began }
  })

const rows = []
for (const [kind, queries] of Object.entries(classes)) {
  const sums = { ten: 0, twenty: 0, ms: 0, all: 0 }
  for (const { q } of queries) {
    const all = await rank(q, { ...ROUTES, whole: ALL, ranked: ALL, named: ALL, titled: ALL })
    await rank(q, ROUTES)
    const some = await rank(q, ROUTES)
    const common = n => some.ids.slice(0, n).filter(id => all.ids.slice(0, n).includes(id)).length
    sums.ten += common(10) / Math.min(10, all.ids.length)
    sums.twenty += common(20) / Math.min(20, all.ids.length)
    sums.ms += some.ms
    sums.all += all.ms
  }
  const mean = name => sums[name] / queries.length
  rows.push([kind, mean('ten').toFixed(2), mean('twenty').toFixed(2), mean('ms'), mean('all')])
}
const head = ['queries', 'best 10', 'best 20', 'milliseconds', 'of all matches']
process.stdout.write(`${table(head, rows)}\n`)
await db.close()
