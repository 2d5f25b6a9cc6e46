import { afterAll, describe, expect, jest, test } from '@jest/globals'
import type * as Dictionary from '../../src/text/analyser/dictionary.ts'

/** What a search does when something that it needs is missing or slow: it says so, and never fails with a 500. */

const actual: typeof Dictionary = await import('../../src/text/analyser/dictionary.ts')
let readable = false
jest.unstable_mockModule('../../src/text/analyser/dictionary.ts', () => ({
  ...actual,
  readDictionary: (...given: Parameters<typeof actual.readDictionary>) =>
    readable ? actual.readDictionary(...given) : Promise.reject(new Error('sys.dic: no such file')),
}))
const { buildApp } = await import('../../src/app.ts')
const { readConfig } = await import('../../src/config.ts')
const { openDatabase } = await import('../../src/db/client.ts')
const { testApp } = await import('../support/app.ts')
const { contract } = await import('../support/contract.ts')
const { anArticle, insertArticles } = await import('../support/builders.ts')
const { keepIndex } = await import('../../src/articles/store-index.ts')
const { claimIndex } = await import('../../src/search/store.ts')
const { ANALYSIS_VERSION } = await import('../../src/search/analysis.ts')

const { call, db, authorize } = await testApp()
await claimIndex(db, ANALYSIS_VERSION)
const search = async (q: string, more = '') =>
  (await call(`/v1/articles?q=${encodeURIComponent(q)}${more}`)).json()
const readiness = async () => (await call('/readyz')).json()
const now = performance.now.bind(performance)
afterAll(() => {
  performance.now = now
})

describe('without the dictionary', () => {
  test('articles are written and found by words as they are written, particles aside; health and answers say so', async () => {
    const key = await authorize('articles:write')
    const payload = anArticle({ title: '수소충전소를 늘린다', bodyText: '탄소중립에 다가간다' })
    expect((await call({ method: 'POST', url: '/v1/articles', headers: key, payload })).statusCode).toBe(201)
    await keepIndex(db)
    expect(await search('수소충전소')).toMatchObject({ total: 1, search: { degraded: 'no-dictionary' } })
    expect((await search('탄소중립을', '&sort=relevance&highlight=true')).items[0].highlight.body.html).toBe(
      '<em>탄소중립</em>에 다가간다',
    )
    expect(await readiness()).toMatchObject({ status: 'degraded', search: 'no-dictionary' })
  })

  test('when it is there again, what was indexed without is indexed anew', async () => {
    readable = true
    performance.now = () => now() + 31_000
    expect(await readiness()).toMatchObject({ status: 'degraded', search: 'indexing' })
    await keepIndex(db)
    expect(await readiness()).toMatchObject({ status: 'ready', search: 'ok' })
    expect(await search('수소')).toMatchObject({ total: 1, search: { degraded: null } })
  })
})

test('a ranking that takes too long is answered by date, and says so', async () => {
  await insertArticles(db, [anArticle({ title: '수소 하나' }), anArticle({ title: '수소 둘' })])
  // The rank of a term, as slow as it would be over millions of rows.
  await db.pool.query(`CREATE FUNCTION public.ts_rank(real[], tsvector, tsquery) RETURNS real LANGUAGE sql AS
    'SELECT pg_catalog.ts_rank($1, $2, $3) FROM pg_sleep(1)'`)
  const slow = openDatabase({
    url: `${db.url}?options=${encodeURIComponent('-c search_path=public,pg_catalog')}`,
    poolSize: 2,
    statementTimeout: 5_000,
  })
  const app = await buildApp({ config: { ...readConfig({}), SEARCH_TIMEOUT_MS: 300 }, db: slow })
  const url = `/v1/articles?q=${encodeURIComponent('수소')}&sort=relevance&pageSize=2`
  const answer = (await (await contract(app))(url)).json()
  await app.close()
  await slow.close()
  expect(answer).toMatchObject({ total: 3, search: { degraded: 'timed-out' }, nextCursor: null })
  expect(answer.items).toHaveLength(2)
})
