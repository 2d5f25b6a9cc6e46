import { expect, test } from '@jest/globals'
import pg from 'pg'
import { keepIndex } from '../../src/articles/store-index.ts'
import { load } from '../../src/imports/load.ts'
import { readNdjson } from '../../src/imports/ndjson.ts'
import { expectMany } from '../../src/search/store-load.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

/** Loads have the index of terms collect them; that ends with the load, however it ends. */

const { db, call } = await testApp()

const isCollecting = async () =>
  (
    await db.pool.query(
      `SELECT 'fastupdate=on' = ANY(reloptions) AS on FROM pg_class WHERE relname = 'article_search_terms'`,
    )
  ).rows[0].on
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

test('a load of many collects, is found meanwhile, and has merged when it ends', async () => {
  const seen: [boolean, number][] = []
  const report = await load(db, readNdjson(file(800, '수소충전소'), {}), {
    actor: 'import:test',
    onCommitted: async (_, { created }) => {
      seen.push([await isCollecting(), created - (await totalOf('수소충전소'))])
    },
  })
  expect(report).toMatchObject({ created: 800, rejected: 0 })
  expect(seen.length).toBeGreaterThan(2)
  expect(seen[0]?.[0]).toBe(true)
  // Batches beside the one that is told may be committed already.
  expect(seen.every(([, missing]) => missing <= 0)).toBe(true)
  expect([await isCollecting(), await collected()]).toEqual([false, 0])
  expect(await totalOf('수소충전소')).toBe(800)
})

test('a few articles are no load', async () => {
  const seen: boolean[] = []
  await load(db, readNdjson(file(20, '암모니아'), {}), {
    actor: 'import:test',
    onCommitted: async () => {
      seen.push(await isCollecting())
    },
  })
  expect(seen).toEqual([false])
})

test('what a load that was killed has left is merged by the upkeep, a minute later', async () => {
  await expectMany(db)
  await insertArticles(db, [anArticle({ title: '바이오가스 발전' })])
  await keepIndex(db)
  expect(await isCollecting()).toBe(true)
  await db.pool.query(`UPDATE search_load SET until = now() - interval '1 second'`)
  await keepIndex(db)
  expect([await isCollecting(), await collected()]).toEqual([false, 0])
  expect(await totalOf('바이오가스')).toBe(1)
})

test('an account that may not alter the index loads without', async () => {
  const role = `loader_${process.pid}`
  await db.pool.query(
    `CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT SELECT, UPDATE ON search_load TO ${role}`,
  )
  const url = new URL(db.url)
  url.username = role
  url.password = 'x'
  const pool = new pg.Pool({ connectionString: url.href })
  try {
    await expectMany({ pool })
    expect(await isCollecting()).toBe(false)
  } finally {
    await pool.end()
    await db.pool.query(`REVOKE ALL ON search_load FROM ${role}; DROP ROLE ${role}`)
  }
})
