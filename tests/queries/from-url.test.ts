import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseBoardPage } from '../../src/imports/board-page.ts'
import { importBoardPage } from '../../src/imports/store.ts'
import { queryOfWords } from '../../src/queries/words.ts'
import { MAX_TERMS, parseQuery, type QueryNode } from '../../src/search/grammar.ts'
import { addDays } from '../../src/time/seoul.ts'
import { testApp } from '../support/app.ts'
import { encodeCp949 } from '../support/cp949.ts'

const { call, db } = await testApp()
await importBoardPage(
  db,
  parseBoardPage(await readFile('tests/imports/board-page.txt', 'utf8')),
  new Date('2026-01-24T00:00:00Z'),
)

const LIST = 'https://www.korea.kr/briefing/pressReleaseList.do'
const ask = (url: string, headers = {}) =>
  call({ method: 'POST', url: '/v1/queries/from-url', headers, payload: { url } })
const understood = async (query: string) => (await ask(`${LIST}?${query}`)).json()
/** What was not taken over of the parameters. */
const leftOf = async (query: string): Promise<[string, string, string][]> =>
  (await understood(query)).notTaken
    .filter(({ part }: { part: string }) => part === 'parameter')
    .map(({ name, value, why }: Record<string, string>) => [name, value, why])

test('the address of a board’s article, with the context that its reader had, is that context here and finds the article', async () => {
  const { query, link, article, notTaken } = (
    await ask(
      'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172&pageIndex=8&repCodeType=%EC%A0%95%EB%B6%80%EB%B6%80%EC%B2%98&repCode=A00007,A00002,A00033,A00014,A00031,A00009,A00008,A00015,A00012,A00019,A00001,A00013,A00023,A00032&startDate=2023-06-19&endDate=2023-06-25&srchWord=&period=direct',
    )
  ).json()
  expect(query).toEqual({
    from: '2023-06-19',
    to: '2023-06-25',
    ministry:
      'A00007 A00002 A00033 A00014 A00031 A00009 A00008 A00015 A00012 A00019 A00001 A00013 A00023 A00032'.split(
        ' ',
      ),
  })
  expect(notTaken).toMatchObject([
    { name: 'repCodeType', value: '정부부처' },
    { name: 'pageIndex', value: '8', why: 'the list here has 1 page at the moment' },
  ])
  const { items } = (await call(link)).json()
  expect(items).toMatchObject([{ source: { name: 'korea.kr', externalId: '156576172' } }])
  expect((await call(article.link)).json().id).toBe(items[0].id)
})

describe('what a search at korea.kr says', () => {
  test.each([
    ['startDate=20230619&endDate=2023.6.25', { from: '2023-06-19', to: '2023-06-25' }],
    ['startDate=2023-06-19&endDate=2023-06-25&period=direct', { from: '2023-06-19', to: '2023-06-25' }],
    ['period=today', { period: 'today' }],
    ['period=week', { period: '1w' }],
    ['period=1month', { period: '1m' }],
    ['period=3month', { period: '3m' }],
    ['period=6month', { period: '6m' }],
    ['period=year', { period: '1y' }],
    ['repCode=A00015,a00019&repCode=A00015', { ministry: ['A00015', 'A00019'] }],
    ['srchWord=%EC%88%9C%ED%99%98+%EA%B2%BD%EC%A0%9C', { q: '순환 경제' }],
    ['srchWord=순환경제&pageIndex=1', { q: '순환경제', page: 1 }],
    ['SRCHWORD=x&STARTDATE=2023-06-19', { q: 'x', from: '2023-06-19' }],
    ['', {}],
    ['srchWord=&startDate=&endDate=&repCode=&period=&pageIndex=', {}],
  ])('is said here: %s', async (query, expected) => {
    const answer = await understood(query)
    expect(answer.query).toEqual(expected)
    expect(answer.article).toBeNull()
    expect(answer.notTaken.map(({ part }: { part: string }) => part)).toEqual(['path'])
    expect((await call(answer.link)).statusCode).toBe(200)
  })

  test('also in CP949, as old pages send it', async () => {
    const { bytes } = encodeCp949('순환경제 똠방')
    const word = [...bytes].map(byte => `%${byte.toString(16)}`).join('')
    expect((await understood(`srchWord=${word}`)).query).toEqual({ q: '순환경제 똠방' })
    expect(await leftOf('srchWord=%FF%FE')).toEqual([['srchWord', '', 'is neither UTF-8 nor CP949']])
  })

  test('and what cannot be taken over is told with its reason', async () => {
    expect(
      await leftOf(
        'foo=bar&repCode=Z99999,A00015&period=fortnight&startDate=2023-02-30&pageIndex=0&call_from=openData&newsId=x&__proto__=1&constructor=',
      ),
    ).toEqual([
      ['foo', 'bar', 'is not known here'],
      ['call_from', 'openData', 'only tells where the reader came from'],
      ['__proto__', '1', 'is not known here'],
      ['constructor', '', 'is not known here'],
      ['startDate', '2023-02-30', 'is no day'],
      ['period', 'fortnight', 'is no period that is known here'],
      ['repCode', 'Z99999', 'no ministry has this code here'],
      ['pageIndex', '0', 'is not a page number'],
      ['newsId', 'x', 'is no number'],
    ])
    for (const [typed, q] of [
      ['5%4', '5%4'],
      ['%4', '%4'],
      ['5%zz', '5%zz'],
      ['%4g', '%4g'],
    ])
      expect((await understood(`srchWord=${typed}`)).query).toEqual({ q })
    expect(await leftOf('startDate=2023-06-25&endDate=2023-06-19&startDate=2023-06-20')).toEqual([
      ['startDate', '2023-06-20', 'is given twice'],
      ['startDate', '2023-06-25', 'startDate lies after endDate'],
      ['endDate', '2023-06-19', 'startDate lies after endDate'],
    ])
    expect(await leftOf('startDate=2023-06-19&period=week')).toEqual([
      ['period', 'week', 'the days are given themselves'],
    ])
    expect((await ask(`${LIST}#top`, { 'accept-language': 'ko' })).json().notTaken).toEqual([
      {
        part: 'path',
        name: null,
        value: '/briefing/pressReleaseList.do',
        why: expect.stringContaining('kind'),
      },
      { part: 'fragment', name: null, value: '#top', why: '화면의 위치일 뿐입니다' },
    ])
  })

  test('more ministries than a list takes are told', async () => {
    const { rows } = await db.pool.query<{ code: string }>('SELECT code FROM ministries ORDER BY code')
    const codes = rows.map(({ code }) => code)
    const { query, link, notTaken } = await understood(`repCode=${codes.join(',')}`)
    expect(query.ministry).toEqual(codes.slice(0, 50))
    expect(notTaken.flatMap(({ name, value }: Record<string, string>) => (name ? [value] : []))).toEqual(
      codes.slice(50),
    )
    expect((await call(link)).statusCode).toBe(200)
  })

  test('a page that is here is kept', async () => {
    expect((await understood('pageIndex=2')).query).toEqual({ page: 2 })
    expect((await call((await understood('pageIndex=2')).link)).json().items).toHaveLength(1)
    expect((await understood('pageIndex=3')).query).toEqual({})
  })
})

describe('nothing in the words is an operator', () => {
  test.each([
    ['"탄소 중립" 수소', '탄소 중립 수소', ['"']],
    ['수소 -원전', '수소 "-원전"', []],
    ['수소 OR 암모니아 AND x', '수소 "OR" 암모니아 "AND" x', []],
    ['(수소|암모니아)', '"(수소|암모니아)"', []],
    ['제목:수소 TITLE:x 재생*', '"제목:수소" "TITLE:x" "재생*"', []],
    ['a-b ㈜수소 · …', 'a-b ㈜수소', ['·', '…']],
    ['“', null, ['“']],
    ['수소 －전기', '수소 "－전기"', []],
    ['수소,전기 암모니아·원전', '수소,전기 암모니아·원전', []],
    ['수소,title:전기 가/제목:나', '"수소,title:전기" "가/제목:나"', []],
    ['가,OR,나', '"가,OR,나"', []],
    [
      '가,나,다,라,마,바,사,아 가,나,다,라,마,바,사,아 하',
      '가,나,다,라,마,바,사,아 가,나,다,라,마,바,사,아',
      ['하'],
    ],
  ])('%s', (text, q, left) => {
    expect(queryOfWords(text)).toMatchObject({ q, left: left.map(value => ({ value })) })
  })

  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      'OR',
      'AND',
      '－',
      ',',
      '·',
      '가,',
      '/나',
      '-',
      '(',
      ')',
      '|',
      '"',
      '제목:',
      'title:',
      '*',
      '순환',
      '경제*',
      '-원전',
      '\0',
    ),
  )
  const text = fc.array(word, { maxLength: 25 }).map(words => words.join(' '))
  const wordsOf = (node: QueryNode): string[] => {
    if (node.type === 'not' || node.type === 'or') throw new Error(`an operator: ${node.type}`)
    if (node.type === 'and') return node.of.flatMap(wordsOf)
    expect([node.prefix, node.title]).toEqual([false, false])
    return [node.text]
  }

  test('and each word stays, or is told', () => {
    fc.assert(
      fc.property(text, typed => {
        const { q, left } = queryOfWords(typed)
        const kept = q === null ? [] : wordsOf(parseQuery(q))
        const expected = typed.split(/[\s\u200b\p{Cc}"“”＂]+/u).filter(Boolean)
        const told = left.map(({ value }) => value)
        // Words that are listed without a space are words by themselves.
        const bare = (words: string[]) => words.join('').replaceAll(/[^\p{L}\p{N}]/gu, '')
        expect(bare(kept)).toBe(bare(expected.filter(one => !told.includes(one))))
        expect(kept.length).toBeLessThanOrEqual(MAX_TERMS)
      }),
    )
  })
})

test('any search at korea.kr becomes a query that says the same and can be asked', async () => {
  const day = fc.integer({ min: 0, max: 10_000 }).map(days => addDays('2005-01-01', days))
  const search = fc.record({
    words: fc.array(fc.constantFrom('순환', '경제', 'OR', '-원전', '(수소)', '제목:탄소', 'ESG', '“', '*')),
    days: fc.option(fc.tuple(day, day).map(pair => pair.sort())),
    codes: fc.uniqueArray(fc.constantFrom('A00001', 'A00007', 'A00015', 'C00005', 'Z00001')),
    period: fc.constantFrom('direct', 'today', 'week', 'month', '3month', '6month', 'year', 'other'),
    page: fc.integer({ min: 0, max: 40 }),
    extra: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(search, async ({ words, days, codes, period, page, extra }) => {
      const parameters = new URLSearchParams({
        ...Object.fromEntries(Object.entries(extra).map(([name, value]) => [`x${name}`, value])),
        srchWord: words.join(' '),
        ...(days && { startDate: days[0] ?? '', endDate: days[1] ?? '' }),
        ...{ repCode: codes.join(','), period, pageIndex: String(page) },
      })
      const { query, link, notTaken } = await understood(String(parameters))
      const told = new Set(notTaken.map(({ name, value }: Record<string, string>) => `${name}=${value}`))
      expect([query.from, query.to]).toEqual(days ?? [undefined, undefined])
      expect(query.ministry ?? []).toEqual(codes.filter(code => code !== 'Z00001'))
      for (const code of codes) expect(told.has(`repCode=${code}`)).toBe(code === 'Z00001')
      if (period !== 'direct' || !days) expect(told.has(`period=${period}`)).toBe(query.period === undefined)
      expect(told.has(`pageIndex=${page}`)).toBe(query.page !== page)
      for (const name of Object.keys(extra)) expect(told.has(`x${name}=${extra[name]}`)).toBe(true)
      for (const one of new Set(words))
        expect(told.has(`srchWord=${one}`) || query.q.replaceAll('"', '').split(' ').includes(one)).toBe(true)
      expect((await call(link)).statusCode).toBe(200)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test.each(['https://example.org/?srchWord=x', '순환경제', 'https://www.korea.kr.example.org/'])(
  'an address that is none of korea.kr is refused: %s',
  async url => {
    const response = await ask(url)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toMatchObject([{ pointer: '/url' }])
  },
)

test('only JSON is taken', async () => {
  const headers = { 'content-type': 'text/plain' }
  const response = await call({ method: 'POST', url: '/v1/queries/from-url', headers, payload: LIST })
  expect(response.statusCode).toBe(415)
})
