import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sync } from '../../src/imports/sync.ts'
import { testApp } from '../support/app.ts'
import { changed, fictionalItems } from './open-api-items.ts'
import { openApiServer } from './open-api-server.ts'

const KEY = 'key'
const items = fictionalItems(3, '2026-01-01', 12)
const server = await openApiServer(items, { key: KEY })
afterAll(() => server.close())
const { db, call, clock } = await testApp()
const NOON = new Date('2026-01-06T12:00:00+09:00')

beforeAll(async () => {
  const bad = items.find(({ service, expected }) => service === 'press' && expected.day === '2026-01-03')
  if (bad) server.items.set(bad.id, changed(bad, { Title: '' }))
  await sync(db, {
    ...{ services: ['press'], from: '2026-01-03', to: '2026-01-06', resume: false, dryRun: false },
    ...{ dailyCalls: 100, now: () => NOON },
    api: { url: server.url, key: KEY, timeout: 5_000, retryDelay: 1 },
  })
})

describe('coverage', () => {
  test('tells the items of each day, what is missing, and the last sync', async () => {
    clock.at = new Date('2026-01-08T08:00:00+09:00')
    const answer = (await call('/v1/coverage?from=2026-01-01&to=2026-01-31')).json()
    expect(answer).toMatchObject({ from: '2026-01-01', to: '2026-01-31' })
    const [press, policy] = answer.services
    expect(press).toMatchObject({
      service: 'press',
      lastSyncedAt: '2026-01-06T12:00:00+09:00',
      missing: ['2026-01-01', '2026-01-02', '2026-01-06', '2026-01-07'],
    })
    expect(press.days.map(({ state }: { state: string }) => state)).toEqual([
      ...['missing', 'missing', 'complete', 'complete', 'complete', 'partial', 'missing', 'missing'],
    ])
    const here = items.filter(each => each.service === 'press' && each.expected.day === '2026-01-03')
    expect(press.days[2]).toEqual({
      ...{ day: '2026-01-03', state: 'complete', items: here.length - 1, rejected: 1 },
      syncedAt: '2026-01-06T12:00:00+09:00',
    })
    expect(policy).toMatchObject({ service: 'policy', lastSyncedAt: null })
    expect(policy.missing).toHaveLength(7)
  })

  test('is of the last thirty days, and of one service, where that is asked for', async () => {
    clock.at = new Date('2026-01-30T08:00:00+09:00')
    const answer = (await call('/v1/coverage?service=press')).json()
    expect(answer).toMatchObject({ from: '2026-01-01', to: '2026-01-30' })
    expect(answer.services).toHaveLength(1)
  })

  test('is revalidated by its tag', async () => {
    const first = await call('/v1/coverage')
    const headers = { 'if-none-match': String(first.headers.etag) }
    expect((await call({ url: '/v1/coverage', headers })).statusCode).toBe(304)
  })

  test.each([
    'from=2026-02-30',
    'from=2026-01-02&to=2026-01-01',
    'from=2020-01-01&to=2026-01-01',
    'service=rss',
  ])('refuses %s', async query => expect((await call(`/v1/coverage?${query}`)).statusCode).toBe(400))
})
