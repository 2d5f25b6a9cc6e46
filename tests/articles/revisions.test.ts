import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { diffWords } from '../../src/text/word-diff.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, db, authorize } = await testApp()
let writer: Record<string, string>
beforeAll(async () => {
  writer = await authorize('articles:write')
})
const ask = (url: string, headers: Record<string, string> = writer) =>
  call({ url: `/v1/articles/${url}`, headers })
const send = (method: 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, headers: object = {}) =>
  call({
    ...{ method, url: `/v1/articles${url}` },
    headers: {
      ...{ ...writer, 'if-match': '*', ...headers },
      ...(payload && {
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      }),
    },
    ...(payload && { payload: JSON.stringify(payload) }),
  })
const create = async (changes: Parameters<typeof anArticle>[0] = {}): Promise<number> =>
  (await send('POST', '', anArticle(changes))).json().id
const patch = async (id: number, changes: object) => (await send('PATCH', `/${id}`, changes)).json()

/** What moves by itself, or is not told of a former version. */
const lasting = ({ counts: _, isNew: __, previous: ___, next: ____, ...article }: Record<string, unknown>) =>
  article

describe('former versions', () => {
  test('are each what the article was', async () => {
    const id = await create({ ministry: { name: '산업통상부' } })
    const versions = [(await ask(String(id))).json()]
    for (const changes of [
      { title: '고친 제목' },
      { bodyText: '고친 글', tags: ['ESG'], postedOn: '2026-01-22' },
      { ministry: null, attachments: [{ name: '가.hwpx', url: 'https://a.kr/1' }] },
      { status: 'hidden', author: '홍길동' },
      { source: { name: 'korea.kr', externalId: '1', url: null } },
    ])
      versions.push(await patch(id, changes))
    await send('DELETE', `/${id}`)
    for (const [i, version] of versions.entries()) {
      const { article, ...entry } = (await ask(`${id}/revisions/${i + 1}`)).json()
      expect(lasting(article)).toEqual(lasting(version))
      expect(entry).toMatchObject({
        version: i + 1,
        at: version.modifiedAt,
        actor: expect.stringMatching(/^key:/),
      })
      expect(article.previous).toBeNull()
    }
    const { items, ...page } = (await ask(`${id}/revisions`)).json()
    expect(page).toEqual({ total: 7, page: 1, pages: 1, pageSize: 100 })
    expect(items.map((one: Record<string, unknown>) => [one.version, one.kind, one.changed])).toEqual([
      [7, 'delete', ['deletedAt']],
      [6, 'update', ['source']],
      [5, 'hide', ['status', 'author']],
      [4, 'update', ['ministry', 'attachments']],
      [3, 'update', ['postedOn', 'tags', 'bodyHtml', 'bodyText']],
      [2, 'update', ['title']],
      [1, 'create', []],
    ])
    const second = (await ask(`${id}/revisions?pageSize=3&page=2`)).json()
    expect(second.items.map(({ version }: { version: number }) => version)).toEqual([4, 3, 2])
    expect((await ask(`${id}/revisions?page=9`)).json()).toMatchObject({ items: [], total: 7 })
  })

  test('are for keys that may read what is not public', async () => {
    const id = await create()
    for (const url of [`${id}/revisions`, `${id}/revisions/1`, `${id}/revisions/1/diff`])
      expect((await ask(url, {})).statusCode).toBe(401)
  })

  test('that never were are 404', async () => {
    const id = await create()
    for (const url of [
      '999999/revisions',
      `${id}/revisions/2`,
      '999999/revisions/1',
      `${id}/revisions/2/diff`,
    ])
      expect([url, (await ask(url)).statusCode]).toEqual([url, 404])
    expect((await ask(`${id}/revisions/0`)).statusCode).toBe(400)
  })

  test('that are not kept any more are 410, and are not listed', async () => {
    const id = await create()
    for (const n of [1, 2, 3]) await patch(id, { title: `제목 ${n}` })
    await db.pool.query('DELETE FROM changes WHERE article_id = $1 AND version = 2', [id])
    const { items, total } = (await ask(`${id}/revisions`)).json()
    expect([total, items.length]).toEqual([2, 2])
    expect((await ask(`${id}/revisions/3`)).json().article.title).toBe('제목 2')
    for (const url of [`${id}/revisions/2`, `${id}/revisions/1`, `${id}/revisions/3/diff`])
      expect([url, (await ask(url)).statusCode]).toEqual([url, 410])
    expect((await send('POST', `/${id}/revisions/1/restore`)).statusCode).toBe(410)
  })

  test.each(['revisions', 'revisions/1', 'revisions/2/diff'])(
    'are revalidated by their ETag: %s',
    async url => {
      const id = await create()
      await patch(id, { title: '고친 제목' })
      const { headers } = await ask(`${id}/${url}`)
      const again = await ask(`${id}/${url}`, { ...writer, 'if-none-match': String(headers.etag) })
      expect(again.statusCode).toBe(304)
    },
  )
})

describe('a comparison', () => {
  test('names each field that differs, the title and the body word by word', async () => {
    const id = await create({ title: '순환경제 설명회 개최', bodyText: '설명회를 서울에서 열었다.' })
    await patch(id, {
      title: '순환경제 박람회 개최',
      bodyText: '설명회를 세종에서 열었다.',
      author: '홍길동',
    })
    const diff = (await ask(`${id}/revisions/2/diff`)).json()
    expect([diff.from, diff.to]).toEqual([1, 2])
    const fields = new Map<string, Record<string, unknown>>(
      diff.fields.map((one: { field: string }) => [one.field, one]),
    )
    expect([...fields.keys()]).toEqual(['title', 'author', 'bodyHtml', 'bodyText'])
    expect(fields.get('author')).toMatchObject({ before: null, after: '홍길동', words: null })
    expect(fields.get('title')?.words).toEqual([
      { op: 'equal', text: '순환경제 ' },
      { op: 'delete', text: '설명회' },
      { op: 'insert', text: '박람회' },
      { op: 'equal', text: ' 개최' },
    ])
    expect(fields.get('bodyText')?.words).toContainEqual({ op: 'insert', text: '세종에서' })
  })

  test('goes between any two, either way, and of the first with nothing', async () => {
    const id = await create({ title: '하나' })
    await patch(id, { title: '둘' })
    await patch(id, { title: '하나' })
    expect((await ask(`${id}/revisions/3/diff?from=1`)).json().fields).toEqual([])
    expect((await ask(`${id}/revisions/1/diff?from=2`)).json().fields).toMatchObject([
      { field: 'title', before: '둘', after: '하나' },
    ])
    const first = await ask(`${id}/revisions/1/diff`)
    expect(first.json().from).toBeNull()
    expect(first.json().fields).toContainEqual({
      ...{ field: 'title', before: null, after: '하나' },
      words: [{ op: 'insert', text: '하나' }],
    })
    const named = first.json().fields.map(({ field }: { field: string }) => field)
    expect(named).not.toContain('author')
  })

  test('of texts keeps both whole, whatever they are', () => {
    const text = fc.string({ unit: fc.constantFrom('가', '나', ' ', '\n', '.', '🙂', 'é', 'a') })
    fc.assert(
      fc.property(text, text, (former, now) => {
        const parts = diffWords(former, now)
        const join = (...ops: string[]) =>
          parts.flatMap(({ op, text }) => (ops.includes(op) ? [text] : [])).join('')
        expect(join('equal', 'delete')).toBe(former)
        expect(join('equal', 'insert')).toBe(now)
      }),
    )
  })

  test('of two long texts that have nothing in common does not hold up the others', () => {
    const long = (word: string) => Array.from({ length: 40_000 }, (_, i) => `${word}${i}`).join(' ')
    const from = performance.now()
    const parts = diffWords(long('가'), long('나'))
    expect(performance.now() - from).toBeLessThan(5_000)
    expect(parts.map(({ op }) => op)).toEqual(['delete', 'insert'])
  })
})

describe('a former version', () => {
  const restore = (id: number, version: number, headers: object = {}) =>
    send('POST', `/${id}/revisions/${version}/restore`, undefined, headers)

  test('is brought back as a new one, but for whether the article is public', async () => {
    const id = await create({ status: 'draft', title: '옛 제목', tags: ['ESG'], bodyText: '옛 글' })
    await patch(id, { status: 'published', title: '새 제목', tags: [], bodyText: '새 글' })
    const before = (await ask(String(id))).json()
    const response = await restore(id, 1)
    expect(response.statusCode).toBe(200)
    expect(response.json()).toMatchObject({
      ...{ version: 3, title: '옛 제목', tags: ['ESG'], bodyText: '옛 글' },
      ...{ status: 'published', publishedAt: before.publishedAt },
    })
    expect((await restore(id, 1)).json().version).toBe(3)
  })

  test('is brought back only by who knows the present one', async () => {
    const id = await create()
    await patch(id, { title: '새 제목' })
    const url = `/v1/articles/${id}/revisions/1/restore`
    expect((await call({ method: 'POST', url, headers: writer })).statusCode).toBe(428)
    expect((await restore(id, 1, { 'if-match': '"1.a"' })).statusCode).toBe(412)
    expect((await restore(id, 9)).statusCode).toBe(404)
    expect((await call({ method: 'POST', url: `/v1/articles/${id}/revisions/1/restore` })).statusCode).toBe(
      401,
    )
    await send('DELETE', `/${id}`)
    expect((await restore(id, 1)).statusCode).toBe(410)
  })

  test('has the ministry that it had, whatever became of its name or of itself', async () => {
    const admin = await authorize('admin')
    const ministry = (method: 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) =>
      call({
        ...{ method, url: `/v1/ministries${url}`, headers: { ...admin, 'if-match': '*' } },
        ...(payload && { payload }),
      })
    const body = (code: string, name: string) => ({ code, kind: 'agency', names: [{ name }] })
    await ministry('POST', '', body('T90001', '옛시험청'))
    const id = await create({ ministry: { name: '옛시험청' } })
    await patch(id, { ministry: null })
    await ministry('PUT', '/T90001', body('T90001', '새시험청'))
    await ministry('POST', '', body('T90002', '옛시험청'))
    expect((await restore(id, 1)).json().ministry).toEqual({
      ...{ code: 'T90001', name: '새시험청', publishedName: '옛시험청' },
    })
    await patch(id, { ministry: null })
    expect((await ministry('DELETE', '/T90001')).statusCode).toBe(204)
    const restored = await restore(id, 1)
    expect([restored.statusCode, restored.json().ministry]).toEqual([
      200,
      { code: null, name: '옛시험청', publishedName: '옛시험청' },
    ])
  })

  test('whose identity is another article’s by now is not brought back', async () => {
    const source = { name: 'korea.kr', externalId: 'once', url: null }
    const id = await create({ source })
    await patch(id, { source: null })
    await create({ source })
    const response = await restore(id, 1)
    expect(response.statusCode).toBe(409)
    expect(response.json().errors[0].pointer).toBe('/source/externalId')
  })
})
