import { beforeAll, describe, expect, test } from '@jest/globals'
import { searchArticles } from '../../src/articles/list.ts'
import { decideQuery } from '../../src/articles/query.ts'
import type { ArticleQuery } from '../../src/articles/query-schema.ts'
import { toNewArticle } from '../../src/articles/row.ts'
import { insertArticle, lockArticle, replaceArticle, updateRow, write } from '../../src/articles/store.ts'
import { findAsOf } from '../../src/articles/store-revisions.ts'
import { startOfDay } from '../../src/time/seoul.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp()
let reader: Record<string, string>
beforeAll(async () => {
  reader = await authorize('articles:read')
})
const ask = (url: string, headers = reader) => call({ url, headers })
type Row = Record<string, unknown>

const START = Date.UTC(2026, 0, 1)
/** Numbers that come again in every run. */
let seed = 7
const random = (below: number) => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return Math.floor((seed / 2_147_483_648) * below)
}

/** Random writes by clocks that sometimes stand still or go back, and each state that they made, in their order. */
async function writeAtRandom(writes: number): Promise<{ at: Date; state: Row }[]> {
  const log: { at: Date; state: Row }[] = []
  const ids: number[] = []
  let time = START
  for (let n = 0; n < writes; n++) {
    time += [0, 1, 60_000, 3_600_000, 86_400_000, -5_000][random(6)] ?? 0
    const id = ids[random(ids.length || 1)]
    const row = await write(db, { actor: 'system:test', now: new Date(time) }, async writing => {
      const what = random(10)
      const row = id === undefined || what < 2 ? null : await lockArticle(writing, id)
      if (!row)
        return insertArticle(
          writing,
          anArticle({
            ...{ publishedAt: null, title: `글 ${n}`, kind: random(2) ? 'press-release' : 'explanation' },
            status: random(3) ? 'published' : 'draft',
          }),
        )
      if (row.deletedAt !== null) return updateRow(writing, row, { deletedAt: null })
      if (what === 2) return updateRow(writing, row, { deletedAt: writing.now })
      const article = toNewArticle(row)
      if (what === 3) return replaceArticle(writing, row, { ...article, status: 'hidden' })
      if (what < 6) return replaceArticle(writing, row, { ...article, status: 'published' })
      const { bodyHtml: _, ...rest } = article
      const changes = [
        { title: `고친 글 ${n}` },
        { tags: ['ESG', `${n}`], postedOn: '2026-01-22', bodyText: `${n}번째로 고친 글` },
        { author: random(2) ? '홍길동' : null, attachments: [{ name: '가.hwpx', url: `https://a.kr/${n}` }] },
      ][random(3)]
      return replaceArticle(writing, row, { ...(changes?.bodyText ? rest : article), ...changes })
    })
    if (!ids.includes(row.id)) ids.push(row.id)
    const state = await db.prisma.article.findUniqueOrThrow({ where: { id: row.id } })
    if (log.at(-1)?.state.id !== state.id || log.at(-1)?.state.version !== state.version)
      log.push({ at: state.modifiedAt, state })
  }
  return log
}

/** What a naive replay of the log gives: every entry up to the instant, in its order. */
function replay(log: { at: Date; state: Row }[], instant: Date): Map<number, Row> {
  const states = new Map<number, Row>()
  for (const { at, state } of log) if (at <= instant) states.set(Number(state.id), state)
  return states
}

/** Without counts, and what the list adds. */
const plain = (row: object): Row => {
  const { counts: _, total: __, position: ___, ...columns } = row as Row
  return columns
}
const isPublic = (row: Row) => row.status === 'published' && row.deletedAt === null
const listed = (rows: Row[]) =>
  rows.sort((a, b) => Number(b.listedAt) - Number(a.listedAt) || Number(b.id) - Number(a.id))

test('at a thousand random instants the list and the items are what a naive replay of the log gives', async () => {
  const log = await writeAtRandom(160)
  const last = Math.max(...log.map(({ at }) => at.getTime()))
  const later = new Date(last + 86_400_000)
  const fields: ArticleQuery['fields'] = ['bodyHtml', 'bodyText']
  let kinds = 0
  for (let n = 0; n < 1_000; n++) {
    const exactly = log[random(log.length)]?.at.getTime() ?? START
    const instant = new Date(n % 2 ? exactly + random(3) - 1 : START - 1000 + random(last - START + 2_000))
    const states = replay(log, instant)
    const asked = { asOf: instant.toISOString(), pageSize: 100, fields }
    const page = await searchArticles(db, decideQuery(asked, later), { timeout: 10_000 })
    const expected = listed([...states.values()].filter(isPublic))
    expect(page.total).toBe(expected.length)
    expect(page.rows.map(plain)).toEqual(expected.slice(0, 100))
    const id = Number(log[random(log.length)]?.state.id)
    const { counts: _, ...item } = (await findAsOf(db, id, instant)) ?? { counts: null }
    expect(item).toEqual(states.get(id) ?? {})
    if (n % 5) continue
    const query = { ...asked, kind: ['explanation' as const], sort: 'publishedAt' as const }
    const filtered = await searchArticles(db, decideQuery(query, later), { timeout: 10_000 })
    const some = expected.filter(({ kind }) => kind === 'explanation').reverse()
    expect(filtered.rows.map(({ id, version }) => [id, version])).toEqual(
      some.slice(0, 100).map(({ id, version }) => [id, version]),
    )
    kinds += some.length
  }
  expect(kinds).toBeGreaterThan(100)
}, 240_000)

describe('over HTTP', () => {
  const noon = (day: string) => new Date(startOfDay(day).getTime() + 12 * 3_600_000)
  const ids: number[] = []
  beforeAll(async () => {
    await db.pool.query(
      'TRUNCATE articles, article_search, changes, article_counts, view_receipts, reactions CASCADE',
    )
    const release = { publishedAt: '2026-01-05T09:00:00+09:00' }
    const rows = await insertArticles(
      db,
      [1, 2, 3].map(n => anArticle({ title: `글 ${n}`, ...release })),
      noon('2026-01-05'),
    )
    ids.push(...rows.map(({ id }) => id))
    await write(db, { actor: 'system:test', now: noon('2026-01-07') }, async writing => {
      const [first, second] = [
        await lockArticle(writing, ids[0] ?? 0),
        await lockArticle(writing, ids[1] ?? 0),
      ]
      if (first) await updateRow(writing, first, { title: '고친 제목' })
      if (second) await updateRow(writing, second, { status: 'hidden' })
    })
    clock.at = noon('2026-01-10')
  })
  const titles = async (query: string) =>
    (await ask(`/v1/articles?${query}`)).json().items.map(({ title }: { title: string }) => title)

  test('a day is what was public at its end, in Seoul', async () => {
    expect(await titles('asOf=2026-01-04')).toEqual([])
    expect(await titles('asOf=2026-01-06')).toEqual(['글 3', '글 2', '글 1'])
    expect(await titles('asOf=2026-01-07')).toEqual(['글 3', '고친 제목'])
    expect(await titles('asOf=2026-01-10')).toEqual(await titles(''))
    expect((await ask('/v1/articles?asOf=2026-01-06')).json()).toMatchObject({
      ...{ total: 3, asOf: '2026-01-06T23:59:59.999+09:00' },
      items: [{ number: 3 }, { number: 2 }, { number: 1, version: 1, isNew: false }],
    })
    expect(await titles('asOf=2026-01-07T11:59:59%2B09:00')).toHaveLength(3)
    expect(await titles('asOf=2026-01-07T12:00:00%2B09:00')).toHaveLength(2)
    expect(await titles('asOf=2026-01-06&status=hidden')).toEqual([])
    expect(await titles('asOf=2026-01-08&status=hidden')).toEqual(['글 2'])
    expect(await titles('asOf=2026-01-06&period=2d')).toHaveLength(3)
    expect(await titles('asOf=2026-01-07&period=2d')).toHaveLength(0)
  })

  test('cursors go on in the same past', async () => {
    const { nextCursor } = (await ask('/v1/articles?asOf=2026-01-06&pageSize=2')).json()
    const url = `/v1/articles?asOf=2026-01-06&pageSize=2&cursor=${nextCursor}`
    expect((await ask(url)).json()).toMatchObject({ items: [{ title: '글 1' }], nextCursor: null })
    const elsewhere = await ask(`/v1/articles?asOf=2026-01-07&cursor=${nextCursor}`)
    expect(elsewhere.statusCode).toBe(400)
  })

  test('an item is what it was, in every representation, without neighbours', async () => {
    const url = `/v1/articles/${ids[0]}?asOf=2026-01-06`
    expect((await ask(url)).json()).toMatchObject({
      ...{ title: '글 1', version: 1, previous: null, next: null, isNew: false },
    })
    const text = await ask(url, { ...reader, accept: 'text/markdown' })
    expect(text.body).toContain('글 1')
    expect((await ask(`/v1/articles/${ids[0]}?asOf=2026-01-07`)).json().title).toBe('고친 제목')
    expect((await ask(`/v1/articles/${ids[1]}?asOf=2026-01-08`)).json().status).toBe('hidden')
    expect((await ask(`/v1/articles/${ids[0]}?asOf=2026-01-04`)).statusCode).toBe(404)
  })

  test('needs a key: what was taken off the list does not come back by it', async () => {
    for (const url of ['/v1/articles?asOf=2026-01-06', `/v1/articles/${ids[1]}?asOf=2026-01-06`])
      expect((await ask(url, {})).statusCode).toBe(401)
  })

  test.each([
    ['asOf=2026-01-11', 'still to come'],
    ['asOf=2026-01-10T12:00:01%2B09:00', 'still to come'],
    ['asOf=2026-02-30', 'must be a day'],
    ['asOf=gestern', 'must be a day'],
    ['asOf=2026-01-06&q=%EC%88%98%EC%86%8C', 'not together with q'],
    ['asOf=2026-01-06&sort=-views', 'not together with sort=-views'],
  ])('%s is refused', async (query, detail) => {
    const response = await ask(`/v1/articles?${query}`)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toEqual([{ parameter: 'asOf', detail: expect.stringContaining(detail) }])
  })
})
