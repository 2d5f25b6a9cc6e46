import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mergePatch } from '../../src/articles/merge-patch.ts'
import { ArticlePatch } from '../../src/articles/schema.ts'
import { KINDS, LICENCES, STATUSES } from '../../src/articles/words.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp()
const headers = { ...(await authorize('articles:write')), 'if-match': '*' }
clock.at = new Date('2026-03-01T03:00:00Z')

const MERGE_PATCH = 'application/merge-patch+json'
const create = async (changes: Parameters<typeof anArticle>[0] = {}) =>
  String(
    (await call({ method: 'POST', url: '/v1/articles', headers, payload: anArticle(changes) })).headers
      .location,
  )
const patch = (url: string, payload: unknown, type = MERGE_PATCH) =>
  call({
    method: 'PATCH',
    url,
    headers: { ...headers, 'content-type': type },
    payload: JSON.stringify(payload),
  })
const put = (url: string, payload: object) => call({ method: 'PUT', url, headers, payload })
const read = async (url: string) => (await call({ url, headers })).json()

/** What a client has in its hand after reading: the fields that it may write. */
const READ_ONLY = ['id', 'version', 'publishedOn', 'counts', 'isNew', 'modifiedAt', 'recordedAt', 'deletedAt']
const without = (article: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(article).filter(([name]) => !names.includes(name)))
const writable = (article: object) => without(article, ...READ_ONLY, 'previous', 'next', 'bodyText')

const text = fc
  .string({ unit: fc.constantFrom(...'가각힣ㄱᄒ ab<>&"\'\n\u00a0\u0301공보'), maxLength: 12 })
  .map(s => `글${s}`)
const html = text.map(inner => `<p>${inner}<b>${inner}</b></p>`)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary)
const words = fc.uniqueArray(text, { maxLength: 3, selector: word => word.normalize('NFC') })
const address = fc.constantFrom('https://a.kr/1', 'https://a.kr/%EA%B0%80?b=c', 'http://b.go.kr/')
const patches = fc.record(
  {
    status: fc.constantFrom(...STATUSES),
    kind: fc.constantFrom(...KINDS),
    title: text,
    subtitles: maybe(words),
    tags: maybe(words),
    ministry: maybe(
      fc.record(
        { code: maybe(fc.constantFrom('A00015', 'A00001')), name: text, publishedName: maybe(text) },
        { requiredKeys: [] },
      ),
    ),
    source: maybe(
      fc.record(
        { name: fc.constantFrom('korea.kr', 'a-b'), externalId: text, url: maybe(address) },
        { requiredKeys: [] },
      ),
    ),
    author: maybe(text),
    publishedAt: maybe(fc.constantFrom('2026-01-20T10:00:00+09:00', '2025-12-31T15:00:00.125Z')),
    embargoUntil: maybe(fc.constant('2026-04-01T00:00:00Z')),
    postedOn: maybe(fc.constantFrom('2026-01-22', '2024-02-29')),
    sourceModifiedAt: maybe(fc.constant('2026-01-21T10:00:00+09:00')),
    licence: maybe(fc.constantFrom(...LICENCES)),
    attribution: maybe(text),
    thumbnailUrl: maybe(address),
    attachments: maybe(
      fc.array(fc.record({ name: text, url: address, size: maybe(fc.nat()) }), { maxLength: 2 }),
    ),
  },
  { requiredKeys: [] },
)
const bodies = fc.oneof(
  fc.constant({}),
  fc.record({ bodyHtml: maybe(html) }),
  fc.record({ bodyText: maybe(text) }),
)

test('a patch is a replacement by the merge, whatever the article and the patch', async () => {
  const url = await create()
  await fc.assert(
    fc.asyncProperty(patches, bodies, async (fields, body) => {
      const change = { ...fields, ...body }
      const before = writable(await read(url))
      const ground = 'bodyText' in change ? without(before, 'bodyHtml') : before
      const patched = await patch(url, change)
      if (patched.statusCode === 200) expect((await put(url, before)).statusCode).toBe(200)
      const replaced = await put(url, mergePatch(ground, change) as object)
      expect(replaced.statusCode).toBe(patched.statusCode)
      const [a, b] = [patched.json(), replaced.json()]
      if (patched.statusCode !== 200) expect(b.errors).toEqual(a.errors)
      else expect(without(b, 'version', 'modifiedAt')).toEqual(without(a, 'version', 'modifiedAt'))
    }),
    { numRuns: 40 },
  )
})

test('a patch of nothing changes nothing, whatever the body', async () => {
  await fc.assert(
    fc.asyncProperty(bodies, text, async (body, title) => {
      const written = without({ ...anArticle(), ...without(body, 'bodyText') }, 'bodyText')
      const withText = 'bodyText' in body && body.bodyText !== null ? { bodyText: body.bodyText } : {}
      const payload = {
        ...written,
        ...withText,
        title,
        ...('bodyHtml' in body && { bodyHtml: body.bodyHtml ?? '' }),
      }
      const created = await call({ method: 'POST', url: '/v1/articles', headers, payload })
      expect(created.statusCode).toBe(201)
      const patched = await patch(String(created.headers.location), {})
      expect(patched.headers.etag).toBe(created.headers.etag)
      expect(await db.prisma.change.count({ where: { articleId: created.json().id } })).toBe(1)
    }),
    { numRuns: 50 },
  )
})

describe('bodies', () => {
  test('HTML is sanitised, and the text is made from it', async () => {
    const bodyHtml =
      '<p onclick="x()">순환 <b>경제</b></p><script>alert(1)</script><a href="javascript:x()">링크</a>'
    const article = await read(await create({ bodyText: undefined, bodyHtml }))
    expect(article.bodyHtml).toContain('<p>순환 <b>경제</b></p>')
    expect(article.bodyHtml).not.toMatch(/script|onclick|alert/)
    expect(article.bodyText).toMatch(/^순환 경제\s+링크$/)
  })

  test('text becomes HTML: an empty line parts paragraphs, and what looks like a tag is text', async () => {
    const article = await read(await create({ bodyText: '첫 문단\n\n1 < 2 & <b>' }))
    expect(article.bodyHtml).toBe('<p>첫 문단</p>\n<p>1 &lt; 2 &amp; &lt;b&gt;</p>')
    expect(article.bodyText).toBe('첫 문단\n\n1 < 2 & <b>')
  })
})

describe('a merge patch', () => {
  test('leaves what it does not name, takes away with null, replaces lists whole', async () => {
    const url = await create({ author: '홍길동', tags: ['가', '나'], licence: 'kogl-1' })
    const before = await read(url)
    const after = (await patch(url, { title: '새 제목', author: null, tags: ['다'] })).json()
    expect(after).toMatchObject({ title: '새 제목', author: null, tags: ['다'], version: 2 })
    const changed = ['title', 'author', 'tags', 'version', 'modifiedAt']
    expect(without(after, ...changed)).toEqual(without(before, ...changed))
  })

  test('goes into ministry and source', async () => {
    const url = await create({
      ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' },
      source: { name: 'korea.kr', externalId: 'nested', url: 'https://a.kr/1' },
    })
    const after = (await patch(url, { ministry: { code: null }, source: { url: 'https://a.kr/2' } })).json()
    // Without its code it is found by its names again.
    expect(after.ministry).toEqual({ code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' })
    expect(after.source).toEqual({ name: 'korea.kr', externalId: 'nested', url: 'https://a.kr/2' })
    expect((await patch(url, { ministry: null, source: null })).json()).toMatchObject({
      ministry: null,
      source: null,
    })
    const refused = await patch(url, { ministry: { code: 'A00015' } })
    expect(refused.json().errors).toMatchObject([{ pointer: '/ministry/name' }])
  })

  test('of one body makes the other anew', async () => {
    const url = await create({ bodyText: '옛 글' })
    expect((await patch(url, { bodyText: '새 글' })).json()).toMatchObject({ bodyHtml: '<p>새 글</p>' })
    expect((await patch(url, { bodyHtml: '<h2>제목</h2>' })).json()).toMatchObject({ bodyText: '제목' })
    expect((await patch(url, { bodyText: null })).json()).toMatchObject({ bodyHtml: '', bodyText: '' })
    expect((await patch(url, { bodyText: '가', bodyHtml: '나' })).statusCode).toBe(400)
  })

  test.each([
    [{ title: null }, '/title'],
    [{ status: null }, '/status'],
    [{ titel: '가' }, '/titel'],
    [{ tags: '가' }, '/tags'],
    [{ publishedAt: '2030-01-01T00:00:00Z' }, '/publishedAt'],
  ])('%j is refused, since its result is no article', async (change, pointer) => {
    const url = await create()
    const refused = await patch(url, change)
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toContainEqual(expect.objectContaining({ pointer }))
    expect((await read(url)).version).toBe(1)
  })

  test.each([[['a']], ['text'], [7], [null]])('%j is no patch', async change => {
    expect((await patch(await create(), change)).statusCode).toBe(400)
  })

  test('comes as a merge patch, not as plain JSON', async () => {
    const refused = await patch(await create(), { title: '가' }, 'application/json')
    expect(refused.statusCode).toBe(415)
    expect(refused.headers['accept-patch']).toBe(MERGE_PATCH)
  })
})

test('the contract allows null where null takes something away, and nowhere else', async () => {
  interface Schema {
    type?: string
    anyOf?: Schema[]
    properties?: Record<string, Schema>
  }
  const nullable = ({ type, anyOf = [] }: Schema) => type === 'null' || anyOf.some(one => one.type === 'null')
  const fields = (ArticlePatch as unknown as Schema).properties ?? {}
  const within = Object.entries(fields.ministry?.anyOf?.[0]?.properties ?? {})
  const cases: [patch: object, Schema][] = [
    ...Object.entries(fields).map(([name, schema]): [object, Schema] => [{ [name]: null }, schema]),
    ...within.map(([name, schema]): [object, Schema] => [{ ministry: { [name]: null } }, schema]),
  ]
  expect(cases.length).toBeGreaterThan(20)
  for (const [change, schema] of cases) {
    const url = await create({
      ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상부' },
    })
    const { statusCode } = await patch(url, change)
    expect([change, statusCode]).toEqual([change, nullable(schema) ? 200 : 400])
  }
})
