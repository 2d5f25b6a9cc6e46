import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { AnswerMemory, type Kept } from '../../src/http/memory.ts'
import { RepeatedBody } from '../../src/http/under-way.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { type Call, contract } from '../support/contract.ts'
import { editor } from '../support/editor.ts'
import { untilKept } from '../support/kept.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

const { call, db, authorize, clock } = await testApp({ CACHE_MIB: 8, CDN_SECONDS: 30 })
/** Another process over the same database. */
const otherApp = await buildApp({
  config: { ...readConfig({}), RATE_LIMIT: 0 },
  db,
  now: () => clock.at ?? new Date(),
})
afterAll(() => otherApp.close())
const other = await contract(otherApp)
const key = await authorize('articles:write', 'admin')
const write = editor(call, key)

const [row] = await insertArticles(db, [
  anArticle({ title: '처음 제목', source: { name: 'korea.kr', externalId: 'memory' } }),
])
const id = Number(row?.id)
const item = `/v1/articles/${id}`

const status = async (url: string, ask: Call = call, headers = {}) =>
  String((await ask({ url, headers })).headers['cache-status'])
/** Changes a row so that nobody is told. */
const changeUnseen = (title: string) =>
  db.pool.query('UPDATE articles SET title = $1 WHERE id = $2', [title, id])
const titleOf = async (ask: Call = call): Promise<string> => (await ask(item)).json().title
const LISTENERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND query LIKE 'SELECT COALESCE(max(seq)%'`

beforeEach(async () => {
  clock.at = null
  await Promise.all([untilKept(item, call), untilKept(item, other)])
})

describe('an answer to an anonymous reader is kept', () => {
  test.each([
    '/v1/articles',
    '/v1/articles?q=순환경제&pageSize=5',
    item,
    '/v1/articles/by-source/korea.kr/memory',
    '/v1/articles/histogram?interval=year',
    '/v1/articles/facets?facets=kind',
  ])('%s: the same again, without the database', async url => {
    const first = await call(url)
    const again = await call(url)
    expect(again.headers['cache-status']).toBe('gongbo; hit')
    expect(again.body).toBe(first.body)
    const named = ({ 'x-request-id': _, 'cache-status': __, date: ___, ...rest }: Record<string, unknown>) =>
      rest
    expect(named(again.headers)).toEqual(named(first.headers))
    const fresh = await call({ url, headers: { 'if-none-match': String(first.headers.etag) } })
    expect(fresh.statusCode).toBe(304)
  })

  test('under one address, whatever the order of its parameters', async () => {
    await call('/v1/articles?pageSize=3&page=1&kind=press-release')
    expect(await status('/v1/articles?kind=press-release&pageSize=3&page=1')).toBe('gongbo; hit')
    expect(await status('/v1/articles?kind=press-release&pageSize=2&page=1')).toBe('gongbo; fwd=miss')
  })

  test('for each representation by itself', async () => {
    const html = await call({ url: item, headers: { accept: 'text/html' } })
    const json = await call({ url: item, headers: { accept: 'application/json' } })
    const again = await call({ url: item, headers: { accept: 'text/html' } })
    expect(again.headers['cache-status']).toBe('gongbo; hit')
    expect(again.headers['content-security-policy']).toBe(html.headers['content-security-policy'])
    expect(again.body).toBe(html.body)
    expect(json.json().id).toBe(id)
  })

  test('and for HEAD, which sends no body', async () => {
    const head = await call({ method: 'HEAD', url: item })
    expect(head.headers['cache-status']).toBe('gongbo; hit')
    expect(head.body).toBe('')
    expect(Number(head.headers['content-length'])).toBe(Buffer.byteLength((await call(item)).body))
    const current = await call({
      method: 'HEAD',
      url: item,
      headers: { 'if-none-match': String(head.headers.etag) },
    })
    expect(current.statusCode).toBe(304)
    expect(current.headers['content-length']).toBeUndefined()
  })

  test('not for who has a key, nor what is refused', async () => {
    expect(await status(item, call, key)).toBe('gongbo; fwd=bypass')
    const refused = () => call('/v1/articles/999999')
    await refused()
    const { statusCode, headers } = await refused()
    expect(statusCode).toBe(404)
    expect(headers['cache-status']).toBeUndefined()
  })

  test('a network in front may keep it for a time, not what a key is shown nor what is refused', async () => {
    const told = async (url: string, headers = {}) => (await call({ url, headers })).headers
    for (const answer of [await told(item), await told(item, { 'if-none-match': '*' })]) {
      expect(answer['cdn-cache-control']).toBe('max-age=30, stale-while-revalidate=300')
      expect(answer['surrogate-control']).toBe(answer['cdn-cache-control'])
      expect(answer['cache-control']).toBe('public, no-cache')
    }
    for (const answer of [await told(item, key), await told('/v1/articles/999999')])
      expect(answer['cdn-cache-control'] ?? answer['surrogate-control']).toBeUndefined()
  })

  test('compressed for who takes it, as a representation of its own', async () => {
    await insertArticles(db, [anArticle({ bodyText: '탄소중립 '.repeat(500) })])
    const plain = await call('/v1/articles?fields=bodyText,title')
    const ask = (headers = {}) =>
      otherApp.inject({
        url: '/v1/articles?fields=bodyText,title',
        headers: { 'accept-encoding': 'gzip', ...headers },
      })
    for (let round = 0; round < 2; round++) {
      const coded = await ask()
      expect(coded.headers['content-encoding']).toBe('gzip')
      expect(coded.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5)
      const text = new Response(
        new Blob([new Uint8Array(coded.rawPayload)]).stream().pipeThrough(new DecompressionStream('gzip')),
      )
      expect(await text.text()).toBe(plain.body)
      expect(coded.headers.etag).not.toBe(plain.headers.etag)
      expect((await ask({ 'if-none-match': String(coded.headers.etag) })).statusCode).toBe(304)
      expect(String(coded.headers.vary)).toContain('Accept-Encoding')
    }
    // Its neighbour is new, of which this node need not have heard.
    const { rows } = await db.pool.query<{ seq: string }>('SELECT max(seq) AS seq FROM changes')
    const position = { 'gongbo-position': String(rows[0]?.seq) }
    const matched = await call({ url: item, headers: { 'accept-encoding': 'gzip', ...position } })
    expect((await write('PATCH', item, { title: '처음 제목' })).headers.etag).toBe(matched.headers.etag)
  })

  test('compressed by the bytes that it has, whether it is made or kept', async () => {
    const [added] = await insertArticles(db, [anArticle({ bodyText: '탄소'.repeat(100) })])
    const ask = async () =>
      otherApp.inject({ url: `/v1/articles/${added?.id}`, headers: { 'accept-encoding': 'gzip' } })
    const plain = await call(`/v1/articles/${added?.id}`)
    expect([plain.body.length < 1_400, plain.rawPayload.length > 1_400]).toEqual([true, true])
    const [made, kept] = [await ask(), await ask()]
    for (const { headers } of [made, kept]) expect(headers['content-encoding']).toBe('gzip')
    expect(kept.headers.etag).toBe(made.headers.etag)
  })

  test('until the day in Seoul is over', async () => {
    clock.at = new Date('2026-01-20T14:59:00Z')
    const isNew = async () => (await call(item)).json().isNew
    expect(await isNew()).toBe(true)
    expect(await isNew()).toBe(true)
    clock.at = new Date('2026-01-20T15:00:00Z')
    expect(await isNew()).toBe(false)
  })
})

describe('no answer is older than what was told of', () => {
  test('its node tells a writer at once, another node within a moment', async () => {
    await changeUnseen('몰래 바꾼 제목')
    expect(await titleOf()).toBe('처음 제목')
    await write('PATCH', item, { title: '고친 제목' })
    expect(await titleOf()).toBe('고친 제목')
    while ((await titleOf(other)) !== '고친 제목') await new Promise(next => setTimeout(next, 1))
    await write('PATCH', item, { title: '처음 제목' })
  })

  test('what is refused makes nothing be forgotten, and what loaders write does', async () => {
    await call({ method: 'POST', url: '/v1/articles', payload: {} })
    expect(await status(item)).toBe('gongbo; hit')
    const url = 'https://www.korea.kr/briefing/pressReleaseList.do?srchWord=수소'
    expect((await call({ method: 'POST', url: '/v1/queries/from-url', payload: { url } })).statusCode).toBe(
      200,
    )
    expect(await status(item)).toBe('gongbo; hit')
    await insertArticles(db, [anArticle()])
    while ((await status('/v1/articles/histogram')) === 'gongbo; hit')
      await new Promise(next => setTimeout(next, 1))
  })

  test('counters that move are shown on their node', async () => {
    const views = async () => (await call(item)).json().counts.views
    const listed = async () =>
      (await call('/v1/articles?sort=-views')).json().items.find((one: { id: number }) => one.id === id)
        .counts.views
    const before = await views()
    expect(await listed()).toBe(before)
    await call({
      method: 'POST',
      url: `${item}/views`,
      headers: { 'visitor-id': `visitor-${Math.random()}` },
    })
    expect(await views()).toBe(before + 1)
    expect(await listed()).toBe(before + 1)
  })

  test.each([
    [
      'a ministry',
      '/v1/ministries',
      { code: 'X00001', kind: 'ministry', names: [{ name: '시험부', from: '2020-01-01' }] },
    ],
    ['synonyms', '/v1/synonyms', { terms: ['처음', '시초'] }],
  ])('what is written of %s is told on every node, too', async (_, url, body) => {
    expect((await write('POST', url, body)).statusCode).toBe(201)
    while ((await status(item, other)) === 'gongbo; hit') await new Promise(next => setTimeout(next, 1))
  })

  test('without the connection that listens nothing is kept; with a new one it is', async () => {
    await call(item)
    await db.pool.query(LISTENERS)
    await changeUnseen('연결이 끊긴 동안')
    while ((await status(item)) === 'gongbo; hit') await new Promise(next => setTimeout(next, 1))
    expect(await titleOf()).toBe('연결이 끊긴 동안')
    await untilKept(item, call)
    expect(await titleOf()).toBe('연결이 끊긴 동안')
    await changeUnseen('처음 제목')
    await write('PATCH', item, { author: '누구' })
  })

  test('one that is made while something changes is not kept', async () => {
    const [url, elsewhere] = ['/v1/articles?sort=publishedAt&pageSize=1', '/v1/articles/histogram']
    await untilKept(elsewhere, call)
    const made = await whileHeld(db.url, 'LOCK TABLE articles', async holder => {
      const answer = call(url)
      await untilOneWaits(holder)
      await db.pool.query(`SELECT pg_notify('gongbo_changes', '')`)
      while ((await status(elsewhere)) === 'gongbo; hit') await new Promise(next => setTimeout(next, 1))
      await holder.query('COMMIT')
      return answer
    })
    expect(made.statusCode).toBe(200)
    expect(await status(url)).toBe('gongbo; fwd=miss')
    expect(await status(url)).toBe('gongbo; hit')
  })

  test('whoever asks for what is being made waits for it: one query for all', async () => {
    const url = '/v1/articles?sort=publishedAt&pageSize=7'
    const answers = await whileHeld(db.url, 'LOCK TABLE articles', async holder => {
      const asked = Array.from({ length: 20 }, () => call(url))
      await untilOneWaits(holder)
      const { rows } = await holder.query(
        `SELECT count(*)::int AS n FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE NOT l.granted AND a.datname = current_database()`,
      )
      expect(rows[0].n).toBe(1)
      await holder.query('COMMIT')
      return Promise.all(asked)
    })
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  })

  test('a writer reads what was written, whatever was asked before', async () => {
    const keeper = await authorize('articles:read')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('read', 'list', 'write', 'hide', 'other'), { maxLength: 8 }),
        async steps => {
          for (const [i, step] of steps.entries()) {
            if (step === 'write') await write('PATCH', item, { title: `제목 ${i} ${Math.random()}` })
            if (step === 'hide') await write('PATCH', item, { status: i % 2 ? 'hidden' : 'published' })
            if (step === 'other') await insertArticles(db, [anArticle()])
            const url = step === 'list' ? '/v1/articles?pageSize=50' : item
            if (step === 'other') continue
            const [mine, whole] = [await call(url), await call({ url, headers: keeper })]
            if (mine.statusCode === 200 && step !== 'list') expect(mine.json()).toEqual(whole.json())
            if (mine.statusCode !== 200) expect(whole.json().status).toBe('hidden')
          }
        },
      ),
      { numRuns: 8 },
    )
    await write('PATCH', item, { status: 'published', title: '처음 제목' })
  })
})

/** A promise, and what settles it. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(done => {
    resolve = done
  })
  return { promise, resolve }
}

const keptOf = (n: number): Kept => ({
  ...{ etag: '""', headers: {}, type: 'text/plain', gzip: null, shows: [] },
  ...{ body: new RepeatedBody(Buffer.alloc(n)), sent: new Map() },
})

test('an answer that is made while counters move is not kept', async () => {
  const memory = new AnswerMemory({ bytes: 20_000, ms: 1_000 })
  memory.trust(0)
  const { promise, resolve } = withResolvers<Kept>()
  const asked = memory.findOrMake('list', () => promise)
  memory.recounted(1)
  resolve(keptOf(1))
  expect(await asked).toBeDefined()
  expect(memory.find('list')).toBeUndefined()
  await memory.findOrMake('list', async () => keptOf(1))
  expect(memory.find('list')).toBeDefined()
})

describe('shortly before its time ends', () => {
  afterEach(() => void jest.restoreAllMocks())

  async function soonToEnd() {
    const memory = new AnswerMemory({ bytes: 20_000, ms: 1_000 })
    memory.trust(0)
    const first = await memory.findOrMake('list', async () => keptOf(1))
    const now = performance.now()
    jest.spyOn(performance, 'now').mockReturnValue(now + 950)
    // What time it is is remembered for a millisecond.
    await sleep(5)
    return { memory, first }
  }

  test('an answer is made anew by one who asks, while others are given it', async () => {
    const { memory, first } = await soonToEnd()
    expect(memory.find('list')).toBeUndefined()
    const { promise, resolve } = withResolvers<Kept>()
    const anew = memory.findOrMake('list', () => promise)
    expect(memory.find('list')).toBe(first)
    const second = keptOf(1)
    resolve(second)
    expect(await anew).toBe(second)
    expect(memory.find('list')).toBe(second)
  })

  test('one that cannot be made anew is given as long as it may be', async () => {
    const { memory, first } = await soonToEnd()
    const failing = async (): Promise<Kept> => {
      throw new Error('no database')
    }
    expect(await memory.findOrMake('list', failing)).toBe(first)
    const now = performance.now()
    jest.spyOn(performance, 'now').mockReturnValue(now + 100)
    await sleep(5)
    await expect(memory.findOrMake('list', failing)).rejects.toThrow('no database')
  })

  test('one that something changed while it was made anew is not kept', async () => {
    const { memory } = await soonToEnd()
    const { promise, resolve } = withResolvers<Kept>()
    const anew = memory.findOrMake('list', () => promise)
    memory.told(1)
    resolve(keptOf(1))
    await anew
    expect(memory.find('list')).toBeUndefined()
  })
})

test('it takes no more memory than it may', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3_000), { maxLength: 50 }), async sizes => {
      const memory = new AnswerMemory({ bytes: 20_000, ms: 1_000 })
      memory.trust(0)
      for (const [i, n] of sizes.entries()) {
        await memory.findOrMake(String(i), async () => keptOf(n))
        expect(memory.find(String(i))).toBeDefined()
        expect(memory.bytes).toBeLessThanOrEqual(20_000)
      }
    }),
  ))
