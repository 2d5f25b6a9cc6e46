import { expect, test } from '@jest/globals'
import { anotherApp, testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { whileHeld } from '../support/locks.ts'

const { db, authorize } = await testApp()
const headers = await authorize('articles:write')
const [row] = await insertArticles(db, [anArticle()])
/** It waits for no statement longer than 200 ms. */
const call = await anotherApp(db.url, 200)

const REQUESTS = [
  ['a list', 'GET', '/v1/articles', undefined],
  ['an article', 'GET', `/v1/articles/${row?.id}`, undefined],
  ['a write', 'POST', '/v1/articles', anArticle()],
  ['a loader’s write', 'PUT', '/v1/articles/by-source/korea.kr/1', anArticle()],
  ['a view', 'POST', `/v1/articles/${row?.id}/views`, undefined],
] as const

test.each(REQUESTS)(
  '%s that takes too long is ended, and told as such',
  async (_what, method, url, payload) => {
    const ask = () => call({ method, url, headers, ...(payload && { payload }) })
    const ended = await whileHeld(db.url, 'LOCK TABLE articles', ask)
    expect(ended.json()).toMatchObject({ status: 503, type: '/problems/query-timeout' })
    expect(ended.headers['retry-after']).toBe('5')
    expect((await ask()).statusCode).toBeLessThan(300)
  },
)
