import { expect, test } from '@jest/globals'
import { sweepReceipts } from '../../src/articles/store-counts.ts'
import { sweepIdempotent } from '../../src/idempotency/store.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp({ VIEW_WINDOW_MINUTES: 60 })
const headers = await authorize('articles:write')

test('receipts are forgotten when their window is over, and not before', async () => {
  const [row] = await insertArticles(db, [anArticle()])
  const noon = new Date('2026-03-01T03:00:00Z')
  const at = (ms: number) => new Date(noon.getTime() + ms)
  const view = async (visitor: string, now: Date) => {
    clock.at = now
    const viewed = { method: 'POST' as const, url: `/v1/articles/${row?.id}/views` }
    return (await call({ ...viewed, headers: { 'visitor-id': visitor } })).json()
  }
  await view('visitor-before', at(-1))
  await view('visitor-at-the-instant', noon)
  await view('visitor-after', at(1))
  expect(await sweepReceipts(db, noon)).toBe(1)
  expect(await sweepReceipts(db, noon)).toBe(0)

  // Within the window nobody is counted twice for it, and nothing that was counted is lost.
  const soon = at(59 * 60_000)
  expect(await view('visitor-at-the-instant', soon)).toMatchObject({ counted: false })
  expect(await view('visitor-after', soon)).toMatchObject({ counted: false, counts: { views: 3 } })
  expect(await view('visitor-before', soon)).toMatchObject({ counted: true, counts: { views: 4 } })
  clock.at = null
})

test('answers are forgotten when their time is over, and not before', async () => {
  const post = (key: string, payload: object) =>
    call({ method: 'POST', url: '/v1/articles', headers: { ...headers, 'idempotency-key': key }, payload })
  const kept = anArticle()
  const first = await post('kept', kept)
  await post('expired', anArticle())
  // A lease that its holder lost is no answer yet, and locks a retry out no longer than it lasts.
  await post('running', anArticle())
  await db.pool.query(
    "UPDATE idempotency_records SET expires_at = now() - interval '1 second' WHERE key = 'expired'",
  )
  await db.pool.query(
    "UPDATE idempotency_records SET status = NULL, body = NULL, headers = NULL, lease = gen_random_uuid() WHERE key = 'running'",
  )
  expect(await sweepIdempotent(db)).toBe(1)
  expect(await sweepIdempotent(db)).toBe(0)
  const left = await db.prisma.idempotencyRecord.findMany({ select: { key: true }, orderBy: { key: 'asc' } })
  expect(left).toEqual([{ key: 'kept' }, { key: 'running' }])
  const again = await post('kept', kept)
  expect([again.headers['idempotent-replayed'], again.body]).toEqual(['true', first.body])
  expect((await post('expired', anArticle())).headers['idempotent-replayed']).toBeUndefined()
})
