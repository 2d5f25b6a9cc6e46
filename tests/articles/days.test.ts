import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { addDays, dayOf, startOfDay } from '../../src/time/seoul.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { contract } from '../support/contract.ts'

const { call, db, clock, authorize } = await testApp({ NEW_DAYS: 3 })
const ZONES = ['UTC', 'Asia/Seoul', 'America/New_York', 'Pacific/Kiritimati', 'Pacific/Pago_Pago']

const list = async (query: string) => (await call(`/v1/articles?${query}`)).json()
const refusal = async (query: string) => {
  const response = await call(`/v1/articles?${query}`)
  expect([query, response.statusCode]).toEqual([query, 400])
  return response.json().errors.map((fault: { parameter: string }) => fault.parameter)
}

/** At midnight, and the millisecond before that and before the next one. */
const BOUNDARIES = [
  '2023-06-20T23:59:59.999+09:00',
  '2023-06-21T00:00:00+09:00',
  '2023-06-21T23:59:59.999+09:00',
]
const dayList = (day: string) => `/v1/articles?source=midnight&sort=publishedAt&from=${day}&to=${day}`
/** What every server must answer, whatever its zones: the days, their articles, and one article. */
const REQUESTS = ['2023-06-20', '2023-06-21', '2023-06-22'].map(dayList)
REQUESTS.push('/v1/articles/by-source/midnight/1', '/v1/articles?source=midnight&fields=postedOn,publishedOn')
let expected: string[]

beforeAll(async () => {
  const articles = BOUNDARIES.map((publishedAt, i) =>
    anArticle({ publishedAt, postedOn: '2023-07-03', source: { name: 'midnight', externalId: String(i) } }),
  )
  await insertArticles(db, articles, new Date('2026-01-01T00:00:00Z'))
  expected = []
  for (const url of REQUESTS) expected.push((await call(url)).body)
})

describe('an article of 2023-06-21T00:00:00+09:00 belongs to 06-21 and to no other day', () => {
  test('in the list, and in the article', async () => {
    const days = []
    for (const url of REQUESTS.slice(0, 3))
      days.push((await call(url)).json().items.map((item: { publishedAt: string }) => item.publishedAt))
    expect(days).toEqual([[BOUNDARIES[0]], BOUNDARIES.slice(1), []])
    expect((await call(REQUESTS[3] ?? '')).json()).toMatchObject({
      publishedAt: '2023-06-21T00:00:00+09:00',
      publishedOn: '2023-06-21',
      postedOn: '2023-07-03',
    })
  })

  const sameIn = async (url: string) => {
    const other = openDatabase({ url, poolSize: 2, statementTimeout: 5_000 })
    const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, NEW_DAYS: 3 }, db: other })
    try {
      const there = await contract(app)
      for (const [i, path] of REQUESTS.entries()) expect((await there(path)).body).toBe(expected[i])
    } finally {
      await app.close()
      await other.close()
    }
  }
  afterAll(() => db.pool.query(`ALTER DATABASE ${new URL(db.url).pathname.slice(1)} RESET timezone`))

  test.each(ZONES)('with the database in %s', async zone => {
    await db.pool.query(`ALTER DATABASE ${new URL(db.url).pathname.slice(1)} SET timezone = '${zone}'`)
    await sameIn(db.url)
  })

  test.each(ZONES)('with sessions that the database’s URL puts in %s', async zone => {
    const url = new URL(db.url)
    url.searchParams.set('options', `-c timezone=${zone}`)
    await sameIn(url.href)
  })

  test('with the server in any zone, reading and writing', async () => {
    const { authorization } = await authorize('articles:write')
    const answers = await Promise.all(ZONES.map(zone => askIn(zone, authorization)))
    expect(new Set(answers.map(answer => answer.epoch)).size).toBe(ZONES.length)
    for (const { zone, bodies, written } of answers) {
      expect(bodies).toEqual(expected)
      const days = {
        publishedAt: '2023-07-21T00:00:00+09:00',
        publishedOn: '2023-07-21',
        postedOn: '2023-07-03',
        embargoUntil: '1988-05-08T03:30:00+10:00',
      }
      expect({ zone, ...written }).toMatchObject({ zone, ...days })
      expect((await call(`/v1/articles/${written.id}`)).json()).toMatchObject(days)
    }
  })
})

/** Asks a server whose process runs in a time zone, over the built code. */
async function askIn(zone: string, authorization: string) {
  const dist = new URL('../../dist/', import.meta.url)
  const script = `
    const { buildApp } = await import('${dist}app.js')
    const { readConfig } = await import('${dist}config.js')
    const { openDatabase } = await import('${dist}db/client.js')
    const db = openDatabase({ url: process.env.URL, poolSize: 2, statementTimeout: 5000 })
    const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0, NEW_DAYS: 3 }, db })
    const bodies = []
    for (const url of ${JSON.stringify(REQUESTS)}) bodies.push((await app.inject(url)).body)
    const written = await app.inject({
      method: 'PUT',
      url: '/v1/articles/by-source/${zone.toLowerCase().replaceAll(/[^a-z]/g, '-')}/1',
      headers: { authorization: process.env.AUTHORIZATION },
      payload: {
        status: 'published', kind: 'other', title: 'zone', publishedAt: '2023-07-20T15:00:00Z',
        postedOn: '2023-07-03', embargoUntil: '1988-05-07T17:30:00Z',
      },
    })
    const epoch = new Date(0).toString()
    console.log(JSON.stringify({ zone: process.env.TZ, epoch, bodies, written: written.json() }))
    await app.close()
    await db.close()`
  const env = { ...process.env, TZ: zone, URL: db.url, AUTHORIZATION: authorization }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env,
  })
  return JSON.parse(stdout)
}

describe('a range of days', () => {
  const byDay = new Map<number, string>()
  const midnights = fc.integer({ min: -7_000, max: 20_400 }).map(n => startOfDay('1970-01-01', n).getTime())
  const instants = fc
    .oneof(
      fc.tuple(midnights, fc.constantFrom(-1, 0, 1, 3_600_000, -3_600_000)).map(([at, off]) => at + off),
      fc.date({ min: new Date('1987-05-01'), max: new Date('1988-11-01'), noInvalidDate: true }).map(Number),
      fc.date({ min: new Date('2025-11-20'), max: new Date('2025-12-10'), noInvalidDate: true }).map(Number),
    )
    .map(time => new Date(time))

  beforeAll(async () => {
    const random = fc
      .sample(instants, 300)
      .map(at => anArticle({ publishedAt: at.toISOString(), source: null, author: '무작위' }))
    for (const row of await insertArticles(db, random)) byDay.set(row.id, dayOf(row.publishedAt as Date))
  })

  test('is what counting by the day in Seoul gives, for any days', async () => {
    const days = fc.oneof(
      instants.map(dayOf),
      instants.map(at => addDays(dayOf(at), 1)),
    )
    await fc.assert(
      fc.asyncProperty(fc.option(days), fc.option(days), async (one, other) => {
        const [from = '', to = ''] = one && other && one > other ? [other, one] : [one ?? '', other ?? '']
        const query = `author=${encodeURIComponent('무작위')}&fields=id&pageSize=100${from && `&from=${from}`}${to && `&to=${to}`}`
        const found: number[] = []
        for (let page = 1, pages = 1; page <= pages; page++) {
          const body = await list(`${query}&page=${page}`)
          found.push(...body.items.map((item: { id: number }) => item.id))
          pages = body.pages
          expect(body.total).toBe(
            [...byDay.values()].filter(d => (!from || d >= from) && (!to || d <= to)).length,
          )
        }
        const naive = [...byDay].filter(([, day]) => (!from || day >= from) && (!to || day <= to))
        expect(found.sort((a, b) => a - b)).toEqual(naive.map(([id]) => id))
      }),
      { numRuns: 60 },
    )
  })

  test('says how it was understood, half-open on instants', async () => {
    expect((await list('from=2023-06-21&to=2023-06-22')).published).toEqual({
      from: '2023-06-21',
      to: '2023-06-22',
      fromInstant: '2023-06-21T00:00:00+09:00',
      toInstant: '2023-06-23T00:00:00+09:00',
    })
    const open = { from: null, to: null, fromInstant: null, toInstant: null }
    expect(await list('')).toMatchObject({ published: open, modified: open })
    expect((await list('to=1988-05-07')).published.toInstant).toBe('1988-05-08T00:00:00+09:00')
    expect((await list('to=1988-05-08')).published.toInstant).toBe('1988-05-09T00:00:00+10:00')
  })

  test.each([
    ['from=2023-06-22&to=2023-06-21', ['to']],
    ['from=2023-02-29', ['from']],
    ['to=2023-06-31', ['to']],
    ['from=2023-6-1&to=2023-13-01', ['from', 'to']],
    ['from=20230621', ['from']],
    ['from=2023-06-21T00:00:00Z', ['from']],
    ['from=1947-12-31', ['from']],
    ['from=', ['from']],
    ['period=7d&from=2023-06-21', ['period']],
    ['period=7d&to=2023-06-21', ['period']],
    ['period=7', ['period']],
    ['period=0d', ['period']],
    ['modifiedFrom=2023-06-31', ['modifiedFrom']],
    ['modifiedTo=2023-06-21T00:00:00%2B0900', ['modifiedTo']],
    ['modifiedFrom=2023-06-21T00:00:00+09:00', ['modifiedFrom']],
    ['modifiedTo=9999-12-30T23:59:59-23:59', ['modifiedTo']],
    ['modifiedFrom=2023-06-22&modifiedTo=2023-06-21', ['modifiedTo']],
    ['modifiedFrom=2023-06-21T00:00:00Z&modifiedTo=2023-06-21T00:00:00Z', ['modifiedTo']],
  ])('%s is refused', async (query, parameters) => expect(await refusal(query)).toEqual(parameters))
})

describe('the clock', () => {
  test('a period ends today in Seoul, and turns with the clock at midnight there', async () => {
    clock.at = new Date('2025-12-04T23:59:59.999+09:00')
    expect((await list('period=today')).published).toMatchObject({ from: '2025-12-04', to: '2025-12-04' })
    expect((await list('period=7d')).published).toMatchObject({ from: '2025-11-28', to: '2025-12-04' })
    const days = await list('from=2025-11-28&to=2025-12-04&pageSize=100')
    expect((await list('period=7d&pageSize=100')).items).toEqual(days.items)
    clock.at = new Date('2025-12-05T00:00:00+09:00')
    expect((await list('period=7d')).published).toMatchObject({ from: '2025-11-29', to: '2025-12-05' })
    expect((await list('period=yesterday')).published).toMatchObject({ from: '2025-12-04', to: '2025-12-04' })
  })

  test('an article is new on NEW_DAYS days in Seoul, the day of release included', async () => {
    const isNew = async (at: string) => {
      clock.at = new Date(at)
      return (await call(REQUESTS[3] ?? '')).json().isNew
    }
    expect(await isNew('2023-06-20T23:59:59.999+09:00')).toBe(false)
    expect(await isNew('2023-06-21T00:00:00+09:00')).toBe(true)
    expect(await isNew('2023-06-23T23:59:59.999+09:00')).toBe(true)
    expect(await isNew('2023-06-24T00:00:00+09:00')).toBe(false)
  })

  test('what was modified is found by days in Seoul and by instants, the end excluded', async () => {
    const [row] = await insertArticles(
      db,
      [anArticle({ author: '고침', publishedAt: '2024-01-01T00:00:00Z' })],
      new Date('2024-03-01T15:00:00Z'), // midnight of the 2nd
    )
    const found = async (query: string) =>
      (await list(`author=${encodeURIComponent('고침')}&${query}`)).items.length
    expect((await list('modifiedFrom=2024-03-02&modifiedTo=2024-03-02')).items).toMatchObject([
      { id: row?.id },
    ])
    expect(await found('modifiedTo=2024-03-01')).toBe(0)
    expect(await found('modifiedFrom=2024-03-03')).toBe(0)
    expect(await found('modifiedFrom=2024-03-01T15:00:00Z')).toBe(1)
    expect(await found('modifiedFrom=2024-03-02T00:00:00%2B09:00')).toBe(1)
    expect(await found('modifiedTo=2024-03-01T15:00:00Z')).toBe(0)
    expect(await found('modifiedTo=2024-03-01T15:00:00.001Z')).toBe(1)
  })

  test('what is not released stands under the end of its embargo, else under the day on which it was recorded', async () => {
    const headers = await authorize('articles:read')
    const recorded = new Date('2024-04-01T15:00:00Z') // midnight of the 2nd
    await insertArticles(
      db,
      [
        anArticle({ author: '미공개', status: 'draft' }),
        anArticle({ author: '미공개', status: 'scheduled', embargoUntil: '2099-05-06T23:00:00+09:00' }),
      ],
      recorded,
    )
    const statuses = async (day: string) => {
      const url = `/v1/articles?author=${encodeURIComponent('미공개')}&status=draft&status=scheduled&from=${day}&to=${day}`
      return (await call({ url, headers })).json().items.map((item: { status: string }) => item.status)
    }
    expect(await statuses('2024-04-01')).toEqual([])
    expect(await statuses('2024-04-02')).toEqual(['draft'])
    expect(await statuses('2099-05-06')).toEqual(['scheduled'])
  })
})
