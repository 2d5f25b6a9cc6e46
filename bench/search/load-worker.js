import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'
import { loadAnalysis } from '../../dist/search/analysis.js'
import { describeTerms } from '../../dist/search/words.js'
import { Copy } from './copy.js'
import { makeCorpus } from './corpus.js'
import { ARTICLE_TABLES, lexemesOf, SEARCH_TABLE, searchRow, WORDS_TABLE } from './tables.js'

/** A thread of the loader: makes its share of the articles with their search rows, then of the words, and copies them in. */

const { url, seed, count, first, step, withSearch } = workerData
const BATCH = 500

const client = new pg.Client({ connectionString: url })
await client.connect()
const copyInto = (table, { columns }) => new Copy(client, table, columns)

async function loadArticles() {
  const corpus = makeCorpus(seed)
  const order = corpus.inOrder(count)
  const copies = Object.entries(ARTICLE_TABLES).map(([name, table]) => ({
    ...table,
    copy: copyInto(name, table),
  }))
  const search = copyInto('article_search', SEARCH_TABLE)
  const totals = { morphemes: 0, stems: 0 }
  /** In how many of these articles each term stands. */
  const frequencies = new Map()

  for (let from = first * BATCH; from < count; from += step * BATCH) {
    const to = Math.min(count, from + BATCH)
    for (let i = from; i < to; i++) {
      const id = i + 1
      const article = corpus.article(order[i])
      for (const { copy, values } of copies) copy.add(values(id, article, seed))
      if (!withSearch) continue
      const row = await searchRow(id, article)
      search.add(SEARCH_TABLE.values(row))
      totals.morphemes += row.morphemes
      totals.stems += row.stems
      for (const term of lexemesOf(row.terms)) frequencies.set(term, (frequencies.get(term) ?? 0) + 1)
    }
    for (const { copy } of copies) await copy.flush()
    await search.flush()
    parentPort.postMessage({ articles: to - from })
  }
  parentPort.postMessage({ loaded: { totals, frequencies } })
}

async function loadWords(terms) {
  const { analyser } = await loadAnalysis()
  const words = copyInto('search_words', WORDS_TABLE)
  for (let i = 0; i < terms.length; i += BATCH) {
    for (const word of describeTerms(analyser, terms.slice(i, i + BATCH))) words.add(WORDS_TABLE.values(word))
    await words.flush()
  }
  await client.end()
  parentPort.postMessage({ described: terms.length })
}

await loadArticles()
parentPort.once('message', ({ terms }) => loadWords(terms))
