import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { toNewArticle } from '../../src/articles/row.ts'
import { insertArticle, lockArticle, replaceArticle, updateRow, write } from '../../src/articles/store.ts'
import { compactLog } from '../../src/changes/store-compact.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { type FeedAnswer, follow, mirrored } from '../support/feed.ts'

const { call, db, clock, authorize } = await testApp()
let key: Record<string, string>
beforeAll(async () => {
  key = await authorize('articles:read')
})
const day = (n: number) => new Date(Date.UTC(2026, 0, n, 3))
clock.at = day(200)

beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE articles, article_search, changes, article_counts, view_receipts, reactions CASCADE',
  )
  await db.pool.query(
    'UPDATE change_horizon SET scanned_seq = 0, removed_seq = 0, removed_public_seq = 0, removed_at = NULL',
  )
})

const by = (now: Date) => ({ actor: 'system:test', now })
const create = async (on: number, changes = {}): Promise<number> =>
  (
    await write(db, by(day(on)), writing =>
      insertArticle(writing, anArticle({ publishedAt: '2025-12-20T10:00:00+09:00', ...changes })),
    )
  ).id
const change = (id: number, on: number, changes: object | 'delete') =>
  write(db, by(day(on)), async writing => {
    const row = await lockArticle(writing, id)
    if (!row) throw new Error('no such article')
    if (changes === 'delete')
      return updateRow(writing, row, { deletedAt: row.deletedAt ? null : writing.now })
    return replaceArticle(writing, row, { ...toNewArticle(row), ...changes })
  })
const get = (query: string, headers: Record<string, string> = {}) =>
  call({ url: `/v1/changes?${query}`, headers })
const versions = (items: FeedAnswer['items']) => items.map(({ articleId, version }) => [articleId, version])

test('of each article the newest change stays, and the newest that anonymous readers see', async () => {
  const many = await create(1)
  for (const on of [2, 3]) await change(many, on, { title: `제목 ${on}` })
  const hidden = await create(1)
  await change(hidden, 2, { status: 'hidden' })
  await change(hidden, 3, { title: '숨긴 채' })
  await change(hidden, 4, { title: '다시 숨긴 채' })
  const once = await create(1)
  await change(many, 50, { title: '새로운 제목' })
  expect(await compactLog(db, day(40), 3)).toBe(5)
  expect(await compactLog(db, day(40))).toBe(0)
  expect(versions((await follow(call, key)).items)).toEqual([
    [hidden, 2],
    [hidden, 4],
    [once, 1],
    [many, 4],
  ])
  const { items } = await follow(call, {})
  expect(items.map(({ articleId, deleted }) => [articleId, deleted])).toEqual([
    [hidden, true],
    [once, false],
    [many, false],
  ])
})

test('what was the newest once goes when another is', async () => {
  const id = await create(1)
  expect(await compactLog(db, day(40))).toBe(0)
  await change(id, 50, { title: '둘' })
  expect(await compactLog(db, day(40))).toBe(0)
  expect(await compactLog(db, day(60))).toBe(1)
  expect(versions((await follow(call, key)).items)).toEqual([[id, 2]])
})

describe('a cursor before what was taken away', () => {
  test('gets 410 with the way to start again, and so does a stream', async () => {
    const start = (await get('since=now')).json().cursor
    const id = await create(1)
    await change(id, 2, { title: '둘' })
    await compactLog(db, day(40))
    // Nothing was there before, so this reader began at the beginning.
    expect((await get(`since=${start}`)).statusCode).toBe(200)
    const other = await create(3)
    const between = (await get('since=now')).json().cursor
    await change(other, 4, { title: '둘' })
    await change(other, 5, { title: '셋' })
    await compactLog(db, day(40))
    for (const accept of ['application/json', 'text/event-stream']) {
      const response = await get(`since=${between}`, { accept })
      expect(response.statusCode).toBe(410)
      expect(response.json()).toMatchObject({
        ...{ type: '/problems/history-compacted', detail: expect.stringContaining('Start again without') },
      })
    }
    expect(versions((await follow(call, {})).items)).toEqual([
      [id, 2],
      [other, 3],
    ])
  })

  test('is good while nothing was taken away that its reader would have seen', async () => {
    await create(1)
    const { cursor } = await follow(call, {})
    const whole = (await follow(call, key)).cursor
    const draft = await create(2, { status: 'draft', publishedAt: null })
    await change(draft, 3, { title: '둘' })
    expect(await compactLog(db, day(40))).toBe(1)
    expect((await get(`since=${cursor}`)).json().items).toEqual([])
    expect((await get(`since=${whole}`, key)).statusCode).toBe(410)
  })

  test('goes on where its reader walks up from the beginning meanwhile', async () => {
    const [a, b, c, d] = [await create(1), await create(1), await create(1), await create(1)]
    for (const id of [c, d]) await change(id, 2, { title: '둘' })
    await compactLog(db, day(40))
    const first = (await get('limit=1&include=article')).json() as FeedAnswer
    expect(versions(first.items)).toEqual([[a, 1]])
    for (const id of [b, c]) await change(id, 3, { title: '셋' })
    await compactLog(db, day(40))
    const { items } = await follow(call, {}, { since: first.cursor, query: '&include=article&limit=1' })
    const mirror = mirrored([...first.items, ...items])
    expect([a, b, c, d].map(id => mirror.get(id)?.version)).toEqual([1, 2, 3, 2])
  })
})

test('what stood before is refused, what is younger is told', async () => {
  const id = await create(1)
  for (const on of [2, 10, 50]) await change(id, on, { title: `제목 ${on}` })
  await compactLog(db, day(20))
  for (const url of ['/v1/articles?asOf=2026-01-05', `/v1/articles/${id}?asOf=2026-01-05`]) {
    const response = await call({ url, headers: key })
    expect(response.statusCode).toBe(410)
    expect(response.json().detail).toContain('2026-01-10')
  }
  const { items } = (await call({ url: '/v1/articles?asOf=2026-01-20', headers: key })).json()
  expect(items).toMatchObject([{ title: '제목 10', version: 3 }])
  const revision = (version: number) => call({ url: `/v1/articles/${id}/revisions/${version}`, headers: key })
  expect((await revision(4)).statusCode).toBe(200)
  expect((await revision(2)).statusCode).toBe(410)
})

test('mirrors that start again where they are told to are the table, whatever is compacted when', async () => {
  const step = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 3 }), fc.boolean(), fc.nat({ max: 4 }))
  const mirrors = () => [
    { headers: {}, where: { status: 'published', deletedAt: null }, cursor: '', mirror: new Map() },
    { headers: key, where: { deletedAt: null }, cursor: '', mirror: new Map() },
  ]
  let restarts = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async steps => {
      await db.pool.query(
        'TRUNCATE articles, article_search, changes, article_counts, view_receipts, reactions CASCADE',
      )
      const ids = [await create(1), await create(1, { status: 'draft', publishedAt: null }), await create(1)]
      const readers = mirrors()
      const read = async () => {
        for (const one of readers) {
          const query = '&include=article&limit=2'
          const since = one.cursor ? { since: one.cursor } : {}
          const told = await follow(call, one.headers, { ...since, query }).catch(error => {
            if (!String(error).includes('410')) throw error
            restarts++
            return follow(call, one.headers, { query })
          })
          mirrored(told.items, one.mirror)
          one.cursor = told.cursor
        }
      }
      await read()
      for (const [i, [what, n, compacts, reads]] of steps.entries()) {
        const on = i + 2
        const id = ids[n % ids.length] ?? 0
        const row = await db.prisma.article.findUniqueOrThrow({ where: { id } })
        if (what === 0) ids.push(await create(on))
        else if (what === 1 || row.deletedAt) await change(id, on, 'delete')
        else
          await change(
            id,
            on,
            [{ status: 'published' }, { status: 'hidden' }, { title: `제목 ${i}` }, { tags: [`${i}`] }][
              what - 2
            ] ?? {},
          )
        if (compacts) await compactLog(db, day(on - (reads % 3)), 1 + reads)
        if (reads === 0) await read()
      }
      await read()
      for (const { mirror, where } of readers) {
        const rows = await db.prisma.article.findMany({ where, orderBy: { id: 'asc' } })
        const state = ({ id, version, title, status }: Record<string, unknown>) => [
          id,
          version,
          title,
          status,
        ]
        expect([...mirror.values()].map(state).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
          rows.map(state),
        )
      }
    }),
    { numRuns: 12 },
  )
  expect(restarts).toBeGreaterThan(0)
})
