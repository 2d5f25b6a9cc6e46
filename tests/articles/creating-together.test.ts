import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { toContent } from '../../src/articles/content.ts'
import type { NewArticle } from '../../src/articles/schema.ts'
import { articleCreator, type Creation } from '../../src/articles/store-create.ts'
import { keepDuplicates } from '../../src/articles/store-duplicates.ts'
import { addUpAll, reindexSome } from '../../src/articles/store-index.ts'
import { insertReadRows, sourceCounts } from '../../src/articles/store-insert.ts'
import { withNeighbours } from '../../src/articles/store-read.ts'
import type { Attachment } from '../../src/articles/words.ts'
import { inTransaction } from '../../src/db/client.ts'
import { queryOn } from '../../src/db/run.ts'
import { Problem } from '../../src/http/problem.ts'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { claimIndex } from '../../src/search/store.ts'
import { ALIKE } from '../support/alike.ts'
import { anArticle } from '../support/builders.ts'
import { testDatabase } from '../support/database.ts'

/** Creates that share transactions come out as creates one after another, in the order of the log. */

const db = await testDatabase()
await claimIndex(db, ANALYSIS_VERSION)
const now = new Date('2026-11-01T00:00:00Z')
const creator = () => articleCreator(db, () => {})
// What no request can be told of before it is written.
await db.pool.query(`ALTER TABLE articles ADD CONSTRAINT planted CHECK (attribution <> '위반')`)

const empty = async () => {
  await db.pool.query('TRUNCATE articles, articles_unindexed, articles_unprinted RESTART IDENTITY CASCADE')
  await db.pool.query(
    'TRUNCATE search_deltas, search_terms, search_words, article_moves, idempotency_records RESTART IDENTITY',
  )
  await db.pool.query('UPDATE search_totals SET articles = 0, morphemes = 0, stems = 0')
}

/** Everything that is in the database, with the authors of articles, which no two have in common, in the place of ids. */
const TABLES: Record<string, string> = {
  articles: `SELECT to_jsonb(a) - 'id' AS row FROM articles a`,
  counts: `SELECT a.author, to_jsonb(c) - 'article_id' AS row FROM article_counts c JOIN articles a ON a.id = c.article_id`,
  changes: `SELECT a.author, to_jsonb(c) - '{article_id,seq}'::text[] AS row FROM changes c JOIN articles a ON a.id = c.article_id`,
  search: `SELECT a.author, to_jsonb(s) - 'article_id' AS row FROM article_search s JOIN articles a ON a.id = s.article_id`,
  deltas: `SELECT to_jsonb(d) - 'id' AS row FROM search_deltas d`,
  moves:
    'SELECT day, state, kind, code, name, published_name, sum(by)::int AS by FROM article_moves GROUP BY 1, 2, 3, 4, 5, 6',
  prints: `SELECT a.author, to_jsonb(p) - 'article_id' AS row FROM article_prints p JOIN articles a ON a.id = p.article_id`,
  pairs: `SELECT least(a.author, b.author) AS one, greatest(a.author, b.author) AS other, reason, similarity
    FROM duplicate_pairs p JOIN articles a ON a.id = p.first_id JOIN articles b ON b.id = p.second_id`,
  groups: `SELECT array_agg(a.author ORDER BY a.author) AS members, min(article_id) = group_id AS "of the first"
    FROM duplicate_members m JOIN articles a ON a.id = m.article_id GROUP BY group_id`,
  terms: 'SELECT term, df FROM search_terms WHERE df > 0',
  totals: 'SELECT articles, morphemes, stems FROM search_totals',
  stored: 'SELECT key, status, lease FROM idempotency_records',
}
async function everything() {
  const dump: Record<string, unknown> = {}
  for (const [what, text] of Object.entries(TABLES))
    dump[what] = (await db.pool.query(`SELECT to_jsonb(t) AS row FROM (${text}) AS t ORDER BY 1`)).rows
  return dump
}
const inOrder = async (): Promise<string[]> =>
  (
    await db.pool.query('SELECT author FROM changes c JOIN articles a ON a.id = c.article_id ORDER BY seq')
  ).rows.map(({ author }) => author)

const authorOf = async (id: number) =>
  (await db.pool.query('SELECT author FROM articles WHERE id = $1', [id])).rows[0]?.author

/** What became of a create, in words that do not depend on ids. */
async function outcomeOf(creating: Promise<{ body: string }>): Promise<unknown> {
  try {
    const { author, version, title } = JSON.parse((await creating).body)
    return { created: author, version, title }
  } catch (error) {
    if (!(error instanceof Problem))
      return (error as { code?: string; cause?: { code?: string } }).code ? 'fault' : error
    const id = /^Article (\d+) has/.exec(error.detail.en)?.[1]
    return {
      code: error.code,
      faults: error.faults.map(f => f.pointer),
      taken: id && (await authorOf(Number(id))),
    }
  }
}

const article: fc.Arbitrary<NewArticle> = fc
  .record({
    ...ALIKE,
    ministry: fc.constantFrom<NewArticle['ministry']>(
      null,
      ...[{ name: '산업통상부' }, { name: '환경부', code: 'A00015' }, { name: '아무개', code: 'X99999' }],
      { name: '아무도 모르는 과' },
    ),
    externalId: fc.constantFrom(null, null, null, 'a', 'b', 'taken'),
    publishedAt: fc.constantFrom(
      '2026-01-20T00:00:00+09:00',
      '2026-01-21T00:00:00+09:00',
      '2062-01-01T00:00:00Z',
    ),
    attribution: fc.constantFrom(null, null, null, null, null, '위반'),
    tags: fc.constantFrom<string[]>([], ["it's", '\\ "따옴"', 'NULL']),
    attachments: fc.constantFrom<Attachment[]>(
      [],
      [{ name: '가', url: 'https://a.kr/1', mediaType: null, size: 3 }],
    ),
  })
  .map(({ text, externalId, ...rest }) => ({
    ...anArticle({ ...rest, bodyText: text.join('\n\n') }),
    // Of two faults it depends on the order which one is told.
    source: externalId === null || rest.attribution ? null : { name: 'test', externalId, url: null },
  }))
const creations = fc.array(fc.record({ article, once: fc.boolean(), late: fc.boolean() }), {
  minLength: 1,
  maxLength: 14,
})

const taken = { ...anArticle({ author: '먼저' }), source: { name: 'test', externalId: 'taken', url: null } }
type Given = { article: NewArticle; once: boolean; late: boolean }

/** What the upkeep makes of what was left to it. */
async function catchUp() {
  while ((await reindexSome(db)) > 0);
  await addUpAll(db)
  await keepDuplicates(db)
}

async function prepared(given: Given[], { defer = false } = {}): Promise<Creation[]> {
  await empty()
  await creator()(aCreation(taken))
  const made = given.map(({ article, once, late }, i) => {
    const lease = { keyId: 'k', key: String(i), id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}` }
    const one = aCreation({ ...article, author: `쓴 이 ${i}` })
    const by = { ...one.by, ...(defer && { deferSearch: late, deferDuplicates: late }) }
    return { ...one, by, ...(once && { lease }) }
  })
  for (const { lease } of made)
    if (lease)
      await db.pool.query(
        `INSERT INTO idempotency_records (key_id, key, fingerprint, lease, lease_until, expires_at)
         VALUES ($1, $2, '', $3, '2099-01-01', '2099-01-01')`,
        [lease.keyId, lease.key, lease.id],
      )
  return made
}

const positions: number[] = []
const aCreation = (article: NewArticle): Creation => ({
  article,
  by: { actor: `key:${article.author}`, now, onCommit: position => positions.push(position) },
  answer: row => ({ status: 201, headers: {}, body: JSON.stringify(row) }),
})

/** Creates them together, and tells what became of each, what is there then, and the order of the log. */
async function createAll(all: Creation[]) {
  const create = creator()
  const together = await Promise.all(all.map(one => outcomeOf(create(one))))
  return { together, written: await everything(), order: await inOrder() }
}

/** One after another in the order of a log; what was refused was so after what stood in its way. */
async function createInOrder(all: Creation[], authors: readonly string[]) {
  const place = ({ article: { author } }: Creation) =>
    authors.indexOf(String(author)) + 1 || authors.length + 1
  const alone: unknown[] = []
  for (const one of all.toSorted((a, b) => place(a) - place(b)))
    alone[all.indexOf(one)] = await outcomeOf(creator()(one))
  return { alone, written: await everything(), order: await inOrder() }
}

describe('creates that come together', () => {
  test('come out as one after another: answers, rows, log, totals, search rows, duplicates', async () => {
    await fc.assert(
      fc.asyncProperty(creations, async given => {
        const all = await prepared(given)
        const { together, written, order } = await createAll(all)
        const { alone, ...others } = await createInOrder(await prepared(given), order)
        expect(together).toEqual(alone)
        expect({ written, order }).toEqual(others)
        const entries = 'SELECT count(*)::int AS n, count(DISTINCT article_id)::int AS articles FROM changes'
        const [{ n, articles }] = (await db.pool.query(entries)).rows
        expect([n, articles]).toEqual([order.length, order.length])
      }),
      { numRuns: 40 },
    )
  }, 240_000)

  test('are found and compared later, where that is left to the upkeep, as they would have been at once', async () => {
    await fc.assert(
      fc.asyncProperty(creations, async given => {
        const all = await prepared(given, { defer: true })
        const { together, order } = await createAll(all)
        await catchUp()
        const later = await everything()
        const { alone } = await createInOrder(await prepared(given), order)
        await catchUp()
        expect(together).toEqual(alone)
        expect(later).toEqual(await everything())
      }),
      { numRuns: 40 },
    )
  }, 240_000)

  test('have a place in the log that is theirs or later', async () => {
    await empty()
    const create = creator()
    const told = new Map<string, number>()
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => {
        const article = anArticle({ author: String(i) })
        const onCommit = (position: number) => told.set(String(i), position)
        return create({ ...aCreation(article), by: { actor: 'key:test', now, onCommit } })
      }),
    )
    const { rows } = await db.pool.query(
      'SELECT author, seq::int FROM changes c JOIN articles a ON a.id = c.article_id',
    )
    expect(rows).toHaveLength(30)
    for (const { author, seq } of rows) expect(told.get(author)).toBeGreaterThanOrEqual(seq)
    expect(Math.max(...told.values())).toBe(Math.max(...rows.map(({ seq }) => seq)))
  })

  test('need not wait for a large one', async () => {
    await empty()
    const large = anArticle({ author: '크다', bodyText: '순환경제 '.repeat(11_000) })
    const create = creator()
    const all = await Promise.all(
      [large, anArticle(), anArticle()].map(one => outcomeOf(create(aCreation(one)))),
    )
    expect(all[0]).toMatchObject({ created: '크다' })
    const { rows } = await db.pool.query(
      'SELECT array_agg(author) AS authors FROM articles GROUP BY xmin::text',
    )
    expect(rows).toContainEqual({ authors: ['크다'] })
  })

  test('share transactions', async () => {
    await empty()
    const create = creator()
    await Promise.all(Array.from({ length: 40 }, () => create(aCreation(anArticle()))))
    const { rows } = await db.pool.query('SELECT DISTINCT xmin::text FROM articles')
    expect(rows.length).toBeLessThan(5)
  })
})

test('what stands beside each new article is what is read there, others of its transaction among them', async () => {
  await empty()
  const one = fc.record({
    status: fc.constantFrom('published' as const, 'published' as const, 'draft' as const, 'hidden' as const),
    day: fc.integer({ min: 1, max: 4 }),
  })
  const several = fc.array(one, { minLength: 1, maxLength: 12 })
  // Each run adds to what the next one finds.
  await fc.assert(
    fc.asyncProperty(several, given =>
      inTransaction(db, async client => {
        const query = queryOn(client)
        const rows = given.map(({ status, day }) => {
          const article = anArticle({ status, publishedAt: `2026-10-0${day}T09:00:00+09:00` })
          return { content: toContent(article, now, null), counts: sourceCounts({}), now }
        })
        const written = await insertReadRows(query, rows)
        expect(written).toEqual(await withNeighbours(query, written))
      }),
    ),
    { numRuns: 60 },
  )
})
