import { expect, test } from '@jest/globals'
import pg from 'pg'
import { keepIndex } from '../../src/articles/store-index.ts'
import { load } from '../../src/imports/load.ts'
import { readNdjson } from '../../src/imports/ndjson.ts'
import { mergeTerms } from '../../src/search/store-merge.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

/** The index of terms collects what is written and merges it later; what waits is found like the rest. */

const { db, call } = await testApp()

/** Pages of terms that wait to be merged; merges them. */
const collected = async () =>
  Number((await db.pool.query(`SELECT gin_clean_pending_list('article_search_terms') AS n`)).rows[0].n)
const totalOf = async (q: string) => (await call(`/v1/articles?q=${encodeURIComponent(q)}`)).json().total

async function* file(articles: number, word: string) {
  for (let i = 0; i < articles; i++)
    yield Buffer.from(
      `${JSON.stringify({ ...anArticle({ title: `${word} ${i}` }), source: { name: 'load', externalId: `${word}${i}` } })}\n`,
    )
}

test('a load is found meanwhile, and has merged when it ends', async () => {
  const missing: number[] = []
  const report = await load(db, readNdjson(file(800, '수소충전소'), {}), {
    actor: 'import:test',
    onCommitted: async (_, { created }) => {
      missing.push(created - (await totalOf('수소충전소')))
    },
  })
  expect(report).toMatchObject({ created: 800, rejected: 0 })
  expect(missing.length).toBeGreaterThan(2)
  // Batches beside the one that is told may be committed already.
  expect(missing.every(n => n <= 0)).toBe(true)
  expect(await collected()).toBe(0)
  expect(await totalOf('수소충전소')).toBe(800)
})

test('what is written is found before it is merged, and merged by the upkeep', async () => {
  await insertArticles(db, [anArticle({ title: '바이오가스 발전' })])
  expect(await totalOf('바이오가스')).toBe(1)
  await keepIndex(db)
  expect(await collected()).toBe(0)
  expect(await totalOf('바이오가스')).toBe(1)
  await insertArticles(db, [anArticle({ title: '바이오매스 발전' })])
  expect(await collected()).toBeGreaterThan(0)
})

test('an account that does not own the index leaves merging to PostgreSQL', async () => {
  const role = `loader_${process.pid}`
  await db.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`)
  const url = new URL(db.url)
  url.username = role
  url.password = 'x'
  const pool = new pg.Pool({ connectionString: url.href })
  try {
    await expect(mergeTerms({ pool })).resolves.toBeUndefined()
  } finally {
    await pool.end()
    await db.pool.query(`DROP ROLE ${role}`)
  }
})
