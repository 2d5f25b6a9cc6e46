import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { addUpAll } from '../../src/articles/store-index.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

/** The regression set of relevance/: how well the best ten answer questions whose answers were judged by hand. */

const { call, db } = await testApp()
const FOLDER = new URL('relevance/', import.meta.url)

interface Judged {
  q: string
  relevant: string[]
  set: 'tune' | 'held'
}
const files = (await readdir(FOLDER)).filter(name => name.endsWith('.ndjson')).sort()
const lines = async (names: string[]) =>
  (await Promise.all(names.map(name => readFile(new URL(name, FOLDER), 'utf8'))))
    .flatMap(text => text.trimEnd().split('\n'))
    .map(line => JSON.parse(line))
const articles = await lines(files.filter(name => !name.includes('queries')))
const queries: Judged[] = await lines(files.filter(name => name.includes('queries')))

const rows = await insertArticles(
  db,
  articles.map(({ key: _, ministry, ...article }) => anArticle({ ...article, ministry: { name: ministry } })),
)
await addUpAll(db)
const keys = new Map(rows.map((row, i) => [row.id, articles[i].key]))

async function judge({ q, relevant }: Judged) {
  const response = await call(`/v1/articles?q=${encodeURIComponent(q)}&sort=relevance&pageSize=10`)
  const found: string[] = response.json().items.map(({ id }: { id: number }) => keys.get(id))
  const first = found.findIndex(key => relevant.includes(key))
  return {
    q,
    reciprocal: first < 0 ? 0 : 1 / (first + 1),
    recall: relevant.filter(key => found.includes(key)).length / relevant.length,
    found,
    relevant,
  }
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length

test('the set is large enough to tell', () => {
  expect(articles.length).toBeGreaterThanOrEqual(150)
  expect(queries.length).toBeGreaterThanOrEqual(100)
})

test.each([
  ['tune', 0.96, 0.97],
  ['held', 0.96, 0.97],
])('the %s half: mean reciprocal rank above %s, recall above %s', async (set, leastRank, leastRecall) => {
  const judged: Awaited<ReturnType<typeof judge>>[] = []
  for (const query of queries) if (query.set === set) judged.push(await judge(query))
  const rank = mean(judged.map(({ reciprocal }) => reciprocal))
  const recall = mean(judged.map(one => one.recall))
  const missed = judged.filter(one => one.reciprocal < 1 || one.recall < 1)
  const detail = missed.map(
    one => `${one.q} → ${one.found.slice(0, 3).join(' ')} (${one.relevant.join(' ')})`,
  )
  process.stdout.write(
    `relevance, ${set}: ${judged.length} queries, MRR@10 ${rank.toFixed(3)}, recall@10 ${recall.toFixed(3)}\n`,
  )
  if (process.env.RELEVANCE_DETAIL) process.stdout.write(`${detail.join('\n')}\n`)
  expect(rank).toBeGreaterThan(leastRank)
  expect(recall).toBeGreaterThan(leastRecall)
})

test('every title and subtitle finds its own article, whatever comes first', async () => {
  const lost: string[] = []
  for (const { key, title, subtitles = [] } of articles)
    for (const q of [title, ...subtitles]) {
      const { items } = (await call(`/v1/articles?q=${encodeURIComponent(q)}&pageSize=100`)).json()
      if (!items.some(({ id }: { id: number }) => keys.get(id) === key)) lost.push(q)
    }
  expect(lost).toEqual([])
})

test('what is suggested after the first word of a title finds something, and among it is the title', async () => {
  const empty: string[] = []
  let [asked, meant] = [0, 0]
  for (const { title } of articles.filter((_, i) => i % 3 === 0)) {
    const [first, second = ''] = title.split(' ')
    const typed = `${first} ${second.slice(0, Math.ceil(second.length / 2))}`
    const suggested = (await call(`/v1/suggestions?q=${encodeURIComponent(typed)}`)).json().items
    asked++
    if (suggested.some(({ text }: { text: string }) => text === title)) meant++
    for (const { type, text } of suggested) {
      if (type !== 'word') continue
      const { total } = (await call(`/v1/articles?q=${encodeURIComponent(text)}&pageSize=1`)).json()
      if (total === 0) empty.push(`${typed} → ${text}`)
    }
  }
  process.stdout.write(`suggestions: ${meant} of ${asked} titles by their first word and a half\n`)
  expect(empty).toEqual([])
})

test('what has a word and what has not are all there are', async () => {
  const total = async (q: string): Promise<number> =>
    (await call(`/v1/articles?q=${encodeURIComponent(q)}&pageSize=1`)).json().total
  // The beginning of a word ends what is read together: each word is read alone.
  const all = await total('지원*')
  const words = new Set<string>(
    articles.flatMap(({ title }) => title.split(/[^가-힣A-Za-z0-9]+/)).filter(Boolean),
  )
  const wrong: string[] = []
  for (const word of [...words].filter((_, i) => i % 2 === 0)) {
    const [has, hasNot] = [await total(`지원* ${word}`), await total(`지원* -${word}`)]
    const { ignored } = (
      await call(`/v1/articles?q=${encodeURIComponent(`지원* ${word}`)}&pageSize=1`)
    ).json().search
    if (ignored.length === 0 && has + hasNot !== all) wrong.push(`${word}: ${has} and ${hasNot} of ${all}`)
  }
  expect(wrong).toEqual([])
}, 120_000)

test('whatever is found shows where', async () => {
  const bare: string[] = []
  for (const { q } of queries) {
    const { items } = (
      await call(`/v1/articles?q=${encodeURIComponent(q)}&highlight=true&pageSize=100`)
    ).json()
    for (const { title, highlight } of items) {
      const fields = [highlight.title, highlight.body, ...highlight.subtitles, ...highlight.tags]
      if (fields.every(({ ranges }) => ranges.length === 0)) bare.push(`${q}: ${title}`)
    }
  }
  expect(bare).toEqual([])
})
