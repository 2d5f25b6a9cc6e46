import { afterAll, describe, expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { buildApp } from '../../src/app.ts'
import type { NewArticle } from '../../src/articles/schema.ts'
import { readConfig } from '../../src/config.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { NOT_BLANK } from '../../src/http/schema.ts'
import { readCsv } from '../../src/imports/csv.ts'
import { type LoadReport, load, type Rejection } from '../../src/imports/load.ts'
import { readNdjson } from '../../src/imports/ndjson.ts'
import { labelledPairs } from '../duplicates/labelled.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { contract } from '../support/contract.ts'
import { createDatabase } from '../support/database.ts'

const { db, call, authorize } = await testApp()
const reader = await authorize('articles:read')
/** Another instance, empty. */
const { url, drop } = await createDatabase()
const otherDb = openDatabase({ url, poolSize: 10, statementTimeout: 20_000 })
const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db: otherDb })
const callOther = await contract(other)
afterAll(async () => {
  await other.close()
  await otherDb.close()
  await drop()
})

const FORMATS = ['ndjson', 'csv'] as const
type FormatName = (typeof FORMATS)[number]

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let i = 0; i < bytes.length; i += 997) yield bytes.subarray(i, i + 997)
}
async function imported(
  into: Database,
  type: FormatName,
  file: Buffer,
): Promise<LoadReport & { faults: Rejection[] }> {
  const faults: Rejection[] = []
  const records = type === 'csv' ? readCsv(chunks(file), { encoding: 'utf-8' }) : readNdjson(chunks(file))
  const report = await load(into, records, { actor: 'import:test', onRejected: one => faults.push(one) })
  return { ...report, faults }
}
const exported = async (type: FormatName, query: string): Promise<Buffer> => {
  const response = await call({ url: `/v1/articles.${type}?${query}`, headers: reader })
  expect(response.statusCode).toBe(200)
  return response.rawPayload
}

/** What an instance decides by itself. */
const withoutOwn = (line: string) => {
  const { id: _, version: __, modifiedAt: ___, recordedAt: ____, ...article } = JSON.parse(line)
  return article
}
/** What CSV cannot tell apart. */
const withoutReturns = (text: unknown) => (typeof text === 'string' ? text.replaceAll(/\r\n?/g, '\n') : text)
const asCsv = ({ ministry, ...article }: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(article)
      .map(([field, value]) => [field, withoutReturns(value)])
      .concat([
        [
          'ministry',
          ministry &&
            Object.fromEntries(Object.entries(ministry).map(([part, name]) => [part, withoutReturns(name)])),
        ],
      ]),
  )
const articlesOf = (file: Buffer) => file.toString().split('\n').slice(0, -1).map(withoutOwn)

const something = new RegExp(NOT_BLANK, 'u')

/** What spreadsheets, parsers and CSV stumble over. */
const text = (maxLength: number) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '=',
          '+',
          '-',
          '@',
          '\t',
          '＝',
          "'",
          '"',
          '""',
          ',',
          ';',
          '|',
          '\n',
          '\n\n',
          '\r',
          '\r\n',
          ' ',
          '=',
        ),
        fc.constantFrom(
          '="007"',
          '=1+1',
          '[1]',
          '["가"]',
          '{}',
          'null',
          '순환경제',
          '가각',
          '👨‍👩‍👧',
          '🇰🇷',
          '，',
          '0012',
          '1e5',
        ),
        fc.string({ unit: 'grapheme', maxLength: 3 }),
      ),
      { minLength: 1, maxLength },
    )
    .map(parts =>
      parts
        .join('')
        .replaceAll(/\0|\p{Surrogate}/gu, '')
        .normalize('NFC'),
    )
    .filter(whole => something.test(whole) && whole.trim() === whole.trim().normalize('NFC'))
const list = (maxLength: number) =>
  fc.uniqueArray(
    text(3)
      .map(tag => tag.trim().slice(0, 50))
      .filter(tag => something.test(tag) && tag.isWellFormed()),
    { maxLength },
  )

const article: fc.Arbitrary<Partial<NewArticle>> = fc
  .record({
    title: text(6),
    subtitles: list(3),
    bodyText: text(12),
    author: fc.option(text(3)),
    attribution: fc.option(text(3)),
    tags: list(4),
    ministry: fc.option(text(2).map(name => ({ name }))),
    licence: fc.constantFrom(null, 'kogl-1' as const),
    postedOn: fc.constantFrom(null, '2026-01-21'),
    sourceModifiedAt: fc.constantFrom(null, '2026-01-21T10:00:00.123+09:00'),
    thumbnailUrl: fc.constantFrom(null, 'https://example.org/a,b.jpg'),
    attachments: fc.constantFrom<NewArticle['attachments'][]>(
      [],
      [{ name: '보도, "자료".hwpx', url: 'https://example.org/1', size: 3 }],
    ),
  })
  .map(one => ({ ...one, status: 'published' as const }))

describe.each(FORMATS)('an export as %s', type => {
  test('changes nothing where it came from, and gives an empty instance the same articles', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(article, { minLength: 1, maxLength: 8 }), async given => {
        const source = `${type}-${++run}`
        await insertArticles(
          db,
          given.map((one, i) =>
            anArticle({ ...one, source: { name: source, externalId: `n=${i}`, url: null } }),
          ),
        )
        const query = `source=${source}`
        const file = await exported(type, query)
        const n = given.length
        expect(await imported(db, type, file)).toMatchObject({
          read: n,
          unchanged: n,
          faults: [],
          kept: 0,
          recounted: 0,
        })
        expect(await imported(otherDb, type, file)).toMatchObject({ read: n, created: n, faults: [] })
        const there = await callOther(`/v1/articles.ndjson?${query}&sort=-publishedAt`)
        const key = ({ source: { externalId } }: { source: { externalId: string } }) => externalId
        const sorted = (articles: ReturnType<typeof articlesOf>) =>
          articles.sort((a, b) => key(a).localeCompare(key(b)))
        expect(sorted(articlesOf(there.rawPayload))).toEqual(
          sorted(articlesOf(await exported('ndjson', query)).map(type === 'csv' ? asCsv : one => one)),
        )
      }),
      { numRuns: 15 },
    )
  })

  test('keeps drafts, embargoes and what is hidden; what was deleted is not imported', async () => {
    const source = (externalId: string) => ({ name: `all-${type}`, externalId })
    const rows = await insertArticles(db, [
      anArticle({ status: 'draft', source: source('1') }),
      anArticle({ status: 'scheduled', embargoUntil: '2099-12-01T10:00:00+09:00', source: source('2') }),
      anArticle({ status: 'hidden', source: source('3') }),
      anArticle({ source: source('4') }),
    ])
    const gone = rows[3]?.id
    await db.pool.query('UPDATE articles SET deleted_at = now() WHERE id = $1', [gone])
    const states = ['draft', 'scheduled', 'published', 'hidden', 'deleted'].map(one => `status=${one}`)
    const file = await exported(type, `source=all-${type}&${states.join('&')}`)
    expect(await imported(db, type, file)).toMatchObject({ read: 4, unchanged: 3, rejected: 1 })
    const { created, faults } = await imported(otherDb, type, file)
    expect(created).toBe(3)
    expect(faults.map(({ faults: [fault] }) => fault)).toEqual([
      expect.objectContaining({
        pointer: '/deletedAt',
        detail: expect.objectContaining({ en: 'a deleted article is not imported' }),
      }),
    ])
  })

  test('from the oldest on makes a copy in the same order, also of what was released at the same moment', async () => {
    const name = `ordered-${type}`
    await insertArticles(
      db,
      Array.from({ length: 12 }, (_, i) =>
        anArticle({
          source: { name, externalId: String(i) },
          publishedAt: `2026-01-0${1 + (i % 3)}T00:00:00+09:00`,
        }),
      ),
    )
    await imported(otherDb, type, await exported(type, `source=${name}&sort=publishedAt`))
    const ordered = async (of: typeof call) =>
      (await of(`/v1/articles?source=${name}&fields=source`))
        .json()
        .items.map((item: { source: object }) => item.source)
    expect(await ordered(callOther)).toEqual(await ordered(call))
  })

  test('that was collapsed is imported as well', async () => {
    const [pair] = labelledPairs('chosen-by', type === 'csv' ? 31 : 32, 1)
    const name = `same-${type}`
    await insertArticles(db, [
      ...(pair?.articles ?? []).map((article, i) => ({
        ...article,
        source: { name, externalId: String(i) },
      })),
    ])
    const file = await exported(type, `source=${name}&duplicates=collapse`)
    expect(file.toString()).toContain('duplicates')
    expect(await imported(db, type, file)).toMatchObject({ read: 1, unchanged: 1, faults: [] })
  })

  test('tells counts that an import takes for new articles only', async () => {
    const name = `counted-${type}`
    const [row] = await insertArticles(db, [anArticle({ source: { name, externalId: '1' } })])
    await db.pool.query('UPDATE article_counts SET views = 5, source_views = 7 WHERE article_id = $1', [
      row?.id,
    ])
    const file = await exported(type, `source=${name}`)
    expect(await imported(db, type, file)).toMatchObject({ unchanged: 1, recounted: 0 })
    await imported(otherDb, type, file)
    const { items } = (await callOther(`/v1/articles?source=${name}`)).json()
    expect(items[0].counts.views).toBe(12)
  })
})

describe('CSV', () => {
  const cellsOf = (csv: string) =>
    parse(csv, { record_delimiter: '\r\n', columns: true }) as Record<string, string>[]
  const titled = async (titles: string[], query = '') => {
    const name = `csv-${titles.length}-${Math.random().toString(36).slice(2)}`
    await insertArticles(
      db,
      titles.map((title, i) =>
        anArticle({
          title,
          source: { name, externalId: String(i) },
          publishedAt: `2026-01-20T10:${10 + i}:00+09:00`,
        }),
      ),
    )
    const { body } = await call(`/v1/articles.csv?source=${name}&sort=publishedAt&fields=title${query}`)
    return body
  }

  test('is what a parser of RFC 4180 reads, whatever the texts are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text(8), { minLength: 1, maxLength: 5 }), async titles => {
        const stored = titles.map(title => title.trim())
        const cells = cellsOf(await titled(titles)).map(({ title }) => title)
        const literals = stored.map(title =>
          /^=".*"$/s.test(title) ? `="${title.replaceAll('"', '""')}"` : title,
        )
        expect(cells).toEqual(literals)
      }),
      { numRuns: 15 },
    )
  })

  test('has a header row, lines that end in CRLF, quotes where they are needed, and a mark for Excel on request', async () => {
    const titles = ['평범한 제목', '쉼표, 있는', '"따옴표"', '두\n줄']
    const csv = 'title\r\n평범한 제목\r\n"쉼표, 있는"\r\n"""따옴표"""\r\n"두\n줄"\r\n'
    expect(await titled(titles)).toBe(csv)
    expect(await titled(titles, '&bom=true')).toBe(`\ufeff${csv}`)
    expect(await titled([])).toBe('title\r\n')
  })

  test('defuses formulas where it is asked to, and only them', async () => {
    const titles = [
      '=HYPERLINK("http://a")',
      '+82-2',
      '-원전',
      '@SUM(1)',
      '＝1',
      '="007"',
      "'이미",
      '1+1',
      '수소',
    ]
    const cells = cellsOf(await titled(titles, '&formulas=defuse')).map(({ title }) => title)
    expect(cells).toEqual([...titles.slice(0, 6).map(title => `'${title}`), ...titles.slice(6)])
  })

  test('never has a cell that begins like a formula, once they are defused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text(4), { minLength: 1, maxLength: 5 }), async titles => {
        const csv = await titled(titles, '&formulas=defuse')
        for (const { title } of cellsOf(csv)) expect(title).not.toMatch(/^[=+\-@\t\r＝＋－＠]/)
      }),
      { numRuns: 15 },
    )
  })
})
