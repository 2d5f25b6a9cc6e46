import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  BudgetSpent,
  fetchWindow,
  OpenApiError,
  type OpenApiOptions,
  plainKey,
  withoutKey,
} from '../../src/imports/open-api-client.ts'
import { fictionalItems } from './open-api-items.ts'
import { FAULTS, openApiServer } from './open-api-server.ts'

const KEY = 'a+b/c0D1e2F3=='
const server = await openApiServer(fictionalItems(7, '2026-01-01', 6), { key: KEY, slowMs: 600 })
afterAll(() => server.close())

const window = { service: 'press', from: '2026-01-01', to: '2026-01-03' } as const
let spent: number
let exhausted: boolean
let retries: string[]
const options = (changes: Partial<OpenApiOptions> = {}): OpenApiOptions => ({
  ...{ url: server.url, key: KEY, timeout: 300, retryDelay: 1 },
  spend: async () => ++spent > 0,
  exhaust: async () => {
    exhausted = true
  },
  onRetry: message => retries.push(message),
  ...changes,
})
beforeEach(() => {
  spent = 0
  exhausted = false
  retries = []
  server.next = []
  server.requests = []
  server.budget = 1_000
})

const error = (changes: Partial<OpenApiOptions> = {}): Promise<Error> =>
  fetchWindow(window, options(changes)).then(
    () => new Error('it went well'),
    reason => reason,
  )

test('a window brings its items, and those of the midnight after', async () => {
  const items = await fetchWindow(window, options())
  expect(items.length).toBeGreaterThanOrEqual(12)
  expect(server.requests).toEqual(['press startDate=20260101&endDate=20260103'])
  expect(await fetchWindow({ ...window, from: '2025-01-01', to: '2025-01-01' }, options())).toEqual([])
})

describe('what fails for a time is tried again', () => {
  test.each(FAULTS)('%s', async fault => {
    const whole = await fetchWindow(window, options())
    server.next = [fault, fault]
    const items = await fetchWindow(window, options())
    if (fault === 'twice') expect(items.length).toBe(whole.length * 2)
    else {
      expect(items.length).toBe(whole.length)
      expect(retries).toHaveLength(2)
      expect(retries[0]).toMatch(/^press 2026-01-01\.\.2026-01-03: .*; trying again in \d+ ms$/)
      expect(spent).toBe(4)
    }
  })

  test('but not for ever, and then with its reason', async () => {
    server.next = Array(8).fill('gateway-04')
    const reason = await error()
    expect(reason).toBeInstanceOf(OpenApiError)
    expect(reason).toMatchObject({ permanent: false })
    expect(reason.message).toBe('press 2026-01-01..2026-01-03: code 4 HTTP_ERROR, after 8 attempts')
  })

  test('with waits that double, shortened by chance to no less than a half', async () => {
    server.next = Array(5).fill('code-1')
    await fetchWindow(window, options({ retryDelay: 8 }))
    const waits = retries.map(line => Number(/(\d+) ms/.exec(line)?.[1]))
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(8 * 2 ** i * 0.5)
      expect(wait).toBeLessThanOrEqual(8 * 2 ** i)
    }
  })

  test('until somebody stops it', async () => {
    const stop = new AbortController()
    server.next = Array(8).fill('code-1')
    const ended = error({ retryDelay: 60_000, signal: stop.signal })
    setTimeout(() => stop.abort(new Error('stopped')), 50)
    expect((await ended).message).toBe('stopped')
  })
})

describe('what another attempt does not help against', () => {
  test.each([
    ['permanent-12', 'check OPEN_API_URL'],
    ['permanent-20', 'apply for it at data.go.kr'],
    ['permanent-31', 'renew it at data.go.kr'],
  ] as const)('%s is told at once, with what to do', async (fault, help) => {
    server.next = [fault]
    const reason = await error()
    expect(reason).toMatchObject({ permanent: true, message: expect.stringContaining(help) })
    expect(spent).toBe(1)
  })

  test('a window of four days, which the service refuses with 98', async () => {
    await expect(fetchWindow({ ...window, to: '2026-01-04' }, options())).rejects.toThrow(
      'code 98 THREE_DAYS_OVER_ERROR: the service refuses a window of more than three days',
    )
    expect(spent).toBe(1)
  })
})

describe('the budget of calls', () => {
  test('is asked before each call', async () => {
    expect(await error({ spend: async () => false })).toBeInstanceOf(BudgetSpent)
    expect(server.requests).toEqual([])
  })

  test('is spent when the gateway says so', async () => {
    server.budget = 0
    expect(await error()).toBeInstanceOf(BudgetSpent)
    expect(exhausted).toBe(true)
    expect(server.requests).toHaveLength(1)
  })
})

describe('the key', () => {
  test('works as it is handed out, percent-encoded or not', async () => {
    for (const key of [KEY, encodeURIComponent(KEY)])
      expect((await fetchWindow(window, options({ key }))).length).toBeGreaterThan(0)
    expect(plainKey('100%')).toBe('100%')
  })

  test('that is wrong is told, and stands in no message', async () => {
    const key = 'wrong+key/123=='
    const reason = await error({ key })
    expect(reason.message).toContain('code 30 SERVICE_KEY_IS_NOT_REGISTERED_ERROR')
    expect(reason.message).toContain('OPEN_API_KEY')
    const all = [reason, await error({ key, url: 'http://127.0.0.1:1/x', attempts: 2 })]
      .map(each => `${each.message} ${each.stack}`)
      .join()
    for (const spelling of [key, encodeURIComponent(key)]) expect(all + retries).not.toContain(spelling)
  })

  test('stands in no message, not even by half, where an answer says it', async () => {
    const answer = `<response><header><resultCode>${'x'.repeat(30)}${KEY}</resultCode></header></response>`
    const echo = createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1')
    await once(echo, 'listening')
    const { port } = echo.address() as AddressInfo
    const { message } = await error({ url: `http://127.0.0.1:${port}`, attempts: 1 })
    echo.close()
    expect(message).toContain(`found "${'x'.repeat(30)}…"`)
  })

  test('is taken out of any text, however it is written', () => {
    const plain = 'a+b/c=='
    const encoded = encodeURIComponent(plain)
    const text = `${plain} ${encoded} ${encodeURIComponent(encoded)} http://x/?serviceKey=other&startDate=1`
    for (const key of [plain, encoded])
      expect(withoutKey(text, key)).toBe('… … … http://x/?serviceKey=…&startDate=1')
  })
})
