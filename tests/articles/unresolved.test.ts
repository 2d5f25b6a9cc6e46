import { beforeAll, describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

const { call, db, clock, authorize } = await testApp()
clock.at = new Date('2026-11-22T03:00:00Z')
type Headers = Record<string, string>
let reader: Headers
let admin: Headers
beforeAll(async () => {
  reader = await authorize('articles:read')
  admin = await authorize('admin')
})

const UNRESOLVED = '/v1/ministries/unresolved'
const list = async (query = '', headers = reader) => {
  const response = await call({ url: `${UNRESOLVED}${query}`, headers })
  expect([query, response.statusCode]).toEqual([query, 200])
  return response.json()
}
const find = async (name: string) =>
  (await list()).items.find((item: { name: string }) => item.name === name) ?? null
const map = (payload: object, headers: Headers = admin) =>
  call({ method: 'POST', url: `${UNRESOLVED}/map`, headers, payload })
const search = async (ministry: string, more = '') =>
  (await call(encodeURI(`/v1/articles?ministry=${ministry}${more}`))).json()

const carrying = (name: string, day: string, more = {}) =>
  anArticle({ publishedAt: `${day}T00:00:00+09:00`, ministry: { name }, bodyText: '수소 사업', ...more })

describe('names that nobody is called', () => {
  test('are listed with their public articles and days, the most frequent first', async () => {
    await insertArticles(db, [
      carrying('환경정책과', '2023-06-21'),
      carrying('환경정책과', '2026-01-20'),
      carrying('환경정책과', '2020-01-01', { status: 'hidden' }),
      carrying('초안과', '', { publishedAt: null, status: 'draft' }),
      carrying('산업통상뷰', '2026-01-05'),
      carrying('산업통상부', '2026-01-05'),
      anArticle(),
    ])
    expect(await list()).toEqual({
      items: [
        {
          ...{ name: '환경정책과', articles: 2, hidden: 1, nearest: [] },
          ...{ firstOn: '2023-06-21', lastOn: '2026-01-20' },
        },
        {
          ...{ name: '산업통상뷰', articles: 1, hidden: 0, nearest: ['산업통상부'] },
          ...{ firstOn: '2026-01-05', lastOn: '2026-01-05' },
        },
        { name: '초안과', articles: 0, hidden: 1, firstOn: null, lastOn: null, nearest: [] },
      ],
      ...{ total: 3, page: 1, pages: 1, pageSize: 100 },
    })
    const second = await list('?pageSize=2&page=2')
    expect([second.items.length, second.total, second.pages]).toEqual([1, 3, 2])
    expect(await list('?page=9')).toMatchObject({ items: [], total: 3 })
  })

  test('are for keys that may read, and not sent again where nothing changed', async () => {
    expect((await call(UNRESOLVED)).statusCode).toBe(401)
    const { headers } = await call({ url: UNRESOLVED, headers: reader })
    const again = { ...reader, 'if-none-match': String(headers.etag) }
    expect((await call({ url: UNRESOLVED, headers: again })).statusCode).toBe(304)
    expect((await call({ url: `${UNRESOLVED}?pageSize=101`, headers: reader })).statusCode).toBe(400)
  })
})

describe('one call says which ministry a name means', () => {
  test('its articles get the code, each as a change of its own, and keep the name as published', async () => {
    const rows = await insertArticles(db, [
      ...Array.from({ length: 120 }, (_, i) => carrying('에너지국', '2024-02-01', { title: `글 ${i}` })),
      carrying('에너지국', '2024-02-02', { status: 'hidden' }),
      carrying('에너지국', '2024-02-02'),
    ])
    const url = `/v1/articles/${rows.at(-1)?.id}`
    await call({ method: 'DELETE', url, headers: { ...admin, 'if-match': '*' } })
    const before = await search('에너지국')
    expect(before).toMatchObject({ total: 120, ministries: [{ code: null, why: 'text' }] })

    const mapped = await map({ name: ' 에너지국', code: 'A00019' })
    expect(mapped.json()).toEqual({ name: '에너지국', code: 'A00019', added: true, articles: 121 })
    expect(await find('에너지국')).toBeNull()
    const after = await search('에너지국')
    expect(after).toMatchObject({
      total: 120,
      ministries: [{ code: 'A00019', name: '기후에너지환경부', why: 'former-short-name' }],
    })
    expect(after.items[0]).toMatchObject({
      version: 2,
      ministry: { code: 'A00019', name: '기후에너지환경부', publishedName: '에너지국' },
    })
    for (const query of [
      '기후부',
      '기후부&q=수소',
      '에너지국&lineage=exact',
      '에너지국&lineage=exact&q=수소',
    ])
      expect([query, (await search(query)).total]).toEqual([query, 120])

    const { rows: changes } = await db.pool.query(
      `SELECT count(*)::int AS n, count(DISTINCT article_id)::int AS articles, max(kind) AS kind, max(actor) AS actor
       FROM changes WHERE version = 2 AND superseded ? 'ministryCode'`,
    )
    expect(changes[0]).toMatchObject({
      n: 121,
      articles: 121,
      kind: 'update',
      actor: expect.stringMatching(/^key:/),
    })
    const { names } = (await call('/v1/ministries/A00019')).json()
    expect(names.map(({ shortNames }: { shortNames: string[] }) => shortNames)).toEqual([
      ['에너지국'],
      ['기후부'],
    ])

    expect((await map({ name: '에너지국', code: 'A00019' })).json()).toMatchObject({
      added: false,
      articles: 0,
    })
    const [later] = await insertArticles(db, [carrying('에너지국', '2024-03-01')])
    expect([later?.ministryCode, later?.ministryPublishedName]).toEqual(['A00019', '환경부'])
  })

  test('a name that a ministry got otherwise meanwhile is mapped without a new one', async () => {
    await insertArticles(db, [carrying('새로난청', '2026-02-01')])
    const ministry = { code: 'T00001', kind: 'agency', names: [{ name: '새로난청' }] }
    await call({ method: 'POST', url: '/v1/ministries', headers: admin, payload: ministry })
    expect((await search('새로난청')).total).toBe(1)
    expect((await map({ name: '새로난청', code: 'T00001' })).json()).toMatchObject({
      added: false,
      articles: 1,
    })
  })

  test('a name of another ministry is not taken from it, and an unknown code is refused', async () => {
    const taken = await map({ name: '산자부', code: 'A00019' })
    expect([taken.statusCode, taken.json().errors[0].pointer]).toEqual([409, '/name'])
    expect(taken.json().detail).toContain('A00015')
    for (const [payload, pointer] of [
      [{ name: '아무과', code: 'Z99999' }, '/code'],
      [{ name: '아무과', code: '15' }, '/code'],
      [{ name: ' ', code: 'A00015' }, '/name'],
      [{ name: '아무과' }, '/code'],
    ] as const) {
      const refused = await map(payload)
      expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([400, pointer])
    }
  })

  test('a ministry has no more short names than it can', async () => {
    const names = [{ name: '다찬청', shortNames: Array.from({ length: 20 }, (_, i) => `별칭${i}`) }]
    const payload = { code: 'T00002', kind: 'agency', names }
    await call({ method: 'POST', url: '/v1/ministries', headers: admin, payload })
    const refused = await map({ name: '하나더', code: 'T00002' })
    expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([409, '/code'])
  })

  test('an article that somebody changes meanwhile is mapped as it stands then, or left alone', async () => {
    const [one, two] = await insertArticles(db, [
      carrying('기다림과', '2026-02-01'),
      carrying('기다림과', '2026-02-01'),
    ])
    const change = `UPDATE articles SET ministry_name = '다른과', version = version + 1 WHERE id = ${one?.id}`
    const { waiting } = await whileHeld(db.url, change, async holder => {
      const waiting = map({ name: '기다림과', code: 'A00002' })
      await untilOneWaits(holder)
      await holder.query('COMMIT')
      return { waiting }
    })
    expect((await waiting).json().articles).toBe(1)
    const { rows } = await db.pool.query(
      'SELECT ministry_code FROM articles WHERE id = ANY($1) ORDER BY id',
      [[one?.id, two?.id]],
    )
    expect(rows.map(row => row.ministry_code)).toEqual([null, 'A00002'])
  })

  test('nobody but an administrator may', async () => {
    const payload = { name: '아무과', code: 'A00015' }
    expect((await map(payload, {})).statusCode).toBe(401)
    expect((await map(payload, await authorize('articles:write'))).statusCode).toBe(403)
  })
})
