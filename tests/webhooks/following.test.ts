import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { toNewArticle } from '../../src/articles/row.ts'
import type { NewArticle } from '../../src/articles/schema.ts'
import { lockArticle, replaceArticle, updateRow, write } from '../../src/articles/store.ts'
import { compactLog } from '../../src/changes/store-compact.ts'
import { openDatabase } from '../../src/db/client.ts'
import { followLog } from '../../src/webhooks/store-follow.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { createWebhook, sending } from '../support/webhooks.ts'

const { call, db, authorize } = await testApp()
const { options, queueOf } = sending(db)
const queue = queueOf()
let admin: Record<string, string>
beforeAll(async () => {
  admin = await authorize('admin')
})
beforeEach(() => db.pool.query('TRUNCATE webhooks CASCADE'))

const follow = (batch = 3) => followLog({ ...options, queue, batch })
const endpoint = (payload: object = {}) =>
  createWebhook(call, admin, { url: 'https://board.example.com/hook', ...payload })

/** What is to be sent to an endpoint, in the order of the log. */
async function told({ id }: { id: number }): Promise<string[]> {
  const { rows } = await db.pool.query(
    'SELECT event, payload FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY seq',
    [id],
  )
  return rows.map(({ event, payload }) => {
    const { type, data } = JSON.parse(payload)
    expect(type).toBe(event)
    expect(data.deleted).toBe(event === 'article.deleted')
    return `${data.articleId}.${data.version} ${event.slice(8)}`
  })
}

const create = async (changes = {}) => (await insertArticles(db, [anArticle(changes)]))[0]?.id ?? 0
const change = (id: number, changes: object | 'delete', on = db) =>
  write(on, { actor: 'system:test', now: new Date() }, async writing => {
    const row = await lockArticle(writing, id)
    if (!row) throw new Error('no such article')
    if (changes === 'delete')
      return updateRow(writing, row, { deletedAt: row.deletedAt ? null : writing.now })
    const { bodyHtml, ...base } = toNewArticle(row)
    const body = 'bodyText' in changes ? {} : { bodyHtml }
    return replaceArticle(writing, row, { ...base, ...body, ...changes } as NewArticle)
  })

describe('what an endpoint is told', () => {
  test('is what comes into its list, changes there, and leaves it', async () => {
    const all = await endpoint()
    const energy = await endpoint({ query: 'tag=에너지' })
    const id = await create()
    await change(id, { tags: ['에너지'] })
    await change(id, { title: '바뀐 제목' })
    await change(id, { tags: [] })
    await change(id, { status: 'hidden' })
    await change(id, { tags: ['에너지'] })
    await change(id, { status: 'published' })
    await change(id, 'delete')
    await change(id, 'delete')
    await follow()
    expect(await told(all)).toEqual(
      [
        '1 created',
        '2 updated',
        '3 updated',
        '4 updated',
        '5 deleted',
        '7 created',
        '8 deleted',
        '9 created',
      ].map(one => `${id}.${one}`),
    )
    expect(await told(energy)).toEqual(
      ['2 created', '3 updated', '4 deleted', '7 created', '8 deleted', '9 created'].map(
        one => `${id}.${one}`,
      ),
    )
  })

  test('goes by keywords as a search does, also of texts that have been replaced since', async () => {
    const carbon = await endpoint({ query: 'q=탄소중립 -원전' })
    const id = await create({ bodyText: '탄소 중립을 향한 길입니다.' })
    const other = await create({ bodyText: '바다의 날 행사입니다.' })
    await change(id, { title: '제목만 바꿈', bodyText: '탄소중립 계획을 고쳤습니다.' })
    await change(id, { bodyText: '탄소중립과 원전을 함께 다룹니다.' })
    await change(other, { bodyText: '탄소중립 선언을 덧붙였습니다.' })
    await change(other, 'delete')
    await follow()
    expect(await told(carbon)).toEqual([
      `${id}.1 created`,
      `${id}.2 updated`,
      `${id}.3 deleted`,
      `${other}.2 created`,
      `${other}.3 deleted`,
    ])
  })

  test('is what was public, unless its query names other statuses', async () => {
    const open = await endpoint()
    const desk = await endpoint({ query: 'status=draft&status=published' })
    const id = await create({ status: 'draft', publishedAt: null })
    await change(id, { title: '고친 초안' })
    await change(id, { status: 'published', publishedAt: '2026-01-20T10:00:00+09:00' })
    await change(id, { status: 'hidden' })
    await follow()
    expect(await told(open)).toEqual([`${id}.3 created`, `${id}.4 deleted`])
    expect(await told(desk)).toEqual(
      ['1 created', '2 updated', '3 updated', '4 deleted'].map(one => `${id}.${one}`),
    )
  })

  test('can be held to some events and kinds of change', async () => {
    const gone = await endpoint({ events: ['article.deleted'] })
    const hidden = await endpoint({ kinds: ['hide'] })
    const id = await create()
    await change(id, { status: 'hidden' })
    await change(id, { status: 'published' })
    await change(id, 'delete')
    await follow()
    expect(await told(gone)).toEqual([`${id}.2 deleted`, `${id}.4 deleted`])
    expect(await told(hidden)).toEqual([`${id}.2 deleted`])
  })

  test('goes by the ministry under all its names', async () => {
    const { id: webhook } = await endpoint({ query: 'ministry=산자부' })
    const id = await create({ ministry: { name: '산업통상자원부' } })
    await create({ ministry: { name: '환경부' } })
    await follow()
    expect(await told({ id: webhook })).toEqual([`${id}.1 created`])
  })

  test('says what has changed and where to read it, and nothing of its text', async () => {
    const { id: webhook } = await endpoint()
    const id = await create({ title: '새어 나가면 안 되는 제목' })
    await follow()
    const { rows } = await db.pool.query('SELECT payload FROM webhook_deliveries WHERE webhook_id = $1', [
      webhook,
    ])
    const { type, timestamp, data } = JSON.parse(rows[0].payload)
    expect(type).toBe('article.created')
    expect(timestamp).toMatch(/\+09:00$/)
    expect(data).toEqual({
      ...{ articleId: id, version: 1, kind: 'create', deleted: false, url: `/v1/articles/${id}` },
      cursor: expect.any(String),
    })
    expect(Buffer.byteLength(rows[0].payload)).toBeLessThan(300)
    // The cursor is one of the change feed, for anonymous readers.
    await change(id, { title: '다음' })
    const { items } = (await call(`/v1/changes?since=${data.cursor}`)).json()
    expect(items).toMatchObject([{ articleId: id, version: 2 }])
  })

  test('begins when it is made, and when it is enabled again', async () => {
    const first = await endpoint()
    const id = await create()
    const second = await endpoint()
    await change(id, { title: '둘' })
    const switchTo = (enabled: boolean) =>
      call({
        ...{ method: 'PATCH', url: `/v1/webhooks/${second.id}`, payload: JSON.stringify({ enabled }) },
        headers: { ...second.headers, 'content-type': 'application/merge-patch+json' },
      })
    await follow()
    await switchTo(false)
    await change(id, { title: '셋' })
    await switchTo(true)
    await change(id, { title: '넷' })
    await follow()
    expect(await told(first)).toEqual(
      ['1 created', '2 updated', '3 updated', '4 updated'].map(one => `${id}.${one}`),
    )
    expect(await told(second)).toEqual([`${id}.2 updated`, `${id}.4 updated`])
    const { rows } = await db.pool.query(
      'SELECT state, seq FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY seq',
      [second.id],
    )
    expect(rows.map(({ state }) => state)).toEqual(['cancelled', 'pending'])
  })
})

test('compaction waits for what has not been followed yet', async () => {
  const all = await endpoint()
  const id = await create()
  for (const title of ['둘', '셋']) await change(id, { title })
  const later = new Date(Date.now() + 60_000)
  const entries = async () =>
    (await db.pool.query('SELECT FROM changes WHERE article_id = $1', [id])).rowCount
  await compactLog(db, later)
  expect(await entries()).toBe(3)
  await follow()
  expect(await told(all)).toHaveLength(3)
  await compactLog(db, later)
  expect(await entries()).toBe(1)
})

test('each change is told once, whoever follows the log, while many write and whoever follows is cut off', async () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 4 })), { minLength: 20, maxLength: 40 })
  let cut = 0
  await fc.assert(
    fc.asyncProperty(steps, async steps => {
      await db.pool.query('TRUNCATE webhooks CASCADE')
      const ids = [await create(), await create(), await create()]
      const all = await endpoint({ query: 'status=draft&status=published&status=hidden&status=deleted' })
      const { rows } = await db.pool.query('SELECT max(seq) AS seq FROM changes')
      const from = Number(rows[0].seq)
      let over = false
      /** Follows until nobody writes any more; its connections are killed again and again. */
      const follower = async () => {
        const own = openDatabase({ url: db.url, poolSize: 3, statementTimeout: 5_000 })
        const ownQueue = sending(own, {}, () => {}).queueOf()
        while (!over) await followLog({ ...options, db: own, queue: ownQueue, batch: 2 }).catch(() => {})
        await own.close().catch(() => {})
      }
      const killer = async () => {
        while (!over) {
          await new Promise(next => setTimeout(next, 5))
          const { rowCount } = await db.pool.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE '%change_followers%' AND pid <> pg_backend_pid()`,
          )
          cut += rowCount ?? 0
        }
      }
      const followers = [follower(), follower(), killer()]
      const writer = async (part: number) => {
        for (const [i, [what, n]] of steps.entries()) {
          if (i % 4 !== part) continue
          const id = ids[n % ids.length] ?? 0
          const row = await db.prisma.article.findUniqueOrThrow({ where: { id } })
          if (what === 0) ids.push(await create({ tags: [`${i}`] }))
          else if (what === 1 || row.deletedAt) await change(id, 'delete')
          else
            await change(
              id,
              [{ status: 'hidden' }, { status: 'published' }, { title: `${i}` }, { tags: [`${i}`] }][
                what - 2
              ] ?? {},
            )
        }
      }
      try {
        await Promise.all([0, 1, 2, 3].map(writer))
      } finally {
        // Or they would go on for ever after a failure.
        over = true
      }
      await Promise.all(followers)
      await follow(50)
      const log = await db.pool.query('SELECT article_id, version FROM changes WHERE seq > $1 ORDER BY seq', [
        from,
      ])
      const wanted = log.rows.map(({ article_id, version }) => `${article_id}.${version}`)
      expect((await told(all)).map(one => one.split(' ')[0])).toEqual(wanted)
      const jobs = await db.pool.query(
        `SELECT count(*)::int AS jobs, count(DISTINCT data ->> 'deliveryId')::int AS deliveries
         FROM gongbo_queue.job WHERE (data ->> 'webhookId')::int = $1`,
        [all.id],
      )
      expect(jobs.rows).toEqual([{ jobs: wanted.length, deliveries: wanted.length }])
    }),
    { numRuns: 5 },
  )
  expect(cut).toBeGreaterThan(0)
})
