import { expect, test } from '@jest/globals'
import pg from 'pg'
import { anotherApp, testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

/** A database that answers and takes no writes, as a primary does that has become a replica. */
const { db, authorize } = await testApp()
const headers = await authorize('articles:write')
const [row] = await insertArticles(db, [anArticle()])
const client = new pg.Client({ connectionString: db.url })
await client.connect()
await client.query(`ALTER DATABASE ${client.database} SET default_transaction_read_only = on`)
await client.end()
const call = await anotherApp(db.url, 5_000)

const WRITES = [
  ['a new article', 'POST', '/v1/articles', headers, anArticle()],
  [
    'a new article, once',
    'POST',
    '/v1/articles',
    { ...headers, 'idempotency-key': 'read-only' },
    anArticle(),
  ],
  ['a loader’s write', 'PUT', '/v1/articles/by-source/korea.kr/1', headers, anArticle()],
  ['a view', 'POST', `/v1/articles/${row?.id}/views`, {}, undefined],
] as const

test.each(WRITES)('%s is told that nothing is written now', async (_what, method, url, given, payload) => {
  const refused = await call({ method, url, headers: given, ...(payload && { payload }) })
  expect(refused.json()).toMatchObject({
    status: 503,
    type: '/problems/service-unavailable',
    detail: 'The database takes no writes at the moment. Try again shortly.',
  })
  expect(refused.headers['retry-after']).toBe('2')
})

test('reading goes on', async () => {
  expect((await call({ url: `/v1/articles/${row?.id}` })).statusCode).toBe(200)
  expect((await call({ url: '/v1/articles?q=순환경제' })).statusCode).toBe(200)
})
