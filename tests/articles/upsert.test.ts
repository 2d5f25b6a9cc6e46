import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, db, authorize } = await testApp()
const headers = await authorize('articles:write')

const put = (url: string, payload: object, more: Record<string, string> = {}) =>
  call({ method: 'PUT', url, headers: { ...headers, ...more }, payload })
const post = (payload: object) => call({ method: 'POST', url: '/v1/articles', headers, payload })
const at = (externalId: string) => `/v1/articles/by-source/korea.kr/${encodeURIComponent(externalId)}`
const changesOf = (articleId: number) => db.prisma.change.count({ where: { articleId } })

describe('a loader’s upsert', () => {
  test('creates, then changes nothing when done again, then replaces', async () => {
    const article = anArticle({ tags: ['ESG'], author: '홍길동' })
    const created = await put(at('1'), article)
    expect(created.statusCode).toBe(201)
    const { id } = created.json()
    expect(created.headers.location).toBe(`/v1/articles/${id}`)
    expect(created.json().source).toEqual({ name: 'korea.kr', externalId: '1', url: null })

    const again = await put(at('1'), article)
    expect(again.statusCode).toBe(200)
    expect(again.headers.location).toBeUndefined()
    expect(again.headers.etag).toBe(created.headers.etag)
    expect(again.json()).toEqual(created.json())
    expect(await changesOf(id)).toBe(1)

    const replaced = await put(at('1'), { ...article, title: '고친 제목', author: null })
    expect(replaced.statusCode).toBe(200)
    expect(replaced.json()).toMatchObject({ id, version: 2, title: '고친 제목', author: null })
    expect((await call(at('1'))).json()).toEqual(replaced.json())
    expect(await changesOf(id)).toBe(2)
  })

  test('may be conditional: only create, or only replace what was read', async () => {
    expect((await put(at('2'), anArticle(), { 'if-match': '*' })).statusCode).toBe(412)
    const created = await put(at('2'), anArticle(), { 'if-none-match': '*' })
    expect(created.statusCode).toBe(201)
    const etag = String(created.headers.etag)
    expect((await put(at('2'), anArticle(), { 'if-none-match': '*' })).statusCode).toBe(412)
    expect((await put(at('2'), anArticle(), { 'if-match': etag })).statusCode).toBe(200)
    expect((await put(at('2'), anArticle(), { 'if-match': etag })).statusCode).toBe(412)
    expect((await call(at('2'))).json().version).toBe(2)
  })

  test('takes a source in the body that agrees with the path, for its address, and no other', async () => {
    const url = 'https://www.korea.kr/briefing/pressReleaseView.do?newsId=3'
    const source = { name: 'korea.kr', externalId: '3', url }
    expect((await put(at('3'), anArticle({ source }))).json().source).toEqual(source)
    for (const other of [
      { ...source, externalId: '4' },
      { ...source, name: 'moel.go.kr' },
    ]) {
      const refused = await put(at('3'), anArticle({ source: other }))
      expect(refused.statusCode).toBe(400)
      expect(refused.json().errors).toMatchObject([{ pointer: '/source' }])
    }
  })

  test('does not undo a deletion', async () => {
    const { headers: created } = await put(at('5'), anArticle())
    const url = String(created.location)
    await call({ method: 'DELETE', url, headers: { ...headers, 'if-match': String(created.etag) } })
    const refused = await put(at('5'), anArticle())
    expect(refused.statusCode).toBe(410)
    expect(refused.json().detail).toContain(`${url}/restore`)
  })

  test('twenty at once for one identity make one article', async () => {
    for (let round = 0; round < 3; round++) {
      const article = anArticle()
      const url = at(`at-once-${round}`)
      const all = await Promise.all(Array.from({ length: 20 }, () => put(url, article)))
      expect(all.map(r => r.statusCode).sort()).toEqual([...Array(19).fill(200), 201])
      expect(new Set(all.map(r => r.json().id)).size).toBe(1)
      expect(await changesOf(all[0]?.json().id)).toBe(1)
    }
  })
})

test.each(['보도자료 12호', 'a/b', '2026/순환경제?#&=%', '100%25', '"\\'])(
  'the identity %j is found again as it was written',
  async externalId => {
    expect((await put(at(externalId), anArticle())).statusCode).toBe(201)
    const read = await call(at(externalId.normalize('NFD')))
    expect(read.statusCode).toBe(200)
    expect(read.json().source).toMatchObject({ name: 'korea.kr', externalId })
    expect((await put(at(externalId.normalize('NFD')), anArticle())).statusCode).toBe(200)
  },
)

describe('a source’s identity belongs to one article', () => {
  test('a second one is refused with the name of the first', async () => {
    const source = { name: 'korea.kr', externalId: '156576172' }
    const { id } = (await post(anArticle({ source }))).json()
    const other = await post(anArticle())
    const ifMatch = { 'if-match': String(other.headers.etag) }
    for (const response of [
      await post(anArticle({ source })),
      await put(String(other.headers.location), anArticle({ source }), ifMatch),
    ]) {
      expect(response.statusCode).toBe(409)
      expect(response.json()).toMatchObject({
        detail: expect.stringContaining(`Article ${id} `),
        errors: [{ pointer: '/source/externalId' }],
      })
    }
  })

  test('of many that are posted at once one is written, the others get 409', async () => {
    for (let round = 0; round < 5; round++) {
      const source = { name: 'korea.kr', externalId: `posted-${round}` }
      const all = await Promise.all(Array.from({ length: 8 }, () => post(anArticle({ source }))))
      expect(all.map(r => r.statusCode).sort()).toEqual([201, ...Array(7).fill(409)])
      expect(await db.prisma.article.count({ where: { externalId: source.externalId } })).toBe(1)
    }
  })

  test('of two articles that take it at once one gets it, the other gets 409', async () => {
    for (let round = 0; round < 5; round++) {
      const source = { name: 'korea.kr', externalId: `taken-${round}` }
      const two = [await post(anArticle()), await post(anArticle())].map(r => String(r.headers.location))
      const all = await Promise.all(two.map(url => put(url, anArticle({ source }), { 'if-match': '*' })))
      expect(all.map(r => r.statusCode).sort()).toEqual([200, 409])
    }
  })

  test('a loader and an editor who write it at once make one article', async () => {
    for (let round = 0; round < 5; round++) {
      const source = { name: 'korea.kr', externalId: `both-${round}` }
      const [loaded, posted] = await Promise.all([
        put(at(source.externalId), anArticle()),
        post(anArticle({ source })),
      ])
      expect([`201 409`, `200 201`]).toContain(`${loaded.statusCode} ${posted.statusCode}`)
    }
  })
})
