import { beforeAll, describe, expect, test } from '@jest/globals'
import { addUpAll } from '../../src/articles/store-index.ts'
import { DUPLICATE_RULES } from '../../src/duplicates/relate.ts'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { editor } from '../support/editor.ts'
import { childrenOf, parseXml, textOf } from '../support/xml.ts'

const { call, db, authorize, clock } = await testApp()
const writer = await authorize('admin')

const poll = (query: string, headers: Record<string, string> = {}, url = '/v1/articles.atom') =>
  call({ url: `${url}?${query}`, headers })
const tagOf = async (query: string, headers = {}) => String((await poll(query, headers)).headers.etag)
const again = async (query: string, etag: string) => (await poll(query, { 'if-none-match': etag })).statusCode
const write = editor(call, writer)
const create = async (changes = {}): Promise<number> =>
  (await write('POST', '/v1/articles', anArticle(changes))).json().id

beforeAll(async () => {
  await create({ tags: ['순환경제'], ministry: { name: '고용노동부' } })
  await addUpAll(db)
})

/** Queries whose feeds are told by what they go by, without being read. */
const CHEAP = [
  '',
  'tag=순환경제&kind=press-release',
  'ministry=고용노동부',
  'from=2026-01-01&to=2026-01-31',
  'period=1y',
  'q=순환경제',
  'sort=publishedAt&pageSize=5',
]
/** Queries of which only the list itself tells. */
const DEAR = ['sort=-views', 'q=순환경제&sort=relevance', 'duplicates=collapse']

describe('a reader who sends the validator', () => {
  test.each([...CHEAP, ...DEAR])(
    '%s: gets 304 while nothing changes, 200 once something does',
    async query => {
      const etag = await tagOf(query)
      expect(await again(query, etag)).toBe(304)
      expect(await again(query, `"other", ${etag}`)).toBe(304)
      await create({ tags: ['순환경제'], ministry: { name: '고용노동부' } })
      expect(await again(query, etag)).toBe(200)
      await addUpAll(db)
    },
  )

  test('gets 200 where an article that is not public makes two that are one group', async () => {
    const words = Array.from({ length: 120 }, (_, i) => `낱말${String.fromCharCode(0xac00 + i * 28)}`)
    const createOn = (day: string, changed: number, more = {}) =>
      create({
        ...{
          title: '철강 산업 육성 전략',
          ministry: { name: '교육부' },
          publishedAt: `${day}T10:00:00+09:00`,
        },
        bodyText: words.map((word, i) => (i % 40 === changed ? `다른${word}` : word)).join(' '),
        ...more,
      })
    await createOn('2026-03-01', 0)
    await createOn('2026-04-20', 7)
    const query = 'duplicates=collapse&from=2026-03-01&to=2026-04-30'
    const etag = await tagOf(query)
    const entries = async () => (await call(`/v1/articles/feed.json?${query}`)).json().items.length
    expect(await entries()).toBe(2)
    await createOn('2026-03-26', 14, { status: 'hidden' })
    expect([await entries(), await again(query, etag)]).toEqual([1, 200])
  })

  test('is told for how long to wait, and what the answer depends on', async () => {
    const anybody = await poll('')
    expect(anybody.headers).toMatchObject({ 'cache-control': 'public, max-age=60', vary: 'Authorization' })
    const holder = await poll('', writer)
    expect(holder.headers['cache-control']).toBe('private, no-cache')
    const head = await call({ method: 'HEAD', url: '/v1/articles.atom' })
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', anybody.headers.etag])
  })

  test('gets what is new also where it is not public yet, was never, or ceases to be', async () => {
    const draft = await create({ status: 'draft' })
    const etag = await tagOf('')
    await write('PATCH', `/v1/articles/${draft}`, { title: '고친 초안' })
    expect(await again('', etag)).toBe(304)
    await write('PATCH', `/v1/articles/${draft}`, { status: 'published' })
    expect(await again('', etag)).toBe(200)
    const published = await tagOf('')
    await write('DELETE', `/v1/articles/${draft}`)
    expect(await again('', published)).toBe(200)
  })

  test('sees drafts change with a key', async () => {
    const draft = await create({ status: 'draft' })
    const etag = await tagOf('status=draft', writer)
    const fresh = async () => (await poll('status=draft', { ...writer, 'if-none-match': etag })).statusCode
    expect(await fresh()).toBe(304)
    await write('PATCH', `/v1/articles/${draft}`, { title: '다시 고친 초안' })
    expect(await fresh()).toBe(200)
  })

  test('of one query does not hear of another, nor of another page or size', async () => {
    const { next } = linksOf((await poll('pageSize=2')).body)
    const queries = [
      '',
      'pageSize=2',
      'tag=순환경제',
      'sort=publishedAt',
      new URL(next ?? '').search.slice(1),
    ]
    const tags = await Promise.all(queries.map(query => tagOf(query)))
    expect(new Set(tags).size).toBe(queries.length)
    // Where the document says that it is.
    expect(await tagOf('', { host: 'other.example' })).not.toBe(tags[0])
  })
})

describe('a feed moves besides', () => {
  test('with the day, where its query goes by it', async () => {
    clock.at = new Date('2026-11-25T14:59:00Z')
    const [period, ministry, plain] = [
      await tagOf('period=7d'),
      await tagOf('ministry=고용노동부'),
      await tagOf(''),
    ]
    clock.at = new Date('2026-11-25T15:00:00Z')
    expect(await again('period=7d', period)).toBe(200)
    expect(await again('ministry=고용노동부', ministry)).toBe(200)
    expect(await again('', plain)).toBe(304)
    clock.at = null
  })

  test('with the registry of ministries, where it is asked for one', async () => {
    const [ministry, plain] = [await tagOf('ministry=고용노동부'), await tagOf('')]
    const body = { kind: 'ministry', names: [{ name: '시험부', shortNames: ['시험'], from: null, to: null }] }
    const created = await write('POST', '/v1/ministries', { code: 'A09999', ...body })
    expect(created.statusCode).toBe(201)
    expect(await again('ministry=고용노동부', ministry)).toBe(200)
    expect(await again('', plain)).toBe(304)
  })

  test('with synonyms, where it is asked for keywords', async () => {
    await addUpAll(db)
    const etag = await tagOf('q=순환경제')
    const group = await write('POST', '/v1/synonyms', { terms: ['순환경제', '서큘러이코노미'] })
    expect(await again('q=순환경제', etag)).toBe(200)
    const added = await tagOf('q=순환경제')
    await write('DELETE', `/v1/synonyms/${group.json().id}`)
    expect(await again('q=순환경제', added)).toBe(200)
  })

  test('with what a search finds: while the upkeep is behind, no validator outlasts it', async () => {
    await create({ title: '수소충전소 확대', bodyText: '수소충전소를 늘린다.' })
    const behind = await tagOf('q=수소')
    await addUpAll(db)
    const upToDate = await tagOf('q=수소')
    expect(upToDate).not.toBe(behind)
    expect(await again('q=수소', upToDate)).toBe(304)
  })
})

describe('If-Modified-Since', () => {
  const dateOf = async (query: string) => (await poll(query)).headers['last-modified']
  const since = async (query: string, date: string, more = {}) =>
    (await poll(query, { 'if-modified-since': date, ...more })).statusCode

  test('is answered where nothing but the log moves a feed, and its last second is long over', async () => {
    await create()
    expect(await dateOf('')).toBeUndefined()
    clock.at = new Date(Date.now() + 61_000)
    const date = String(await dateOf(''))
    expect(Date.parse(date)).toBeLessThan(clock.at.getTime() - 60_000)
    expect(await since('', date)).toBe(304)
    expect(await since('', new Date(Date.parse(date) - 1_000).toUTCString())).toBe(200)
    expect(await since('', 'yesterday')).toBe(200)
    for (const query of ['q=순환경제', 'ministry=고용노동부', 'sort=-views', 'duplicates=collapse'])
      expect([query, await dateOf(query)]).toEqual([query, undefined])
    clock.at = null
  })

  test('has no say where there is If-None-Match', async () => {
    clock.at = new Date(Date.now() + 61_000)
    const date = String(await dateOf(''))
    expect(await since('', date, { 'if-none-match': '"other"' })).toBe(200)
    clock.at = null
  })
})

const linksOf = (body: string): Record<string, string> =>
  Object.fromEntries(
    childrenOf(parseXml(body), 'link').map(
      ({ attributes: { rel, href } }) => [rel, href] as [string, string],
    ),
  )

test('without PUBLIC_URL addresses are whole where the reader found the API; identities are the same', async () => {
  const here = parseXml((await poll('tag=순환경제')).body)
  const there = (await poll('tag=순환경제', { host: 'api.example.kr:8080' })).body
  expect(linksOf(there)).toMatchObject({
    first: 'http://api.example.kr:8080/v1/articles.atom?tag=%EC%88%9C%ED%99%98%EA%B2%BD%EC%A0%9C',
  })
  expect(textOf(parseXml(there), 'id')).toBe(textOf(here, 'id'))
  // No header can put anything else in front of them.
  const odd = (await poll('', { host: 'a"><script>' })).body
  expect(linksOf(odd).first).toBe('/v1/articles.atom')
})

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}
const SMALL = [
  'ministries',
  'ministry_events',
  'search_synonyms',
  'search_totals',
  'change_horizon',
  'search_deltas',
]

/** Rows that a plan reads of tables that grow with the articles. */
const readBy = (plan: Plan): number =>
  (plan['Relation Name'] && !SMALL.includes(plan['Relation Name'])
    ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
    : 0) + (plan.Plans ?? []).reduce((sum, part) => sum + readBy(part), 0)

/** The statements of some work, as they reach the pool. */
async function statementsOf(work: () => Promise<unknown>): Promise<{ text: string; values: unknown[] }[]> {
  const statements: { text: string; values: unknown[] }[] = []
  const { pool } = db
  const { query } = pool
  let acquired = 0
  const count = () => acquired++
  const noting =
    (send: (...given: never[]) => unknown) =>
    (...given: never[]) => {
      const [statement, values] = given as unknown as [
        string | { text: string; values?: unknown[] },
        unknown[]?,
      ]
      if (typeof statement === 'string') statements.push({ text: statement, values: values ?? [] })
      else statements.push({ text: statement.text, values: statement.values ?? values ?? [] })
      return send(...given)
    }
  pool.query = noting(query.bind(pool) as never) as never
  pool.on('acquire', count)
  try {
    await work()
  } finally {
    pool.query = query
    pool.off('acquire', count)
  }
  // None went another way.
  expect(statements).toHaveLength(acquired)
  return statements
}

describe('a poll that gets 304', () => {
  const grow = async (from: number, to: number) => {
    await db.pool.query(
      `WITH a AS (INSERT INTO articles (status, kind, title, ministry_name, published_at)
           SELECT 'published', 'other', '글 ' || i, '고용노동부', timestamptz '2025-01-01' + i * interval '1 minute'
           FROM generate_series($1::int, $2::int) i RETURNING id, listed_at),
         p AS (INSERT INTO article_prints (article_id, rules) SELECT id, ${DUPLICATE_RULES} FROM a),
         s AS (INSERT INTO article_search (article_id, listed_at, public, analyser) SELECT id, listed_at, true, ${ANALYSIS_VERSION} FROM a)
       INSERT INTO changes (article_id, kind, version, actor, was_public, is_public) SELECT id, 'create', 1, 'system:test', false, true FROM a`,
      [from, to],
    )
    await addUpAll(db)
    await db.pool.query('VACUUM ANALYZE')
  }

  const readFor = async (query: string) => {
    const etag = await tagOf(query)
    const statements = await statementsOf(async () => expect(await again(query, etag)).toBe(304))
    expect(statements.length).toBeGreaterThan(0)
    let read = 0
    for (const { text, values } of statements) {
      const { rows } = await db.pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values)
      read += readBy(rows[0]['QUERY PLAN'][0].Plan)
    }
    return [query, read] as const
  }

  test('reads a row or two of the tables that grow, however many rows they have', async () => {
    const among = async (from: number, to: number) => {
      await grow(from, to)
      const read: (readonly [string, number])[] = []
      for (const query of CHEAP) read.push(await readFor(query))
      return read
    }
    const few = await among(1, 5_000)
    expect(few.filter(([, read]) => read > 3)).toEqual([])
    expect(await among(5_001, 20_000)).toEqual(few)
  })
})
