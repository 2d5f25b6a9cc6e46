import { describe, expect, test } from '@jest/globals'
import { type Indexed, toSearchRows } from '../../src/articles/indexing.ts'
import { addUpAll, keepIndex, reindexSome } from '../../src/articles/store-index.ts'
import { run } from '../../src/db/run.ts'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { claimIndex, countStale, writeSearchRows } from '../../src/search/store.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { db, call, authorize } = await testApp()
const key = await authorize('articles:write', 'articles:read')

const termsOf = async (id: number): Promise<string[]> =>
  (
    await db.pool.query(
      'SELECT tsvector_to_array(terms) AS terms FROM article_search WHERE article_id = $1',
      [id],
    )
  ).rows[0]?.terms
/** Document frequencies as counted, and as the rows say. */
async function frequencies() {
  await addUpAll(db)
  const counted = await db.pool.query('SELECT term, df FROM search_terms WHERE df <> 0 ORDER BY term')
  const actual = await db.pool.query(
    `SELECT term COLLATE "C" AS term, count(*)::int AS df
     FROM article_search, unnest(tsvector_to_array(terms)) AS term WHERE public GROUP BY 1 ORDER BY 1`,
  )
  return { counted: counted.rows, actual: actual.rows }
}

describe('an article and its search row', () => {
  test('are written together: morphemes, stems, the title’s terms, filters', async () => {
    const [row] = await insertArticles(db, [
      anArticle({
        title: '탄소국경조정제도 설명회',
        bodyText: '수소를 만드는 기업',
        tags: ["통상 O'Neil\\"],
        ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' },
      }),
    ])
    expect(await termsOf(row?.id ?? 0)).toEqual(
      expect.arrayContaining([
        ...['탄소', '국경', '=탄소국경조정제도', '^탄소', '^=탄소국경조정제도', '수소', '기업'],
        ...['@kind:press-release', '@ministry:A00015', '@ministry:산업통상자원부'],
        "@tag:통상 O'Neil\\",
      ]),
    )
    expect(await termsOf(row?.id ?? 0)).not.toContain('^수소')
  })

  test('neighbours are one lexeme where no stem says so already, in the title once more', async () => {
    const [row] = await insertArticles(db, [
      anArticle({
        title: '수소 경제 지원단',
        bodyText: '탄소 중립을 위한 탄소국경·무역. 순환경제와 순환 경제, 자원의 순환. 제3조 항목 5 개',
      }),
    ])
    const terms = await termsOf(row?.id ?? 0)
    expect(terms).toEqual(expect.arrayContaining(['~수소경제', '^~수소경제', '~탄소중립', '~국경무역']))
    expect(terms).toContain('=순환경제')
    expect(terms.filter(term => /^\^?~/.test(term) && /순환경제|자원순환|중립탄소|\d/.test(term))).toEqual([])
  })

  test('change together, over HTTP and back', async () => {
    const created = await call({
      method: 'POST',
      url: '/v1/articles',
      headers: key,
      payload: anArticle({ title: '청년도약계좌 안내' }),
    })
    const { id } = created.json()
    const patch = (payload: object, etag: string) =>
      call({
        method: 'PATCH',
        url: `/v1/articles/${id}`,
        headers: { ...key, 'if-match': etag, 'content-type': 'application/merge-patch+json' },
        payload,
      })
    expect(await termsOf(id)).toContain('=청년도약계좌')
    const patched = await patch({ title: '새출발기금 안내' }, String(created.headers.etag))
    expect(await termsOf(id)).toContain('=새출발기금')
    expect(await termsOf(id)).not.toContain('=청년도약계좌')
    await patch({ status: 'hidden' }, String(patched.headers.etag))
    expect(await db.prisma.articleSearch.findUnique({ where: { articleId: id } })).toMatchObject({
      public: false,
    })
  })
})

test.each([
  ['4MB', '64MB'],
  ['1GB', '1GB'],
])('with work_mem of %s search rows are written with %s, and nothing else', async (given, used) => {
  const [article] = await insertArticles(db, [anArticle({ title: '탄소중립' })])
  const rows = await toSearchRows([article as Indexed])
  const client = await db.pool.connect()
  const memory = async () => (await client.query('SHOW work_mem')).rows[0].work_mem
  try {
    await client.query(`SET work_mem = '${given}'`)
    await client.query('BEGIN')
    await client.query('DELETE FROM article_search')
    await writeSearchRows(statement => run(client, statement), rows)
    expect(await memory()).toBe(used)
    const { rows: written } = await client.query('SELECT article_id AS id FROM article_search')
    expect(written).toEqual([{ id: article?.id }])
    await client.query('ROLLBACK')
    expect(await memory()).toBe(given)
  } finally {
    client.release(true)
  }
})

test('many terms lie beside the row, which searches read for its day alone', async () => {
  const beside = async (): Promise<number> => {
    const { rows } = await db.pool.query(
      `SELECT pg_relation_size(reltoastrelid)::int AS bytes FROM pg_class WHERE oid = 'article_search'::regclass`,
    )
    return rows[0]?.bytes
  }
  await insertArticles(db, [anArticle({ bodyText: '수소를 만드는 기업' })])
  expect(await beside()).toBe(0)
  await insertArticles(db, [
    anArticle({ bodyText: Array.from({ length: 300 }, (_, i) => `수소${i}호기`).join(' ') }),
  ])
  expect(await beside()).toBeGreaterThan(2_000)
})

test('the counts of terms are those of the public rows, whatever was written, also at once', async () => {
  const { rows } = await db.pool.query('SELECT id FROM articles')
  expect(rows.length).toBeGreaterThan(0)
  const words = ['수소', '탄소', '경제', '환경', '자원', '순환', '전략', '지원']
  const some = (n: number) => words.filter((_, i) => (n >> (i % 8)) & 1).join(' ')
  const created = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      insertArticles(db, [anArticle({ title: `글 ${some(i * 37 + 1)}`, bodyText: some(i * 91) })]),
    ),
  )
  await Promise.all(
    created.flat().map(async ({ id, version }, i) => {
      const etag = (await call({ url: `/v1/articles/${id}`, headers: key })).headers.etag
      const headers = { ...key, 'if-match': String(etag) }
      if (i % 3 === 0) await call({ method: 'DELETE', url: `/v1/articles/${id}`, headers })
      else
        await call({
          method: 'PATCH',
          url: `/v1/articles/${id}`,
          headers: { ...headers, 'content-type': 'application/merge-patch+json' },
          payload: i % 3 === 1 ? { bodyText: some(i * 53 + version) } : { status: 'hidden' },
        })
      await addUpAll(db)
    }),
  )
  const { counted, actual } = await frequencies()
  expect(counted).toEqual(actual)
  const [totals] = (
    await db.pool.query('SELECT articles::int, morphemes::int, stems::int FROM search_totals')
  ).rows
  const [sums] = (
    await db.pool.query(
      'SELECT count(*)::int AS articles, sum(morphemes)::int AS morphemes, sum(stems)::int AS stems FROM article_search WHERE public',
    )
  ).rows
  expect(totals).toEqual(sums)
})

describe('a re-index', () => {
  test('makes anew what another analyser made, and the counts follow', async () => {
    await claimIndex(db, ANALYSIS_VERSION)
    await db.pool.query(`UPDATE article_search SET analyser = 0`)
    const before = await frequencies()
    expect(await countStale(db, ANALYSIS_VERSION)).toBeGreaterThan(5)
    await keepIndex(db)
    expect(await countStale(db, ANALYSIS_VERSION)).toBe(0)
    expect(await frequencies()).toEqual(before)
  })

  test('fills the rows of articles that were here before there was a search', async () => {
    const before = await frequencies()
    // What the migration leaves: rows without terms, counted nowhere.
    await db.pool.query(`UPDATE article_search SET analyser = 0, terms = '', morphemes = 0, stems = 0`)
    await db.pool.query('DELETE FROM search_terms')
    await db.pool.query('UPDATE search_totals SET morphemes = 0, stems = 0')
    await keepIndex(db)
    expect(await frequencies()).toEqual(before)
  })

  test('leaves to another version what that one has claimed', async () => {
    await db.pool.query('UPDATE article_search SET analyser = 0')
    await claimIndex(db, ANALYSIS_VERSION - 1)
    expect(await reindexSome(db)).toBe(0)
    await claimIndex(db, ANALYSIS_VERSION)
    expect(await reindexSome(db)).toBeGreaterThan(0)
  })
})
