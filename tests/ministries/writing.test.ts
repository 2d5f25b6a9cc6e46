import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

const { call, db, authorize, clock } = await testApp()
clock.at = new Date('2026-11-22T03:00:00Z')
const admin = await authorize('admin')

type Headers = Record<string, string>
const send = (method: 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, headers: Headers = {}) =>
  call({ method, url, headers: { ...admin, ...headers }, ...(payload && { payload }) })
const MINISTRIES = '/v1/ministries'
const EVENTS = '/v1/ministries/events'
const make = async (url: string, payload: object) => {
  const made = await send('POST', url, payload)
  expect([payload, made.statusCode, made.statusCode === 201 || made.body]).toEqual([payload, 201, true])
  return {
    made: made.json(),
    url: String(made.headers.location),
    ifMatch: { 'if-match': String(made.headers.etag) },
  }
}

let serial = 0
/** A ministry that nobody else knows. */
const aMinistry = (names?: { name: string; [field: string]: unknown }[]) => {
  const n = ++serial
  return { code: `T${String(n).padStart(5, '0')}`, kind: 'agency', names: names ?? [{ name: `시험청${n}` }] }
}
const resolve = async (name: string, on = '2026-11-22') =>
  (await call(`${MINISTRIES}/resolve?name=${encodeURIComponent(name)}&on=${on}`)).json()
const fault = ({ statusCode, json }: { statusCode: number; json: () => { errors?: object[] } }) => {
  const [error] = (json().errors ?? []) as { pointer?: string }[]
  return [statusCode, error?.pointer]
}

describe('administrators write ministries', () => {
  test('a new one is read at its Location, with the same ETag, tidied and in the order of time', async () => {
    const names = [
      { name: ' 새  시험청 ', shortNames: ['시험', ' 시험 ', '새시험청'], from: '2020-01-01' },
      { name: '옛 시험청'.normalize('NFD'), to: '2019-12-31' },
    ]
    const { made, url, ifMatch } = await make(MINISTRIES, aMinistry(names))
    expect(made).toMatchObject({
      ...{ version: 1, kind: 'agency', name: '새 시험청', events: [], predecessors: [], successors: [] },
      names: [
        { name: '옛 시험청', shortNames: [], from: null, to: '2019-12-31' },
        { name: '새 시험청', shortNames: ['시험'], from: '2020-01-01', to: null },
      ],
      recordedAt: '2026-11-22T12:00:00+09:00',
    })
    const read = await call(url)
    expect(read.json()).toEqual(made)
    expect(read.headers.etag).toBe(ifMatch['if-match'])
    expect((await resolve('시험')).ministry.code).toBe(made.code)
  })

  test('a change makes a version, and none where it changes nothing', async () => {
    const given = aMinistry()
    const { url, ifMatch } = await make(MINISTRIES, given)
    const same = await send('PUT', url, given, ifMatch)
    expect([same.statusCode, same.json().version, same.headers.etag]).toEqual([200, 1, ifMatch['if-match']])
    const changed = await send('PUT', url, { ...given, kind: 'office' }, ifMatch)
    expect(changed.json()).toMatchObject({ version: 2, kind: 'office' })
    expect((await call(url)).headers.etag).toBe(changed.headers.etag)
  })

  test('articles are shown by the new name at once, and found by it, without a version of their own', async () => {
    const given = aMinistry([{ name: '이름청' }])
    const { url, ifMatch } = await make(MINISTRIES, given)
    const article = await make('/v1/articles', anArticle({ ministry: { name: '이름청' } }))
    const names = [
      { name: '이름청', to: '2026-01-31' },
      { name: '새이름처', from: '2026-02-01' },
    ]
    await send('PUT', url, { ...given, names }, ifMatch)
    const read = await call({ url: article.url, headers: { 'if-none-match': article.ifMatch['if-match'] } })
    expect([read.statusCode, read.json().version, read.json().ministry]).toEqual([
      ...[200, 1, { code: given.code, name: '새이름처', publishedName: '이름청' }],
    ])
    const found = async (query: string) =>
      (await call(`/v1/articles?ministry=${encodeURIComponent('새이름처')}${query}`)).json().total
    expect([await found(''), await found('&lineage=exact')]).toEqual([1, 0])
  })

  test('a deleted one is gone, and its name is free', async () => {
    const given = aMinistry()
    const { url, ifMatch } = await make(MINISTRIES, given)
    expect((await send('DELETE', url, undefined, ifMatch)).statusCode).toBe(204)
    for (const gone of [call(url), send('PUT', url, given, ifMatch), send('DELETE', url, undefined, ifMatch)])
      expect((await gone).statusCode).toBe(404)
    await make(MINISTRIES, { ...given, code: 'T99999' })
  })

  test('what an event or an article refers to is not deleted, also a hidden or deleted article', async () => {
    expect(
      (await send('DELETE', `${MINISTRIES}/A00015`, undefined, { 'if-match': '*' })).json().detail,
    ).toMatch(/^Event \d+ refers to A00015/)
    for (const status of ['published', 'hidden', 'deleted'] as const) {
      const given = aMinistry()
      const { url } = await make(MINISTRIES, given)
      const article = await make(
        '/v1/articles',
        anArticle({
          ministry: { name: String(given.names[0]?.name) },
          status: status === 'deleted' ? 'published' : status,
        }),
      )
      if (status === 'deleted') await send('DELETE', article.url, undefined, article.ifMatch)
      const refused = await send('DELETE', url, undefined, { 'if-match': '*' })
      expect([refused.statusCode, refused.json().detail]).toEqual([
        409,
        expect.stringContaining(`Article ${article.made.id} refers to ${given.code}`),
      ])
    }
  })

  test('one that an article is being given meanwhile is not deleted either', async () => {
    const given = aMinistry()
    const { url } = await make(MINISTRIES, given)
    const hold = `SELECT FROM ministries WHERE code = '${given.code}' FOR KEY SHARE`
    const { waiting } = await whileHeld(db.url, hold, async holder => {
      const waiting = send('DELETE', url, undefined, { 'if-match': '*' })
      await untilOneWaits(holder)
      await holder.query(
        `INSERT INTO articles (status, kind, title, ministry_code, ministry_name) VALUES ('draft', 'other', '가', $1, '가')`,
        [given.code],
      )
      await holder.query('COMMIT')
      return { waiting }
    })
    expect((await waiting).statusCode).toBe(409)
  })

  test('an article is not given one that is being deleted', async () => {
    const given = aMinistry()
    await make(MINISTRIES, given)
    const remove = `DELETE FROM ministries WHERE code = '${given.code}'`
    const { waiting } = await whileHeld(db.url, remove, async holder => {
      const ministry = { code: given.code, name: '가' }
      const waiting = send('POST', '/v1/articles', anArticle({ ministry }))
      await untilOneWaits(holder)
      await holder.query('COMMIT')
      return { waiting }
    })
    expect((await waiting).statusCode).toBe(503)
  })
})

describe('what contradicts itself or what is there is refused', () => {
  const NAME = { name: '겹침청' }
  test.each<[string, object, number, string]>([
    ['no name', { names: [] }, 400, '/names'],
    ['a blank name', { names: [{ name: ' ' }] }, 400, '/names/0/name'],
    ['no code', { code: '15' }, 400, '/code'],
    ['an unknown kind', { kind: 'board' }, 400, '/kind'],
    ['an unknown field', { names: [{ name: '가', until: '2020-01-01' }] }, 400, '/names/0/until'],
    ['no day', { names: [{ name: '가', from: '2020-02-30' }] }, 400, '/names/0/from'],
    ['a day before the calendar', { names: [{ name: '가', to: '1900-01-01' }] }, 400, '/names/0/to'],
    [
      'an end before the beginning',
      { names: [{ ...NAME, from: '2020-02-02', to: '2020-02-01' }] },
      400,
      '/names/0/to',
    ],
    ['two names without days', { names: [NAME, { name: '다른청' }] }, 400, '/names/1'],
    [
      'two names on one day',
      {
        names: [
          { ...NAME, from: '2020-01-01' },
          { name: '앞청', to: '2020-01-01' },
        ],
      },
      400,
      '/names/1',
    ],
    ['a code that is taken', { code: 'A00015' }, 409, '/code'],
    [
      'a name that another has on a day',
      { names: [{ name: '산업통상부', from: '2025-10-01', to: '2025-10-01' }] },
      409,
      '/names/0/name',
    ],
    [
      'one of several',
      {
        names: [
          { name: '앞으로청', from: '2030-01-01' },
          { name: '산업 통상부', to: '2029-12-31' },
        ],
      },
      409,
      '/names/1/name',
    ],
  ])('%s', async (_what, changes, status, pointer) => {
    for (const language of ['en', 'ko']) {
      const refused = await send(
        'POST',
        MINISTRIES,
        { ...aMinistry(), ...changes },
        { 'accept-language': language },
      )
      expect(fault(refused)).toEqual([status, pointer])
    }
  })

  test('a name that another had on other days is free, and then means different bodies', async () => {
    const [early, late] = [
      aMinistry([
        { name: '돌림청', to: '2009-12-31' },
        { name: '먼저청', from: '2010-01-01' },
      ]),
      aMinistry([{ name: '돌림청', from: '2010-01-01', to: '2019-12-31' }]),
    ]
    await make(MINISTRIES, early)
    await make(MINISTRIES, late)
    expect((await resolve('돌림청', '2009-12-31')).ministry.code).toBe(early.code)
    expect((await resolve('돌림청', '2010-01-01')).ministry.code).toBe(late.code)
    const later = await resolve('돌림청', '2021-01-01')
    expect(later).toMatchObject({ ambiguous: true, ministry: null })
    expect(later.candidates.map(({ code, why }: Headers) => [code, why])).toEqual([
      [early.code, 'former-name'],
      [late.code, 'former-name'],
    ])
    const { made } = await make('/v1/articles', anArticle({ ministry: { name: '돌림청' } }))
    expect(made.ministry).toEqual({ code: null, name: '돌림청', publishedName: '돌림청' })
    const { ministries } = (await call(`/v1/articles?ministry=${encodeURIComponent('돌림청')}`)).json()
    expect(ministries.map(({ code }: Headers) => code)).toEqual([early.code, late.code])
  })

  test('a full name goes before the same short one, which is told too', async () => {
    const [full, short] = [
      aMinistry([{ name: '짧은청' }]),
      aMinistry([{ name: '짧지않은청', shortNames: ['짧은청'] }]),
    ]
    await make(MINISTRIES, full)
    await make(MINISTRIES, short)
    const { ambiguous, ministry, candidates } = await resolve('짧은청')
    expect([ambiguous, ministry.code]).toEqual([false, full.code])
    expect(candidates.map(({ code, why }: Headers) => [code, why])).toEqual([
      [full.code, 'name'],
      [short.code, 'short-name'],
    ])
  })

  test('the code of a ministry does not change', async () => {
    const { url, ifMatch } = await make(MINISTRIES, aMinistry())
    expect(fault(await send('PUT', url, aMinistry(), ifMatch))).toEqual([400, '/code'])
  })

  test('of many who write a name at once one succeeds', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => send('POST', MINISTRIES, aMinistry([{ name: '경합청' }]))),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array(5).fill(409)])
  })

  test('also a change that would', async () => {
    const given = aMinistry()
    const { url, ifMatch } = await make(MINISTRIES, given)
    expect(fault(await send('PUT', url, { ...given, names: [{ name: '환경부' }] }, ifMatch))).toEqual([
      ...[409, '/names/0/name'],
    ])
    expect((await call(url)).json().version).toBe(1)
  })
})

describe('administrators write events', () => {
  const party = ({ code, names }: ReturnType<typeof aMinistry>) => ({ code, name: String(names[0]?.name) })
  const some = async (n: number) => {
    const all = Array.from({ length: n }, () => aMinistry())
    for (const one of all) await make(MINISTRIES, one)
    return all.map(party)
  }

  test('a merger is read at its Location and from both sides', async () => {
    const [a, b, c] = await some(3)
    const { made, url, ifMatch } = await make(EVENTS, {
      kind: 'merge',
      on: '2026-03-01',
      from: [a, b],
      to: [c],
    })
    expect(made).toMatchObject({
      kind: 'merge',
      on: '2026-03-01',
      from: [a, b],
      to: [c],
      note: null,
      version: 1,
    })
    const read = await call(url)
    expect([read.json(), read.headers.etag]).toEqual([made, ifMatch['if-match']])
    expect((await call(`${MINISTRIES}/${c?.code}`)).json()).toMatchObject({
      predecessors: [
        { ...a, kind: 'merge', on: '2026-03-01', event: made.id },
        { ...b, kind: 'merge' },
      ],
      events: [made],
    })
    expect((await call(EVENTS)).json().items).toContainEqual(made)
  })

  test('the filter of lists follows it at once', async () => {
    const [a, b, c] = await some(3)
    await make('/v1/articles', anArticle({ ministry: a }))
    const total = async () => (await call(`/v1/articles?ministry=${c?.code}`)).json().total
    expect(await total()).toBe(0)
    await make(EVENTS, { kind: 'merge', on: '2026-03-01', from: [a, b], to: [c] })
    expect(await total()).toBe(1)
  })

  test('a change makes a version, and none where it changes nothing; deleted it is gone', async () => {
    const [a, b] = await some(2)
    const given = { kind: 'replace', on: '2026-03-01', from: [a], to: [b], note: '까닭' }
    const { url, ifMatch } = await make(EVENTS, given)
    expect((await send('PUT', url, given, ifMatch)).json().version).toBe(1)
    const changed = await send('PUT', url, { ...given, on: '2026-03-02' }, ifMatch)
    expect(changed.json()).toMatchObject({ version: 2, on: '2026-03-02' })
    expect(
      (await send('DELETE', url, undefined, { 'if-match': String(changed.headers.etag) })).statusCode,
    ).toBe(204)
    for (const gone of [call(url), send('PUT', url, given, ifMatch), send('DELETE', url, undefined, ifMatch)])
      expect((await gone).statusCode).toBe(404)
    expect((await call(`${MINISTRIES}/${a?.code}`)).json().successors).toEqual([])
  })

  test('what is there may be written again when its bodies are called otherwise since', async () => {
    const [a, b] = await some(2)
    const given = { kind: 'replace', on: '2026-03-01', from: [a], to: [b] }
    const { url, ifMatch } = await make(EVENTS, given)
    const body = { ...aMinistry(), code: a?.code }
    const renamed = await send('PUT', `${MINISTRIES}/${a?.code}`, body, { 'if-match': '*' })
    expect(renamed.statusCode).toBe(200)
    const same = await send('PUT', url, given, ifMatch)
    expect([same.statusCode, same.json().version]).toEqual([200, 1])
    expect(fault(await send('PUT', url, { ...given, on: '2026-03-02' }, ifMatch))).toEqual([
      400,
      '/from/0/name',
    ])
  })

  test('no body comes in its own place, however far round', async () => {
    const [a, b, c] = await some(3)
    const replace = (from: unknown, to: unknown) => ({
      kind: 'replace',
      on: '2026-03-01',
      from: [from],
      to: [to],
    })
    await make(EVENTS, replace(a, b))
    const second = await make(EVENTS, replace(b, c))
    const refused = await send('POST', EVENTS, replace(c, a))
    expect(fault(refused)).toEqual([409, '/to/0'])
    for (const one of [a, b, c]) expect(refused.json().detail).toContain(one?.code)
    expect(fault(await send('PUT', second.url, replace(b, a), second.ifMatch))).toEqual([409, '/to/0'])
    await make(EVENTS, { kind: 'transfer', on: '2026-03-01', from: [c], to: [a] })
  })

  test('no event says what another one says already', async () => {
    const [a, b] = await some(2)
    const event = { kind: 'replace', on: '2026-03-01', from: [a], to: [b] }
    const { made } = await make(EVENTS, event)
    const again = await send('POST', EVENTS, { ...event, note: '또' })
    expect([again.statusCode, again.json().detail]).toEqual([409, `Event ${made.id} says the same already.`])
    await make(EVENTS, { ...event, kind: 'upgrade' })
  })

  test('a body that is called otherwise keeps its code, and one that is replaced does not', async () => {
    const [a, b] = await some(2)
    const event = { on: '2026-03-01', from: [a] }
    for (const kind of ['replace', 'upgrade', 'rename'])
      expect(fault(await send('POST', EVENTS, { ...event, kind, to: [a] }))).toEqual([400, '/to/0/name'])
    expect(fault(await send('POST', EVENTS, { ...event, kind: 'rename', to: [b] }))).toEqual([
      400,
      '/to/0/code',
    ])
  })

  test.each<[string, object, string]>([
    ['no day', { on: '2026-02-30' }, '/on'],
    ['a split into one', { kind: 'split', to: [{ name: '하나' }] }, '/to'],
    ['a split of two', { kind: 'split', from: [{ name: '하나' }, { name: '둘' }] }, '/from'],
    ['a merger of one', { kind: 'merge', to: [{ name: '하나' }] }, '/from'],
    [
      'a rename into the same name',
      { kind: 'rename', from: [{ name: '하나' }], to: [{ name: '하나' }] },
      '/to/0/name',
    ],
    ['a body twice', { to: [{ name: '하나' }, { name: '하나' }] }, '/to/1'],
    ['a code that nobody has', { to: [{ code: 'Z99999', name: '하나' }, { name: '둘' }] }, '/to/0/code'],
    ['a name that the body never had', { from: [{ code: 'A00015', name: '환경부' }] }, '/from/0/name'],
    ['nobody', { from: [] }, '/from'],
  ])('%s is refused', async (_what, changes, pointer) => {
    const event = {
      kind: 'split',
      on: '2026-03-01',
      from: [{ name: '셋' }],
      to: [{ name: '하나' }, { name: '둘' }],
    }
    for (const language of ['en', 'ko']) {
      const refused = await send('POST', EVENTS, { ...event, ...changes }, { 'accept-language': language })
      expect(fault(refused)).toEqual([400, pointer])
    }
  })
})

describe('nobody writes unseen, or without the right', () => {
  const EVENT = { kind: 'transfer', on: '2026-03-01', from: [{ name: '가' }], to: [{ name: '나' }] }

  test('without If-Match nothing is changed, nor with what is stale', async () => {
    for (const [address, payload] of [
      [MINISTRIES, aMinistry()],
      [EVENTS, EVENT],
    ] as const) {
      const { url, made, ifMatch } = await make(address, payload)
      const changed = 'code' in payload ? { ...payload, kind: 'other' } : { ...payload, note: '새 사실' }
      expect((await send('PUT', url, changed, ifMatch)).statusCode).toBe(200)
      for (const [headers, status] of [
        [{}, 428],
        [ifMatch, 412],
        [{ 'if-match': `W/"${made.version}"`, 'accept-language': 'ko' }, 412],
      ] as const)
        for (const refused of [
          await send('PUT', url, payload, headers),
          await send('DELETE', url, undefined, headers),
        ])
          expect(refused.statusCode).toBe(status)
      expect((await call(url)).json().version).toBe(2)
    }
  })

  test('who has an event or all of them already gets 304, until there is another', async () => {
    const { url } = await make(EVENTS, { ...EVENT, on: '2026-03-02' })
    for (const address of [EVENTS, url]) {
      const { headers } = await call(address)
      const again = await call({ url: address, headers: { 'if-none-match': String(headers.etag) } })
      expect(again.statusCode).toBe(304)
    }
  })

  test.each([
    ['POST', MINISTRIES, aMinistry()],
    ['PUT', `${MINISTRIES}/A00015`, { ...aMinistry(), code: 'A00015' }],
    ['DELETE', `${MINISTRIES}/A00002`, undefined],
    ['POST', EVENTS, EVENT],
    ['PUT', `${EVENTS}/1`, EVENT],
    ['DELETE', `${EVENTS}/1`, undefined],
  ] as const)('%s %s: nobody but an administrator may', async (method, url, payload) => {
    const writer = await authorize('articles:write', 'articles:read')
    for (const [headers, status] of [
      [{ 'if-match': '*' }, 401],
      [{ 'if-match': '*', ...writer }, 403],
    ] as const)
      expect((await call({ method, url, headers, ...(payload && { payload }) })).statusCode).toBe(status)
  })
})
