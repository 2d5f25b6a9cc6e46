import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'

const { call, clock } = await testApp()
clock.at = new Date('2026-11-22T03:00:00Z')

const get = async (path: string, status = 200) => {
  const response = await call(encodeURI(`/v1/ministries${path}`))
  expect([path, response.statusCode]).toEqual([path, status])
  return response.json()
}
const resolve = (name: string, on: string) => get(`/resolve?name=${name}&on=${on}`)
const namesOn = async (on: string) =>
  new Map((await get(`?on=${on}`)).items.map(({ code, name }: Record<string, string>) => [code, name]))

describe('the list of a day', () => {
  test('has the bodies of that day by the names of that day, in the order of their codes', async () => {
    const [before, after] = [await namesOn('2025-09-30'), await namesOn('2025-10-01')]
    expect([before.get('A00015'), after.get('A00015')]).toEqual(['산업통상자원부', '산업통상부'])
    expect([before.get('A00019'), after.get('A00019')]).toEqual(['환경부', '기후에너지환경부'])
    expect([...after.keys()]).toEqual([...after.keys()].sort())
  })

  test('a body that was split is there to its last day, those that came of it from the first', async () => {
    const there = async (on: string) => {
      const names = await namesOn(on)
      return ['A00007', 'A00040', 'A00041'].map(code => names.has(code))
    }
    expect(await there('2026-01-01')).toEqual([true, false, false])
    expect(await there('2026-01-02')).toEqual([false, true, true])
  })

  test('is today’s in Seoul where no day is given', async () => {
    const at = clock.at
    clock.at = new Date('2026-01-01T15:00:00Z')
    expect(await get('')).toEqual(await get('?on=2026-01-02'))
    clock.at = new Date('2026-01-01T14:59:59Z')
    expect((await get('')).on).toBe('2026-01-01')
    clock.at = at
  })

  test('every code that korea.kr has is known, each by a name of its own', async () => {
    const names = await namesOn('2026-01-02')
    expect(names.size).toBe(54)
    expect(new Set(names.values()).size).toBe(54)
    for (const kind of ['ministry', 'office', 'agency', 'commission', 'other'])
      expect((await get('?on=2026-01-02')).items.some((one: { kind: string }) => one.kind === kind)).toBe(
        true,
      )
  })

  test.each(['on=2026-02-30', 'on=1900-01-01', 'on=2026-1-1', 'day=2026-01-01'])(
    '%s is refused',
    async query => {
      const { errors } = await get(`?${query}`, 400)
      expect(errors[0].parameter).toBe(query.split('=')[0])
    },
  )
})

describe('one ministry', () => {
  test('has every name with its days, and the events in which it took part', async () => {
    const body = await get('/A00015')
    expect(body).toMatchObject({
      ...{ code: 'A00015', kind: 'ministry', name: '산업통상부', version: 1 },
      names: [
        { name: '산업통상자원부', shortNames: ['산자부', '산업부'], from: null, to: '2025-09-30' },
        { name: '산업통상부', from: '2025-10-01', to: null },
      ],
      ...{ predecessors: [], successors: [] },
    })
    expect(body.events.map((event: { kind: string; on: string }) => [event.kind, event.on])).toEqual([
      ['rename', '2025-10-01'],
      ['transfer', '2025-10-01'],
    ])
  })

  test('a split is dated and one to many, from both sides', async () => {
    const split = { kind: 'split', on: '2026-01-02' }
    expect((await get('/A00007')).successors).toMatchObject([
      { code: 'A00041', name: '재정경제부', ...split },
      { code: 'A00040', name: '기획예산처', ...split },
    ])
    for (const code of ['A00040', 'A00041'])
      expect((await get(`/${code}`)).predecessors).toMatchObject([
        { code: 'A00007', name: '기획재정부', ...split },
      ])
    expect((await get('/B00001')).successors).toMatchObject([
      { code: null, name: '공소청', kind: 'split', on: '2026-10-02' },
      { code: null, name: '중대범죄수사청' },
    ])
  })

  test('functions that moved make nobody a predecessor', async () => {
    expect((await get('/A00019')).predecessors).toEqual([])
  })

  test('that is not there is not found; what is no code is refused', async () => {
    expect((await get('/Z99999', 404)).detail).toContain('Z99999')
    expect((await get('/산업통상부', 400)).errors).toMatchObject([{ parameter: 'code' }])
  })
})

describe('what a name means on a day', () => {
  test.each([
    ['산자부', '2023-06-21', 'A00015', '산업통상자원부', 'short-name'],
    ['산자부', '2026-01-05', 'A00015', '산업통상부', 'former-short-name'],
    ['산업통상자원부', '2023-06-21', 'A00015', '산업통상자원부', 'name'],
    ['산업통상자원부', '2026-01-05', 'A00015', '산업통상부', 'former-name'],
    ['산업통상부', '2023-06-21', 'A00015', '산업통상자원부', 'later-name'],
    ['산업부', '2023-06-21', 'A00015', '산업통상자원부', 'short-name'],
    ['산업부', '2026-01-05', 'A00015', '산업통상부', 'short-name'],
    ['A00015', '2023-06-21', 'A00015', '산업통상자원부', 'code'],
    ['환경부', '2024-01-01', 'A00019', '환경부', 'name'],
    ['국가보훈처', '2023-06-04', 'A00037', '국가보훈처', 'name'],
    ['국가보훈처', '2023-06-05', 'A00037', '국가보훈부', 'former-name'],
    ['통계청', '2026-01-05', 'A00038', '국가데이터처', 'former-name'],
    ['방통위', '2026-01-05', 'C00005', '방송미디어통신위원회', 'former-short-name'],
    ['재경부', '2026-01-05', 'A00041', '재정경제부', 'short-name'],
    ['  산업 통상부 ', '2026-01-05', 'A00015', '산업통상부', 'name'],
  ])('%s on %s is %s, %s, by its %s', async (asked, on, code, name, why) => {
    const { ambiguous, ministry, candidates } = await resolve(asked, on)
    expect({ ambiguous, ...ministry }).toMatchObject({ ambiguous: false, code, name, why, inForce: true })
    expect(candidates).toEqual([ministry])
  })

  test.each(
    (
      '산자부 산업부 기재부 환경부 노동부 중기부 과기정통부 복지부 국토부 해수부 농식품부 문체부 행안부 식약처 공정위 금융위 ' +
      '개보위 권익위 방통위 재경부 기획처 기후부'
    ).split(' '),
  )('%s means one body on any day', async name => {
    for (const on of ['2023-06-21', '2026-11-22']) expect((await resolve(name, on)).ambiguous).toBe(false)
  })

  test('a body that has ended is told with its last name and those that came after it', async () => {
    expect((await resolve('기재부', '2026-01-05')).ministry).toMatchObject({
      ...{ code: 'A00007', name: '기획재정부', inForce: false, why: 'former-short-name' },
      successors: [{ code: 'A00041' }, { code: 'A00040' }],
    })
  })

  test('a name that nobody has is not found, and the nearest are named', async () => {
    const missing = await get('/resolve?name=산업통상뷰', 404)
    expect(missing.detail).toContain('산업통상부')
    expect(missing.errors).toMatchObject([{ parameter: 'name', suggestion: '산업통상부' }])
    const korean = await call({
      url: encodeURI('/v1/ministries/resolve?name=듣도보도못한곳'),
      headers: { 'accept-language': 'ko' },
    })
    expect([korean.statusCode, korean.json().detail]).toEqual([
      404,
      '"듣도보도못한곳"(이)라는 기관은 없습니다',
    ])
  })

  test('a name is needed', async () => {
    expect((await get('/resolve', 400)).errors).toMatchObject([{ parameter: 'name' }])
  })
})

test('who has an answer already gets 304', async () => {
  for (const path of ['', '/A00015', '/resolve?name=산자부']) {
    const url = encodeURI(`/v1/ministries${path}`)
    const { headers } = await call(url)
    const again = await call({ url, headers: { 'if-none-match': String(headers.etag) } })
    expect(again.statusCode).toBe(304)
  }
})

test('nobody is a namesake of another, and no name is in force beside another of its body', async () => {
  const sql = await readFile('prisma/migrations/20261122140000_create_ministries/migration.sql', 'utf8')
  const codes = [...new Set(sql.match(/\b[ABC]\d{5}\b/g))]
  expect(codes).toHaveLength(55)
  for (const code of codes) {
    const { names } = await get(`/${code}`)
    for (const [i, name] of names.slice(1).entries()) expect(names[i].to < name.from).toBe(true)
  }
})
