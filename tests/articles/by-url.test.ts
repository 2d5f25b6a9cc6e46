import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ArticleRow } from '../../src/articles/row.ts'
import { readPasted } from '../../src/http/pasted.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, authorize } = await testApp()
const reader = await authorize('articles:read')

const at = (name: string, externalId: string, url: string | null, changes = {}) =>
  anArticle({ source: { name, externalId, url }, ...changes })
const PAGE = 'https://www.korea.kr/briefing/pressReleaseView.do'
const [release, copy, hidden, deleted, twinHidden, twin, copied] = (await insertArticles(db, [
  at('korea.kr', '156576172', `${PAGE}?newsId=156576172`),
  at('board.test', '7', 'https://Board.example.org/esg/view/?no=7&utm_source=mail#top'),
  at('korea.kr', '2', null, { status: 'hidden' }),
  at('korea.kr', '3', null),
  at('board.test', '8', 'https://board.example.org/twin', { status: 'hidden' }),
  at('board.test', '9', 'https://board.example.org/twin'),
  at('board.test', '10', `${PAGE}?newsId=10`),
])) as [ArticleRow, ArticleRow, ArticleRow, ArticleRow, ArticleRow, ArticleRow, ArticleRow]
await db.pool.query('UPDATE articles SET deleted_at = now() WHERE id = $1', [deleted.id])

const byUrl = (url: string, headers = {}) =>
  call({ url: `/v1/articles/by-url?url=${encodeURIComponent(url)}`, headers })
const idAt = async (url: string) => (await byUrl(url)).json().id

describe('an address of korea.kr, whatever stands around its newsId, leads to the article', () => {
  test.each([
    `${PAGE}?newsId=156576172`,
    `${PAGE}?newsId=156576172&pageIndex=8&repCodeType=%EC%A0%95%EB%B6%80%EB%B6%80%EC%B2%98&repCode=A00007,A00002&startDate=2023-06-19&endDate=2023-06-25&srchWord=&period=direct`,
    `${PAGE}?call_from=openData&NEWSID=156576172`,
    `${PAGE}?srchWord=%BC%F8%C8%AF&newsid=156576172`,
    `${PAGE}?srchWord=순환경제&newsId=156576172`,
    `${PAGE}?pageIndex=8&amp;newsId=156576172&amp;amp;period=direct`,
    `  <${PAGE}?newsId=156576172>\n`,
    `"${PAGE}?newsId=156576172"`,
    encodeURIComponent(`${PAGE}?pageIndex=1&newsId=156576172&srchWord=%EC%88%98`),
    'http://korea.kr/briefing/pressReleaseView.do;jsessionid=1?newsId=156576172#content',
    'www.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
    '//m.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
    'HTTPS://M.KOREA.KR/news/policyNewsView.do?newsId=156576172',
    'https://www.korea.kr/multi/visualNewsView.do?newsId=156576172',
    'https://www.korea.kr/briefing/actuallyView.do?newsId=156576172',
  ])('%s', async url => {
    const response = await byUrl(url)
    const { body, headers } = await call(`/v1/articles/${release.id}`)
    expect([response.statusCode, response.body, response.headers.etag]).toEqual([200, body, headers.etag])
    expect(response.headers['content-location']).toBe(`/v1/articles/${release.id}`)
  })

  test('in brackets as mails have it; what only looks like that is looked at as quickly', () => {
    for (const pasted of [`<${PAGE}?newsId=156576172>`, `< url: ${PAGE}?newsId=156576172 >`])
      expect(readPasted(pasted)?.searchParams.get('newsId')).toBe('156576172')
    for (const blank of [' ', '\t', '>']) expect(readPasted(`<${blank.repeat(4_000)}x`)).toBeNull()
  })

  test('with any parameters before and after it', () => {
    const context = fc.array(fc.tuple(fc.string(), fc.string()))
    const other = context.map(pairs => pairs.filter(([name]) => !/newsid$/i.test(name)))
    fc.assert(
      fc.property(other, other, (before, after) => {
        const query = [...before, ['newsId', '156576172'], ...after]
          .map(pair => pair.map(text => encodeURIComponent(text.toWellFormed())).join('='))
          .join('&')
        expect(readPasted(`m.korea.kr/x.do?${query}`)?.searchParams.get('newsId')).toBe('156576172')
      }),
    )
  })
})

test('an article of another source is found by the address of its page, but for what makes no other page of it', async () => {
  for (const url of [
    'https://board.example.org/esg/view/?no=7&utm_source=mail#top',
    'http://board.example.org/esg/view?no=7',
    'board.example.org/esg/view?gclid=1&no=7&utm_campaign=x',
    '“https://board.example.org/esg/view?no=7”',
    '‘board.example.org/esg/view?no=7’',
  ])
    expect(await idAt(url)).toBe(copy.id)
  for (const url of ['https://board.example.org/esg/view?no=70', 'https://board.example.org/ESG/view?no=7'])
    expect((await byUrl(url)).statusCode).toBe(404)
  expect(await idAt('https://board.example.org/twin/?fbclid')).toBe(twin.id)
  expect((await byUrl('https://board.example.org/twin', reader)).json().id).toBe(twin.id)
  expect(twinHidden.id).toBeLessThan(twin.id)
  expect(await idAt(`${PAGE}?pageIndex=3&newsId=10`)).toBe(copied.id)
})

test('the look-up of an address reads an index, not the table', async () => {
  const results = await db.pool.query(
    `SET LOCAL enable_seqscan = off;
     EXPLAIN SELECT id FROM articles WHERE source_url IS NOT NULL AND source <> 'korea.kr'
       AND hashtextextended(source_url_key(source_url), 0) = hashtextextended(source_url_key('https://a.kr/'), 0)
       AND source_url_key(source_url) = source_url_key('https://a.kr/') ORDER BY id LIMIT 1`,
  )
  expect(JSON.stringify(results)).toContain('articles_source_url')
})

test('it is answered like the article’s own address: by Accept, and 304 to who has it', async () => {
  const html = await byUrl(`${PAGE}?newsId=156576172`, { accept: 'text/html' })
  expect(html.headers['content-type']).toBe('text/html; charset=utf-8')
  const fresh = await byUrl(`${PAGE}?newsId=156576172`, {
    accept: 'text/html',
    'if-none-match': html.headers.etag,
  })
  expect(fresh.statusCode).toBe(304)
  expect(fresh.headers['content-location']).toBe(`/v1/articles/${release.id}`)
})

test('what is not public is as little found here as elsewhere; key holders see it', async () => {
  const unknown = await byUrl(`${PAGE}?newsId=999&pageIndex=2`)
  expect([unknown.statusCode, unknown.json().detail]).toEqual([404, 'There is no article korea.kr/999.'])
  expect((await byUrl(`${PAGE}?newsId=2`)).json()).toMatchObject({
    status: 404,
    detail: 'There is no article korea.kr/2.',
  })
  expect((await byUrl(`${PAGE}?newsId=2`, reader)).json().id).toBe(hidden.id)
  expect((await byUrl(`${PAGE}?newsId=3`)).statusCode).toBe(410)
})

describe('an address that says of no article is refused with what is missing', () => {
  test.each([
    ['https://www.korea.kr/briefing/pressReleaseList.do?pageIndex=8', 'has no newsId'],
    [`${PAGE}?newsId=`, 'has no newsId'],
    [`${PAGE}?newsId=12x`, 'has no newsId'],
    [`${PAGE}?srchWord=newsId%3D1`, 'has no newsId'],
    [`${PAGE}#newsId=1`, 'has no newsId'],
    ['156576172', 'must be an address of http or https'],
    ['ftp://www.korea.kr/x?newsId=1', 'must be an address of http or https'],
    ['순환경제', 'must be an address of http or https'],
    ['javascript:alert(1)', 'must be an address of http or https'],
  ])('%s', async (url, detail) => {
    const response = await byUrl(url)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toMatchObject([
      { parameter: 'url', detail: expect.stringContaining(detail) },
    ])
  })

  test('and so is one that is korea.kr’s by its looks only', async () => {
    for (const url of [
      'https://korea.kr.example.org/briefing/pressReleaseView.do?newsId=156576172',
      'https://www.korea.kr@example.org/briefing/pressReleaseView.do?newsId=156576172',
    ])
      expect((await byUrl(url)).statusCode).toBe(404)
  })
})

describe('an address that was pasted without percent-encoding', () => {
  const get = (query: string) => call(`/v1/articles/by-url?${query}`)

  test('is understood while it has no & of its own', async () => {
    expect((await get(`url=${PAGE}?newsId=156576172`)).json().id).toBe(release.id)
  })

  test.each([`newsId=156576172&pageIndex=8&srchWord=`, `pageIndex=8&newsId=156576172&srchWord=%BC%F8`])(
    'and was torn is refused, with the culprits and how to send it: %s',
    async query => {
      const torn = await get(`url=${PAGE}?${query}`)
      expect(torn.statusCode).toBe(400)
      const { detail, errors } = torn.json()
      const names = query.split('&').map(pair => pair.split('=')[0])
      expect(detail).toContain(`--data-urlencode 'url=…' does: its own & ended it before ${names[1]}`)
      expect(errors.map(({ parameter }: { parameter: string }) => parameter)).toEqual([
        'url',
        ...names.slice(1),
      ])
      expect((await call(errors[0].suggestion)).json().id).toBe(release.id)
    },
  )

  test('is not blamed for a parameter that nobody knows', async () => {
    for (const query of [
      `url=${encodeURIComponent(`${PAGE}?newsId=156576172`)}&fields=id`,
      `fields=id&url=${PAGE}?newsId=156576172`,
    ])
      expect((await get(query)).json().errors).toMatchObject([
        { parameter: 'fields', detail: expect.stringContaining('unknown parameter') },
      ])
    expect((await get('urll=x')).json().errors).toMatchObject([{ parameter: 'url' }, { suggestion: 'url' }])
  })
})
