import { readdir, readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { publishDue } from '../../src/articles/embargo.ts'
import { upsertArticles } from '../../src/articles/store-bulk.ts'
import { parseBoardPage } from '../../src/imports/board-page.ts'
import { importBoardPage } from '../../src/imports/store.ts'
import { writeDay } from '../../src/imports/store-sync.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { type FeedAnswer, follow } from '../support/feed.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

/** The order of the feed is the order of commits: no writer takes a number before the writer before it has committed. */

const { call, db, authorize } = await testApp()
let writer: Record<string, string>
let admin: Record<string, string>
let reader: Record<string, string>
beforeAll(async () => {
  writer = { ...(await authorize('articles:write')), 'if-match': '*' }
  admin = await authorize('admin')
  reader = await authorize('articles:read')
})

const LOG = 'SELECT pg_advisory_xact_lock(1667788391)'
const lastTaken = async () =>
  (await db.pool.query('SELECT last_value, is_called FROM changes_seq_seq')).rows[0]
const now = async (): Promise<string> =>
  (await call({ url: '/v1/changes?since=now', headers: reader })).json().cursor

const anId = async (changes = {}) => (await insertArticles(db, [anArticle(changes)]))[0]?.id
const send = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object, headers = writer) =>
  call({
    ...{ method, url },
    headers: {
      ...headers,
      ...(payload && {
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      }),
    },
    ...(payload && { payload: JSON.stringify(payload) }),
  })
const sourced = (externalId: string) => ({
  ...anArticle(),
  source: { name: 'korea.kr', externalId, url: null },
})

type Prepared = () => Promise<unknown>
/** Each way in which articles are written: what is prepared first, and what then writes. */
const PATHS: [string, () => Promise<Prepared>][] = [
  ['POST', async () => () => send('POST', '/v1/articles', anArticle())],
  [
    'POST with an Idempotency-Key',
    async () => () =>
      send('POST', '/v1/articles', anArticle(), { ...writer, 'idempotency-key': `order-${Math.random()}` }),
  ],
  [
    'PUT by source',
    async () => {
      const { 'if-match': _, ...creator } = writer
      return () => send('PUT', '/v1/articles/by-source/order/1', anArticle(), creator)
    },
  ],
  [
    'PUT',
    async () => {
      const id = await anId()
      return () => send('PUT', `/v1/articles/${id}`, anArticle())
    },
  ],
  [
    'PATCH',
    async () => {
      const id = await anId()
      return () => send('PATCH', `/v1/articles/${id}`, { title: '고침' })
    },
  ],
  [
    'DELETE',
    async () => {
      const id = await anId()
      return () => send('DELETE', `/v1/articles/${id}`)
    },
  ],
  [
    'restore',
    async () => {
      const id = await anId()
      await send('DELETE', `/v1/articles/${id}`)
      return () => send('POST', `/v1/articles/${id}/restore`)
    },
  ],
  [
    'the clock of embargoes',
    async () => {
      await anId({ status: 'scheduled', embargoUntil: '2098-01-01T00:00:00Z' })
      return () => publishDue(db, new Date('2098-01-02T00:00:00Z'))
    },
  ],
  [
    'the mapping of a ministry',
    async () => {
      await anId({ ministry: { name: '순환경제추진단' } })
      const mapping = { name: '순환경제추진단', code: 'A00015' }
      return () => send('POST', '/v1/ministries/unresolved/map', mapping, admin)
    },
  ],
  [
    'a load of many',
    async () => () =>
      upsertArticles(
        db,
        { actor: 'import:test', now: new Date() },
        ['a', 'b', 'c'].map(id => ({ article: sourced(id) })),
      ),
  ],
  [
    'the import of a saved page',
    async () => {
      const page = parseBoardPage(await readFile('tests/imports/board-page.txt', 'utf8'))
      return () => importBoardPage(db, page, new Date())
    },
  ],
  [
    'a day of the Open API',
    async () => {
      const item = {
        ...{ id: '900', revision: 1, modifiedAt: null },
        ...{ approvedAt: new Date('2026-01-20T01:00:00Z'), embargoUntil: null },
      }
      const { title, kind } = anArticle()
      const content = { title, kind, source: { name: 'korea.kr', externalId: '900', url: null } }
      const day = { day: '2026-01-20', items: [{ ...item, content }], rejections: [] }
      const at = new Date()
      return () => writeDay(db, 'press', day, { syncedAt: at, now: at, dryRun: false })
    },
  ],
]

test.each(PATHS)('%s waits for the writer before it, and takes no number until then', async (_, prepare) => {
  const write = await prepare()
  const since = await now()
  const before = await lastTaken()
  let written: Promise<unknown> = Promise.resolve()
  await whileHeld(db.url, LOG, async holder => {
    written = write()
    await untilOneWaits(holder)
    expect(await lastTaken()).toEqual(before)
    expect((await follow(call, reader, { since })).items).toEqual([])
  })
  await written
  expect((await follow(call, reader, { since })).items.length).toBeGreaterThan(0)
})

test('no other file writes articles or the log', async () => {
  const entries = await readdir('src', { recursive: true })
  const files = entries.filter(path => path.endsWith('.ts') && !path.startsWith('generated'))
  const writing =
    /(INSERT INTO|UPDATE|DELETE FROM) (articles|changes)\b|\b(tx|prisma)\.(article|change)\.(create|update|upsert|delete)/
  const found = await Promise.all(
    files.map(async file => (writing.test(await readFile(`src/${file}`, 'utf8')) ? [file] : [])),
  )
  expect(found.flat().sort()).toEqual([
    'articles/store-bulk.ts',
    'articles/store-insert.ts',
    'articles/store-log.ts',
    'articles/store.ts',
    // It only takes away, and what it takes away has no place in the order any more.
    'changes/store-compact.ts',
  ])
})

describe('a writer that did not wait', () => {
  test('would be missed by a reader: that is what the lock is for', async () => {
    const id = await anId()
    const since = await now()
    const page = async (cursor: string): Promise<FeedAnswer> =>
      (await call({ url: `/v1/changes?since=${cursor}`, headers: reader })).json()
    const hasty = `INSERT INTO changes (article_id, kind, version, at, actor, was_public, is_public)
      VALUES (${id}, 'update', 99, now(), 'system:hasty', true, true)`
    const seen: string[] = []
    let { cursor } = { cursor: since }
    await whileHeld(db.url, hasty, async holder => {
      await anId()
      const early = await page(cursor)
      seen.push(...early.items.map(({ actor }) => String(actor)))
      cursor = early.cursor
      await holder.query('COMMIT')
    })
    seen.push(...(await page(cursor)).items.map(({ actor }) => String(actor)))
    const all = (await page(since)).items.map(({ actor }) => actor)
    expect(all).toEqual(['system:hasty', 'system:test'])
    expect(seen).toEqual(['system:test'])
  })
})
