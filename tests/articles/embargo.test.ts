import { expect, test } from '@jest/globals'
import { publishDue } from '../../src/articles/embargo.ts'
import { every } from '../../src/time/every.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp()
const headers = await authorize('articles:write')
const WRITTEN = new Date('2026-03-01T00:00:00Z')
const EMBARGO = '2026-03-02T10:00:00+09:00'
const DUE = new Date(EMBARGO)
clock.at = WRITTEN

const scheduled = (embargoUntil = EMBARGO) =>
  anArticle({ status: 'scheduled', embargoUntil, publishedAt: undefined })
const schedule = async (embargoUntil?: string) => {
  const [row] = await insertArticles(db, [scheduled(embargoUntil)], WRITTEN)
  return row?.id ?? 0
}
const kinds = async (articleId: number) =>
  (await db.prisma.change.findMany({ where: { articleId }, orderBy: { seq: 'asc' } })).map(c => c.kind)

test('a scheduled article is hidden before its embargo ends and released at that instant', async () => {
  const id = await schedule()
  const url = `/v1/articles/${id}`
  const listed = async () =>
    (await call('/v1/articles?from=2026-03-02&to=2026-03-02')).json().items.map((i: { id: number }) => i.id)

  expect(await publishDue(db, new Date(DUE.getTime() - 1))).toBe(0)
  expect((await call(url)).statusCode).toBe(404)
  expect(await listed()).toEqual([])

  expect(await publishDue(db, new Date(DUE.getTime() + 4_000))).toBe(1)
  const article = (await call(url)).json()
  expect(article).toMatchObject({
    ...{ status: 'published', version: 2, publishedAt: EMBARGO, publishedOn: '2026-03-02' },
    modifiedAt: '2026-03-02T10:00:04+09:00',
  })
  expect(await listed()).toEqual([id])
  const log = await db.prisma.change.findMany({ where: { articleId: id }, orderBy: { seq: 'asc' } })
  expect(log.map(({ kind, version, actor }) => [kind, version, actor])).toEqual([
    ['create', 1, 'system:test'],
    ['publish', 2, 'system:embargo'],
  ])
  expect(await publishDue(db, new Date(DUE.getTime() + 5_000))).toBe(0)
})

test('several nodes at once publish each article once', async () => {
  const rows = await insertArticles(
    db,
    Array.from({ length: 120 }, () => scheduled()),
    WRITTEN,
  )
  const done = await Promise.all([1, 2, 3, 4].map(() => publishDue(db, DUE)))
  expect(done.reduce((a, b) => a + b)).toBe(120)
  const ids = rows.map(row => row.id)
  const published = await db.prisma.change.groupBy({
    by: ['articleId'],
    where: { kind: 'publish', articleId: { in: ids } },
    _count: true,
  })
  expect(published).toHaveLength(120)
  expect(published.every(({ _count }) => _count === 1)).toBe(true)
})

test('what is deleted, or not due, stays as it is', async () => {
  const deleted = await schedule()
  const tomorrow = await schedule('2026-03-03T10:00:00+09:00')
  const draft = await insertArticles(db, [anArticle({ status: 'draft', embargoUntil: EMBARGO })], WRITTEN)
  await call({ method: 'DELETE', url: `/v1/articles/${deleted}`, headers: { ...headers, 'if-match': '*' } })
  expect(await publishDue(db, DUE)).toBe(0)

  // Restored after its embargo ended, it is released with the next round.
  const url = `/v1/articles/${deleted}/restore`
  await call({ method: 'POST', url, headers: { ...headers, 'if-match': '*' } })
  expect(await publishDue(db, DUE)).toBe(1)
  expect(await kinds(deleted)).toEqual(['create', 'delete', 'restore', 'publish'])
  expect(await kinds(tomorrow)).toEqual(['create'])
  expect(await kinds(draft[0]?.id ?? 0)).toEqual(['create'])
})

test('an editor whose copy is from before the release gets 412', async () => {
  const id = await schedule()
  const url = `/v1/articles/${id}`
  const etag = String((await call({ url, headers })).headers.etag)
  await publishDue(db, DUE)
  const late = {
    method: 'PUT' as const,
    url,
    headers: { ...headers, 'if-match': etag },
    payload: anArticle(),
  }
  expect((await call(late)).statusCode).toBe(412)
  expect(await kinds(id)).toEqual(['create', 'publish'])
})

test('an edit between the end of an embargo and the clock’s round keeps the embargo, which then releases it', async () => {
  const id = await schedule()
  const url = `/v1/articles/${id}`
  const etag = String((await call({ url, headers })).headers.etag)
  const edit = (payload: string) =>
    call({
      method: 'PATCH',
      url,
      headers: { ...headers, 'if-match': etag, 'content-type': 'application/merge-patch+json' },
      payload,
    })
  clock.at = new Date(DUE.getTime() + 2_000)
  const another = await edit('{"embargoUntil":"2026-03-02T09:00:00+09:00"}')
  const title = await edit('{"title":"고친 제목"}')
  clock.at = WRITTEN
  expect(another.json().errors).toMatchObject([{ pointer: '/embargoUntil' }])
  expect(title.json()).toMatchObject({ status: 'scheduled', embargoUntil: EMBARGO })
  await publishDue(db, DUE)
  expect((await call(url)).json()).toMatchObject({ title: '고친 제목', publishedAt: EMBARGO })
})

test('an embargo that has passed schedules nothing, also not an old draft', async () => {
  const past = { embargoUntil: '2020-01-01T00:00:00+09:00', publishedAt: undefined }
  const [draft] = await insertArticles(db, [anArticle({ status: 'draft', ...past })], WRITTEN)
  const refused = await call({
    ...{ method: 'PATCH', url: `/v1/articles/${draft?.id}`, payload: '{"status":"scheduled"}' },
    headers: { ...headers, 'if-match': '*', 'content-type': 'application/merge-patch+json' },
  })
  expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([400, '/embargoUntil'])
})

test('an editor and the clock at once: each write stands, or the editor gets 412', async () => {
  for (let round = 0; round < 10; round++) {
    const id = await schedule()
    const url = `/v1/articles/${id}`
    const etag = String((await call({ url, headers })).headers.etag)
    const edit = call({
      method: 'PATCH',
      url,
      headers: { ...headers, 'if-match': etag, 'content-type': 'application/merge-patch+json' },
      payload: '{"title":"고친 제목"}',
    })
    const [edited] = await Promise.all([edit, publishDue(db, DUE)])
    await publishDue(db, DUE)
    expect(await kinds(id)).toEqual(
      edited.statusCode === 200 ? ['create', 'update', 'publish'] : ['create', 'publish'],
    )
    expect([200, 412]).toContain(edited.statusCode)
    expect((await call(url)).json().status).toBe('published')
  }
})

test('the clock publishes by itself, tells its failures and goes on after them', async () => {
  // The row is written as of long ago, so that it is due by the real clock.
  const past = new Date('2020-01-01T00:00:00Z')
  const [row] = await insertArticles(db, [scheduled('2020-01-02T00:00:00Z')], past)
  const failures: unknown[] = []
  let broken = true
  const flaky = new Proxy(db, {
    get: (target, name) => {
      if (name === 'prisma' && broken) throw new Error('planted')
      return target[name as keyof typeof target]
    },
  })
  const stop = every(
    10,
    () => publishDue(flaky, new Date()),
    error => failures.push(error),
  )
  try {
    while (failures.length === 0) await new Promise(next => setTimeout(next, 5))
    broken = false
    while ((await call(`/v1/articles/${row?.id}`)).statusCode === 404)
      await new Promise(next => setTimeout(next, 20))
  } finally {
    stop()
  }
  expect(failures).toContainEqual(new Error('planted'))
  expect((await call(`/v1/articles/${row?.id}`)).json().publishedAt).toBe('2020-01-02T09:00:00+09:00')
})
