import { beforeAll, describe, expect, test } from '@jest/globals'
import type { NewArticle } from '../../src/articles/schema.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp()
clock.at = new Date('2026-11-22T03:00:00Z')
let writer: Record<string, string>
beforeAll(async () => {
  writer = await authorize('articles:write')
})

type Ministry = NewArticle['ministry']
const post = (ministry: Ministry, day: string, more: Partial<NewArticle> = {}, headers = {}) =>
  call({
    ...{ method: 'POST', url: '/v1/articles', headers: { ...writer, ...headers } },
    payload: anArticle({ ministry, publishedAt: `${day}T00:00:00+09:00`, ...more }),
  })
const create = async (ministry: Ministry, day = '2023-06-21', more: Partial<NewArticle> = {}) => {
  const made = await post(ministry, day, more)
  expect([ministry, made.statusCode]).toEqual([ministry, 201])
  return { article: made.json(), url: String(made.headers.location), etag: String(made.headers.etag) }
}
const shown = ({ ministry }: { ministry: Record<string, string | null> | null }) =>
  ministry && `${ministry.code} ${ministry.name} ${ministry.publishedName}`

describe('a ministry is told by what it was called on the day of release', () => {
  test.each([
    ['산업통상자원부', '2023-06-21', 'A00015 산업통상부 산업통상자원부'],
    ['산업통상부', '2023-06-21', 'A00015 산업통상부 산업통상자원부'],
    ['산자부', '2023-06-21', 'A00015 산업통상부 산업통상자원부'],
    ['산업통상부', '2025-10-01', 'A00015 산업통상부 산업통상부'],
    ['산업통상자원부', '2025-09-30', 'A00015 산업통상부 산업통상자원부'],
    ['산업통상자원부', '2025-10-01', 'A00015 산업통상부 산업통상부'],
    ['기획재정부', '2026-01-01', 'A00007 기획재정부 기획재정부'],
    ['재정경제부', '2026-01-02', 'A00041 재정경제부 재정경제부'],
    ['통계청', '2024-01-02', 'A00038 국가데이터처 통계청'],
    [' 산업  통상부 ', '2026-01-02', 'A00015 산업통상부 산업통상부'],
  ])('%s on %s is %s', async (name, day, expected) => {
    expect(shown((await create({ name }, day)).article)).toBe(expected)
  })

  test('the last minute of a day in Seoul is of that day', async () => {
    const at = (publishedAt: string) => create({ name: '산자부' }, '', { publishedAt })
    expect(shown((await at('2025-09-30T14:59:59Z')).article)).toMatch(/산업통상자원부$/)
    expect(shown((await at('2025-09-30T15:00:00Z')).article)).toMatch(/산업통상부$/)
  })

  test('of a scheduled article it is the day on which its embargo ends, of a draft today', async () => {
    const without = { publishedAt: null } as const
    const draft = await create({ name: '산자부' }, '', { ...without, status: 'draft' })
    expect(shown(draft.article)).toBe('A00015 산업통상부 산업통상부')
    const embargoUntil = '2027-01-01T00:00:00+09:00'
    const scheduled = await create({ name: '산자부' }, '', { ...without, status: 'scheduled', embargoUntil })
    expect(shown(scheduled.article)).toBe('A00015 산업통상부 산업통상부')
  })

  test.each<[Ministry, string]>([
    [{ name: '산업통상부', publishedName: '산자부' }, 'A00015 산업통상부 산자부'],
    [{ name: '무역과', publishedName: '산업통상자원부' }, 'A00015 산업통상부 산업통상자원부'],
    [
      { name: '산업통상부', publishedName: '환경부, 산업통상자원부' },
      'A00015 산업통상부 환경부, 산업통상자원부',
    ],
    [{ code: 'A00015', name: '상공부' }, 'A00015 산업통상부 상공부'],
    [{ code: 'A00015', name: '산업통상자원부' }, 'A00015 산업통상부 산업통상자원부'],
    [{ name: '재정경제부', publishedName: '기획재정부' }, 'A00007 기획재정부 기획재정부'],
    [{ code: 'A00041', name: '재정경제부', publishedName: '기획재정부' }, 'A00041 재정경제부 기획재정부'],
  ])('the name as published is kept as it was given: %j', async (ministry, expected) => {
    expect(shown((await create(ministry)).article)).toBe(expected)
  })

  test('what nobody is called is kept as text, without a guess', async () => {
    expect(shown((await create({ name: '환경정책제도과' })).article)).toBe(
      'null 환경정책제도과 환경정책제도과',
    )
    expect(shown((await create({ code: null, name: '갑과', publishedName: '을과' })).article)).toBe(
      'null 갑과 을과',
    )
    expect(shown((await create(null)).article)).toBeNull()
  })
})

describe('a contradiction is refused, and says so', () => {
  test.each<[Ministry, string, string, string | undefined]>([
    [{ code: 'A00019', name: '산업통상부' }, '/ministry/code', 'A00015 산업통상부', 'A00015'],
    [
      { code: 'A00015', name: '산업부', publishedName: '환경부' },
      '/ministry/publishedName',
      'A00019',
      undefined,
    ],
    [{ code: 'A00041', name: '기획재정부' }, '/ministry/code', 'A00007 기획재정부', 'A00007'],
    [{ code: 'Z99999', name: '산업통상부' }, '/ministry/code', 'Z99999', 'A00015'],
    [{ code: 'Z99999', name: '듣도보도' }, '/ministry/code', 'leave it out', undefined],
    [{ name: '환경부', publishedName: '산업통상자원부' }, '/ministry/publishedName', 'A00019', undefined],
  ])('%j', async (ministry, pointer, detail, suggestion) => {
    const refused = await post(ministry, '2023-06-21')
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toHaveLength(1)
    expect(refused.json().errors[0]).toMatchObject({ pointer, detail: expect.stringContaining(detail) })
    expect(refused.json().errors[0].suggestion).toBe(suggestion)
    const korean = await post(ministry, '2023-06-21', {}, { 'accept-language': 'ko' })
    expect(korean.json().errors[0].detail).toMatch(/[가-힣]/)
  })
})

const patch = (url: string, etag: string, payload: object) =>
  call({
    ...{ method: 'PATCH', url },
    headers: { ...writer, 'if-match': etag, 'content-type': 'application/merge-patch+json' },
    payload: JSON.stringify(payload),
  })

describe('another day of release', () => {
  const patched = async (url: string, payload: object) => shown((await patch(url, '*', payload)).json())
  const on = (day: string) => ({ publishedAt: `${day}T00:00:00+09:00` })

  test('has the name of that day', async () => {
    const { url } = await create({ name: '산자부' }, '2025-09-30')
    expect(await patched(url, on('2025-10-01'))).toBe('A00015 산업통상부 산업통상부')
    expect(await patched(url, on('2025-09-30'))).toBe('A00015 산업통상부 산업통상자원부')
    const embargo = { status: 'scheduled', publishedAt: null, embargoUntil: '2026-12-01T00:00:00+09:00' }
    expect(await patched(url, embargo)).toBe('A00015 산업통상부 산업통상부')
  })

  test('leaves a name that was given', async () => {
    const given = { name: '산업통상부', publishedName: '산자부' }
    const { url } = await create(given, '2025-09-30')
    expect(await patched(url, on('2025-10-01'))).toBe('A00015 산업통상부 산자부')
    const said = { ministry: { publishedName: '산업통상자원부' }, ...on('2025-10-02') }
    expect(await patched(url, said)).toBe('A00015 산업통상부 산업통상자원부')
  })

  test('is today for what is a draft again, and when it is published again', async () => {
    const { url } = await create({ name: '산자부' }, '2025-09-30')
    const draft = { status: 'draft', publishedAt: null }
    expect(await patched(url, draft)).toBe('A00015 산업통상부 산업통상부')
    expect(await patched(url, { status: 'published' })).toBe('A00015 산업통상부 산업통상부')
  })

  test('is that of a draft when it is published', async () => {
    const before = clock.at
    clock.at = new Date('2025-09-29T03:00:00Z')
    const { url } = await create({ name: '산업통상자원부' }, '', { status: 'draft', publishedAt: null })
    clock.at = new Date('2025-10-02T03:00:00Z')
    expect(await patched(url, { title: '새 제목' })).toBe('A00015 산업통상부 산업통상자원부')
    expect((await patch(url, '*', {})).json().version).toBe(2)
    expect(await patched(url, { status: 'published' })).toBe('A00015 산업통상부 산업통상부')
    const restored = await call({
      ...{ method: 'POST', url: `${url}/revisions/1/restore` },
      headers: { ...writer, 'if-match': '*' },
    })
    expect(shown(restored.json())).toBe('A00015 산업통상부 산업통상부')
    clock.at = before
  })
})

describe('a change of other fields leaves the ministry as it is', () => {
  const rename = (name: string) =>
    db.pool.query(
      `UPDATE ministries SET names = jsonb_set(names, '{1,name}', to_jsonb($1::text)) WHERE code = 'A00015'`,
      [name],
    )
  /** What this node has read of the ministries is forgotten by then. */
  const aSecond = () => new Promise(next => setTimeout(next, 1_100))

  test('what a reader sends back makes no version, also after the ministry was renamed', async () => {
    const ministry = { name: '산업통상부', publishedName: '산업통상자원부' }
    const { url, etag } = await create(ministry)
    await rename('통상산업부')
    await aSecond()
    const read = await call({ url })
    expect(shown(read.json())).toBe('A00015 통상산업부 산업통상자원부')
    expect(read.headers.etag).not.toBe(etag)
    const { ministry: asShown } = read.json()
    for (const again of [asShown, { code: 'A00015', ...ministry }]) {
      const kept = await patch(url, String(read.headers.etag), { ministry: again })
      expect([kept.statusCode, kept.json().version]).toEqual([200, 1])
    }
    const titled = await patch(url, String(read.headers.etag), { title: '새 제목' })
    expect([titled.json().version, shown(titled.json())]).toEqual([2, shown(read.json())])
    const { rows } = await db.pool.query(
      'SELECT superseded FROM changes WHERE article_id = $1 AND version = 2',
      [read.json().id],
    )
    expect(Object.keys(rows[0].superseded).sort()).toEqual(['modifiedAt', 'title'])
    await rename('산업통상부')
    await aSecond()
  })

  test('a text stays one where its two names become those of two bodies', async () => {
    const { url } = await create({ name: '갑실', publishedName: '을실' })
    const admin = await authorize('admin')
    for (const [code, name] of [
      ['Z00001', '갑실'],
      ['Z00002', '을실'],
    ]) {
      const payload = { code, kind: 'office', names: [{ name }] }
      const made = await call({ method: 'POST', url: '/v1/ministries', headers: admin, payload })
      expect(made.statusCode).toBe(201)
    }
    const titled = await patch(url, '*', { title: '새 제목' })
    expect([titled.statusCode, shown(titled.json())]).toEqual([200, 'null 갑실 을실'])
    const restored = await call({
      ...{ method: 'POST', url: `${url}/revisions/1/restore` },
      headers: { ...writer, 'if-match': '*' },
    })
    expect([restored.statusCode, shown(restored.json())]).toEqual([200, 'null 갑실 을실'])
    expect((await post({ name: '갑실', publishedName: '을실' }, '2023-06-21')).statusCode).toBe(400)
  })

  test('a patch may give an article another ministry, whole', async () => {
    const { url, etag } = await create({ name: '산업통상부' })
    const half = await patch(url, etag, { ministry: { name: '환경부' } })
    expect([half.statusCode, half.json().errors[0].pointer]).toEqual([400, '/ministry/code'])
    const whole = await patch(url, etag, { ministry: { code: null, name: '환경부', publishedName: null } })
    expect(shown(whole.json())).toBe('A00019 기후에너지환경부 환경부')
  })
})
