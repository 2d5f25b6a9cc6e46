import { afterAll, describe, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { contract } from '../support/contract.ts'

const { call, db, authorize } = await testApp()
const [row] = await insertArticles(db, [anArticle({ source: { name: 'korea.kr', externalId: 'vary' } })])
const key = await authorize('articles:read')

const config = { ...readConfig({}), RATE_LIMIT: 0, CORS_ORIGINS: 'https://a.kr,https://b.kr' }
const strictApp = await buildApp({ config, db })
afterAll(() => strictApp.close())
const strict = await contract(strictApp)

/** What caches are told that the answer depends on. */
const varying = (headers: Record<string, unknown>) => String(headers.vary).split(/, */)

const READS = ['/v1/articles', `/v1/articles/${row?.id}`, '/v1/articles/by-source/korea.kr/vary']
const PROBLEMS = ['/v1/articles?form=1', '/v1/articles/999999', '/nowhere', '/v1/articles?status=draft']

describe('a cache is told what an answer depends on', () => {
  test.each(READS)(
    '%s: what the reader accepts, how it may be coded and who asks, also where nothing is sent again',
    async url => {
      for (const headers of [{}, key]) {
        const whole = await call({ url, headers })
        expect(whole.statusCode).toBe(200)
        expect(varying(whole.headers)).toEqual(['Accept', 'Accept-Encoding', 'Authorization'])
        const fresh = await call({
          url,
          headers: { ...headers, 'if-none-match': String(whole.headers.etag) },
        })
        expect(fresh.statusCode).toBe(304)
        expect(varying(fresh.headers)).toEqual(['Accept', 'Accept-Encoding', 'Authorization'])
      }
    },
  )

  test.each(PROBLEMS)('%s: the language', async url => {
    const problem = await call(url)
    expect(problem.statusCode).toBeGreaterThanOrEqual(400)
    expect(varying(problem.headers)).toContain('Accept-Language')
  })

  test.each([...READS, ...PROBLEMS])('%s: the origin too, where only some may call', async url => {
    const response = await strict({ url, headers: { origin: 'https://b.kr' } })
    expect(response.headers['access-control-allow-origin']).toBe('https://b.kr')
    const rest = READS.includes(url) ? ['Accept', 'Accept-Encoding', 'Authorization'] : ['Accept-Language']
    expect(varying(response.headers)).toEqual(expect.arrayContaining(['Origin', ...rest]))
  })
})
