import { afterAll, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { testApp } from '../support/app.ts'
import { contract } from '../support/contract.ts'

const { call } = await testApp({ RATE_LIMIT: 1 })

// A port on which nothing listens.
const nowhere = openDatabase({
  url: 'postgresql://a:b@127.0.0.1:1/gongbo',
  poolSize: 1,
  statementTimeout: 1_000,
})
const cutOff = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 1 }, db: nowhere })
afterAll(async () => {
  await cutOff.close()
  await nowhere.close()
})

const SECRET = 'A'.repeat(43)

test.each(['Bearer wrong', `Bearer gongbo_000000000000_${SECRET}`, 'Basic YTpi', ''])(
  'probes ask nobody for a key, and mind none: Authorization: %j',
  async authorization => {
    for (const url of ['/healthz', '/readyz', '/metrics'])
      expect((await call({ url, headers: { authorization } })).statusCode).toBe(200)
  },
)

test('the process is alive also while its database is away, whatever key comes with the question', async () => {
  const there = await contract(cutOff)
  for (const headers of [{}, { authorization: `Bearer gongbo_000000000000_${SECRET}` }]) {
    expect((await there({ url: '/healthz', headers })).json()).toEqual({ status: 'ok' })
    expect((await there({ url: '/metrics', headers })).statusCode).toBe(200)
    const unready = await there({ url: '/readyz', headers })
    expect([unready.statusCode, unready.headers['retry-after']]).toEqual([503, '2'])
  }
})
