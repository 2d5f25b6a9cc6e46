import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { childrenOf, parseXml, textOf } from '../support/xml.ts'

const { call, db, authorize } = await testApp({ PUBLIC_URL: 'https://api.example.go.kr' })
const key = await authorize('articles:write')

const [released] = await insertArticles(db, [
  anArticle({
    title: '고용노동부, “새해” 안전 점검 <시작> & 안내',
    subtitles: ['첫 부제', '둘째 부제'],
    bodyText: undefined as never,
    bodyHtml: '<p>본문 <strong>굵게</strong> &amp; 끝</p>',
    ministry: { name: '산업통상자원부', publishedName: '산업통상자원부' },
    publishedAt: '2023-06-21T00:00:00+09:00',
    source: {
      name: 'korea.kr',
      externalId: '156576172',
      url: 'https://www.korea.kr/view.do?a=1&newsId=156576172',
    },
    licence: 'kogl-1',
    attribution: '(산업통상자원부, 2023.06.21)',
    tags: ['순환경제', 'ESG'],
    attachments: [
      {
        name: '보도자료 1.hwpx',
        url: 'https://example.org/1.hwpx',
        mediaType: 'application/hwp+zip',
        size: 12,
      },
    ],
  }),
])

const feed = async (query = '', headers = {}) => {
  const response = await call({ url: `/v1/articles.atom${query}`, headers })
  expect([query, response.statusCode, response.headers['content-type']]).toEqual([
    ...[query, 200, 'application/atom+xml; charset=utf-8'],
  ])
  return parseXml(response.body)
}
const entriesOf = (root: ReturnType<typeof parseXml>) => childrenOf(root, 'entry')
const titlesOf = (root: ReturnType<typeof parseXml>) => entriesOf(root).map(entry => textOf(entry, 'title'))

describe('an entry', () => {
  test('has the article whole, with the ministry as published', async () => {
    const root = await feed('?source=korea.kr')
    const [entry] = entriesOf(root)
    if (!entry) throw new Error('no entry')
    expect(textOf(entry, 'title')).toBe('고용노동부, “새해” 안전 점검 <시작> & 안내')
    expect(textOf(entry, 'author', 'name')).toBe('산업통상자원부')
    expect(textOf(entry, 'published')).toBe('2023-06-21T00:00:00+09:00')
    expect(textOf(entry, 'updated')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\+09:00$/)
    expect(textOf(entry, 'summary')).toBe('첫 부제\n둘째 부제')
    expect(textOf(entry, 'content')).toBe('<p>본문 <strong>굵게</strong> &amp; 끝</p>')
    expect(textOf(entry, 'rights')).toBe('(산업통상자원부, 2023.06.21) 공공누리 제1유형 (출처표시)')
    expect(childrenOf(entry, 'content')[0]?.attributes).toEqual({ type: 'html' })
    expect(childrenOf(entry, 'category').map(({ attributes }) => attributes)).toEqual([
      { term: 'press-release', label: '보도자료' },
      ...[{ term: '순환경제' }, { term: 'ESG' }],
    ])
    expect(childrenOf(entry, 'link').map(({ attributes }) => attributes)).toEqual([
      { rel: 'alternate', href: 'https://www.korea.kr/view.do?a=1&newsId=156576172', type: 'text/html' },
      {
        rel: 'self',
        href: `https://api.example.go.kr/v1/articles/${released?.id}`,
        type: 'application/json',
      },
      { rel: 'license', href: 'https://www.kogl.or.kr/info/licenseType1.do' },
      {
        ...{ rel: 'enclosure', href: 'https://example.org/1.hwpx', title: '보도자료 1.hwpx' },
        ...{ type: 'application/hwp+zip', length: '12' },
      },
    ])
  })

  test('keeps its identity in every feed, wherever the API is reached', async () => {
    const identity = (root: ReturnType<typeof parseXml>) => textOf(entriesOf(root)[0] ?? root, 'id')
    const one = identity(await feed('?source=korea.kr'))
    expect(one).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(identity(await feed('?tag=ESG', { host: 'elsewhere.example' }))).toBe(one)
  })
})

describe('a feed', () => {
  test('takes any query of the list, and says what it is of', async () => {
    const root = await feed('?kind=press-release&from=2023-06-21&to=2023-06-21&ministry=산업통상부')
    expect(root.name).toBe('feed')
    expect(root.attributes).toMatchObject({ xmlns: 'http://www.w3.org/2005/Atom', 'xml:lang': 'ko' })
    expect(textOf(root, 'title')).toBe('공보 · 산업통상부 · 보도자료 · 2023-06-21~2023-06-21')
    expect(entriesOf(root)).toHaveLength(1)
    expect(textOf(root, 'updated')).toBe(textOf(entriesOf(root)[0] ?? root, 'updated'))
    expect(textOf(await feed('?q=안전'), 'title')).toBe('공보 · 안전')
    expect(textOf(await feed(), 'title')).toBe('공보 · 모든 글')
  })

  test('has whole addresses: where the API is said to be, else where the reader found it', async () => {
    const links = childrenOf(await feed('?tag=ESG'), 'link').map(({ attributes }) => attributes)
    expect(links).toEqual([
      {
        rel: 'self',
        href: 'https://api.example.go.kr/v1/articles.atom?tag=ESG',
        type: 'application/atom+xml',
      },
      { rel: 'alternate', href: 'https://api.example.go.kr/v1/articles?tag=ESG', type: 'application/json' },
      {
        ...{ rel: 'alternate', href: 'https://api.example.go.kr/v1/articles/feed.json?tag=ESG' },
        type: 'application/feed+json',
      },
      { rel: 'first', href: 'https://api.example.go.kr/v1/articles.atom?tag=ESG' },
    ])
  })

  test('has addresses that are addresses, whatever was typed', async () => {
    for (const { attributes } of childrenOf(await feed('?q="안전 점검"&tag=<b>'), 'link'))
      expect(attributes.href).toMatch(/^https:[\w/.?=&:%+*-]+$/)
  })

  test('is empty where nothing matches, and a feed all the same', async () => {
    const root = await feed('?tag=없는-태그')
    expect(entriesOf(root)).toEqual([])
    for (const name of ['id', 'title', 'updated', 'author']) expect(childrenOf(root, name)).toHaveLength(1)
  })

  test.each([
    ['?form=2026-01-01', 'form'],
    ['?fields=id', 'fields'],
    ['?highlight=true&q=안전', 'highlight'],
    ['?from=2026-02-30', 'from'],
    ['?cursor=none', 'cursor'],
    ['?ministry=없는부', 'ministry'],
  ])('%s is refused by name, as in the list', async (query, culprit) => {
    const response = await call(`/v1/articles.atom${query}`)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors[0].parameter).toBe(culprit)
  })

  test('does not look at Accept: many readers send a wrong one', async () => {
    await feed('', { accept: 'application/rss+xml' })
  })
})

describe('drafts', () => {
  test('are for keys, and say that they are', async () => {
    await insertArticles(db, [anArticle({ status: 'draft', title: '초안' })])
    expect((await call('/v1/articles.atom?status=draft')).statusCode).toBe(401)
    expect(titlesOf(await feed())).not.toContain('초안')
    expect(titlesOf(await feed('', key))).not.toContain('초안')
    const root = await feed('?status=draft', key)
    expect(titlesOf(root)).toEqual(['초안'])
    expect(textOf(entriesOf(root)[0] ?? root, 'app:control', 'app:draft')).toBe('yes')
    expect(childrenOf(entriesOf(root)[0] ?? root, 'published')).toEqual([])
  })
})
