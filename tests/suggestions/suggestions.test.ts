import { describe, expect, test } from '@jest/globals'
import { addUpAll } from '../../src/articles/store-index.ts'
import type { Suggestion } from '../../src/suggestions/schema.ts'
import { countTerms, listTitled } from '../../src/suggestions/store.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { db, call, authorize } = await testApp()

const at = (day: string) => `2026-01-${day}T10:00:00+09:00`
const articles = await insertArticles(db, [
  anArticle({ title: '탄소중립 이행 점검', bodyText: '탄소중립을 앞당긴다.', publishedAt: at('20') }),
  anArticle({ title: '탄소국경조정제도 설명회', bodyText: '탄소와 통상', publishedAt: at('21') }),
  anArticle({ title: '탄소중립 대회', bodyText: '저탄소 사회', publishedAt: at('22') }),
  anArticle({ title: '순환경제 규제특례 승인', bodyText: '규제를 푼다', publishedAt: at('23') }),
  anArticle({ title: 'ESG 경영 확산', bodyText: '규제특례와 ESG, K-푸드', publishedAt: at('24') }),
  anArticle({ title: '탄소발자국 초안', status: 'draft' }),
  anArticle({ title: '탄소세 비공개', status: 'hidden' }),
])
await addUpAll(db)

const suggest = async (q: string, limit = 10): Promise<Suggestion[]> => {
  const { statusCode, json } = await call({ url: '/v1/suggestions', query: { q, limit: String(limit) } })
  expect(statusCode).toBe(200)
  expect(json().query).toBe(q.normalize('NFC'))
  return json().items
}
const words = async (q: string, limit?: number) =>
  (await suggest(q, limit)).flatMap(({ type, text, match }) => (type === 'word' ? [`${text} ${match}`] : []))

describe('a word is completed', () => {
  test('by its beginning, the most frequent first, with the count of its articles', async () => {
    expect((await suggest('탄')).slice(0, 2)).toEqual([
      { type: 'word', text: '탄소', match: 'prefix', count: 3, articleId: null, publishedOn: null },
      { type: 'word', text: '탄소중립', match: 'prefix', count: 2, articleId: null, publishedOn: null },
    ])
  })

  test('whatever of its last syllable is typed', async () => {
    for (const typed of ['타', '탄', '탄ㅅ', '탄소ㅈ', '탄솢', '탄소주', '탄소중ㄹ', '탄소ㅈㄹ', '탄소중립'])
      expect([typed, await words(typed)]).toEqual([typed, expect.arrayContaining(['탄소중립 prefix'])])
  })

  test('by its initial consonants', async () => {
    for (const typed of ['ㅌ', 'ㅌㅅ', 'ㅌㅅㅈㄹ', 'ㅌㅅ ㅈㄹ'])
      expect([typed, await words(typed)]).toEqual([typed, expect.arrayContaining(['탄소중립 choseong'])])
  })

  test('with a hyphen or without', async () => {
    for (const typed of ['K-푸', 'k푸', 'K-', 'k-푸드'])
      expect(await words(typed)).toContain(`${typed.startsWith('K') ? 'K' : 'k'}푸드 prefix`)
    expect(await words('탄소-중')).toContain('탄소중립 prefix')
  })

  test('typed with the wrong keyboard layout, both ways', async () => {
    expect(await words('xksth')).toContain('탄소 keyboard')
    expect(await words('XKSTHW')).toContain('탄소중립 keyboard')
    expect(await words('xtwf')).toEqual(['탄소중립 keyboard'])
    expect(await words('ㄷㄴㅎ')).toContain('esg keyboard')
  })

  test('romanised, with capitals, hyphens and spaces', async () => {
    expect(await words('tanso')).toEqual(expect.arrayContaining(['탄소 romanised', '탄소중립 romanised']))
    for (const typed of ['Tanso-Jungnip', 'tanso jung', 'TANSOJUNGNIP'])
      expect([typed, await words(typed)]).toEqual([typed, ['탄소중립 romanised']])
  })

  test('in spite of typing errors where nothing else is found', async () => {
    expect(await words('탄소중닙')).toEqual(['탄소중립 spelling'])
    expect(await words('탼소')).toEqual(['탄소 spelling'])
    expect(await words('탄소국겅조정재도')).toEqual(['탄소국경조정제도 spelling'])
    expect((await words('탄소')).every(one => one.endsWith('prefix'))).toBe(true)
  })

  test('once, though it may be a stem and a morpheme', async () => {
    await db.pool.query(`INSERT INTO search_terms (term, df) VALUES ('탄소중립', 1) ON CONFLICT DO NOTHING`)
    await db.pool.query(
      `INSERT INTO search_words SELECT word, word, inside, choseong, roman, bigrams FROM search_words
       WHERE term = '=탄소중립' ON CONFLICT DO NOTHING`,
    )
    for (const typed of ['탄소중립', 'ㅌㅅㅈㄹ', 'tansojungnip'])
      expect((await suggest(typed)).filter(({ text }) => text === '탄소중립')).toMatchObject([{ count: 2 }])
    await db.pool.query(`DELETE FROM search_terms WHERE term = '탄소중립'`)
  })

  test('in the case that is typed', async () => {
    expect(await suggest(' 탄')).toEqual(await suggest('탄'))
    expect(await words('ES')).toContain('ESG prefix')
    expect(await words('es')).toContain('esg prefix')
  })
})

describe('of several words the last is completed', () => {
  test('and what stands before it is kept, without a count', async () => {
    expect(await suggest('순환경제 규제특')).toMatchObject([
      { text: '순환경제 규제특례', match: 'prefix', count: null },
      { type: 'article', text: '순환경제 규제특례 승인' },
    ])
    expect(await words('순환경제  ㄱㅈㅌ')).toEqual(['순환경제  규제특례 choseong'])
    expect(await words('ESG 규제특')).toEqual(['ESG 규제특례 prefix'])
    expect(await words('esg gyuje')).toContain('esg 규제특례 romanised')
  })

  test('and if all were typed with the wrong layout, all are turned', async () => {
    expect(await words('tnsghksrudwp rbwpxm')).toEqual(['순환경제 규제특례 keyboard'])
    expect(await words('esg rbwpxm')).toContain('esg 규제특례 keyboard')
  })

  test('by what stands together with those before, the most frequent first', async () => {
    expect((await words('탄')).slice(0, 2)).toEqual(['탄소 prefix', '탄소중립 prefix'])
    expect(await words('통상 탄')).toEqual(['통상 탄소 prefix', '통상 탄소국경조정제도 prefix'])
    expect((await words('이행 탄')).slice(0, 2)).toEqual(['이행 탄소 prefix', '이행 탄소중립 prefix'])
    expect(await suggest('순환경제 탄')).toEqual([])
    expect(await suggest('무엇인지모를 탄')).toEqual([])
    // What says nothing has no part in it.
    expect(await words('의 탄')).toContain('의 탄소 prefix')
  })

  test('also among operators: quotes and brackets are closed, exclusions stay', async () => {
    expect(await words('"순환경제 규제특')).toEqual(['"순환경제 규제특례" prefix'])
    expect(await words('(순환경제 OR 규제특')).toEqual(['(순환경제 OR 규제특례) prefix'])
    expect(await words('ESG -순환경')).toEqual(['ESG -순환경제 prefix'])
    expect(await words('ESG －순환경')).toEqual(['ESG －순환경제 prefix'])
    expect(await words('탄소,이')).toContain('탄소,이행 prefix')
    for (const none of ['순환경제 -규제특', '"규제특례 순환경', 'title:통상', '순환경제) 규제특'])
      expect([none, await words(none)]).toEqual([none, []])
    expect(await words('title:규제특')).toEqual(['title:규제특례 prefix'])
  })
})

describe('articles', () => {
  const titles = async (q: string, limit?: number) =>
    (await suggest(q, limit)).filter(({ type }) => type === 'article')

  test('with the best words in their titles follow, the newest first, three at most', async () => {
    expect(await titles('탄소')).toEqual(
      [articles[2], articles[1], articles[0]].map((row, i) => ({
        type: 'article',
        text: row?.title,
        match: 'prefix',
        count: null,
        articleId: row?.id,
        publishedOn: `2026-01-${22 - i}`,
      })),
    )
    expect((await titles('ㅌㅅㅈㄹ')).map(({ text, match }) => [text, match])).toEqual([
      ['탄소중립 대회', 'choseong'],
      ['탄소중립 이행 점검', 'choseong'],
    ])
  })

  test('must have all the words, and take no more than a third of the places', async () => {
    expect((await titles('탄소중립 이행')).map(({ text }) => text)).toEqual(['탄소중립 이행 점검'])
    expect(await suggest('탄소', 3)).toHaveLength(3)
    expect(await titles('탄소', 3)).toHaveLength(1)
    expect(await titles('탄소', 2)).toEqual([])
    expect(await titles('탄소 -대회')).toEqual([])
  })

  test('with frequent words are looked for among the newest only', async () => {
    const found = await listTitled(db.pool, `'^탄소'`, 1_000_000, 2)
    expect(found).toEqual(await listTitled(db.pool, `'^탄소'`, 1, 2))
    expect(found.map(({ id }) => id)).toEqual([articles[2]?.id, articles[1]?.id])
  })
})

test('nothing of drafts and hidden articles is suggested, nor of deleted ones', async () => {
  const of = async (q: string) => (await suggest(q)).map(({ text }) => text).join(' ')
  expect(await of('탄소발')).toBe('')
  expect(await of('탄소세')).toBe('')
  expect(await of('xksthqkf')).toBe('')
  expect(await of('tansobal')).toBe('')
  const [row] = await insertArticles(db, [anArticle({ title: '수소충전소 확대' })])
  await addUpAll(db)
  expect(await of('수소충')).toContain('수소충전소 확대')
  const key = await authorize('articles:write')
  const { headers } = await call({ url: `/v1/articles/${row?.id}`, headers: key })
  await call({
    method: 'DELETE',
    url: `/v1/articles/${row?.id}`,
    headers: { ...key, 'if-match': String(headers.etag) },
  })
  expect(await of('수소충')).not.toContain('확대')
  await addUpAll(db)
  for (const q of ['수소충', '숫ㅗ충전소', 'ㅅㅅㅊㅈㅅ', 'tnthcnd', 'susochung'])
    expect([q, await of(q)]).toEqual([q, ''])
  expect(await countTerms(db.pool, ['=수소충전소', '^탄소', '없다'])).toEqual(new Map([['^탄소', 3]]))
})

describe('over HTTP', () => {
  test('nothing to suggest is an empty list', async () => {
    for (const q of [
      '쀍쀍쀍',
      ' ',
      '-',
      '"',
      '()',
      '%',
      '\\',
      "'",
      '2050',
      '🙂',
      'ㅏ',
      '가'.repeat(100),
      'z z z',
    ])
      expect([q, await suggest(q)]).toEqual([q, []])
  })

  test('what is decomposed is put together', async () => {
    expect(await words('탄소중'.normalize('NFD'))).toContain('탄소중립 prefix')
  })

  test('an answer may be kept for a minute, and revalidated', async () => {
    const { headers } = await call('/v1/suggestions?q=%ED%83%84%EC%86%8C')
    expect(headers['cache-control']).toBe('public, max-age=60')
    const again = await call({
      url: '/v1/suggestions?q=%ED%83%84%EC%86%8C',
      headers: { 'if-none-match': String(headers.etag) },
    })
    expect([again.statusCode, again.body]).toEqual([304, ''])
    const key = await authorize('articles:read')
    const own = await call({ url: '/v1/suggestions?q=a', headers: key })
    expect(own.headers['cache-control']).toBe('private, max-age=60')
  })

  test('a query has 1 to 100 characters and a limit 1 to 20', async () => {
    for (const url of [
      '',
      '?q=',
      `?q=${'a'.repeat(101)}`,
      '?q=a&limit=0',
      '?q=a&limit=21',
      '?q=a&x=1',
      '?q=a%00',
    ])
      expect([url, (await call(`/v1/suggestions${url}`)).statusCode]).toEqual([url, 400])
    expect(await suggest('탄', 1)).toHaveLength(1)
  })
})
