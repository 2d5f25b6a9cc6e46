import { beforeAll, describe, expect, test } from '@jest/globals'
import type { ArticleRow } from '../../src/articles/row.ts'
import type { NewArticle } from '../../src/articles/schema.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, authorize } = await testApp()
type Headers = Record<string, string>

const read = (id: number | string, headers: Headers = {}) => call({ url: `/v1/articles/${id}`, headers })
const etagOf = async (id: number, headers?: Headers) => String((await read(id, headers)).headers.etag)
const patch = (id: number, payload: object, ifMatch = '*') =>
  call({
    method: 'PATCH',
    url: `/v1/articles/${id}`,
    headers: { ...writer, 'if-match': ifMatch, 'content-type': 'application/merge-patch+json' },
    payload: JSON.stringify(payload),
  })
const remove = (id: number) =>
  db.pool.query('UPDATE articles SET deleted_at = now(), version = version + 1 WHERE id = $1', [id])

const full: NewArticle = {
  status: 'published',
  kind: 'press-release',
  title: '순환경제 신사업 설명회',
  subtitles: ['부제 하나', '부제 둘'],
  bodyHtml: '<p>첫 <strong>문단</strong></p><script>alert(1)</script>',
  ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' },
  author: '한국생산성본부',
  publishedAt: '2023-06-21T09:30:00+09:00',
  source: { name: 'korea.kr', externalId: '1565/76 172', url: 'https://www.korea.kr/1' },
  licence: 'kogl-1',
  tags: ['순환경제'],
  attachments: [{ name: '보도자료.hwpx', url: 'https://example.org/1.hwpx' }],
}
/** 하나 and 둘 at the same instant, with a hidden and a deleted one between them and 셋. */
const AT = '2025-01-01T09:00:00+09:00'
const LATER = '2025-01-02T09:00:00+09:00'
const CHAIN = [
  anArticle({ title: '하나', publishedAt: AT }),
  anArticle({ title: '둘', publishedAt: AT }),
  anArticle({ title: '숨김', publishedAt: AT, status: 'hidden' }),
  anArticle({ title: '삭제', publishedAt: AT }),
  anArticle({ title: '셋', publishedAt: LATER }),
]
const bare = { status: 'draft', kind: 'other', title: '최소' } as const

const rows = await insertArticles(db, [full, ...CHAIN, bare, anArticle({ title: '지울 글' })])
const [article, one, two, hidden, deleted, three, draft, doomed] = rows as [
  ArticleRow,
  ArticleRow,
  ArticleRow,
  ArticleRow,
  ArticleRow,
  ArticleRow,
  ArticleRow,
  ArticleRow,
]
const writer = await authorize('articles:write')
const reader = await authorize('articles:read')
beforeAll(async () => {
  await remove(deleted.id)
  await remove(doomed.id)
})

describe('one article', () => {
  test('is answered the same whether it is asked for alone or at the same time as others', async () => {
    const ids = [article.id, one.id, two.id, three.id, hidden.id, deleted.id, 2_000_000_000]
    const answers: Awaited<ReturnType<typeof read>>[] = []
    for (const id of ids) answers.push(await read(id))
    const often = Array.from({ length: 6 }, () => ids).flat()
    const together = await Promise.all(often.map(id => read(id)))
    for (const [i, { statusCode, body, headers }] of together.entries()) {
      const alone = answers[i % ids.length] as (typeof answers)[number]
      expect([statusCode, headers.etag]).toEqual([alone.statusCode, alone.headers.etag])
      if (statusCode === 200) expect(body).toBe(alone.body)
    }
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 404, 410, 404])
  })

  test('is read by its id and by the identity at its source, with the same answer', async () => {
    const byId = await read(article.id)
    expect(byId.json()).toMatchObject({
      id: article.id,
      version: 1,
      title: '순환경제 신사업 설명회',
      bodyHtml: '<p>첫 <strong>문단</strong></p>',
      bodyText: '첫 문단',
      ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' },
      publishedAt: '2023-06-21T09:30:00+09:00',
      publishedOn: '2023-06-21',
      attachments: [
        { name: '보도자료.hwpx', url: 'https://example.org/1.hwpx', mediaType: null, size: null },
      ],
    })
    const bySource = await call(`/v1/articles/by-source/korea.kr/${encodeURIComponent('1565/76 172')}`)
    expect([bySource.body, bySource.headers.etag]).toEqual([byId.body, byId.headers.etag])
  })

  test('has null where nothing is known, never an empty text or a zero', async () => {
    const nulls = ['ministry', 'author', 'publishedAt', 'publishedOn', 'postedOn', 'source', 'licence']
    nulls.push('thumbnailUrl', 'attribution', 'embargoUntil', 'sourceModifiedAt', 'deletedAt')
    const body = (await read(draft.id, reader)).json()
    expect(body).toMatchObject(Object.fromEntries(nulls.map(name => [name, null])))
    expect(body).toMatchObject({ bodyHtml: '', bodyText: '', subtitles: [], tags: [], attachments: [] })
    const { items } = (await call({ url: '/v1/articles?status=draft', headers: reader })).json()
    expect(items[0]).toMatchObject(Object.fromEntries(nulls.slice(0, 8).map(name => [name, null])))
  })

  test.each(['0', '-1', '2147483648', 'abc', '1.5', '1e99', '1e999', '%00'])(
    'an id that cannot be one is refused: %s',
    async id => {
      const response = await read(id)
      expect(response.statusCode).toBe(400)
      expect(response.json().errors).toMatchObject([{ parameter: 'id' }])
    },
  )

  test('one that is not there or not public is not found; one that was public and is deleted is gone', async () => {
    for (const id of [2_147_483_647, draft.id, hidden.id]) expect((await read(id)).statusCode).toBe(404)
    expect((await call('/v1/articles/by-source/korea.kr/none')).statusCode).toBe(404)
    expect((await read(doomed.id)).statusCode).toBe(410)
    expect((await read(doomed.id, { 'accept-language': 'ko' })).json().title).toBe('삭제된 글입니다')
  })

  test('whoever holds a key sees drafts, hidden and deleted ones, and no cache keeps them', async () => {
    for (const { id } of [draft, hidden, deleted]) {
      const response = await read(id, reader)
      expect(response.statusCode).toBe(200)
      expect(response.headers['cache-control']).toBe('private, no-cache')
    }
    expect((await read(deleted.id, reader)).json().deletedAt).toMatch(/\+09:00$/)
  })
})

describe('representations', () => {
  const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

  test.each([
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/json;charset=utf-8', 'application/json'],
    ['text/html; charset=UTF-8, application/json;q=0.5', 'text/html'],
    ['application/*, text/html;q=0.5', 'application/json'],
    [BROWSER, 'text/html'],
    ['text/*', 'text/html'],
    ['text/markdown', 'text/markdown'],
    ['text/plain', 'text/plain'],
    ['text/html;q=0.2, text/markdown;q=0.9, application/json;q=0.5', 'text/markdown'],
    ['text/html;q=0, */*', 'application/json'],
    ['application/json;q=0, */*;q=0.1', 'text/html'],
  ])('Accept: %s gets %s', async (accept, type) => {
    const { headers, body } = await read(article.id, { accept })
    expect(headers['content-type']).toBe(`${type}; charset=utf-8`)
    expect(String(headers.vary).split(/, */)).toContain('Accept')
    expect(body).toContain('순환경제 신사업 설명회')
  })

  test('each prints what the board’s page shows', async () => {
    for (const accept of ['text/html', 'text/markdown', 'text/plain']) {
      const { body, headers } = await read(article.id, { accept })
      for (const fact of ['산업통상부', '산업통상자원부', '한국생산성본부', '2023. 6. 21.', '보도자료.hwpx'])
        expect(body).toContain(fact)
      expect(body).not.toContain('alert(1)')
      if (accept === 'text/html') expect(headers['content-security-policy']).toMatch(/^default-src 'none'/)
    }
  })

  test.each(['image/png', 'application/xml', 'text/html;q=0'])('Accept: %s is not served', async accept => {
    const response = await read(article.id, { accept })
    expect(response.statusCode).toBe(406)
    expect(response.json().detail).toContain('text/markdown')
  })
})

describe('the ETag', () => {
  test('stays while nothing changes, and each representation has its own', async () => {
    expect(await etagOf(article.id)).toBe(await etagOf(article.id))
    const types = ['application/json', 'text/html', 'text/markdown', 'text/plain']
    const etags = await Promise.all(types.map(accept => etagOf(article.id, { accept })))
    expect(new Set(etags).size).toBe(4)
    for (const etag of etags) expect(etag).toMatch(/^"1\.[\w-]+"$/)
  })

  test('changes with every version', async () => {
    const before = await etagOf(one.id)
    const { headers } = await patch(one.id, { author: '새 글쓴이' }, before)
    expect(headers.etag).toBe(await etagOf(one.id))
    expect(headers.etag).toMatch(/^"2\./)
    expect((await patch(one.id, { author: '다시' }, before)).statusCode).toBe(412)
  })

  test('is not moved by counters', async () => {
    const before = await etagOf(article.id)
    const views = await call({ method: 'POST', url: `/v1/articles/${article.id}/views` })
    expect(views.json().counts.views).toBe(1)
    expect(await etagOf(article.id)).toBe(before)
    expect((await read(article.id)).json().counts.views).toBe(1)
  })

  test('moves with a neighbour that the article shows, and the old one still allows a write', async () => {
    const before = await etagOf(two.id)
    await patch(three.id, { title: '셋, 고침' })
    const after = await read(two.id, { 'if-none-match': before })
    expect(after.statusCode).toBe(200)
    expect(after.json().next.title).toBe('셋, 고침')
    expect(after.headers.etag).not.toBe(before)
    expect((await patch(two.id, { author: '둘째' }, before)).statusCode).toBe(200)
  })

  test.each([
    ['itself', (etag: string) => etag],
    ['one of several', (etag: string) => `"x", ${etag} , W/"y"`],
    ['its weak form', (etag: string) => `W/${etag}`],
    ['any', () => '*'],
  ])('spares whoever has it: If-None-Match with %s', async (_, header) => {
    for (const accept of ['application/json', 'text/html']) {
      const whole = await read(article.id, { accept })
      const fresh = await read(article.id, { accept, 'if-none-match': header(String(whole.headers.etag)) })
      expect([fresh.statusCode, fresh.body]).toEqual([304, ''])
      for (const name of ['etag', 'vary', 'cache-control'])
        expect(fresh.headers[name]).toBe(whole.headers[name])
    }
  })

  test('of another representation, or none at all, spares nobody', async () => {
    const html = await etagOf(article.id, { accept: 'text/html' })
    for (const tag of [html, '"1"', 'nonsense', ''])
      expect((await read(article.id, { 'if-none-match': tag })).statusCode).toBe(200)
  })
})

describe('the articles before and after', () => {
  const around = async (id: number, headers?: Headers) => {
    const { previous, next } = (await read(id, headers)).json()
    return [previous?.id ?? null, next?.id ?? null]
  }

  test('are those of the public list, by id where the instant is equal', async () => {
    expect(await around(article.id)).toEqual([null, one.id])
    expect(await around(one.id)).toEqual([article.id, two.id])
    expect(await around(two.id)).toEqual([one.id, three.id])
    expect(await around(three.id)).toEqual([two.id, null])
    const { items } = (await call('/v1/articles?sort=publishedAt&fields=id')).json()
    expect(items.map((item: { id: number }) => item.id)).toEqual([article.id, one.id, two.id, three.id])
  })

  test('are public ones, also for an article that is not', async () => {
    expect(await around(hidden.id, reader)).toEqual([two.id, three.id])
    expect(await around(deleted.id, reader)).toEqual([two.id, three.id])
    expect((await read(two.id)).json().previous).toEqual({
      id: one.id,
      title: '하나',
      publishedOn: '2025-01-01',
    })
  })
})
