import { beforeAll, describe, expect, test } from '@jest/globals'
import type { NewArticle } from '../../src/articles/schema.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp({ NEW_DAYS: 0 })
type Headers = Record<string, string>

const list = async (query = '', headers: Headers = {}) => {
  const response = await call({ url: `/v1/articles?${query}`, headers })
  expect([query, response.statusCode]).toEqual([query, 200])
  return response.json()
}
const titles = async (query: string, headers?: Headers): Promise<string[]> =>
  (await list(query, headers)).items.map((item: { title: string }) => item.title)
const refusal = async (query: string, headers: Headers = {}) => {
  const response = await call({ url: `/v1/articles?${query}`, headers })
  expect([query, response.statusCode]).toEqual([query, 400])
  return response.json()
}
const links = (header: unknown): Record<string, string> =>
  Object.fromEntries(
    [...String(header).matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, url, rel]) => [rel, url]),
  )

const january = (day: number) => `2026-01-0${day}T09:00:00+09:00`
const industry = { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' }
const environment = { name: '기후에너지환경부', publishedName: '환경부' }
/** Seven public articles, 가 the oldest; 나 and 다 at the same instant; and one of each that is not public. */
const ARTICLES: Partial<NewArticle>[] = [
  { title: '가', publishedAt: january(1), ministry: industry, tags: ['순환경제', 'ESG'], author: '홍길동' },
  { title: '나', publishedAt: january(2), ministry: industry, kind: 'explanation' },
  { title: '다', publishedAt: january(2), ministry: environment, tags: ['ESG'], author: '성춘향' },
  { title: '라', publishedAt: january(3), ministry: environment, kind: 'policy-news' },
  { title: '마', publishedAt: january(4), source: { name: 'korea.kr', externalId: '1' } },
  { title: '바', publishedAt: january(5), source: { name: 'example.org', externalId: '1' }, tags: ['또?&+'] },
  { title: '사', publishedAt: january(6), author: '홍길동' },
  { title: '초안', status: 'draft' },
  { title: '숨김', status: 'hidden' },
  { title: '예약', status: 'scheduled', embargoUntil: '2999-01-01T00:00:00+09:00' },
  { title: '삭제' },
]
let reader: Headers

beforeAll(async () => {
  const rows = await insertArticles(db, ARTICLES.map(anArticle))
  const views = 'UPDATE article_counts SET source_views = $2 WHERE article_id = $1'
  for (const [i, row] of rows.entries())
    await db.pool.query(views, [row.id, i === 0 ? 90 : i === 6 ? 100 : 9])
  await db.pool.query('UPDATE articles SET deleted_at = now() WHERE id = $1', [rows.at(-1)?.id])
  reader = await authorize('articles:read')
})

describe('pages by number', () => {
  test('the total is exact and the running number is the total minus the position', async () => {
    const first = await list('pageSize=3')
    expect(first).toMatchObject({ total: 7, totalRelation: 'exact', page: 1, pages: 3, pageSize: 3 })
    const pages = [first, await list('pageSize=3&page=2'), await list('pageSize=3&page=3')]
    const rows = pages.flatMap(page => page.items.map((i: { title: string; number: number }) => i))
    expect(rows.map(row => row.title).join('')).toBe('사바마라다나가')
    expect(rows.map(row => row.number)).toEqual([7, 6, 5, 4, 3, 2, 1])
  })

  test('a page beyond the end is empty and keeps the total', async () => {
    expect(await list('pageSize=3&page=4')).toMatchObject({ items: [], total: 7, pages: 3, page: 4 })
    expect(await list('page=10000000&pageSize=100')).toMatchObject({ items: [], total: 7, nextCursor: null })
    expect(await list('author=nobody')).toMatchObject({ items: [], total: 0, pages: 0, nextCursor: null })
  })

  test('a number out of range is refused, not adjusted', async () => {
    for (const pageSize of ['101', '0', '1e999', ''])
      expect((await refusal(`pageSize=${pageSize}`)).errors).toMatchObject([{ parameter: 'pageSize' }])
    for (const page of ['0', '-1', '1.5', '1e999', '10000001', 'one', ''])
      expect((await refusal(`page=${page}`)).errors).toMatchObject([{ parameter: 'page' }])
  })

  test('Link leads forwards, backwards and to the start, with every other parameter kept', async () => {
    const query = `pageSize=1&author=${encodeURIComponent('홍길동')}&fields=title`
    const first = await call(`/v1/articles?${query}`)
    expect(Object.keys(links(first.headers.link))).toEqual(['first', 'next'])
    const second = await call(links(first.headers.link).next ?? '')
    expect(second.json()).toMatchObject({ page: 2, pageSize: 1, total: 2, items: [{ title: '가' }] })
    expect(Object.keys(links(second.headers.link))).toEqual(['first', 'prev'])
    for (const rel of ['first', 'prev'])
      expect((await call(links(second.headers.link)[rel] ?? '')).json().items).toEqual(first.json().items)
    const beyond = await call(`/v1/articles?${query}&page=9`)
    expect((await call(links(beyond.headers.link).prev ?? '')).json().items).toEqual([{ title: '가' }])
  })

  test('Link keeps a question mark, an ampersand and a plus in a value', async () => {
    for (const tag of [encodeURIComponent('또?&+'), '또?%26%2B']) {
      const { headers } = await call(`/v1/articles?pageSize=1&tag=${tag}`)
      expect((await call(links(headers.link).first ?? '')).json().items).toMatchObject([{ title: '바' }])
    }
  })
})

describe('filters', () => {
  test.each([
    ['ministry=A00015', '나가'],
    ['ministry=산업통상부', '나가'],
    ['ministry=산업통상자원부', '나가'],
    ['ministry=환경부&ministry=A00015', '라다나가'],
    ['ministry=환경부&ministry=환경부', '라다'],
    [`ministry=${'환경부'.normalize('NFD')}`, '라다'],
    ['kind=explanation', '나'],
    ['kind=explanation&kind=policy-news', '라나'],
    ['tag=ESG', '다가'],
    ['tag=ESG&tag=순환경제', '다가'],
    [`tag=${'순환경제'.normalize('NFD')}`, '가'],
    ['source=korea.kr', '마'],
    ['source=korea.kr&source=example.org', '바마'],
    ['author=홍길동', '사가'],
    ['author=홍길동&tag=ESG&ministry=산업통상부', '가'],
    ['status=published', '사바마라다나가'],
  ])('%s finds %j', async (query, found) => {
    const encoded = encodeURI(query)
    expect((await titles(encoded)).join('')).toBe(found)
    expect((await list(encoded)).total).toBe(found.length)
  })

  test('what is not public is never in an anonymous list', async () => {
    for (const sort of ['-publishedAt', 'publishedAt', '-views'])
      expect((await titles(`sort=${sort}`)).sort().join('')).toBe('가나다라마바사')
    for (const status of ['draft', 'scheduled', 'hidden', 'deleted', 'published&status=draft']) {
      const response = await call(`/v1/articles?status=${status}`)
      expect([status, response.statusCode]).toEqual([status, 401])
      expect(response.headers['www-authenticate']).toMatch(/^Bearer/)
    }
  })

  test('a key that may read sees every status, each when asked for', async () => {
    for (const [status, title] of [
      ['draft', '초안'],
      ['hidden', '숨김'],
      ['scheduled', '예약'],
      ['deleted', '삭제'],
    ])
      expect(await titles(`status=${status}`, reader)).toEqual([title])
    expect((await list('status=draft&status=deleted&status=published', reader)).total).toBe(9)
    expect((await list('', reader)).total).toBe(7)
  })

  test('a key is asked for what it allows: 403 where it lacks the scope, 401 where it is unknown', async () => {
    const payload = anArticle()
    const refused = await call({ method: 'POST', url: '/v1/articles', headers: reader, payload })
    expect(refused.statusCode).toBe(403)
    for (const authorization of ['Bearer nonsense', 'Basic YTpi'])
      expect((await call({ url: '/v1/articles', headers: { authorization } })).statusCode).toBe(401)
  })
})

describe('order', () => {
  test.each([
    ['-publishedAt', '사바마라다나가'],
    ['publishedAt', '가나다라마바사'],
    ['-views', '사가바마라다나'],
  ])('%s, and the id where that is equal', async (sort, order) => {
    expect((await titles(`sort=${sort}`)).join('')).toBe(order)
    const pages = [1, 2, 3, 4].map(page => titles(`sort=${sort}&pageSize=2&page=${page}`))
    expect((await Promise.all(pages)).flat().join('')).toBe(order)
    expect((await list(`sort=${sort}`)).sort).toBe(sort)
  })
})

describe('fields', () => {
  test('commas and repetition mean the same, and nothing else is answered', async () => {
    const commas = await list('fields=title,number,counts&pageSize=1')
    expect(commas.items).toEqual([
      { title: '사', number: 7, counts: expect.objectContaining({ views: 100 }) },
    ])
    expect(commas.fields).toEqual(['title', 'number', 'counts'])
    expect(await list('fields=title&fields=number,counts&pageSize=1')).toMatchObject({ items: commas.items })
  })

  test('bodies come only when asked for', async () => {
    const [item] = (await list('pageSize=1')).items
    expect(Object.keys(item)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^body/)]))
    expect((await list('pageSize=1&fields=bodyText')).items[0].bodyText).toBe(
      '첫 문단입니다.\n\n둘째 문단입니다.',
    )
    expect((await list('pageSize=1&fields=bodyHtml')).items[0].bodyHtml).toContain('<p>')
  })

  test('an unknown field is refused with what was meant', async () =>
    expect((await refusal('fields=id,titel')).errors).toMatchObject([
      { parameter: 'fields', suggestion: 'title' },
    ]))
})

describe('what is not understood is refused', () => {
  test.each([
    ['form=2026-01-01', 'form', 'from'],
    ['Page=1', 'Page', 'page'],
    ['ministy=환경부', 'ministy', 'ministry'],
    ['kind=press-relase', 'kind', 'press-release'],
    ['status=publishd', 'status', 'published'],
    ['zzzzzzzzzzzz=1', 'zzzzzzzzzzzz', undefined],
    ['__proto__=1', '__proto__', undefined],
    ['from=2026-01-01&from=2026-01-02', 'from', undefined],
    ['page=1&page=1', 'page', undefined],
    ['tag=', 'tag', undefined],
    ['tag=%00', 'tag', undefined],
    ['tag=a%00b&tag=c', 'tag', undefined],
    ['tag=100%', 'tag', undefined],
  ])('%s', async (query, parameter, suggestion) => {
    const { errors } = await refusal(encodeURI(query).replaceAll('%25', '%'))
    expect(errors).toHaveLength(1)
    expect(errors[0].parameter).toBe(parameter)
    expect(errors[0].suggestion).toBe(suggestion)
  })

  test('text in CP949 is named as such, wherever in the query it stands', async () => {
    for (const query of ['ministry=%C8%AF%B0%E6%BA%CE', 'tag=a?&ministry=%C8%AF%B0%E6%BA%CE']) {
      const { errors, detail } = await refusal(query)
      expect(errors).toMatchObject([{ parameter: 'ministry' }])
      expect(detail).toMatch(/환경부.*CP949/)
    }
  })

  test('in Korean for those who prefer it', async () => {
    const korean = await refusal('form=1', { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.8' })
    expect(korean.title).toBe('요청 매개변수가 올바르지 않습니다')
    expect(korean.errors[0].detail).toBe('알 수 없는 매개변수입니다. 혹시 "from"입니까?')
    expect((await refusal('form=1', { 'accept-language': 'en, ko;q=0.5' })).title).toMatch(/^A parameter/)
  })
})

describe('caches', () => {
  test('HEAD says what GET says, without the body', async () => {
    clock.at = new Date()
    const [head, whole] = [await call({ method: 'HEAD', url: '/v1/articles' }), await call('/v1/articles')]
    expect([head.statusCode, head.body]).toEqual([200, ''])
    for (const name of ['etag', 'link', 'content-type', 'content-length', 'vary', 'cache-control'])
      expect(head.headers[name]).toBe(whole.headers[name])
  })

  test('a list that has not changed is not sent again, also a minute later', async () => {
    for (const query of ['', 'pageSize=3', 'pageSize=3&page=2', 'sort=-views&pageSize=2', 'period=7d']) {
      const url = `/v1/articles?${query}`
      clock.at = new Date('2026-01-07T03:00:00Z')
      const { etag } = (await call(url)).headers
      clock.at = new Date('2026-01-07T03:01:00Z')
      const again = await call({ url, headers: { 'if-none-match': String(etag) } })
      expect([query, again.statusCode, again.body]).toEqual([query, 304, ''])
      expect(again.headers.etag).toBe(etag)
    }
  })
})
