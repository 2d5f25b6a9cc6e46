import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { addUpAll } from '../../src/articles/store-index.ts'
import { compactLog } from '../../src/changes/store-compact.ts'
import { readConfig } from '../../src/config.ts'
import { EXPORTED } from '../../src/exports/schema.ts'
import { sweep } from '../../src/retention.ts'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { claimIndex } from '../../src/search/store.ts'
import { Draw } from '../duplicates/draw.ts'
import { labelledPairs } from '../duplicates/labelled.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { app, db, call, authorize } = await testApp()
await claimIndex(db, ANALYSIS_VERSION)
const reader = await authorize('articles:read')

/** More than two batches, out of the order of lists, some of them duplicates. */
const draw = new Draw(11)
await insertArticles(db, [
  ...labelledPairs('chosen-by', 21, 6).flatMap(({ articles }) => articles),
  ...Array.from({ length: 430 }, (_, i) =>
    anArticle({
      title: `${draw.of(['수소 충전소', '순환경제 설명회', '인사'])} ${i}`,
      kind: draw.of(['press-release', 'policy-news']),
      status: draw.chance(0.1) ? 'hidden' : 'published',
      publishedAt: `2026-0${draw.between(1, 9)}-${draw.between(10, 28)}T0${draw.between(0, 9)}:00:00+09:00`,
      tags: draw.some(['ESG', '수소'], draw.between(0, 2)),
      ministry: draw.chance(0.3) ? { name: '산업통상부' } : null,
    }),
  ),
])
await addUpAll(db)
await db.pool.query('UPDATE article_counts SET source_views = article_id * 7 % 50')
const [doomed] = await insertArticles(db, [anArticle({ title: '지울 글' })])
await call({
  method: 'DELETE',
  url: `/v1/articles/${doomed?.id}`,
  headers: { ...(await authorize('articles:write')), 'if-match': '*' },
})

const then = new Date().toISOString()
await insertArticles(db, [anArticle({ title: '나중에 온 글' })])

type Item = Record<string, unknown>
const linesOf = (text: string): Item[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))

/** The same list, page by page. */
async function listed(query: string, fields: readonly string[] = EXPORTED): Promise<Item[]> {
  const items: Item[] = []
  for (let page = 1; ; page++) {
    const answer = (
      await call({
        url: `/v1/articles?${query}&fields=${fields}&pageSize=100&page=${page}`,
        headers: reader,
      })
    ).json()
    items.push(...answer.items)
    if (answer.nextCursor === null) return items
  }
}

const LISTS = [
  ...['', 'sort=publishedAt', 'sort=-views', 'kind=policy-news', 'tag=ESG', 'from=2026-03-01&to=2026-05-31'],
  ...['ministry=산업통상부', 'ministry=산업통상부&lineage=exact', 'tag=없는%20말', 'modifiedFrom=2026-01-01'],
  ...['status=hidden', 'status=deleted', 'status=hidden&status=published&sort=publishedAt'],
  ...[
    'q=수소',
    'q=수소&sort=publishedAt',
    'q=수소&sort=-views&tag=ESG',
    'q=인사&status=hidden',
    'q=없는말임',
  ],
  ...['q=수소&ministry=산업통상부&lineage=exact', 'q=의'],
  ...['duplicates=collapse', 'duplicates=collapse&sort=-views', 'duplicates=collapse&q=협약'],
  ...['asOf=THEN', 'asOf=THEN&kind=policy-news&sort=publishedAt'],
]

describe('an export', () => {
  test.each(LISTS)(
    'has all of the list and nothing else, in its order, as its items are: %s',
    async asked => {
      const query = encodeURI(asked.replace('THEN', then))
      const response = await call({ url: `/v1/articles.ndjson?${query}`, headers: reader })
      expect(response.statusCode).toBe(200)
      expect(linesOf(response.body)).toEqual(await listed(query))
    },
  )

  test('has every field of an article but its neighbours, each as the document describes it', async () => {
    const { paths: _, ...document } = JSON.parse(JSON.stringify(app.swagger()))
    document.components.schemas.SparseArticle.additionalProperties = false
    const ajv = new Ajv2020({ strict: false })
    ;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
    ajv.addSchema({ $id: 'api', ...document })
    const validate = ajv.compile({ $ref: 'api#/components/schemas/SparseArticle' })
    const items = linesOf((await call('/v1/articles.ndjson?duplicates=collapse')).body)
    for (const item of items) expect([validate(item), validate.errors]).toEqual([true, null])
    const [first] = linesOf((await call('/v1/articles.ndjson')).body)
    const { previous, next, ...article } = (await call(`/v1/articles/${first?.id}`)).json()
    expect(first).toEqual(article)
  })

  test('has just the fields that are asked for, and columns in their order', async () => {
    const { body } = await call('/v1/articles.ndjson?fields=title,id&fields=bodyText')
    expect(linesOf(body)).toEqual(await listed('', ['id', 'title', 'bodyText']))
    const csv = (await call('/v1/articles.csv?fields=source,id&kind=policy-news')).body
    expect(csv.split('\r\n', 1)).toEqual(['source.name,source.externalId,source.url,id'])
  })

  test('shows anonymous readers what is public alone', async () => {
    for (const type of ['ndjson', 'csv'])
      for (const query of ['status=hidden', 'status=deleted', 'asOf=2026-01-20']) {
        expect((await call(`/v1/articles.${type}?${query}`)).statusCode).toBe(401)
      }
    const items = linesOf((await call('/v1/articles.ndjson')).body)
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['published']))
    expect(items.map(({ id }) => id)).not.toContain(doomed?.id)
  })

  test.each([
    ['page=1', 'page', 'whole list'],
    ['pageSize=10', 'pageSize', 'whole list'],
    ['cursor=abc', 'cursor', 'whole list'],
    ['q=수소&highlight=true', 'highlight', 'by page'],
    ['q=수소&sort=relevance', 'sort', 'ranks only the newest'],
    ['fields=number', 'fields', 'must be one of'],
    ['limit=10', 'limit', 'unknown parameter'],
    ['bom=maybe', 'bom', 'must be'],
    ['formulas=run', 'formulas', 'must be one of'],
  ])('refuses %s and names it', async (query, parameter, text) => {
    const response = await call(`/v1/articles.csv?${encodeURI(query)}`)
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toEqual([
      expect.objectContaining({ parameter, detail: expect.stringContaining(text) }),
    ])
    const other = await call(`/v1/articles.ndjson?${encodeURI(query)}`)
    expect(other.statusCode).toBe(400)
  })

  test('that Accept does not take is a 406', async () => {
    const headers = { accept: 'application/json' }
    expect((await call({ url: '/v1/articles.csv', headers })).statusCode).toBe(406)
    expect((await call({ url: '/v1/articles.ndjson', headers })).statusCode).toBe(406)
    expect((await call({ url: '/v1/articles.csv', headers: { accept: 'text/*' } })).statusCode).toBe(200)
  })

  test('of a time of which the log was compacted is a 410', async () => {
    await compactLog(db, new Date())
    for (const type of ['ndjson', 'csv']) {
      const response = await call({ url: `/v1/articles.${type}?asOf=2026-01-20`, headers: reader })
      expect(response.statusCode).toBe(410)
      expect(response.headers['content-disposition']).toBeUndefined()
    }
  })

  test('is a file whose name has the Seoul day', async () => {
    const { headers } = await call('/v1/articles.csv?fields=id')
    const [, day] =
      /filename="gongbo-(\d{4}-\d\d-\d\d)\.csv"/.exec(String(headers['content-disposition'])) ?? []
    expect(headers['content-disposition']).toBe(
      `attachment; filename="gongbo-${day}.csv"; filename*=UTF-8''${encodeURIComponent('공보-')}${day}.csv`,
    )
    expect(headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store, no-transform')
  })

  test('answers HEAD with the head alone, and begins nothing', async () => {
    const before = await db.pool.query('SELECT count(*)::int AS n FROM exports')
    const { statusCode, headers, body } = await call({ method: 'HEAD', url: '/v1/articles.csv' })
    expect([statusCode, body, headers['content-length']]).toEqual([200, '', undefined])
    expect((await db.pool.query('SELECT count(*)::int AS n FROM exports')).rows).toEqual(before.rows)
  })
})

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('count and digest', () => {
  test.each(['ndjson', 'csv'] as const)('of %s come as trailers, and by its id afterwards', async type => {
    const response = await call(`/v1/articles.${type}?kind=policy-news&fields=id,title`)
    const count = (await listed('kind=policy-news', ['id'])).length
    const digest = sha256(response.rawPayload)
    expect(response.headers.trailer).toBe('Gongbo-Count, Gongbo-Sha256')
    expect(response.trailers).toEqual({ 'gongbo-count': String(count), 'gongbo-sha256': digest })
    const told = await call(`/v1/exports/${response.headers['gongbo-export']}`)
    expect(told.headers['cache-control']).toBe('no-store')
    expect(told.json()).toMatchObject({
      ...{ state: 'succeeded', format: type, query: 'kind=policy-news&fields=id,title' },
      ...{ count, bytes: response.rawPayload.length, sha256: digest, failure: null },
    })
  })

  test('are those of the content before gzip, which comes to those who ask for it', async () => {
    const plain = await call('/v1/articles.ndjson')
    const coded = await call({ url: '/v1/articles.ndjson', headers: { 'accept-encoding': 'br, gzip' } })
    expect(coded.headers['content-encoding']).toBe('gzip')
    expect(coded.headers.vary).toContain('Accept-Encoding')
    expect(coded.rawPayload.length).toBeLessThan(plain.rawPayload.length / 4)
    expect(gunzipSync(coded.rawPayload).equals(plain.rawPayload)).toBe(true)
    expect(coded.trailers).toEqual(plain.trailers)
    for (const encoding of ['identity', 'br', 'gzip;q=0', 'gzip;q=0.1, identity'])
      expect(
        (await call({ url: '/v1/articles.ndjson?tag=ESG', headers: { 'accept-encoding': encoding } }))
          .headers,
      ).not.toHaveProperty('content-encoding')
  })

  test('are told of what is known, for 7 days', async () => {
    expect((await call('/v1/exports/0b4f6a3e-0000-4000-8000-000000000000')).statusCode).toBe(404)
    expect((await call('/v1/exports/1')).statusCode).toBe(400)
    const id = (await call('/v1/articles.csv?fields=id')).headers['gongbo-export']
    const age = (days: number) =>
      db.pool.query('UPDATE exports SET started_at = now() - make_interval(days => $2) WHERE id = $1', [
        id,
        days,
      ])
    await age(6)
    await sweep(db, readConfig({}))
    expect((await call(`/v1/exports/${id}`)).statusCode).toBe(200)
    await age(8)
    await sweep(db, readConfig({}))
    expect((await call(`/v1/exports/${id}`)).statusCode).toBe(404)
  })

  test('of an export whose server fell silent are not taken for the whole', async () => {
    const id = '0b4f6a3e-0000-4000-8000-00000000000a'
    await db.pool.query(
      `INSERT INTO exports (id, format, query, beat_at) VALUES ($1, 'csv', '', now() - make_interval(secs => 29))`,
      [id],
    )
    expect((await call(`/v1/exports/${id}`)).json()).toMatchObject({ state: 'running', sha256: null })
    await db.pool.query(`UPDATE exports SET beat_at = now() - make_interval(secs => 31) WHERE id = $1`, [id])
    expect((await call(`/v1/exports/${id}`)).json()).toMatchObject({
      state: 'failed',
      failure: 'interrupted',
    })
  })
})
