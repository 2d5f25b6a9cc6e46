import { beforeAll, describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp()
clock.at = new Date('2026-11-22T03:00:00Z')
type Headers = Record<string, string>

const get = async (query: string, status = 200, headers: Headers = {}) => {
  const response = await call({ url: encodeURI(`/v1/articles?${query}`), headers })
  expect([query, response.statusCode]).toEqual([query, status])
  return response.json()
}
const titles = async (query: string, headers?: Headers) =>
  (await get(query, 200, headers)).items.map(({ title }: { title: string }) => title).join('')

const of = (
  code: string | null,
  name: string,
  publishedName: string,
  title: string,
  day: string,
  more = {},
) =>
  anArticle({
    ...{ title, bodyText: '수소 지원 사업', publishedAt: `${day}T09:00:00+09:00` },
    ...{ ministry: { code, name, publishedName }, ...more },
  })
/** In the order of their release. */
const ARTICLES = [
  of('A00015', '산업통상부', '산업통상자원부', '가', '2023-06-21'),
  of('A00019', '기후에너지환경부', '환경부', '나', '2024-01-02'),
  of('A00007', '기획재정부', '기획재정부', '다', '2025-05-01'),
  of('A00015', '산업통상부', '산업통상부', '라', '2025-11-03'),
  of('A00019', '기후에너지환경부', '기후에너지환경부', '마', '2025-12-01'),
  of('A00041', '재정경제부', '재정경제부', '바', '2026-01-05'),
  of('A00040', '기획예산처', '기획예산처', '사', '2026-01-06'),
  of('B00001', '검찰청', '검찰청', '아', '2026-02-02'),
  of(null, '공소청', '공소청', '자', '2026-10-05'),
  of(null, '환경정책제도과', '환경정책제도과', '차', '2026-10-06'),
  of(null, '숨은과', '숨은과', '카', '2026-10-07', { status: 'hidden' }),
]
let reader: Headers

beforeAll(async () => {
  await insertArticles(db, ARTICLES)
  reader = await authorize('articles:read')
})

describe('a ministry is found by any of its names', () => {
  test.each([
    ['산업통상부', '라가'],
    ['산업통상자원부', '라가'],
    ['A00015', '라가'],
    ['산자부', '라가'],
    ['산업부', '라가'],
    ['산업 통상부', '라가'],
    ['기후에너지환경부', '마나'],
    ['기재부', '다'],
    ['재정경제부', '바다'],
    ['기획처', '사다'],
    ['재경부&ministry=기획예산처', '사바다'],
    ['공소청', '자아'],
    ['검찰청', '아'],
    ['환경정책제도과', '차'],
  ])('ministry=%s finds %s, with keywords too', async (ministry, found) => {
    expect(await titles(`ministry=${ministry}`)).toBe(found)
    expect((await get(`ministry=${ministry}`)).total).toBe(found.length)
    expect(await titles(`ministry=${ministry}&q=수소`)).toBe(found)
  })

  test.each([
    ['산업통상부', '라'],
    ['산업통상자원부', '가'],
    ['A00015', '라'],
    ['산자부', '가'],
    ['환경부', '나'],
    ['재정경제부', '바'],
    ['산업통상부&ministry=환경부', '라나'],
    ['공소청', '자'],
    ['환경정책제도과', '차'],
  ])('ministry=%s with lineage=exact finds just %s', async (ministry, found) => {
    for (const more of ['', '&q=수소', '&q=수소&sort=relevance'])
      expect([...(await titles(`ministry=${ministry}&lineage=exact${more}`))].sort()).toEqual(
        [...found].sort(),
      )
  })

  test.each([
    ['산업통상부', '라가'],
    ['산업통상자원부', '라가'],
    ['A00019', '마나'],
    ['재정경제부', '바'],
    ['기획처', '사'],
    ['공소청', '자'],
    ['환경정책제도과', '차'],
  ])('ministry=%s with lineage=body finds %s, without predecessors', async (ministry, found) => {
    for (const more of ['', '&q=수소'])
      expect(await titles(`ministry=${ministry}&lineage=body${more}`)).toBe(found)
  })

  test('what a facet of ministries counts is listed with lineage=body', async () => {
    const { facets } = (await call('/v1/articles/facets?facets=ministry')).json()
    expect(facets.ministry.length).toBeGreaterThan(7)
    for (const { value, code, count } of facets.ministry) {
      const { total, ministries } = await get(`ministry=${code ?? value}&lineage=body`)
      expect([value, total]).toEqual([value, count])
      expect(ministries).toHaveLength(1)
    }
  })

  test('a name in another spelling finds what carries that spelling, from before its body was known', async () => {
    const admin = await authorize('admin')
    const name = '새 나루 센터'
    const payload = anArticle({ ministry: { name } })
    await call({ method: 'POST', url: '/v1/articles', headers: admin, payload })
    const body = { code: 'T12345', kind: 'other', names: [{ name: '새나루센터' }] }
    expect(
      (await call({ method: 'POST', url: '/v1/ministries', headers: admin, payload: body })).statusCode,
    ).toBe(201)
    for (const more of ['', '&sort=relevance&q=문단'])
      expect((await get(`ministry=${name}${more}`)).total).toBe(1)
  })

  test('a name that a body had by mistake is another body’s, in lists, totals, facets and searches', async () => {
    const admin = await authorize('admin')
    const send = async (method: 'POST' | 'PUT', url: string, payload: object) => {
      const { statusCode } = await call({
        method,
        url,
        headers: method === 'PUT' ? { ...admin, 'if-match': '*' } : admin,
        payload,
      })
      expect(statusCode).toBeLessThan(300)
    }
    const body = (code: string, name: string) => ({ code, kind: 'other', names: [{ name }] })
    await send('POST', '/v1/ministries', body('T77777', '가나기관'))
    const ministry = { code: 'T77777', name: '가나기관', publishedName: '다라기관' }
    await send('POST', '/v1/articles', anArticle({ title: '오기', ministry }))
    await send('PUT', '/v1/ministries/T77777', body('T77777', '다라기관'))
    await send('POST', '/v1/ministries', body('T88888', '가나기관'))
    for (const [code, found] of [
      ['T88888', 0],
      ['T77777', 1],
    ] as const)
      for (const more of ['', '&q=title:오기', '&q=title:오기&sort=relevance'])
        expect([code, more, (await get(`ministry=${code}${more}`)).total]).toEqual([code, more, found])
  })

  test('a body of another time with the same name is another body, in lists, totals, facets and searches', async () => {
    const admin = await authorize('admin')
    const payload = {
      code: 'T54321',
      kind: 'ministry',
      names: [{ name: '재정경제부', from: '1998-02-28', to: '2008-02-28' }],
    }
    expect((await call({ method: 'POST', url: '/v1/ministries', headers: admin, payload })).statusCode).toBe(
      201,
    )
    const ids: number[] = []
    for (const [day, ministry] of [
      ['2005-03-02', { name: '재정경제부' }],
      ['2026-03-02', { name: '재정경제부' }],
      ['2025-03-02', { code: 'A00041', name: '재정경제부', publishedName: '기획재정부' }],
    ] as const) {
      const article = anArticle({ title: '동명', ministry, publishedAt: `${day}T09:00:00+09:00` })
      const { json } = await call({ method: 'POST', url: '/v1/articles', headers: admin, payload: article })
      ids.push(json().id)
    }
    const [old, young, between] = ids
    for (const [code, found] of [
      ['T54321', [old]],
      ['A00041', [young, between]],
      ['A00007', [between]],
      ['재정경제부', [young, between]],
    ] as const)
      for (const more of ['', '&q=title:동명', '&q=title:동명&sort=relevance']) {
        const { items, total } = await get(
          `ministry=${code}&from=2005-01-01&to=2026-11-22&pageSize=100${more}`,
        )
        const among = items.map(({ id }: { id: number }) => id).filter((id: number) => ids.includes(id))
        expect([code, more, among.sort()]).toEqual([code, more, [...found].sort()])
        expect(total).toBe(items.length)
        const facets = await call(
          encodeURI(
            `/v1/articles/facets?facets=ministry&ministry=${code}&from=2005-01-01${more.replace(/&sort.*/, '')}`,
          ),
        )
        expect(facets.json().total).toBe(total)
      }
  })

  test('who takes functions over does not take the articles over', async () => {
    expect(await titles('ministry=기후부')).not.toContain('가')
  })

  test('it goes together with other filters, orders and pages', async () => {
    expect(await titles('ministry=산자부&to=2024-12-31')).toBe('가')
    expect(await titles('ministry=산자부&sort=publishedAt')).toBe('가라')
    const first = await get('ministry=산자부&pageSize=1')
    expect(await titles(`ministry=산자부&pageSize=1&cursor=${first.nextCursor}`)).toBe('가')
  })
})

describe('the answer says which bodies it took in', () => {
  const takenIn = async (query: string, headers?: Headers) =>
    (await get(query, 200, headers)).ministries?.map(
      ({ asked, code, name, why }: Record<string, string>) => `${asked} ${code} ${name} ${why}`,
    )

  test('and why', async () => {
    expect(await takenIn('ministry=산자부')).toEqual(['산자부 A00015 산업통상부 former-short-name'])
    expect(await takenIn('ministry=기획처&ministry=A00041')).toEqual([
      'A00041 A00041 재정경제부 code',
      'A00041 A00007 기획재정부 predecessor',
      '기획처 A00040 기획예산처 short-name',
      '기획처 A00007 기획재정부 predecessor',
    ])
    expect(await takenIn('ministry=공소청')).toEqual([
      '공소청 null 공소청 name',
      '공소청 B00001 검찰청 predecessor',
    ])
    expect(await takenIn('ministry=산자부&lineage=exact')).toEqual([
      '산자부 A00015 산업통상자원부 as-published',
    ])
    expect(await takenIn('ministry=환경정책제도과')).toEqual(['환경정책제도과 null 환경정책제도과 text'])
    expect(await takenIn('ministry=환경정책제도과&fields=id')).toHaveLength(1)
  })

  test('and null where no ministry was asked for', async () => {
    expect((await get('')).ministries).toBeNull()
  })
})

describe('a name that nobody has', () => {
  test('is refused, and the nearest names are told', async () => {
    const { detail, errors } = await get('ministry=산업통상뷰&ministry=환경부&ministry=xyz', 400)
    expect(errors).toMatchObject([
      { parameter: 'ministry', detail: expect.stringContaining('xyz') },
      { parameter: 'ministry', suggestion: '산업통상부' },
    ])
    expect(detail).toContain('did you mean "산업통상부"')
    for (const lineage of ['all', 'exact'])
      expect((await get(`ministry=환경&lineage=${lineage}`, 400)).errors).toMatchObject([
        { parameter: 'ministry', suggestion: '환경부' },
      ])
  })

  test('is told in Korean', async () => {
    const { detail } = await get('ministry=산업통상뷰', 400, { 'accept-language': 'ko' })
    expect(detail).toBe('ministry: "산업통상뷰"(이)라는 기관은 없습니다. 혹시 "산업통상부"입니까?')
  })

  test('is known where articles carry it, but not to those who may not see them', async () => {
    await get('ministry=숨은과', 400)
    await get('ministry=숨은과', 400, reader)
    expect(await titles('ministry=숨은과&status=hidden', reader)).toBe('카')
  })
})

test('lineage is nothing without a ministry, and a cursor belongs to one', async () => {
  expect((await get('lineage=exact', 400)).errors).toMatchObject([{ parameter: 'lineage' }])
  expect((await get('ministry=환경부&lineage=near', 400)).errors).toMatchObject([{ parameter: 'lineage' }])
  const { nextCursor } = await get('ministry=산자부&pageSize=1')
  const query = `ministry=산자부&pageSize=1&cursor=${nextCursor}`
  expect((await get(`${query}&lineage=exact`, 400)).errors).toMatchObject([{ parameter: 'cursor' }])
})
