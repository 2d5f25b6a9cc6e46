import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { NewArticle } from '../../src/articles/schema.ts'
import { type SourcedArticle, upsertArticle, write } from '../../src/articles/store.ts'
import { type BulkItem, upsertArticles } from '../../src/articles/store-bulk.ts'
import { relateSome } from '../../src/articles/store-duplicates.ts'
import { addUpAll, reindexSome } from '../../src/articles/store-index.ts'
import type { SourceCounts } from '../../src/articles/store-insert.ts'
import type { Attachment } from '../../src/articles/words.ts'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { claimIndex, countStale } from '../../src/search/store.ts'
import { anArticle } from '../support/builders.ts'
import { testDatabase } from '../support/database.ts'

const db = await testDatabase()
await claimIndex(db, ANALYSIS_VERSION)

const TABLES = [
  'articles',
  'article_counts',
  'changes',
  'article_search',
  'search_deltas',
  'search_terms',
  'search_words',
  'article_prints',
  'duplicate_pairs',
  'duplicate_members',
  'articles_unindexed',
  'articles_unprinted',
]
const empty = async () => {
  await db.pool.query(`TRUNCATE ${TABLES.join(', ')}, view_receipts, reactions RESTART IDENTITY`)
  await db.pool.query('UPDATE search_totals SET articles = 0, morphemes = 0, stems = 0')
}

/** Everything that is in the database, but not which note of the counts of terms came first. */
async function everything() {
  const dump: Record<string, unknown> = {}
  for (const table of [...TABLES, 'search_totals'])
    dump[table] = (
      await db.pool.query(
        `SELECT to_jsonb(t) - CASE WHEN $1 THEN 'id' ELSE '' END AS row FROM ${table} t ORDER BY 1`,
        [table === 'search_deltas'],
      )
    ).rows
  return dump
}

const at = (batch: number) => new Date(Date.UTC(2026, 0, 21 + batch))
const actor = 'system:test'

/** The statements for one article, again and again. */
const oneByOne = (items: readonly BulkItem[], now: Date) =>
  write(db, { actor, now }, async writing => {
    const results = []
    for (const { article, counts } of items) {
      const { outcome, recounted } = await upsertArticle(writing, article, counts ? { counts } : {})
      results.push({ outcome, recounted })
    }
    return results
  })
const allAtOnce = (items: readonly BulkItem[], now: Date, deferSearch = false) =>
  upsertArticles(db, { actor, now, deferSearch }, items)

const sourced = (externalId: string, changes: Partial<NewArticle> = {}): SourcedArticle => ({
  ...anArticle({ title: '수소 충전소 설명회', ...changes }),
  source: { name: 'bulk.test', externalId, url: null },
})

const words = fc.constantFrom(
  ...['수소 충전소', '순환경제', '탄소중립 “설명회”', "it's \\ 재자원화", '𝒳 ㉿'],
  ...['탭\t{쉼,표} "따옴"', 'NULL', '\\N', '줄\r\n끝'],
)
const article: fc.Arbitrary<SourcedArticle> = fc
  .record({
    externalId: fc.constantFrom('1', '2', '10', '가/나', "o'k"),
    title: words,
    status: fc.constantFrom('published', 'hidden', 'draft', 'scheduled'),
    bodyText: fc.option(fc.array(words, { maxLength: 3 }).map(lines => lines.join('\n\n'))),
    subtitles: fc.uniqueArray(words, { maxLength: 2 }),
    tags: fc.uniqueArray(words, { maxLength: 3 }),
    day: fc.constantFrom('2026-01-20', '1988-07-01', null),
    ministry: fc.option(
      fc.constantFrom<NewArticle['ministry'] & object>(
        { name: '산업통상부' },
        { code: 'A00015', name: '산업통상부' },
        { name: '환경부', publishedName: '환경정책과' },
        { name: '아무도 모르는 과' },
      ),
    ),
    attachments: fc.constantFrom<Attachment[]>(
      [],
      [{ name: '표.hwpx', url: 'https://example.org/1', size: 3 }],
    ),
    url: fc.constantFrom(null, 'https://example.org/1'),
  })
  .map(({ externalId, status, bodyText, day, url, ...rest }) => ({
    kind: 'press-release',
    status,
    ...rest,
    ...(bodyText !== null && { bodyText }),
    publishedAt: status === 'scheduled' || day === null ? null : `${day}T09:30:00.120+09:00`,
    ...(status === 'scheduled' && { embargoUntil: '2099-01-01T00:00:00+09:00' }),
    postedOn: day,
    source: { name: 'bulk.test', externalId, url },
  })) as fc.Arbitrary<SourcedArticle>
const counts: fc.Arbitrary<SourceCounts> = fc.record({
  views: fc.nat(2),
  comments: fc.nat(1),
  likes: fc.constant(0),
  dislikes: fc.constant(0),
})
const item: fc.Arbitrary<BulkItem> = fc
  .tuple(article, fc.option(counts))
  .map(([article, counts]) => ({ article, ...(counts && { counts }) }))
const batch = fc.record({
  items: fc.array(item, { maxLength: 8 }),
  deletes: fc.option(fc.nat(5)),
})

describe('many articles at once', () => {
  test('are written as they would be one by one: rows, versions, log, counts, search rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async batches => {
        const outcomes = []
        for (const writer of [oneByOne, allAtOnce]) {
          await empty()
          const results = []
          for (const [i, { items, deletes }] of batches.entries()) {
            results.push(await writer(items, at(i)))
            await db.pool.query('UPDATE articles SET deleted_at = $2 WHERE id = $1', [deletes, at(i)])
          }
          outcomes.push({ results, ...(await everything()) })
        }
        expect(outcomes[1]).toEqual(outcomes[0])
      }),
      { numRuns: 60 },
    )
  }, 120_000)

  test('one that contradicts itself is refused, the others are written', async () => {
    await empty()
    const results = await allAtOnce(
      [{ article: sourced('1') }, { article: sourced('2', { publishedAt: '2062-01-01T00:00:00Z' }) }],
      at(0),
      true,
    )
    expect(results).toMatchObject([
      { outcome: 'created' },
      { outcome: 'refused', problem: { faults: [{ pointer: '/publishedAt' }] } },
    ])
    expect((await everything()).articles).toHaveLength(1)
  })

  test('a dry run tells what would be, and writes nothing', async () => {
    await empty()
    await allAtOnce([{ article: sourced('1') }, { article: sourced('2') }], at(0), true)
    const before = await everything()
    const items = [sourced('1', { title: '다른 제목' }), sourced('2'), sourced('3')].map(article => ({
      article,
    }))
    const results = await upsertArticles(db, { actor, now: at(1), dryRun: true }, items)
    expect(results.map(({ outcome }) => outcome)).toEqual(['updated', 'unchanged', 'created'])
    expect(await everything()).toEqual(before)
  })

  test('two loads of the same articles at once make each once', async () => {
    await empty()
    const items = Array.from({ length: 40 }, (_, i) => ({ article: sourced(`${i}`) }))
    const results = await Promise.all([
      allAtOnce(items, at(0), true),
      allAtOnce(items.toReversed(), at(0), true),
      oneByOne(
        items.toSorted((a, b) => Number(a.article.source.externalId) - Number(b.article.source.externalId)),
        at(0),
      ),
    ])
    expect(results.flat().filter(({ outcome }) => outcome === 'created')).toHaveLength(40)
    expect((await everything()).changes).toHaveLength(40)
  })
})

describe('search rows that were left to the upkeep', () => {
  test('are made by it as the write would have made them, counts of terms too', async () => {
    const items = [sourced('1'), sourced('2', { status: 'hidden' }), sourced('3', { title: '순환경제' })]
    const dumps = []
    for (const deferSearch of [false, true]) {
      await empty()
      await allAtOnce(
        items.map(article => ({ article })),
        at(0),
        deferSearch,
      )
      expect(await countStale(db, ANALYSIS_VERSION)).toBe(deferSearch ? 3 : 0)
      await reindexSome(db)
      await addUpAll(db)
      dumps.push(await everything())
    }
    expect(dumps[1]).toEqual(dumps[0])
  })

  test('what is no more when its turn comes is taken out', async () => {
    await empty()
    const all = { actor, now: at(0), deferSearch: true, deferDuplicates: true }
    await upsertArticles(db, all, [{ article: sourced('1') }, { article: sourced('2') }])
    await db.pool.query(`DELETE FROM changes WHERE article_id = 1; DELETE FROM articles WHERE id = 1`)
    await reindexSome(db)
    await relateSome(db)
    const { articles_unindexed, articles_unprinted, ...rest } = await everything()
    expect([articles_unindexed, articles_unprinted]).toEqual([[], []])
    expect(rest.article_search).toHaveLength(1)
    expect(rest.article_prints).toHaveLength(1)
  })

  test('an article is found by its former words until then, and by nobody once it is hidden', async () => {
    await empty()
    await allAtOnce([{ article: sourced('1') }], at(0), false)
    await addUpAll(db)
    await allAtOnce([{ article: sourced('1', { title: '순환경제 마당', status: 'hidden' }) }], at(1), true)
    const { rows } = await db.pool.query(
      `SELECT public, analyser, terms @@ '수소' AS found FROM article_search`,
    )
    expect(rows).toEqual([{ public: false, analyser: 0, found: true }])
    await addUpAll(db)
    const { rows: terms } = await db.pool.query('SELECT sum(df)::int AS df FROM search_terms')
    expect(terms).toEqual([{ df: 0 }])
  })
})
