import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addUpAll } from '../../src/articles/store-index.ts'
import { NOT_BLANK } from '../../src/http/schema.ts'
import { loadAnalysis } from '../../src/search/analysis.ts'
import { hasPile } from '../../src/text/nfc.ts'
import { testApp } from '../support/app.ts'

/**
 * Queries, articles and synonyms of anything at all. The suite takes a sample that ends in time; `FUZZ_RUNS=10000` asks
 * as many queries, and writes a tenth as many articles, however long it takes.
 */
const WHOLE = process.env.FUZZ_RUNS !== undefined
const QUERIES = Number(process.env.FUZZ_RUNS ?? 1_500)
/** Milliseconds for each kind. */
const LIMIT = WHOLE ? 3_600_000 : 12_000
const AT_ONCE = 5

/** Tries some cases at a time. What fails depends on what was written before, so it is not made smaller. */
const assertAll = <T>(cases: number, one: fc.Arbitrary<T>, holds: (value: T) => Promise<unknown>) =>
  fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: AT_ONCE, maxLength: AT_ONCE }), async values => {
      await Promise.all(values.map(holds))
    }),
    { numRuns: Math.ceil(cases / AT_ONCE), interruptAfterTimeLimit: LIMIT, endOnFailure: true },
  )

// A slow machine shall not look like a fault.
const { call, db, authorize } = await testApp({ SEARCH_TIMEOUT_MS: 20_000 })
const headers = await authorize('articles:read', 'articles:write', 'admin')
// Nor shall the dictionary be read in the time of what is tried first.
await loadAnalysis()

const HOSTILE = [
  ...String.raw`' '' " \ \' '\ \\ “ ” ＂ $$ $1 ? ;-- /* */ & | ! !! <-> <2> < > :* :A :1A :*ABCD ( ) * : , = ^`.split(
    ' ',
  ),
  ...'@ @kind: =탄소 ^=탄소 @tag:x - -- OR AND title: 제목: NULL {} {,} [ % %00 _ + # / ?q= &q='.split(' '),
  ...'\t \n \v \u0001 \u001b \u007f \u0085 \u200b \u200d \u2060 \ufeff \ufffd \uffff \u00ad \u202e'.split(
    ' ',
  ),
  ...'ㄱㅏ ㅌㅅㅈㄹ \u1100\u1161\u11a8 \u1100 \u1161 \u11a8 가\u11a8 \u115f \uffa1 ㆍ ·'.split(' '),
  ...'é Å İ ß ﬁ ǅ a\u0301\u0302\u0303 \u0301 ㎏ ㈜ Ⅳ ½ ２０２６ ＥＳＧ ３，０００'.split(' '),
  ...'韓國 循環經濟 𠮷野家 𪜀 豈 \u{2f800} \u{10ffff} 👩‍👩‍👧‍👦 🇰🇷 👍🏽 ☃️ 𝕳𝖊 שלום مرحبا ไทย हिन्दी'.split(' '),
  ...String.raw`2,000억원 1,23 3.5 1경경경 -1 1e999 제3조 1/2 R&D K-푸드 O’Neil O'Neil\ 탄소'중립 탄소\중립`.split(
    ' ',
  ),
  '\u00a0',
  '\u2028',
  '탄소중립'.normalize('NFD'),
]
const KOREAN = (
  '순환경제 순환 경제 탄소중립 수소를 원전 대·중소기업 지원 의 가 기업들이 이에스지 ESG CBAM 탄소국경조정제도 ' +
  '산업통상자원부 했다 앞당긴다 수'
).split(' ')
/** What UTF-8 or PostgreSQL has no place for. */
const BROKEN = ['\ud800', '\udc00', '\ud83d', '\0']
/** Bytes in an address that are no text. */
const RAW = '%FF %ED%A0%80 %C0%80 %00 %F4%90%80%80 %C8%AF %zz % + %E2%82 %25 %0a%0d'.split(' ')

const cut = (text: string, most: number) => [...text].slice(0, most).join('')
const something = new RegExp(NOT_BLANK, 'u')
const isBlank = (text: string) => !something.test(text)

const korean = fc.constantFrom(...KOREAN)
const unitsFrom = (min: number, max: number) =>
  fc.string({ unit: fc.integer({ min, max }).map(unit => String.fromCharCode(unit)), maxLength: 6 })
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...`'"\\&|!<>():*-^=@,% 가a1`), maxLength: 12 }),
  unitsFrom(0xac00, 0xd7a3),
  unitsFrom(0x1100, 0x11ff),
)
const piece = fc.oneof(
  { weight: 5, arbitrary: korean },
  { weight: 5, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 3, arbitrary: anything },
  {
    weight: 1,
    arbitrary: fc.tuple(korean, fc.constantFrom(...HOSTILE), korean).map(parts => parts.join('')),
  },
)
const long = fc
  .tuple(
    fc.constantFrom('가', 'a', '한국', '1', '𠮷', "'", '\\', '\u0301', 'ㄱ', '· ', '9,'),
    fc.integer({ min: 40, max: 210 }),
  )
  .map(([unit, times]) => unit.repeat(times))
/** Of tags, authors and ministries: few, so that some are found. */
const name = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "O'Neil\\",
      '"\'',
      '\\',
      "'",
      'a:b',
      '=수소',
      '^',
      '@tag:x',
      '𠮷',
      '% _',
      ':*',
      '|',
    ),
  },
  { weight: 1, arbitrary: piece },
  { weight: 1, arbitrary: long },
)

/** Queries as people write them, of words that nobody does. */
const term = fc.oneof(
  { weight: 6, arbitrary: piece },
  { weight: 2, arbitrary: piece.map(text => `"${text}"`) },
  { weight: 1, arbitrary: fc.tuple(piece, piece).map(texts => `"${texts.join(' ')}"`) },
  { weight: 2, arbitrary: piece.map(text => `${text}*`) },
  { weight: 1, arbitrary: piece.map(text => `title:${text}`) },
  { weight: 1, arbitrary: piece.map(text => `제목:"${text}"`) },
  { weight: 1, arbitrary: fc.tuple(piece, piece).map(texts => `(${texts.join(' OR ')})`) },
  { weight: 1, arbitrary: fc.tuple(korean, piece).map(([found, not]) => `${found} -"${not}"`) },
)
const between = fc.constantFrom(' ', ' ', ' ', '', ' OR ', ' | ', ' -', '\u200b', '\n')
const query = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .array(fc.tuple(term, between), { minLength: 1, maxLength: 7 })
      .map(parts => parts.flat().slice(0, -1).join('')),
  },
  { weight: 1, arbitrary: fc.tuple(korean, long).map(parts => parts.join(' ')) },
  { weight: 1, arbitrary: long },
  { weight: 1, arbitrary: fc.array(korean, { minLength: 10, maxLength: 18 }).map(words => words.join(' ')) },
)

/** In UTF-8; halves of surrogate pairs as the three bytes that UTF-8 does not have. */
const encode = (text: string): string =>
  Array.from(text, character => {
    if (character.isWellFormed()) return encodeURIComponent(character)
    const unit = character.charCodeAt(0)
    return [0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
      .map(byte => `%${byte.toString(16)}`)
      .join('')
  }).join('')

const get = async (url: string) => {
  const answer = await call({ url, headers })
  if (answer.statusCode !== 200 && answer.statusCode !== 400)
    throw new Error(`${answer.statusCode} ${url} ${answer.body}`)
  return answer.statusCode === 200 ? answer.json() : null
}

describe('whatever articles and synonyms say', () => {
  const textOf = (most: number, pieces: number) =>
    fc
      .tuple(
        fc.array(fc.oneof({ weight: 12, arbitrary: piece }, { weight: 1, arbitrary: long }), {
          maxLength: pieces,
        }),
        fc.constantFrom(' ', '', '\n', '\t'),
      )
      .map(([parts, gap]) => cut(parts.join(gap).replaceAll('\0', ''), most))
  const line = (most: number) => textOf(most, 8).filter(text => !isBlank(text))
  /** Words of 25,000 characters and more. */
  const endless = fc
    .constantFrom('a', '가', '𠮷', "'", '\\', '탄소', '\u0301', '1,', 'ㄱ')
    .map(unit => unit.repeat(25_000))
  const body = fc.oneof({ weight: 15, arbitrary: textOf(5_000, 40) }, { weight: 1, arbitrary: endless })
  const label = (most: number) =>
    name.map(text => cut(text.replaceAll('\0', ''), most)).filter(text => !isBlank(text))
  const fields = {
    title: line(400),
    bodyText: body,
    subtitles: fc.array(line(900), { maxLength: 3 }),
    tags: fc.uniqueArray(label(100), { maxLength: 4 }),
    author: label(200),
    ministry: label(200).map(text => ({ name: text })),
  }
  const article = fc.record(fields, { requiredKeys: ['title', 'bodyText'] })
  const patch = fc.oneof(
    ...(Object.keys(fields) as (keyof typeof fields)[]).map(field =>
      (fields[field] as fc.Arbitrary<unknown>).map(value => ({ [field]: value })),
    ),
    fc.constantFrom<object>({ status: 'hidden' }, { kind: 'other' }),
  )

  let serial = 0
  /** Of Latin letters, which are never taken apart; no other article has it. */
  const ownWord = () =>
    `qx${(++serial).toString(2).padStart(14, '0').replaceAll('0', 'z').replaceAll('1', 'w')}`
  const written: { id: number; words: string[] }[] = []

  const post = (payload: object) =>
    call({
      ...{ method: 'POST', url: '/v1/articles', headers },
      payload: {
        status: 'published',
        kind: 'press-release',
        publishedAt: '2026-01-20T10:00:00+09:00',
        ...payload,
      },
    })
  const change = (id: number, etag: unknown, payload: object) =>
    call({
      ...{ method: 'PATCH', url: `/v1/articles/${id}` },
      headers: { ...headers, 'if-match': String(etag), 'content-type': 'application/merge-patch+json' },
      payload,
    })

  /** Marks one upon another as no writing has them. */
  const isPiled = (texts: object) => hasPile(JSON.stringify(texts))

  test(
    'articles are taken and changed, and refused only where their text is broken',
    () =>
      assertAll(
        QUERIES / 10,
        fc.tuple(article, patch, fc.constantFrom(...BROKEN)),
        async ([given, changes, half]) => {
          const [first, second] = [ownWord(), ownWord()]
          const title = `${given.title} ${first} 탄소`
          const bodyText = `${given.bodyText}\n ${second} 수소충전소 `
          const created = await post({ ...given, title, bodyText })
          const piled = isPiled({ ...given, title, bodyText })
          expect([created.body, created.statusCode]).toEqual([created.body, piled ? 400 : 201])
          if (piled) return
          const { id } = created.json()
          const changed = await change(id, created.headers.etag, changes)
          expect([changed.body, changed.statusCode]).toEqual([changed.body, isPiled(changes) ? 400 : 200])
          const now = changed.json()
          const words = [first, second].filter(word => `${now.title} ${now.bodyText}`.includes(word))
          if (now.status === 'published') written.push({ id, words })
          expect((await post({ ...given, title: `${given.title}${half}` })).statusCode).toBe(400)
        },
      ),
    LIMIT * 3,
  )

  test(
    'synonyms are taken or refused, and searched for',
    () => {
      const spelling = fc.oneof(
        piece,
        long,
        fc.tuple(piece, piece).map(parts => parts.join(' ')),
        query,
      )
      return assertAll(QUERIES / 20, fc.array(spelling, { minLength: 2, maxLength: 6 }), async terms => {
        const { statusCode } = await call({
          method: 'POST',
          url: '/v1/synonyms',
          headers,
          payload: { terms },
        })
        expect([201, 400, 409]).toContain(statusCode)
        for (const one of terms.slice(0, 2))
          await get(`/v1/articles?q=${encode(one)}&sort=relevance&highlight=true`)
      })
    },
    LIMIT * 3,
  )

  test(
    'every article is found by words of its own, and no other is',
    async () => {
      await addUpAll(db)
      expect(written.length).toBeGreaterThan(0)
      for (const { id, words } of written)
        for (const word of words)
          expect([word, (await get(`/v1/articles?q=${word}&fields=id`)).items]).toEqual([word, [{ id }]])
    },
    LIMIT * 3,
  )

  test('the counts of terms are those of the rows', async () => {
    await addUpAll(db)
    const counted = await db.pool.query('SELECT term, df FROM search_terms WHERE df <> 0 ORDER BY term')
    const actual = await db.pool.query(
      `SELECT term COLLATE "C" AS term, count(*)::int AS df
       FROM article_search, unnest(tsvector_to_array(terms)) AS term WHERE public GROUP BY 1 ORDER BY 1`,
    )
    expect(counted.rows).toEqual(actual.rows)
  })
})

describe('whatever is asked', () => {
  const encoded = fc.oneof(
    { weight: 12, arbitrary: query.map(encode) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(query, fc.constantFrom(...RAW, ...BROKEN.map(encode)), query)
        .map(([before, raw, after]) => `${encode(before)}${raw}${encode(after)}`),
    },
  )
  const filter = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom('tag', 'author', 'source'), name)
        .map(([by, value]) => `${by}=${encode(value)}`),
    },
    // Mostly names that nobody is called, which are refused.
    { weight: 1, arbitrary: name.map(value => `ministry=${encode(value)}`) },
    fc.constantFrom('A00015', '산자부').map(value => `ministry=${encode(value)}`),
    fc.constant(`ministry=${encode('환경부')}&lineage=exact`),
    fc.constantFrom('kind=press-release', 'kind=other', 'from=2026-01-01', 'to=2026-01-19', 'period=1y'),
    fc.constantFrom('status=published&status=hidden', 'status=deleted', 'modifiedFrom=2020-01-01'),
  )
  const asked = fc.record({
    q: encoded,
    sort: fc.constantFrom('-publishedAt', 'publishedAt', '-views', 'relevance'),
    filters: fc.array(filter, { maxLength: 2 }),
    highlight: fc.boolean(),
    page: fc.constantFrom(1, 1, 1, 1, 2, 3, 10_000_000),
    pageSize: fc.constantFrom(1, 3, 20, 20, 100),
  })

  interface Snippet {
    html: string
    text: string
    ranges: { start: number; end: number }[]
  }
  function checkSnippet({ html, text, ranges }: Snippet) {
    const edges = ranges.flatMap(({ start, end }) => [start, end])
    expect([html.isWellFormed(), text.isWellFormed()]).toEqual([true, true])
    expect(edges).toEqual([...new Set(edges)].sort((a, b) => a - b))
    expect(text.length).toBeGreaterThanOrEqual(edges.at(-1) ?? 0)
  }

  const idsOf = ({ items }: { items: { id: number }[] }) => items.map(({ id }) => id)
  let answered = 0

  test(
    'a query is answered or refused, in every order, on every page',
    async () => {
      await assertAll(QUERIES, asked, async ({ q, sort, filters, highlight, page, pageSize }) => {
        const list = `/v1/articles?${[`q=${q}`, ...filters, `highlight=${highlight}`].join('&')}`
        const found = await get(`${list}&sort=${sort}&page=${page}&pageSize=${pageSize}`)
        if (!found) return
        if (found.items.length > 0) answered++
        for (const { highlight: marks } of found.items)
          if (highlight) for (const snippet of [marks.title, marks.body]) checkSnippet(snippet)
        if (sort !== 'relevance' && found.totalRelation === 'exact') {
          const other = await get(`${list}&sort=${sort === '-views' ? 'publishedAt' : '-views'}&pageSize=1`)
          expect([list, other.total]).toEqual([list, found.total])
        }
        if (found.nextCursor) {
          const beside = `${list}&sort=${sort}&pageSize=${pageSize}&cursor=`
          const next = await get(`${beside}${found.nextCursor}`)
          const back = await get(`${beside}${next.previousCursor}`)
          expect([beside, idsOf(back)]).toEqual([beside, idsOf(found)])
        }
      })
      // Else nothing was tried.
      expect(answered).toBeGreaterThan(0)
    },
    LIMIT * 3,
  )

  test(
    'suggestions are answered or refused',
    () =>
      assertAll(QUERIES / 5, fc.oneof(encoded, piece.map(encode)), async q => {
        await get(`/v1/suggestions?q=${q}&limit=20`)
      }),
    LIMIT * 3,
  )
})
