import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp()
const headers = await authorize('articles:write')
clock.at = new Date('2026-03-01T03:00:00Z')

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE'
const send = (method: Method, url: string, payload?: unknown, more: Record<string, string> = {}) =>
  call({
    method,
    url,
    headers: { ...headers, ...more },
    ...(payload !== undefined && { payload: payload as object }),
  })
const post = (article: unknown) => send('POST', '/v1/articles', article)
const create = async (changes: Parameters<typeof anArticle>[0] = {}) => {
  const response = await post(anArticle(changes))
  expect(response.statusCode).toBe(201)
  const { location, etag } = response.headers
  return { id: response.json().id as number, url: String(location), etag: String(etag) }
}
const changesOf = (articleId: number) => db.prisma.change.count({ where: { articleId } })

test.each([
  ['bodyText', '가'.repeat(299_993), '&'.repeat(60_000)],
  ['bodyHtml', `<p>${'가'.repeat(299_993)}</p>`, `<ol>${'<li>'.repeat(33_333)}</ol>`],
])('what is kept of %s can be written again, or is refused', async (field, fits, grows) => {
  const article = { status: 'draft', kind: 'other', title: 't' }
  const made = await post({ ...article, [field]: fits })
  expect(made.statusCode).toBe(201)
  const { bodyHtml, bodyText } = made.json()
  for (const body of [{ bodyHtml }, { bodyText }]) {
    const again = await send(
      'PUT',
      String(made.headers.location),
      { ...article, ...body },
      { 'if-match': '*' },
    )
    expect([again.statusCode, again.json().version]).toEqual([200, 1])
  }
  const refused = await post({ ...article, [field]: grows })
  expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([400, `/${field}`])
  expect(refused.json().detail).toMatch(
    /must have 300000 characters or fewer as the HTML that is kept, and has \d+$/,
  )
})

describe('a new article', () => {
  test('is answered with its address, its ETag and empty values for what was left out', async () => {
    const response = await post({ status: 'published', kind: 'other', title: '  제목  ' })
    expect(response.statusCode).toBe(201)
    const article = response.json()
    expect(response.headers).toMatchObject({
      location: `/v1/articles/${article.id}`,
      etag: expect.stringMatching(/^"1\./),
      'cache-control': 'no-store',
    })
    expect(article).toMatchObject({
      ...{ version: 1, title: '제목', bodyHtml: '', bodyText: '', subtitles: [], tags: [], attachments: [] },
      ...{ ministry: null, source: null, author: null, licence: null, postedOn: null, deletedAt: null },
      ...{ isNew: true, counts: { comments: 0, views: 0, likes: 0, dislikes: 0 } },
    })

    const read = await call(String(response.headers.location))
    expect(read.json()).toEqual(article)
    expect(read.headers.etag).toBe(response.headers.etag)
  })

  test('has its instants with Seoul’s offset, whatever offset they came with', async () => {
    const { url } = await create({
      publishedAt: '2026-01-19T20:00:00-05:00',
      sourceModifiedAt: '2026-01-20T15:00:00Z',
      postedOn: '2026-01-22',
    })
    expect((await call(url)).json()).toMatchObject({
      ...{ publishedAt: '2026-01-20T10:00:00+09:00', publishedOn: '2026-01-20', postedOn: '2026-01-22' },
      sourceModifiedAt: '2026-01-21T00:00:00+09:00',
      ...{ recordedAt: '2026-03-01T12:00:00+09:00', modifiedAt: '2026-03-01T12:00:00+09:00' },
    })
  })

  test('is released now where it says nothing else; a draft is not released', async () => {
    const publishedAt = async (status: string) =>
      (await post({ status, kind: 'other', title: '제목' })).json().publishedAt
    expect(await publishedAt('published')).toBe('2026-03-01T12:00:00+09:00')
    expect(await publishedAt('draft')).toBeNull()
  })

  test.each(['draft', 'hidden', 'scheduled'] as const)('with status %s is not public', async status => {
    const embargo = status === 'scheduled' && { embargoUntil: '2026-03-02T09:00:00+09:00' }
    const { url } = await create({ status, ...embargo })
    expect((await call(url)).statusCode).toBe(404)
    expect((await call({ url, headers })).json()).toMatchObject({ status })
  })
})

describe('what contradicts itself is refused where it stands', () => {
  const scheduled = { status: 'scheduled', publishedAt: undefined }
  test.each<[string, object, string, string?]>([
    ['a release in the future', { publishedAt: '2026-03-01T12:02:00+09:00' }, '/publishedAt'],
    ['an embargo without an end', scheduled, '/embargoUntil'],
    ['an embargo that is over', { ...scheduled, embargoUntil: '2026-03-01T03:00:00Z' }, '/embargoUntil'],
    [
      'a release in an embargo',
      { status: 'scheduled', embargoUntil: '2026-03-02T00:00:00Z' },
      '/publishedAt',
    ],
    ['two bodies', { bodyText: '글', bodyHtml: '<p>글</p>' }, '/bodyText'],
    ['a day that does not exist', { postedOn: '2026-02-30' }, '/postedOn'],
    ['an instant that does not exist', { publishedAt: '2026-02-28T24:00:00Z' }, '/publishedAt'],
    ['a year before Gongbo’s', { sourceModifiedAt: '1947-12-31T00:00:00Z' }, '/sourceModifiedAt'],
    ['a blank title', { title: ' \n' }, '/title'],
    ['a number for a text', { title: 7 }, '/title'],
    ['a kind that is none', { kind: 'press-relaese' }, '/kind', 'press-release'],
    ['an unknown field', { titel: '제목' }, '/titel', 'title'],
    ['a ministry’s unknown field', { ministry: { nmae: '산업부' } }, '/ministry/nmae', 'name'],
    ['a source’s unknown field', { source: { externalID: '1' } }, '/source/externalID', 'externalId'],
    [
      'an attachment’s unknown field',
      { attachments: [{ urll: 'https://a.kr' }] },
      '/attachments/0/urll',
      'url',
    ],
  ])('%s', async (_what, changes, pointer, ...[suggestion]) => {
    const before = await db.prisma.change.count()
    const response = await post({ ...anArticle(), ...changes })
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toContainEqual(
      expect.objectContaining({ pointer, ...(suggestion && { suggestion }) }),
    )
    expect(await db.prisma.change.count()).toBe(before)
  })
})

test('everything that is written is in NFC', async () => {
  const nfd = (text: string) => text.normalize('NFD')
  const response = await post({
    ...anArticle({ title: nfd('순환경제'), subtitles: [nfd('부제')], author: nfd('홍길동') }),
    bodyText: undefined,
    bodyHtml: `<p>${nfd('본문')} &#x1100;&#x1161;</p>`,
    tags: [nfd('태그')],
    ministry: { name: nfd('산업통상부') },
    attachments: [{ name: nfd('보도자료.hwpx'), url: 'https://a.kr/1' }],
    attribution: nfd('출처'),
    source: { name: 'korea.kr', externalId: nfd('가나') },
  })
  expect(response.statusCode).toBe(201)
  expect(response.body).toBe(response.body.normalize('NFC'))
  expect(response.json()).toMatchObject({ title: '순환경제', bodyText: '본문 가', author: '홍길동' })
  expect((await call('/v1/articles?ministry=산업통상부&tag=태그'.normalize('NFD'))).json().total).toBe(1)
})

describe('a replacement', () => {
  test('leaves nothing of what it does not name', async () => {
    const { url, etag } = await create({
      author: '홍길동',
      tags: ['ESG'],
      subtitles: ['부제'],
      ministry: { name: '산업통상부' },
    })
    const response = await send(
      'PUT',
      url,
      { status: 'published', kind: 'other', title: '새 제목' },
      { 'if-match': etag },
    )
    expect(response.statusCode).toBe(200)
    expect(response.headers.etag).toMatch(/^"2\./)
    expect(response.json()).toMatchObject({
      ...{
        version: 2,
        title: '새 제목',
        bodyText: '',
        author: null,
        tags: [],
        subtitles: [],
        ministry: null,
      },
      // The day of release is no field to be lost by a slip.
      publishedAt: '2026-01-20T10:00:00+09:00',
    })
    expect((await call(url)).json()).toEqual(response.json())
  })

  test('needs the ETag that was last read; a weak or a stale one never matches', async () => {
    const { url, etag } = await create()
    const put = (more: Record<string, string>) => send('PUT', url, anArticle(), more)
    expect((await put({})).statusCode).toBe(428)
    for (const stale of [`W/${etag}`, '"2.x"', '"11"', '1', 'nonsense'])
      expect((await put({ 'if-match': stale })).statusCode).toBe(412)
    expect((await put({ 'if-match': `"7.x", ${etag}` })).statusCode).toBe(200)
    expect((await put({ 'if-match': etag })).statusCode).toBe(412)
    expect((await put({ 'if-match': '*' })).json().version).toBe(3)
    expect((await send('PUT', '/v1/articles/999999', anArticle(), { 'if-match': '*' })).statusCode).toBe(404)
  })

  test('by what is there already makes no new version and no entry in the log', async () => {
    const article = anArticle({
      ...{ tags: ['ESG'], postedOn: '2026-01-21' },
      attachments: [{ name: 'a', url: 'https://a.kr/a', size: -0 }],
      ...{ ministry: { name: '산업통상부' }, source: { name: 'korea.kr', externalId: 'same' } },
    })
    const { id, url, etag } = await create(article)
    const raw = JSON.stringify(article).replace('"size":0', '"size":-0')
    const again = await send('PUT', url, raw, { 'if-match': etag, 'content-type': 'application/json' })
    expect(again.statusCode).toBe(200)
    expect(again.headers.etag).toBe(etag)
    expect(again.json().version).toBe(1)
    expect(await changesOf(id)).toBe(1)
  })
})

test('what is deleted is gone for readers, found by editors, and comes back as it was', async () => {
  const { id, url, etag } = await create()
  const before = (await call(url)).json()
  expect((await send('DELETE', url)).statusCode).toBe(428)
  expect((await send('DELETE', url, undefined, { 'if-match': '"9"' })).statusCode).toBe(412)
  const gone = await send('DELETE', url, undefined, { 'if-match': etag })
  expect(gone.statusCode).toBe(204)
  const deleted = String(gone.headers.etag)

  const ids = async (query: string) =>
    (await call({ url: `/v1/articles?${query}`, headers }))
      .json()
      .items.map((item: { id: number }) => item.id)
  expect((await call(url)).statusCode).toBe(410)
  expect((await call({ url, headers })).headers.etag).toBe(deleted)
  expect(await ids('status=deleted')).toEqual([id])
  expect(await ids('pageSize=100')).not.toContain(id)
  for (const method of ['PUT', 'DELETE'] as const)
    expect(
      (await send(method, url, method === 'PUT' ? anArticle() : undefined, { 'if-match': deleted }))
        .statusCode,
    ).toBe(410)

  const restore = (more: Record<string, string>) => send('POST', `${url}/restore`, undefined, more)
  expect((await restore({})).statusCode).toBe(428)
  expect((await restore({ 'if-match': etag })).statusCode).toBe(412)
  const restored = await restore({ 'if-match': deleted })
  expect(restored.statusCode).toBe(200)
  expect(restored.json()).toEqual({ ...before, version: 3 })
  expect((await call(url)).statusCode).toBe(200)
  expect(await ids('status=deleted')).toEqual([])
})

describe('only keys that may write do', () => {
  test.each<[Method, string]>([
    ['POST', '/v1/articles'],
    ['PUT', '/v1/articles/1'],
    ['PATCH', '/v1/articles/1'],
    ['DELETE', '/v1/articles/1'],
    ['POST', '/v1/articles/1/restore'],
    ['PUT', '/v1/articles/by-source/korea.kr/1'],
  ])('%s %s', async (method, url) => {
    const anonymous = await call({ method, url })
    expect(anonymous.statusCode).toBe(401)
    expect(anonymous.headers['www-authenticate']).toMatch(/^Bearer /)
    const reader = await call({ method, url, headers: await authorize('articles:read') })
    expect(reader.statusCode).toBe(403)
    expect(reader.headers['www-authenticate']).toContain('insufficient_scope')
  })
})

test('two editors with the same ETag: one wins, one gets 412', async () => {
  for (let round = 0; round < 20; round++) {
    const { id, url, etag } = await create()
    const edit = (title: string) => send('PUT', url, anArticle({ title }), { 'if-match': etag })
    const [a, b] = await Promise.all([edit('가'), edit('나')])
    expect([a.statusCode, b.statusCode].sort()).toEqual([200, 412])
    const winner = a.statusCode === 200 ? '가' : '나'
    expect((await call(url)).json()).toMatchObject({ title: winner, version: 2 })
    expect(await changesOf(id)).toBe(2)
  }
})
