import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { listSynonymsOf } from '../../src/search/store-synonyms.ts'
import { synonymKey } from '../../src/search/synonym-key.ts'
import { testApp } from '../support/app.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

const { call, db, authorize, clock } = await testApp()
const admin = await authorize('admin')

const post = (terms: unknown, headers: Record<string, string> = admin) =>
  call({ method: 'POST', url: '/v1/synonyms', headers, payload: { terms } })
const put = (url: string, terms: string[], headers: Record<string, string>) =>
  call({ method: 'PUT', url, headers: { ...admin, ...headers }, payload: { terms } })
const remove = (url: string, headers: Record<string, string>) =>
  call({ method: 'DELETE', url, headers: { ...admin, ...headers } })
const make = async (...terms: string[]) => {
  const made = await post(terms)
  expect(made.statusCode).toBe(201)
  return {
    group: made.json(),
    url: String(made.headers.location),
    ifMatch: { 'if-match': String(made.headers.etag) },
  }
}
const groupOf = async (term: string) =>
  (await call(`/v1/synonyms?term=${encodeURIComponent(term)}`)).json().items[0]
const keysIn = async (id: number) =>
  (await db.pool.query('SELECT keys FROM search_synonyms WHERE id = $1', [id])).rows[0]?.keys

test('the groups that ship are kept as given ones are, and no spelling is in two', async () => {
  const { rows } = await db.pool.query<{ terms: string[]; keys: string[] }>(
    'SELECT terms, keys FROM search_synonyms',
  )
  expect(rows.length).toBeGreaterThan(50)
  for (const { terms, keys } of rows) expect(keys).toEqual(terms.map(synonymKey))
  const keys = rows.flatMap(row => row.keys)
  expect(new Set(keys).size).toBe(keys.length)
  expect((await groupOf('산자부')).terms).toContain('산업통상부')
  expect((await groupOf('예타')).terms).toContain('예비타당성조사')
  expect((await groupOf('탄중위')).terms).toContain('탄소중립녹색성장위원회')
})

describe('the key of a spelling', () => {
  /** What spellings are made of, and what is odd about them: jamo, marks, dots, spaces, capitals without a pair. */
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom(
        ...['E', 's', 'ß', 'İ', 'Σ', 'K', '가', '각', 'ㄱ', '\u1100', '\u1161', '\u11a8', '\u0301'],
        ...[
          'é',
          '·',
          'ㆍ',
          '‧',
          '・',
          '･',
          '•',
          '\u0387',
          ' ',
          '\t',
          '\n',
          '\u3000',
          '\u2000',
          '\u200b',
          '\ufeff',
        ],
      ),
    }),
  )

  test('is its own key, in NFC, without white space and middle dots', () => {
    fc.assert(
      fc.property(text, any => {
        const key = synonymKey(any)
        expect(synonymKey(key)).toBe(key)
        expect(key.normalize('NFC')).toBe(key)
        expect(key).not.toMatch(/[\s\u200b·ㆍ‧・･•]/u)
      }),
    )
  })

  test('is the same for NFC and NFD, with and without spaces, and in lower case', () => {
    fc.assert(
      fc.property(text, any => {
        const key = synonymKey(any)
        expect(synonymKey(any.normalize('NFD'))).toBe(key)
        expect(synonymKey(` ${any}·`)).toBe(key)
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[\w가-힣&. -]*$/u), any => {
        expect(synonymKey(any.toLowerCase())).toBe(synonymKey(any))
        expect(synonymKey(any.toUpperCase())).toBe(synonymKey(any))
      }),
    )
  })

  test.each([
    ['ESG', 'esg'],
    ['환경·사회ㆍ지배 구조', '환경사회지배구조'],
    ['R&D', 'r&d'],
    ['K-푸드', 'k-푸드'],
  ])('of %s is %s', (term, key) => expect(synonymKey(term)).toBe(key))

  test('is what the groups have that every installation begins with', async () => {
    const { rows } = await db.pool.query('SELECT terms, keys FROM search_synonyms')
    expect(rows.length).toBeGreaterThanOrEqual(20)
    for (const { terms, keys } of rows) expect(keys).toEqual(terms.map(synonymKey))
  })
})

describe('groups are for everybody to read', () => {
  test('a page tells the total; together the pages have every group once, the oldest first', async () => {
    const all = (await call('/v1/synonyms')).json()
    expect(all).toMatchObject({ page: 1, pages: 1, pageSize: 100, total: all.items.length })
    const ids = []
    for (let page = 1; page <= Math.ceil(all.total / 7); page++) {
      const { items, ...rest } = (await call(`/v1/synonyms?pageSize=7&page=${page}`)).json()
      expect(rest).toEqual({ page, pageSize: 7, total: all.total, pages: Math.ceil(all.total / 7) })
      ids.push(...items.map(({ id }: { id: number }) => id))
    }
    expect(ids).toEqual(all.items.map(({ id }: { id: number }) => id))
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
    const beyond = (await call('/v1/synonyms?page=1000')).json()
    expect(beyond).toMatchObject({ items: [], total: all.total, page: 1000 })
  })

  test.each(['ESG', 'esg', '환경 사회・지배구조', '환경·사회·지배구조'.normalize('NFD')])(
    'term=%s finds the group however it is written',
    async term => {
      const found = (await call(`/v1/synonyms?term=${encodeURIComponent(term)}`)).json()
      expect(found).toMatchObject({ total: 1, items: [{ terms: ['ESG', '이에스지', '환경·사회·지배구조'] }] })
    },
  )

  test('a part of a spelling finds nothing', async () => {
    for (const term of ['ES', '·']) expect(await groupOf(term)).toBeUndefined()
  })

  test.each(['pageSize=101', 'page=0', 'term=', 'term=%20', 'q=ESG', `term=${'a'.repeat(101)}`])(
    '%s is refused',
    async query => {
      const refused = await call(`/v1/synonyms?${query}`)
      expect(refused.statusCode).toBe(400)
      expect(refused.json().errors[0].parameter).toBe(query.split('=')[0])
    },
  )

  test('who has the list or a group already gets 304, until it changes', async () => {
    const { group, url, ifMatch } = await make('현상 유지', '변화 없음')
    const readers = []
    for (const address of ['/v1/synonyms', url]) {
      const { headers } = await call(address)
      expect(headers['cache-control']).toBe('public, no-cache')
      const again = () => call({ url: address, headers: { 'if-none-match': String(headers.etag) } })
      expect((await again()).statusCode).toBe(304)
      readers.push(again)
    }
    await put(url, [...group.terms, '제자리 걸음'], ifMatch)
    for (const again of readers) expect((await again()).statusCode).toBe(200)
  })

  test('a group that is not there is not found', async () => {
    const missing = await call({ url: '/v1/synonyms/2147483647', headers: { 'accept-language': 'ko' } })
    expect(missing.statusCode).toBe(404)
    expect(missing.json().detail).toBe('2147483647번 동의어 묶음이 없습니다.')
  })
})

describe('administrators write groups', () => {
  test('a new group is read at its Location, with the same ETag, and tidied', async () => {
    clock.at = new Date('2026-11-22T00:00:00Z')
    const { group, url, ifMatch } = await make('  그린  수소 ', '녹색수소'.normalize('NFD'), '청정\u3000수소')
    clock.at = null
    const at = '2026-11-22T09:00:00+09:00'
    expect(group).toEqual({
      id: expect.any(Number),
      version: 1,
      terms: ['그린 수소', '녹색수소', '청정 수소'],
      recordedAt: at,
      modifiedAt: at,
    })
    expect(url).toBe(`/v1/synonyms/${group.id}`)
    const read = await call(url)
    expect(read.json()).toEqual(group)
    expect(read.headers.etag).toBe(ifMatch['if-match'])
    expect(await keysIn(group.id)).toEqual(['그린수소', '녹색수소', '청정수소'])
  })

  test('a change makes a version, and none where it changes nothing', async () => {
    const { group, url, ifMatch } = await make('반도체법', '반도체특별법')
    const same = await put(url, [' 반도체법', '반도체특별법'], ifMatch)
    expect([same.statusCode, same.json(), same.headers.etag]).toEqual([200, group, ifMatch['if-match']])

    const terms = ['반도체 특별법', '반도체법', 'K-칩스법']
    const changed = await put(url, terms, ifMatch)
    expect(changed.json()).toMatchObject({
      ...{ id: group.id, version: 2, terms, recordedAt: group.recordedAt },
    })
    expect((await call(url)).headers.etag).toBe(changed.headers.etag)
    expect(await keysIn(group.id)).toEqual(terms.map(synonymKey))
    expect(await groupOf('k-칩스법')).toEqual(changed.json())
  })

  test('a deleted group is gone, and its spellings are free', async () => {
    const { group, url, ifMatch } = await make('단기간', '짧은 기간')
    expect((await remove(url, ifMatch)).statusCode).toBe(204)
    for (const gone of [call(url), put(url, group.terms, ifMatch), remove(url, ifMatch)])
      expect((await gone).statusCode).toBe(404)
    expect(await groupOf('단기간')).toBeUndefined()
    await make('짧은 기간', '단기간')
  })

  test('without If-Match nothing is changed, nor with what is stale', async () => {
    const { group, url, ifMatch } = await make('하나', '일')
    const changed = await put(url, ['하나', '일', '1'], ifMatch)
    const korean = { 'accept-language': 'ko' }
    for (const [headers, status, detail] of [
      [korean, 428, /If-Match/],
      [{ ...ifMatch, ...korean }, 412, /^현재 버전은 2입니다/],
      [ifMatch, 412, /^The group is at version 2 now/],
      [{ 'if-match': `W/${changed.headers.etag}` }, 412, /version 2/],
    ] as const)
      for (const refused of [await put(url, group.terms, headers), await remove(url, headers)]) {
        expect(refused.statusCode).toBe(status)
        expect(refused.json().detail).toMatch(detail)
      }
    expect((await call(url)).json()).toEqual(changed.json())
    expect((await remove(url, { 'if-match': '*' })).statusCode).toBe(204)
  })

  test.each([
    ['one spelling', ['혼자'], '/terms'],
    ['twenty-one', Array.from({ length: 21 }, (_, i) => `말${i}`), '/terms'],
    ['one that is blank', ['말', ' '], '/terms/1'],
    ['one that is no text', ['말', 1], '/terms/1'],
    ['one of 101 characters', ['말', '말'.repeat(101)], '/terms/1'],
    ['one without a letter', ['말', '…!'], '/terms/1'],
    ['one of nothing but middle dots, of which one is a letter to Unicode', ['ㆍ', '말'], '/terms/0'],
    ['the same twice', ['말', '말'], '/terms/1'],
    ['the same but for case, spaces and dots', ['짧은 말', 'R&D', '짧은·말'], '/terms/2'],
    ['the same but for width', ['Ｒ＆Ｄ', 'r&d'], '/terms/1'],
    ['one that no search looks for', ['수소차', '의'], '/terms/1'],
  ])('%s is refused', async (_what, terms, pointer) => {
    for (const language of ['en', 'ko']) {
      const refused = await post(terms, { ...admin, 'accept-language': language })
      expect(refused.statusCode).toBe(400)
      expect(refused.headers['content-language']).toBe(language)
      expect(refused.json().errors).toContainEqual(expect.objectContaining({ pointer }))
    }
  })

  test('twenty spellings of a hundred characters are not', async () => {
    await make(
      ...Array.from({ length: 20 }, (_, i) => `${'수소 '.repeat(33)}${String.fromCodePoint(0xac00 + i)}`),
    )
  })

  test.each([
    ['POST', '/v1/synonyms'],
    ['PUT', '/v1/synonyms/1'],
    ['DELETE', '/v1/synonyms/1'],
  ] as const)('%s %s: nobody else may', async (method, url) => {
    const payload = method === 'DELETE' ? {} : { payload: { terms: ['남의', '것'] } }
    const writer = await authorize('articles:write', 'articles:read')
    for (const [headers, status] of [
      [{ 'if-match': '*' }, 401],
      [{ 'if-match': '*', ...writer }, 403],
    ] as const)
      expect((await call({ method, url, headers, ...payload })).statusCode).toBe(status)
    expect((await call('/v1/synonyms/1')).json().version).toBe(1)
  })
})

describe('no spelling stands in two groups', () => {
  test('who would add it to a second one is told of the first', async () => {
    const { group } = await make('중소기업', '중기')
    const refused = await post(['소상공인', '중소 기업'])
    expect(refused.statusCode).toBe(409)
    expect(refused.json().detail).toContain(`group ${group.id} already (중소기업, 중기)`)
    expect(refused.json().errors).toEqual([expect.objectContaining({ pointer: '/terms/1' })])
    expect(await groupOf('소상공인')).toBeUndefined()

    const { url, ifMatch } = await make('소상공인', '자영업자')
    const moved = await put(url, ['중기', '소상공인'], { ...ifMatch, 'accept-language': 'ko' })
    expect(moved.statusCode).toBe(409)
    expect(moved.json().detail).toContain(`${group.id}번 묶음(중소기업, 중기)`)
    expect(moved.json().errors).toEqual([expect.objectContaining({ pointer: '/terms/0' })])
    expect((await call(url)).json().version).toBe(1)
  })

  test('of many who write it at once one succeeds', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => post([`뜻${i}`, '경합'])))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array(7).fill(409)])
    expect((await call(`/v1/synonyms?term=${encodeURIComponent('경합')}`)).json().total).toBe(1)
  })

  test('of many who change a group at once one succeeds', async () => {
    const { url, ifMatch } = await make('경주', '시합')
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, i) => put(url, ['경주', '시합', `대회${i}`], ifMatch)),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 412, 412, 412])
  })

  test('a writer waits for another and then sees what it wrote; readers do not wait', async () => {
    const insert = `INSERT INTO search_synonyms (terms, keys) VALUES ('{기다림,대기}', '{기다림,대기}')`
    const { waiting } = await whileHeld(db.url, insert, async holder => {
      const waiting = post(['대기', '멈춤'])
      await untilOneWaits(holder)
      expect((await call('/v1/synonyms/1')).statusCode).toBe(200)
      expect(await listSynonymsOf(db.pool, ['대기'])).toEqual([])
      await holder.query('COMMIT')
      return { waiting }
    })
    expect((await waiting).statusCode).toBe(409)
  })
})

describe('the search reads them with each query', () => {
  test('every group that holds one of the keys, and what was written a moment ago', async () => {
    const { url, ifMatch } = await make('Agri-Tech', '농업 기술')
    const group = (...terms: string[]) => ({ terms, keys: terms.map(synonymKey) })
    expect(await listSynonymsOf(db.pool, ['없는말', '농업기술', 'fta', 'agri-tech'])).toEqual([
      group('FTA', '자유무역협정', '에프티에이'),
      group('Agri-Tech', '농업 기술'),
    ])
    await put(url, ['Agri-Tech', '애그테크'], ifMatch)
    expect(await listSynonymsOf(db.pool, ['농업기술'])).toEqual([])
    expect(await listSynonymsOf(db.pool, ['애그테크'])).toEqual([group('Agri-Tech', '애그테크')])
  })

  test('through a single connection too, and without words nothing is asked', async () => {
    const client = await db.pool.connect()
    try {
      expect(await listSynonymsOf(client, ['esg'])).toHaveLength(1)
    } finally {
      client.release()
    }
    const never = { query: () => Promise.reject(new Error('asked')) }
    expect(await listSynonymsOf(never, [])).toEqual([])
  })
})
