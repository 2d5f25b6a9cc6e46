import { afterAll, describe, expect, test } from '@jest/globals'
import Fastify, { type FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { type Caller, controlAccess } from '../../src/http/access.ts'
import { handleError } from '../../src/http/errors.ts'
import { rateLimit } from '../../src/http/rate-limit.ts'
import { testApp } from '../support/app.ts'
import { contract } from '../support/contract.ts'

const { db, authorize } = await testApp()
const apps: FastifyInstance[] = []
afterAll(() => Promise.all(apps.map(app => app.close())))

/** The API with limits of its own. */
const limited = async (settings: Partial<Config>) => {
  const app = await buildApp({ config: { ...readConfig({}), ...settings }, db })
  apps.push(app)
  const call = await contract(app)
  return async (remoteAddress: string, headers: Record<string, string> = {}, url = '/v1/articles') =>
    call({ url, remoteAddress, headers })
}
const wrong = (n: number) => ({
  authorization: `Bearer gongbo_${String(n).padStart(12, '0')}_${'A'.repeat(43)}`,
})
const statuses = async (answers: Promise<{ statusCode: number }>[]) =>
  (await Promise.all(answers)).map(answer => answer.statusCode)

describe('a request over the limit', () => {
  test('is told to wait for the seconds that are left of the minute', async () => {
    const from = await limited({ RATE_LIMIT: 1 })
    await from('203.0.113.1')
    for (const url of ['/v1/articles', '/nowhere']) {
      const { statusCode, headers } = await from('203.0.113.1', {}, url)
      const seconds = /^"minute";r=0;t=(\d+)$/.exec(String(headers.ratelimit))?.[1]
      expect(statusCode).toBe(429)
      expect(Number(seconds)).toBeGreaterThan(0)
      expect(Number(seconds)).toBeLessThanOrEqual(60)
      expect(headers['retry-after']).toBe(seconds)
    }
  })

  test('is counted for its address, or of IPv6 for its network', async () => {
    const from = await limited({ RATE_LIMIT: 1 })
    expect((await from('2001:db8::1')).statusCode).toBe(200)
    expect((await from('2001:db8::ffff:2')).statusCode).toBe(429)
    expect((await from('2001:db8:0:1::1')).statusCode).toBe(200)
    expect((await from('203.0.113.7')).statusCode).toBe(200)
    expect((await from('::ffff:203.0.113.7')).statusCode).toBe(429)
  })

  test('with a key is counted for the key, wherever it comes from', async () => {
    const from = await limited({ RATE_LIMIT: 2 })
    const [mine, theirs] = [await authorize('articles:read'), await authorize('articles:read')]
    expect(await statuses([from('203.0.113.1', mine), from('203.0.113.2', mine)])).toEqual([200, 200])
    expect((await from('203.0.113.3', mine)).statusCode).toBe(429)
    expect((await from('203.0.113.1', theirs)).statusCode).toBe(200)
    // And the addresses have their own count still.
    expect(await statuses([from('203.0.113.1'), from('203.0.113.1')])).toEqual([200, 200])
  })
})

describe('an address that tries many wrong keys', () => {
  test('is refused before another key is looked up; others are not', async () => {
    const lookedUp: string[] = []
    const app = Fastify()
    apps.push(app)
    app.setErrorHandler(handleError)
    const findCaller = async (token: string): Promise<Caller | null> => {
      lookedUp.push(token)
      return token === 'right' ? { id: 'key-1', scopes: [] } : null
    }
    controlAccess(app, { findCaller, limit: rateLimit(3) })
    app.get('/', async () => 'ok')
    const ask = async (token: string, remoteAddress = '203.0.113.1') =>
      (await app.inject({ url: '/', remoteAddress, headers: { authorization: `Bearer ${token}` } }))
        .statusCode
    expect([await ask('a'), await ask('b'), await ask('c')]).toEqual([401, 401, 401])
    expect([await ask('d'), await ask('e')]).toEqual([429, 429])
    expect(lookedUp).toEqual(['a', 'b', 'c'])
    expect(await ask('f', '203.0.113.2')).toBe(401)
    expect(await ask('right', '203.0.113.3')).toBe(200)
    expect(lookedUp).toEqual(['a', 'b', 'c', 'f', 'right'])
  })

  test('is told when to come back, as everybody over the limit is', async () => {
    const from = await limited({ RATE_LIMIT: 2 })
    expect(await statuses([from('203.0.113.1', wrong(1)), from('203.0.113.1', wrong(2))])).toEqual([401, 401])
    const { statusCode, headers } = await from('203.0.113.1', wrong(3))
    expect(statusCode).toBe(429)
    expect(headers['ratelimit-policy']).toBe('"minute";q=2;w=60')
    expect(headers.ratelimit).toBe(`"minute";r=0;t=${headers['retry-after']}`)
  })

  test('a right key, used as often, counts as no wrong one', async () => {
    const from = await limited({ RATE_LIMIT: 3 })
    const key = await authorize('articles:read')
    for (let i = 0; i < 3; i++) expect((await from('203.0.113.1', key)).statusCode).toBe(200)
    expect((await from('203.0.113.1', wrong(1))).statusCode).toBe(401)
  })
})

describe('TRUST_PROXY', () => {
  const forwarded = (list: string) => ({ 'x-forwarded-for': list })

  test('1: the address that the proxy saw counts, and none that the client made up', async () => {
    const from = await limited({ RATE_LIMIT: 2, TRUST_PROXY: '1' })
    const proxy = (list: string) => from('10.0.0.1', forwarded(list))
    expect((await proxy('1.1.1.1, 203.0.113.9')).statusCode).toBe(200)
    expect((await proxy('2.2.2.2, 203.0.113.9')).statusCode).toBe(200)
    expect((await proxy('3.3.3.3, 203.0.113.9')).statusCode).toBe(429)
    expect((await proxy('203.0.113.9, 203.0.113.8')).statusCode).toBe(200)
  })

  test('2: so does the one before the nearest proxy', async () => {
    const from = await limited({ RATE_LIMIT: 1, TRUST_PROXY: '2' })
    expect((await from('10.0.0.1', forwarded('1.1.1.1, 203.0.113.9, 10.0.0.2'))).statusCode).toBe(200)
    expect((await from('10.0.0.1', forwarded('2.2.2.2, 203.0.113.9, 10.0.0.3'))).statusCode).toBe(429)
  })

  test('addresses: only a proxy that is named is believed', async () => {
    const from = await limited({ RATE_LIMIT: 1, TRUST_PROXY: '10.0.0.0/8, ::1' })
    expect((await from('10.0.0.1', forwarded('1.1.1.1, 203.0.113.9'))).statusCode).toBe(200)
    expect((await from('10.9.9.9', forwarded('2.2.2.2, 203.0.113.9'))).statusCode).toBe(429)
    expect((await from('198.51.100.1', forwarded('203.0.113.7'))).statusCode).toBe(200)
    expect((await from('198.51.100.1', forwarded('203.0.113.6'))).statusCode).toBe(429)
  })

  test('nothing: nobody is', async () => {
    const from = await limited({ RATE_LIMIT: 1 })
    expect((await from('203.0.113.1', forwarded('1.1.1.1'))).statusCode).toBe(200)
    expect((await from('203.0.113.1', forwarded('2.2.2.2'))).statusCode).toBe(429)
  })
})
