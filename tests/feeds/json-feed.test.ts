import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { readAtom } from '../support/atom.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, authorize } = await testApp({ PUBLIC_URL: 'https://api.example.go.kr' })
const writer = await authorize('articles:write')
const { bodyText: _, ...whole } = anArticle({
  title: '새해 <안전> 점검',
  subtitles: ['첫 부제', '둘째 부제'],
  ministry: { name: '산업통상자원부', publishedName: '산업통상자원부' },
  publishedAt: '2023-06-21T00:00:00+09:00',
  source: { name: 'korea.kr', externalId: '156576172', url: 'https://www.korea.kr/view.do?newsId=156576172' },
  licence: 'kogl-1',
  attribution: '(산업통상자원부, 2023.06.21)',
  tags: ['순환경제'],
  thumbnailUrl: 'https://example.org/t.jpg',
  attachments: [
    { name: '보도자료.hwpx', url: 'https://example.org/1.hwpx', mediaType: 'application/hwp+zip', size: 12 },
    { name: '붙임.bin', url: 'https://example.org/2.bin' },
  ],
})
const [row] = await insertArticles(db, [
  { ...whole, bodyHtml: '<p>본문 <em>강조</em></p>' },
  anArticle({ tags: ['내릴 글'] }),
  anArticle({ tags: ['쪽'] }),
])

const feed = async (query = '', url = '/v1/articles/feed.json', headers = {}) => {
  const response = await call({ url: `${url}?${query}`, headers })
  expect([query, response.statusCode, response.headers['content-type']]).toEqual([
    ...[query, 200, 'application/feed+json; charset=utf-8'],
  ])
  return response.json()
}

describe('a JSON feed', () => {
  test('has the article whole, with what the format has no field for apart', async () => {
    const document = await feed('source=korea.kr')
    expect(document).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      title: '공보 · korea.kr',
      home_page_url: 'https://api.example.go.kr/v1/articles?source=korea.kr',
      feed_url: 'https://api.example.go.kr/v1/articles/feed.json?source=korea.kr',
      language: 'ko',
      authors: [{ name: '공보 (Gongbo)', url: 'https://api.example.go.kr' }],
    })
    const { id, date_modified, ...item } = document.items[0]
    expect(id).toMatch(/^urn:uuid:/)
    expect(date_modified).toMatch(/\+09:00$/)
    expect(item).toEqual({
      url: 'https://www.korea.kr/view.do?newsId=156576172',
      title: '새해 <안전> 점검',
      content_html: '<p>본문 <em>강조</em></p>',
      summary: '첫 부제\n둘째 부제',
      image: 'https://example.org/t.jpg',
      date_published: '2023-06-21T00:00:00+09:00',
      authors: [{ name: '산업통상자원부' }],
      tags: ['보도자료', '순환경제'],
      language: 'ko',
      attachments: [
        {
          ...{ url: 'https://example.org/1.hwpx', mime_type: 'application/hwp+zip' },
          ...{ title: '보도자료.hwpx', size_in_bytes: 12 },
        },
        { url: 'https://example.org/2.bin', mime_type: 'application/octet-stream', title: '붙임.bin' },
      ],
      _gongbo: {
        id: row?.id,
        kind: 'press-release',
        status: 'published',
        ministryCode: 'A00015',
        licence: 'kogl-1',
        attribution: '(산업통상자원부, 2023.06.21)',
      },
    })
  })

  test('says the same as the Atom feed: entries, identities, what is gone', async () => {
    const { items } = (await call('/v1/articles?tag=내릴 글')).json()
    await call({
      ...{ method: 'DELETE', url: `/v1/articles/${items[0].id}` },
      headers: { ...writer, 'if-match': '*' },
    })
    const atom = readAtom((await call('/v1/articles.atom')).body)
    const json = await feed()
    expect(json.items.map(({ id, title }: { id: string; title: string }) => ({ id, title }))).toEqual(
      atom.entries,
    )
    expect(json.items).toHaveLength(2)
    expect(json._gongbo.id).toBe(atom.id)
    const gone = json._gongbo.deleted.map(({ id, when }: { id: string; when: string }) => [id, when])
    expect(gone).toHaveLength(1)
    expect(Object.fromEntries(gone)).toEqual(atom.deleted)
  })

  test('is paged', async () => {
    const first = await feed('pageSize=1')
    expect(first._gongbo.previous_url).toBeUndefined()
    const next = await feed(new URL(first.next_url).search.slice(1))
    expect(next.next_url).toBeUndefined()
    expect(next._gongbo.first_url).toBe('https://api.example.go.kr/v1/articles/feed.json?pageSize=1')
    const back = await feed(new URL(next._gongbo.previous_url).search.slice(1))
    expect(back.items).toEqual(first.items)
    expect([next._gongbo.deleted, back._gongbo.deleted]).toEqual([[], []])
  })

  test('gets 304 as long as nothing changes', async () => {
    const url = '/v1/articles/feed.json?tag=쪽'
    const etag = String((await call(url)).headers.etag)
    expect((await call({ url, headers: { 'if-none-match': etag } })).statusCode).toBe(304)
    await insertArticles(db, [anArticle()])
    expect((await call({ url, headers: { 'if-none-match': etag } })).statusCode).toBe(200)
  })

  test.each(['fields=id', 'form=1'])('%s is refused by name', async query => {
    const response = await call(`/v1/articles/feed.json?${query}`)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors[0].parameter).toBe(query.split('=')[0])
  })

  test('that only a key may read is refused without one, and gone history is gone', async () => {
    for (const url of ['/v1/articles/feed.json', '/v1/articles.atom']) {
      expect((await call(`${url}?status=hidden`)).statusCode).toBe(401)
      await db.pool.query(`UPDATE change_horizon SET removed_at = '2026-01-01'`)
      expect((await call({ url: `${url}?asOf=2025-12-31`, headers: writer })).statusCode).toBe(410)
      await db.pool.query('UPDATE change_horizon SET removed_at = NULL')
    }
  })
})

describe('the list’s own address', () => {
  test('gives either feed by Accept, and both say where they are without it', async () => {
    const atom = await call({ url: '/v1/articles?tag=쪽', headers: { accept: 'application/atom+xml' } })
    expect(atom.headers['content-type']).toBe('application/atom+xml; charset=utf-8')
    expect(atom.headers.vary).toBe('Accept, Accept-Encoding, Authorization')
    const { links, entries } = readAtom(atom.body)
    expect(entries).toHaveLength(1)
    expect(links.self).toBe('https://api.example.go.kr/v1/articles.atom?tag=%EC%AA%BD')
    const json = await feed('tag=쪽', '/v1/articles', {
      accept: 'application/feed+json, application/json;q=0.5',
    })
    expect(json.items).toHaveLength(1)
    expect(json.feed_url).toBe('https://api.example.go.kr/v1/articles/feed.json?tag=%EC%AA%BD')
  })

  test.each([undefined, '*/*', 'text/html, */*;q=0.8', 'application/json, application/atom+xml;q=0.9'])(
    'gives JSON for Accept: %s',
    async accept => {
      const response = await call({ url: '/v1/articles', headers: accept ? { accept } : {} })
      expect(response.headers['content-type']).toBe('application/json; charset=utf-8')
    },
  )

  test.each(['fields=id', 'highlight=true&q=점검'])(
    'refuses %s of a feed, whose entries are whole',
    async query => {
      const response = await call({
        url: `/v1/articles?${query}`,
        headers: { accept: 'application/atom+xml' },
      })
      expect(response.statusCode).toBe(400)
      expect(response.json().errors[0].parameter).toBe(query.split('=')[0])
    },
  )

  test('has another validator for each form', async () => {
    const tags = await Promise.all(
      ['application/json', 'application/atom+xml', 'application/feed+json'].map(async accept =>
        String((await call({ url: '/v1/articles', headers: { accept } })).headers.etag),
      ),
    )
    expect(new Set(tags).size).toBe(3)
  })
})
