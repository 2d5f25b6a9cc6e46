import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { readAnswer } from '../../src/imports/open-api-answer.ts'
import { readItem } from '../../src/imports/open-api-item.ts'
import { countCalls, spendCall } from '../../src/imports/store-runs.ts'
import { writeDay } from '../../src/imports/store-sync.ts'
import { type SyncOptions, sync } from '../../src/imports/sync.ts'
import { testApp } from '../support/app.ts'
import { changed, fictionalItems, type ServedItem, stamp } from './open-api-items.ts'
import { answerXml, itemXml, openApiServer } from './open-api-server.ts'

const KEY = 'key+of/tests=='
const FROM = '2026-01-01'
const TO = '2026-01-30'
// A day beyond the range on both sides: what lies there must not come.
const items = fictionalItems(2026, '2025-12-31', 32)
const inRange = items.filter(({ expected }) => expected.day >= FROM && expected.day <= TO)
const server = await openApiServer(items, { key: KEY, seed: 42 })
afterAll(() => server.close())
const { db, call, authorize } = await testApp()
const editor = await authorize('articles:write')

const NOW = new Date('2026-02-01T12:00:00+09:00')
const run = (changes: Partial<SyncOptions> = {}) =>
  sync(db, {
    ...{ services: ['press', 'policy'], from: FROM, to: TO, resume: false, dryRun: false, dailyCalls: 1_000 },
    api: { url: server.url, key: KEY, timeout: 1_000, retryDelay: 1 },
    now: () => NOW,
    ...changes,
  })

beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE articles, article_prints, duplicate_pairs, duplicate_members, article_search, changes, article_counts, view_receipts, reactions, sync_days, sync_rejections, sync_items, sync_runs, sync_calls',
  )
  server.items = new Map(items.map(item => [item.id, item]))
  server.faultRate = 0
  server.budget = 1_000_000
  server.requests = []
})

const article = async (id: string) => (await call(`/v1/articles/by-source/korea.kr/${id}`)).json()
const oneOf = (service: ServedItem['service'], day: string): ServedItem => {
  const found = items.find(item => item.service === service && item.expected.day === day)
  if (!found) throw new Error('no such item')
  return found
}
/** What is here of each item, in the order of ids. */
async function rows() {
  const { rows } = await db.pool.query<ServedItem['expected'] & { version: number }>(
    `SELECT external_id AS "externalId", to_char(published_at AT TIME ZONE 'Asia/Seoul', 'YYYY-MM-DD') AS day, title, kind,
       ministry_name AS ministry, version FROM articles ORDER BY external_id`,
  )
  return rows
}
const expected = (list: readonly ServedItem[], version = 1) =>
  list.map(item => ({ ...item.expected, version })).sort((a, b) => (a.externalId < b.externalId ? -1 : 1))

describe('thirty days', () => {
  test('with every fault end with exactly the right articles on the right days, none twice', async () => {
    server.faultRate = 0.45
    const failures: string[] = []
    const report = await run({ onFailure: message => failures.push(message) })
    expect(failures).toEqual([])
    expect(await rows()).toEqual(expected(inRange))
    expect(report).toMatchObject({ days: 60, created: inRange.length, updated: 0, rejected: 0, spent: null })
    const midnights = inRange.filter(({ approvedAt }) => approvedAt.getTime() % 86_400_000 === 54_000_000)
    expect(midnights.length).toBeGreaterThan(15)
    // Many more calls than windows were needed, and each was counted.
    expect(server.requests.length).toBeGreaterThan(30)
    expect(await countCalls(db, '2026-02-01')).toBe(server.requests.length)
    const { rows: days } = await db.pool.query(
      'SELECT service, day::text, items FROM sync_days ORDER BY service, day',
    )
    expect(days).toHaveLength(60)
    for (const { service, day, items } of days)
      expect(items).toBe(inRange.filter(item => item.service === service && item.expected.day === day).length)
  })

  test('a second time bring nothing new, and make no version', async () => {
    await run()
    const before = await db.prisma.change.count()
    expect(await run()).toMatchObject({ created: 0, updated: 0, unchanged: inRange.length })
    expect(await db.prisma.change.count()).toBe(before)
  })

  test('are asked for in windows of three days, the oldest first', async () => {
    await run({ services: ['press'] })
    expect(server.requests).toHaveLength(10)
    expect(server.requests.toSorted()).toEqual(server.requests)
    expect(await rows()).toEqual(expected(inRange.filter(({ service }) => service === 'press')))
  })

  test('of two loaders at once make each article once', async () => {
    await Promise.all([run(), run()])
    expect(await rows()).toEqual(expected(inRange))
  })

  test('in a dry run are told, and nothing is written but the calls', async () => {
    expect(await run({ dryRun: true })).toMatchObject({ days: 60, created: inRange.length })
    expect(await rows()).toEqual([])
    const { rows: left } = await db.pool.query(
      'SELECT (SELECT count(*) FROM sync_days)::int + (SELECT count(*) FROM sync_items)::int + (SELECT count(*) FROM sync_runs)::int AS n',
    )
    expect(left).toEqual([{ n: 0 }])
    expect(await countCalls(db, '2026-02-01')).toBe(20)
  })
})

describe('a correction at the source', () => {
  const day = { from: '2026-01-10', to: '2026-01-10' }
  const item = oneOf('press', '2026-01-10')
  const revise = (ModifyId: string, Title: string, more: Record<string, string> = {}) =>
    server.items.set(item.id, changed(item, { ModifyId, Title, ContentsStatus: 'U', ...more }))

  test('becomes a new version', async () => {
    await run(day)
    revise('2', '고친 제목', { ModifyDate: '01/11/2026 08:00:00' })
    expect(await run(day)).toMatchObject({ created: 0, updated: 1 })
    expect(await article(item.id)).toMatchObject({
      ...{ title: '고친 제목', version: 2, publishedOn: '2026-01-10' },
      sourceModifiedAt: '2026-01-11T08:00:00+09:00',
    })
  })

  test('that is older than what is here never overwrites it', async () => {
    revise('3', '셋째 판')
    await run(day)
    revise('2', '둘째 판')
    expect(await run(day)).toMatchObject({ updated: 0, older: 1 })
    expect(await article(item.id)).toMatchObject({ title: '셋째 판', version: 1 })
  })

  test('that kept its number is seen all the same', async () => {
    await run(day)
    revise('1', '말없이 고친 제목')
    expect(await run(day)).toMatchObject({ updated: 1 })
  })

  test('that changes nothing that is kept here makes no version', async () => {
    await run(day)
    revise('2', item.fields.find(([name]) => name === 'Title')?.[1] ?? '')
    expect(await run(day)).toMatchObject({ updated: 0 })
    expect((await article(item.id)).version).toBe(1)
  })

  test('of which two loaders hold two revisions at once ends with the later one', async () => {
    const held = (revision: number) => {
      const title = `판 ${revision}`
      const { fields } = changed(item, { ModifyId: String(revision), Title: title })
      const [element] = readAnswer(Buffer.from(answerXml([itemXml(fields)]))).items
      const items = element ? [readItem(element)] : []
      const synced = { day: day.from, items, rejections: [] }
      return writeDay(db, 'press', synced, { syncedAt: NOW, now: NOW, dryRun: false })
    }
    for (let i = 1; i < 20; i += 2) {
      await Promise.all(i % 4 === 1 ? [held(i), held(i + 1)] : [held(i + 1), held(i)])
      expect((await article(item.id)).title).toBe(`판 ${i + 1}`)
    }
  })

  test('overwrites what an editor changed; the same revision does not; what is hidden stays hidden', async () => {
    await run(day)
    const { id, title } = await article(item.id)
    const patch = async (change: object) => {
      const { etag } = (await call({ url: `/v1/articles/${id}`, headers: editor })).headers
      const headers = { ...editor, 'if-match': String(etag), 'content-type': 'application/merge-patch+json' }
      const payload = JSON.stringify(change)
      expect((await call({ method: 'PATCH', url: `/v1/articles/${id}`, headers, payload })).statusCode).toBe(
        200,
      )
    }
    await patch({ title: '편집한 제목', tags: ['정원'] })
    expect(await run(day)).toMatchObject({ updated: 0 })
    expect(await article(item.id)).toMatchObject({ title: '편집한 제목', tags: ['정원'] })
    await patch({ status: 'hidden' })
    revise('2', title)
    expect(await run(day)).toMatchObject({ updated: 1 })
    const now = (await call({ url: `/v1/articles/${id}`, headers: editor })).json()
    expect(now).toMatchObject({ title, tags: ['정원'], status: 'hidden' })
  })

  test('of what was deleted here does not bring it back', async () => {
    await run(day)
    await db.pool.query('UPDATE articles SET deleted_at = now() WHERE external_id = $1', [item.id])
    revise('2', '고친 제목')
    expect(await run(day)).toMatchObject({ deleted: 1, updated: 0 })
    expect((await call(`/v1/articles/by-source/korea.kr/${item.id}`)).statusCode).toBe(410)
  })

  test('that names its ministry no more leaves the name that is here', async () => {
    server.items.set(item.id, changed(item, { MinisterCode: '가온도서관청' }))
    await run(day)
    revise('2', '고친 제목', { MinisterCode: '' })
    await run(day)
    expect((await article(item.id)).ministry).toMatchObject({ name: '가온도서관청' })
  })
})

describe('what cannot be read', () => {
  const day = { from: '2026-01-10', to: '2026-01-12' }
  const item = oneOf('policy', '2026-01-11')

  test('is rejected with its place and reason until it can be read, and the others go on', async () => {
    server.items.set(item.id, changed(item, { ModifyDate: 'yesterday' }))
    const report = await run(day)
    const others = inRange.filter(
      ({ id, expected }) => id !== item.id && expected.day >= day.from && expected.day <= day.to,
    )
    expect(await rows()).toEqual(expected(others))
    expect(report.rejections).toEqual([
      {
        ...{ service: 'policy', day: '2026-01-11', item: item.id },
        reason: 'ModifyDate is not MM/DD/YYYY HH24:MI:SS: "yesterday"',
      },
    ])
    // Also where the days are done by now.
    expect((await run({ ...day, resume: true })).rejections).toHaveLength(1)
    server.items.set(item.id, item)
    expect(await run(day)).toMatchObject({ created: 1, rejections: [] })
  })
})

test('an item under embargo is scheduled, and is released at its end', async () => {
  const item = oneOf('press', '2026-01-10')
  const end = new Date('2026-01-10T23:59:59+09:00')
  server.items.set(item.id, changed(item, { EmbargoDate: stamp(end) }))
  const day = { from: '2026-01-10', to: '2026-01-10' }
  const before = new Date(Math.max(+item.approvedAt, +end) - 1_000)
  await run({ ...day, now: () => before })
  expect((await call(`/v1/articles/by-source/korea.kr/${item.id}`)).statusCode).toBe(404)
  await run({ ...day, now: () => NOW })
  // The clock of the service publishes; the item itself has not changed.
  const { publishDue } = await import('../../src/articles/embargo.ts')
  await publishDue(db, NOW)
  expect(await article(item.id)).toMatchObject({
    status: 'published',
    publishedAt: '2026-01-10T23:59:59+09:00',
  })
})

describe('the calls of a day', () => {
  test('are kept to, and the run goes on the next day where it stopped', async () => {
    const first = await run({ dailyCalls: 7 })
    expect(first.spent).toContain('no call is left')
    expect(server.requests).toHaveLength(7)
    expect(await run({ dailyCalls: 7, resume: true })).toMatchObject({ days: 0 })
    expect(server.requests).toHaveLength(7)
    for (let day = 1; day <= 2; day++) {
      const now = () => new Date(+NOW + day * 86_400_000)
      const next = await run({ dailyCalls: 7, resume: true, now })
      expect(next.spent === null).toBe(day === 2)
    }
    expect(server.requests).toHaveLength(20)
    expect(await rows()).toEqual(expected(inRange))
  })

  test('are spent when the gateway says so, whatever was counted here', async () => {
    server.budget = 5
    expect((await run()).spent).toContain('code 22')
    expect(server.requests).toHaveLength(6)
    expect((await run({ resume: true })).spent).toContain('no call is left')
    expect(server.requests).toHaveLength(6)
  })

  test('are counted once each, by any number of loaders at once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => spendCall(db, '2026-03-01', 20)))
    expect(all.filter(Boolean)).toHaveLength(20)
    expect(await countCalls(db, '2026-03-01')).toBe(20)
  })
})

describe('--resume', () => {
  test('leaves out what is done, but never a day that was fetched before it ended', async () => {
    const noon = new Date('2026-01-30T12:00:00+09:00')
    await run({ now: () => noon })
    server.requests = []
    expect(await run({ resume: true })).toMatchObject({ skipped: 58, days: 2 })
    expect(server.requests).toEqual([
      'press startDate=20260130&endDate=20260130',
      'policy startDate=20260130&endDate=20260130',
    ])
  })

  test('goes on with the run that was not finished, even where its days had been synced before', async () => {
    await run()
    const later = () => new Date(+NOW + 86_400_000)
    const item = oneOf('press', TO)
    server.items.set(item.id, changed(item, { ModifyId: '2', Title: '고친 제목' }))
    await run({ now: later, dailyCalls: 5 })
    const rest = await run({ now: () => new Date(+NOW + 2 * 86_400_000), resume: true })
    expect(rest).toMatchObject({ updated: 1, spent: null })
    expect(rest.skipped).toBeGreaterThan(0)
    expect((await article(item.id)).title).toBe('고친 제목')
  })
})

describe('a service that is away', () => {
  test('for some windows leaves those out and tells them; the rest is here', async () => {
    server.next = Array(8).fill('http-500')
    const report = await run({ services: ['press'] })
    expect(report.failures).toEqual([expect.stringContaining('press 2026-01-01..2026-01-03: HTTP 500')])
    expect(report.days).toBe(27)
    expect(await run({ services: ['press'], resume: true })).toMatchObject({ days: 3, failures: [] })
  })

  test('for three windows in a row ends the run', async () => {
    server.next = Array(24).fill('reset')
    await expect(run()).rejects.toThrow('3 windows in a row could not be had')
    server.next = []
  })
})
