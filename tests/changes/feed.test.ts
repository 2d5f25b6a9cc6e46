import { readFile } from 'node:fs/promises'
import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodePlace } from '../../src/changes/cursor.ts'
import { LASTING_FIELDS } from '../../src/changes/schema.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { editor } from '../support/editor.ts'
import { type FeedAnswer, follow, mirrored } from '../support/feed.ts'

const { call, db, authorize } = await testApp()
const writer = await authorize('articles:write')
const reader = await authorize('articles:read')

const send = editor(call, writer)
const create = async (changes: Parameters<typeof anArticle>[0] = {}): Promise<number> =>
  (await send('POST', '/v1/articles', anArticle(changes))).json().id
const patch = (id: number, changes: object) => send('PATCH', `/v1/articles/${id}`, changes)
const remove = (id: number) => send('DELETE', `/v1/articles/${id}`)
const restore = (id: number) => send('POST', `/v1/articles/${id}/restore`)

const get = async (query = '', headers: Record<string, string> = {}): Promise<FeedAnswer> =>
  (await call({ url: `/v1/changes?${query}`, headers })).json()
const now = async (headers: Record<string, string> = {}) => (await get('since=now', headers)).cursor
const told = (items: FeedAnswer['items']) =>
  items.map(({ articleId, kind, version, deleted }) => [articleId, kind, version, deleted])

let starts = { open: '', whole: '' }
beforeEach(async () => {
  starts = { open: await now(), whole: await now(reader) }
})
const news = (query = '') => get(`since=${starts.open}${query}`)
const wholeNews = (query = '') => get(`since=${starts.whole}${query}`, reader)

describe('with a key every write is told', () => {
  test('as what it was, in the order of commits, with who made it', async () => {
    const id = await create({ status: 'draft' })
    for (const changes of [
      { title: '초안' },
      { status: 'published' },
      { title: '고침' },
      { status: 'hidden' },
    ])
      await patch(id, changes)
    await remove(id)
    await restore(id)
    const { items, more } = await wholeNews()
    expect(told(items)).toEqual([
      [id, 'create', 1, false],
      [id, 'update', 2, false],
      [id, 'publish', 3, false],
      [id, 'update', 4, false],
      [id, 'hide', 5, false],
      [id, 'delete', 6, true],
      [id, 'restore', 7, false],
    ])
    expect(more).toBe(false)
    expect(items.every(({ actor }) => actor?.startsWith('key:'))).toBe(true)
    const rows = await db.prisma.change.findMany({ where: { articleId: id }, orderBy: { seq: 'asc' } })
    expect(items.map(({ at }) => Date.parse(at))).toEqual(rows.map(({ at }) => at.getTime()))
  })

  test('once, whatever the size of the pages and wherever a reader goes on', async () => {
    for (let i = 0; i < 5; i++) await patch(await create(), { title: `고침 ${i}` })
    const all = (await wholeNews()).items
    expect(all).toHaveLength(10)
    for (const limit of [1, 2, 3, 9, 10, 11]) {
      const walk = await follow(call, reader, { since: starts.whole, query: `&limit=${limit}` })
      expect(walk.items).toEqual(all)
      expect(walk.cursor).toBe(all.at(-1)?.cursor)
    }
    for (const [i, { cursor }] of all.entries())
      expect((await get(`since=${cursor}`, reader)).items).toEqual(all.slice(i + 1))
    expect(await get(`since=${all.at(-1)?.cursor}`, reader)).toEqual({
      ...{ items: [], cursor: all.at(-1)?.cursor, more: false },
    })
  })

  test('from the beginning without a cursor', async () => {
    const { items } = await follow(call, reader)
    const rows = await db.prisma.change.findMany({ orderBy: { seq: 'asc' } })
    expect(items.map(({ articleId, version }) => [articleId, version])).toEqual(
      rows.map(({ articleId, version }) => [articleId, version]),
    )
  })
})

describe('without a key only what is public is told', () => {
  test('what goes out of sight is a tombstone, what comes into it is new', async () => {
    const id = await create({ status: 'draft' })
    await patch(id, { status: 'published' })
    await patch(id, { title: '고침' })
    await patch(id, { status: 'hidden' })
    await patch(id, { title: '숨긴 채 고침' })
    await patch(id, { status: 'published' })
    await patch(id, { status: 'draft' })
    await patch(id, { status: 'published' })
    await remove(id)
    await restore(id)
    const { items } = await news()
    expect(told(items)).toEqual([
      [id, 'create', 2, false],
      [id, 'update', 3, false],
      [id, 'delete', 4, true],
      [id, 'create', 6, false],
      [id, 'delete', 7, true],
      [id, 'create', 8, false],
      [id, 'delete', 9, true],
      [id, 'create', 10, false],
    ])
    expect(items.every(({ actor }) => actor === null)).toBe(true)
  })

  test('what was never public does not appear, nor does its title', async () => {
    const draft = await create({ status: 'draft', title: '아직 말할 수 없는 것' })
    await patch(draft, { bodyText: '비밀' })
    await remove(draft)
    await restore(draft)
    const scheduled = await create({ status: 'scheduled', embargoUntil: '2099-01-01T00:00:00Z' })
    await remove(scheduled)
    await create({ status: 'hidden', title: '아직 말할 수 없는 것' })
    const page = await news('&include=article')
    expect(page).toEqual({ items: [], cursor: starts.open, more: false })
    expect(JSON.stringify(await follow(call, {}, { query: '&include=article' }))).not.toContain(
      '말할 수 없는',
    )
  })

  test('an article that is hidden by now is told without its content', async () => {
    const id = await create({ title: '내린 글의 제목' })
    const shown = (await news('&include=article')).items
    expect(shown.map(({ article }) => article?.title)).toEqual(['내린 글의 제목'])
    await patch(id, { status: 'hidden' })
    const { items } = await news('&include=article')
    expect(told(items)).toEqual([
      [id, 'create', 1, false],
      [id, 'delete', 2, true],
    ])
    expect(items.map(({ article }) => article)).toEqual([null, null])
  })
})

describe('with include=article', () => {
  test('a change carries what the item shows, but for what moves by itself', async () => {
    const id = await create({ tags: ['ESG'], source: { name: 'korea.kr', externalId: 'feed-1' } })
    await patch(id, { title: '고침', postedOn: '2026-01-22' })
    const item = (await call(`/v1/articles/${id}`)).json()
    const expected = Object.fromEntries(LASTING_FIELDS.map(field => [field, item[field]]))
    for (const { items } of [await news('&include=article'), await wholeNews('&include=article')])
      expect(items.map(({ article }) => article)).toEqual([expected, expected])
    expect(LASTING_FIELDS).toContain('bodyHtml')
    expect(LASTING_FIELDS).not.toContain('counts')
  })

  test('a page ends early where bodies are long, and nothing is lost', async () => {
    const bodyText = '가'.repeat(250_000)
    await insertArticles(
      db,
      Array.from({ length: 5 }, () => anArticle({ bodyText })),
    )
    const page = await news('&include=article')
    expect(page.items.length).toBeLessThan(5)
    expect(page.more).toBe(true)
    const { items } = await follow(call, {}, { since: starts.open, query: '&include=article' })
    expect(items).toHaveLength(5)
    expect((await news()).items).toHaveLength(5)
  })

  test('nothing behind the bodies of a page comes before them, also where it has none any more', async () => {
    const bodyText = '가'.repeat(250_000)
    const rows = await insertArticles(
      db,
      Array.from({ length: 6 }, () => anArticle({ bodyText })),
    )
    for (const place of [1, 5]) await remove(rows[place]?.id ?? 0)
    const told = async (query: string) =>
      (await follow(call, {}, { since: starts.open, query })).items.map(({ articleId, kind }) => [
        articleId,
        kind,
      ])
    expect(await told('&include=article')).toEqual(await told(''))
  })
})

test('a mirror that is built from the feed alone is the table, for both eyes, whatever is written', async () => {
  const STATES = [{ status: 'published' }, { status: 'hidden' }, { status: 'draft' }, { title: '고침' }]
  const write = fc.tuple(
    fc.nat({ max: 3 }),
    fc.constantFrom<object | 'delete' | 'restore'>(...STATES, 'delete', 'restore'),
  )
  const mirrors = [
    { headers: {}, where: { status: 'published', deletedAt: null }, cursor: '', mirror: new Map() },
    { headers: reader, where: { deletedAt: null }, cursor: '', mirror: new Map() },
  ]
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 14 }), async writes => {
      const ids = await Promise.all([create(), create({ status: 'draft' }), create(), create()])
      for (const [n, what] of writes) {
        const id = ids[n] ?? 0
        await (what === 'delete' ? remove(id) : what === 'restore' ? restore(id) : patch(id, what as object))
      }
      for (const one of mirrors) {
        const { items, cursor } = await follow(call, one.headers, {
          ...(one.cursor && { since: one.cursor }),
          query: '&include=article&limit=7',
        })
        one.cursor = cursor
        mirrored(items, one.mirror)
        const rows = await db.prisma.article.findMany({ where: one.where })
        expect(
          [...one.mirror.values()].map(({ id, version, title, bodyText, status }) => ({
            ...{ id, version, title, bodyText, status },
          })),
        ).toEqual(
          expect.arrayContaining(
            rows.map(({ id, version, title, bodyText, status }) => ({
              id,
              version,
              title,
              bodyText,
              status,
            })),
          ),
        )
        expect(one.mirror.size).toBe(rows.length)
      }
    }),
    { numRuns: 8 },
  )
})

test('what the migration tells of former writes is what writes tell today', async () => {
  const flags = () =>
    db.pool.query('SELECT seq, was_public, is_public FROM changes ORDER BY seq').then(({ rows }) => rows)
  const written = await flags()
  expect(new Set(written.map(row => `${row.was_public} ${row.is_public}`)).size).toBe(4)
  const migration = await readFile('prisma/migrations/20261125120000_extend_changes/migration.sql', 'utf8')
  const backfill = /^WITH states[\s\S]*?;$/m.exec(migration)?.[0] ?? ''
  await db.pool.query('UPDATE changes SET was_public = NOT was_public, is_public = NOT is_public')
  await db.pool.query(backfill)
  expect(await flags()).toEqual(written)
})

describe('a cursor', () => {
  test.each([
    ['nonsense', 'is no cursor'],
    [Buffer.from('[1,"p",-1,0]').toString('base64url'), 'is no cursor'],
    [Buffer.from('[2,"p",1,0]').toString('base64url'), 'is no cursor'],
    [Buffer.from('{"a":1}').toString('base64url'), 'is no cursor'],
    [encodePlace({ view: 'whole', seq: 0, floor: 0 }), 'with a key'],
  ])('that is not one for these eyes is refused: %s', async (since, detail) => {
    const response = await call(`/v1/changes?since=${since}`)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toEqual([{ parameter: 'since', detail: expect.stringContaining(detail) }])
  })

  test('of a reader without a key is refused with one', async () => {
    const response = await call({ url: `/v1/changes?since=${starts.open}`, headers: reader })
    expect(response.statusCode).toBe(400)
    expect(response.json().detail).toContain('without a key')
  })

  test('that lies behind the end of the log, which was set back, is expired', async () => {
    const since = encodePlace({ view: 'public', seq: 1_000_000, floor: 0 })
    const response = await call({ url: `/v1/changes?since=${since}`, headers: { 'accept-language': 'ko' } })
    expect(response.statusCode).toBe(410)
    expect(response.json()).toMatchObject({
      ...{ type: '/problems/history-compacted', title: '그때의 변경 기록은 정리되었습니다' },
      detail: expect.stringContaining('since 없이'),
    })
  })

  test.each(['limit=0', 'limit=1001', 'wait=61', 'wait=-1', 'include=body', 'cursor=a', 'since='])(
    'what else is wrong is named: %s',
    async query => {
      const response = await call(`/v1/changes?${query}`)
      expect(response.statusCode).toBe(400)
      expect(response.json().errors[0].parameter.split('/')[0]).toBe(query.split('=')[0])
    },
  )
})

test('answers are kept by nobody', async () => {
  const { headers } = await call('/v1/changes?since=now')
  expect(headers['cache-control']).toBe('no-store')
  expect(headers.vary).toContain('Accept')
  expect(headers.vary).toContain('Authorization')
})
