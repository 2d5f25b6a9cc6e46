import { beforeEach, describe, expect, test } from '@jest/globals'
import { readCsv } from '../../src/imports/csv.ts'
import type { Encoding } from '../../src/imports/file.ts'
import { type LoadOptions, type LoadReport, load } from '../../src/imports/load.ts'
import { readNdjson } from '../../src/imports/ndjson.ts'
import type { FileRecord, Kept, RecordFault } from '../../src/imports/record.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { encodeCp949 } from '../support/cp949.ts'

const { db, call, authorize } = await testApp()
const editor = await authorize('articles:write')

beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE articles, article_prints, duplicate_pairs, duplicate_members, article_search, changes, article_counts, view_receipts, reactions',
  )
})

interface Loaded extends LoadReport {
  /** In English. */
  rejections: { line: number; faults: (Omit<RecordFault, 'detail'> & { detail: string })[] }[]
  notes: Kept[]
}
async function loaded(
  records: AsyncIterable<FileRecord>,
  options: Partial<LoadOptions> = {},
): Promise<Loaded> {
  const rejections: Loaded['rejections'] = []
  const notes: Kept[] = []
  const report = await load(db, records, {
    actor: 'import:test',
    onRejected: ({ line, faults }) =>
      rejections.push({
        line,
        faults: faults.map(({ detail, ...fault }) => ({ ...fault, detail: detail.en })),
      }),
    onKept: (_, what) => notes.push(what),
    ...options,
  })
  return { ...report, rejections, notes }
}

/** Bytes as a file gives them, cut anywhere. */
async function* chunks(text: string | Uint8Array, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string)
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

interface CsvCase {
  encoding?: Encoding
  map?: Map<string, string>
  source?: string
}
const csv = (text: string | Uint8Array, options: CsvCase = {}) =>
  loaded(readCsv(chunks(text), { encoding: 'utf-8', source: 'board.test', ...options }))
const ndjson = (...records: unknown[]) =>
  loaded(
    readNdjson(
      chunks(
        records.map(record => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n'),
      ),
    ),
  )
const bySource = async (externalId: string, source = 'board.test') =>
  (await call({ url: `/v1/articles/by-source/${source}/${externalId}`, headers: editor })).json()

const sourced = (externalId: string, changes = {}) => ({
  ...anArticle(),
  source: { name: 'board.test', externalId },
  ...changes,
})

describe('NDJSON', () => {
  test('a second time changes nothing; another title makes a version', async () => {
    const records = [sourced('1'), sourced('2', { counts: { views: 7 } })]
    expect(await ndjson(...records)).toMatchObject({ created: 2, rejected: 0 })
    expect(await ndjson(...records)).toMatchObject({ created: 0, updated: 0, unchanged: 2, recounted: 0 })
    const changed = [
      sourced('1', { title: '새 제목' }),
      sourced('2', { ...records[1], counts: { views: 9 } }),
    ]
    expect(await ndjson(...changed)).toMatchObject({ updated: 1, unchanged: 1, recounted: 1 })
    expect(await bySource('1')).toMatchObject({ title: '새 제목', version: 2 })
    expect(await bySource('2')).toMatchObject({ version: 1, counts: { views: 9 } })
  })

  test('what the API shows of articles goes in again and changes nothing, counts neither', async () => {
    await ndjson(sourced('1', { counts: { views: 5 }, tags: ['수소'], subtitles: ['부제'] }), sourced('2'))
    const article = await bySource('1')
    await call({ method: 'POST', url: `/v1/articles/${article.id}/views` })
    const { items } = (await call('/v1/articles?fields=number,title')).json()
    expect(items).toHaveLength(2)
    const shown = [await bySource('1'), await bySource('2')]
    expect(shown[0].counts.views).toBe(6)
    expect(await ndjson(...shown)).toMatchObject({
      created: 0,
      updated: 0,
      unchanged: 2,
      recounted: 0,
      rejected: 0,
    })
    expect((await bySource('1')).counts.views).toBe(6)
  })

  test('every record that cannot be written is told by line and pointer; the others are written', async () => {
    const report = await ndjson(
      sourced('1'),
      '{"title": ',
      sourced('3', { titel: 'x', kind: 'press' }),
      '',
      sourced('5', { publishedAt: '2062-01-01T00:00:00+09:00' }),
      sourced('6', { source: null }),
      '[]',
      sourced('8', { title: 'NUL \0' }),
      sourced('9', { counts: { views: -1 } }),
      sourced('10'),
    )
    expect(report).toMatchObject({ created: 2, rejected: 7 })
    const told = report.rejections.toSorted((a, b) => a.line - b.line)
    expect(told.map(({ line, faults }) => [line, faults.map(({ pointer }) => pointer).sort()])).toEqual([
      [2, ['']],
      [3, ['/kind', '/titel']],
      [5, ['/publishedAt']],
      [6, ['/source']],
      [7, ['']],
      [8, ['/title']],
      [9, ['/counts/views']],
    ])
    expect(JSON.stringify(told)).toContain('did you mean \\"title\\"?')
  })

  test('a line that is not UTF-8 is rejected, not mended', async () => {
    const good = JSON.stringify(sourced('1'))
    const broken = Buffer.concat([Buffer.from(`${good}\n`), Buffer.from([0x7b, 0xbc, 0xf6, 0x7d, 0x0a])])
    expect(await loaded(readNdjson(chunks(broken)))).toMatchObject({
      created: 1,
      rejections: [{ line: 2, faults: [{ detail: 'is not UTF-8' }] }],
    })
  })

  test('an article that stands there again is written once, and told by its line where it says something else', async () => {
    const many = Array.from({ length: 1200 }, (_, i) => sourced(`${i % 300}`, { title: `제목 ${i}` }))
    const counts = { counts: { views: 1 } }
    const last = sourced('300')
    const records = [...many, many[7], { ...many[8], ...counts }, last, last]
    const first = await ndjson(...records)
    expect(first).toMatchObject({ read: 1204, created: 301, updated: 0, unchanged: 2, rejected: 901 })
    expect(first.rejections.find(({ line }) => line === 301)).toEqual({
      line: 301,
      faults: [{ pointer: '/source/externalId', detail: 'is that of line 1 too, which says something else' }],
    })
    expect(await bySource('299')).toMatchObject({ title: '제목 299', version: 1 })
    expect(await bySource('8')).toMatchObject({ counts: { views: 0 } })
    const told = (report: Loaded) => report.rejections.map(({ line }) => line).sort((a, b) => a - b)
    const second = await ndjson(...records)
    expect(second).toMatchObject({ created: 0, updated: 0, recounted: 0, unchanged: 303, rejected: 901 })
    expect(told(second)).toEqual(told(first))
    expect((await db.pool.query('SELECT FROM changes')).rowCount).toBe(301)
  })

  test('a dry run counts an article that stands there again as the load does', async () => {
    await ndjson(sourced('1'))
    const [changed, fresh] = [sourced('1', { title: '새' }), sourced('2')]
    const records = [changed, changed, fresh, fresh, sourced('2', { title: '다른' })]
    const text = records.map(record => JSON.stringify(record)).join('\n')
    const run = (dryRun: boolean) => loaded(readNdjson(chunks(text)), { dryRun })
    const dry = await run(true)
    expect(dry).toMatchObject({ created: 1, updated: 1, unchanged: 2, rejected: 1 })
    expect(await run(false)).toEqual(dry)
  })

  test('what cannot be written stands in nobody’s way; a load that goes on knows what it passes over', async () => {
    const text = [
      sourced('1', { kind: 'press' }),
      sourced('1'),
      sourced('2'),
      sourced('1', { title: '다른 제목' }),
    ]
      .map(record => JSON.stringify(record))
      .join('\n')
    expect(await loaded(readNdjson(chunks(text)))).toMatchObject({ created: 2, rejected: 2 })
    expect(await loaded(readNdjson(chunks(text)), { after: 3 })).toMatchObject({
      ...{ read: 1, updated: 0 },
      rejections: [{ line: 4, faults: [{ detail: 'is that of line 2 too, which says something else' }] }],
    })
  })

  test('what is committed is told in the order of lines; a load goes on after it', async () => {
    const records = Array.from({ length: 600 }, (_, i) => sourced(`${i}`))
    const text = records.map(record => JSON.stringify(record)).join('\n')
    const committed: number[] = []
    await loaded(readNdjson(chunks(text, 1 << 16)), { onCommitted: line => committed.push(line) })
    expect(committed).toEqual([250, 500, 600])
    expect(await loaded(readNdjson(chunks(text, 1 << 16)), { after: 500 })).toMatchObject({ unchanged: 100 })
  })

  test('what was deleted here stays deleted, and is told', async () => {
    await ndjson(sourced('1'))
    await db.pool.query('UPDATE articles SET deleted_at = now()')
    expect(await ndjson(sourced('1'))).toMatchObject({ deleted: 1, created: 0, updated: 0 })
  })
})

const BOARD = [
  '번호,제목,본문,담당부서,글쓴이,날짜,조회수,태그,출처',
  '3720,"수소 ""충전소"" 설명회","첫 문단,\r\n둘째 줄\r\n\r\n둘째 문단",산업통상부,관리자,2026.01.20,"1,234",수소;ESG,https://www.korea.kr/x',
  '3719,탄소중립,,환경부,관리자,2026/1/19,3,수소|ESG,',
  ',,,,,,,,',
  '',
].join('\r\n')

describe('CSV', () => {
  test('with a board’s Korean headers: quotes, line breaks, days, counts, lists', async () => {
    expect(await csv(`\ufeff${BOARD}`)).toMatchObject({ created: 2, rejected: 0 })
    expect(await bySource('3720')).toMatchObject({
      kind: 'press-release',
      status: 'published',
      title: '수소 "충전소" 설명회',
      bodyText: '첫 문단,\n둘째 줄\n\n둘째 문단',
      ministry: { name: '산업통상부' },
      author: '관리자',
      publishedAt: '2026-01-20T00:00:00+09:00',
      postedOn: '2026-01-20',
      counts: { views: 1234 },
      tags: ['수소', 'ESG'],
      source: { url: 'https://www.korea.kr/x' },
    })
    expect(await bySource('3719')).toMatchObject({ publishedOn: '2026-01-19', tags: ['수소', 'ESG'] })
    expect(await csv(BOARD)).toMatchObject({ created: 0, updated: 0, unchanged: 2, recounted: 0 })
  })

  test('with the API’s own names, tabs, JSON lists, instants', async () => {
    const rows = [
      'status\tkind\ttitle\tbodyHtml\tministry.code\tministry.name\tministry.publishedName\tpublishedAt\tsource.name\tsource.externalId\ttags\tid\tcounts.views',
      'hidden\tpolicy-news\t제목\t<p>본문</p>\tA00015\t산업통상부\t산업통상자원부\t2026-01-20 오후 2:30\tkorea.kr\t1\t["가;나","다"]\t77\t5',
    ]
    expect(await csv(rows.join('\n'))).toMatchObject({ created: 1 })
    expect(await bySource('1', 'korea.kr')).toMatchObject({
      status: 'hidden',
      kind: 'policy-news',
      bodyHtml: '<p>본문</p>',
      ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' },
      publishedAt: '2026-01-20T14:30:00+09:00',
      tags: ['가;나', '다'],
    })
  })

  test('says nothing of fields that it has no column for, nor against the hour of a release or the mark-up of a body', async () => {
    await ndjson(
      sourced('1', {
        status: 'hidden',
        title: '제목',
        bodyText: undefined,
        bodyHtml: '<p><b>굵은</b> 글</p><ul><li>하나</li></ul>',
        tags: ['수소'],
        ministry: { code: 'A00015', name: '산업통상부', publishedName: '산업통상자원부' },
      }),
    )
    const text = '번호,제목,본문,발표일,담당부서\n1,제목,"굵은 글\r\n\r\n- 하나",2026-01-20,산업통상부\n'
    expect(await csv(text)).toMatchObject({ updated: 0, unchanged: 1 })
    expect(await csv(text.replace('하나', '둘'))).toMatchObject({ updated: 1 })
    expect(await bySource('1')).toMatchObject({
      status: 'hidden',
      tags: ['수소'],
      bodyText: '굵은 글\n\n- 둘',
      publishedAt: '2026-01-20T10:00:00+09:00',
    })
    expect(await csv('번호,제목,담당부서,태그\n1,제목,국방부,\n')).toMatchObject({ updated: 1 })
    expect(await bySource('1')).toMatchObject({
      tags: [],
      ministry: { code: 'A00005', name: '국방부', publishedName: '국방부' },
    })
  })

  test('a second row of an article is rejected, and a second run changes nothing', async () => {
    const text = '번호,제목,본문,게시일\n2,둘,본문2,2026-01-02\n2,둘 다시,본문2,2026-01-03\n'
    for (const outcome of [{ created: 1 }, { unchanged: 1 }])
      expect(await csv(text)).toMatchObject({
        ...{ updated: 0, ...outcome },
        rejections: [{ line: 3, faults: [{ column: '번호', pointer: '/source/externalId' }] }],
      })
    expect(await bySource('2')).toMatchObject({ title: '둘', version: 1, postedOn: '2026-01-02' })
  })

  test('a day of posting dates what is new; the release of what is here stays, and that is told', async () => {
    const board = (day: string) => `번호,제목,게시일\n1,하나,${day}\n`
    const release = '2026-01-11T10:00:00+09:00'
    const kept = { kept: 1, notes: [{ field: 'publishedAt', posted: true }] }
    expect(await csv(board('2026-01-11 10:00'))).toMatchObject({ created: 1, kept: 0 })
    expect(await csv(board('2026-01-11 10:00'))).toMatchObject({ unchanged: 1, kept: 0 })
    expect(await csv(board('2026-01-11 11:00'))).toMatchObject({ unchanged: 1, ...kept })
    expect(await csv(board('2026-01-12'))).toMatchObject({ updated: 1, ...kept })
    expect(await bySource('1')).toMatchObject({ postedOn: '2026-01-12', publishedAt: release })
    expect(await csv(board('2026-01-12'))).toMatchObject({ unchanged: 1, kept: 0 })
    const both = { map: new Map([['게시일', 'day']]) }
    expect(await csv(board('2026-01-12 11:00'), both)).toMatchObject({ updated: 1, kept: 0 })
    expect(await bySource('1')).toMatchObject({ publishedAt: '2026-01-12T11:00:00+09:00' })
  })

  test('a row has the first of its days that is told; one that has none is no new article', async () => {
    const text = [
      '번호,제목,발표일,날짜,등록일,보도시점',
      '1,하나,,,2026-01-25,',
      '2,둘,,2026-01-20,2026-01-25,',
      '3,셋,,,,2026. 1. 21.(수) 11:00',
      '4,넷,,,,',
    ].join('\n')
    expect(await csv(text)).toMatchObject({
      created: 3,
      rejections: [
        { line: 5, faults: [{ pointer: '/publishedAt', column: '발표일', detail: 'has no day of release' }] },
      ],
    })
    const days = ['1', '2', '3'].map(async id => (await bySource(id)).publishedAt)
    expect(await Promise.all(days)).toEqual([
      '2026-01-25T00:00:00+09:00',
      '2026-01-20T00:00:00+09:00',
      '2026-01-21T11:00:00+09:00',
    ])
    expect(await csv(text)).toMatchObject({ created: 0, updated: 0, unchanged: 3, rejected: 1 })
    // What is here and was never published has no day either; what waits has none yet.
    await ndjson(sourced('5', { status: 'draft', publishedAt: null }))
    const draft = await csv('번호,제목,상태,발표일\n5,다섯,노출,\n6,여섯,노출,\n')
    expect(draft).toMatchObject({ created: 0, updated: 0, rejected: 2 })
    expect(await csv('번호,제목,보도시점\n7,일곱,\n')).toMatchObject({ created: 0, rejected: 1 })
    const waiting = '번호,제목,상태,등록일,보도시점\n8,여덟,공개예정,2026-01-01,2099-01-01 09:00\n'
    expect(await csv(waiting)).toMatchObject({ created: 1, rejected: 0 })
    // Of an article that is here an empty cell takes no day away.
    expect(await csv('번호,제목,발표일\n1,하나,\n')).toMatchObject({ unchanged: 1, rejected: 0 })
  })

  test('words and days are read as boards, Excel and our own pages write them', async () => {
    const text = [
      '번호,제목,발표일,상태,구분,공공누리,태그',
      '1,가,20260120,공개 예정,카드/영상,공공누리 제1유형 (출처표시),"#순환경제, #ESG"',
      '2,나,2026-01-20 오후 2시 5분,비노출,설명,제4유형,"AI,수소;ESG"',
    ].join('\n')
    await csv(text.replace(',공개 예정,', ',노출,'))
    expect(await bySource('1')).toMatchObject({
      ...{ kind: 'visual', licence: 'kogl-1', tags: ['순환경제', 'ESG'] },
      publishedAt: '2026-01-20T00:00:00+09:00',
    })
    expect(await bySource('2')).toMatchObject({
      ...{ kind: 'explanation', licence: 'kogl-4', tags: ['AI', '수소', 'ESG'], status: 'hidden' },
      publishedAt: '2026-01-20T14:05:00+09:00',
    })
    expect((await csv(text)).rejections).toMatchObject([{ line: 2 }])
    await csv('번호,제목,날짜\n3,다,2026-01-20T20:00:00Z\n')
    expect(await bySource('3')).toMatchObject({
      ...{ publishedAt: '2026-01-21T05:00:00+09:00', postedOn: '2026-01-21' },
    })
    const asText = '번호,제목,태그\n"=""1E+5""",라,"[기획] 순환경제, # ESG"\n'
    expect(
      await csv(asText.replace('제목,', '제목,발표일,').replace('라,', '라,20260120 9:30,')),
    ).toMatchObject({ created: 1 })
    expect(await bySource('1E+5')).toMatchObject({
      ...{ tags: ['[기획] 순환경제', 'ESG'], publishedAt: '2026-01-20T09:30:00+09:00' },
    })
    const shortened = await csv('번호,제목\n1.23457E+11,다\n')
    expect(shortened.rejections).toMatchObject([
      { faults: [{ detail: expect.stringContaining('Excel has shortened') }] },
    ])
  })

  test('an address at korea.kr is an identity', async () => {
    const text =
      '제목,링크\n제목,https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172&call_from=x\n'
    expect(await csv(text, { source: undefined })).toMatchObject({ created: 1 })
    expect((await bySource('156576172', 'korea.kr')).source.url).toBe(
      'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
    )
  })

  test('rejects a row by its line, its column and what is wrong, and goes on', async () => {
    const report = await csv(
      [
        '번호,제목,본문,날짜,구분',
        '1,"두\n줄",,2026-02-30,',
        '2,셋째 줄 다음,,2026-01-20,없는 구분',
        '3,칸이 모자란다',
        '4,좋다,,2026-01-20,설명자료',
        ',번호가 없다,,2026-01-20,',
        '6,남는 칸,,2026-01-20,,남는다',
        '7,"닫히지 않는다,,2026-01-20,',
      ].join('\n'),
    )
    expect(report).toMatchObject({ created: 1, rejected: 6 })
    expect(report.rejections.toSorted((a, b) => a.line - b.line)).toMatchObject([
      {
        line: 2,
        faults: [{ pointer: '/publishedAt', column: '날짜', detail: expect.stringContaining('2026-01-20') }],
      },
      {
        line: 4,
        faults: [{ column: '구분', pointer: '/kind', detail: expect.stringContaining('press-release') }],
      },
      { line: 5, faults: [{ detail: 'has 2 cells, the header 5' }] },
      { line: 7, faults: [{ column: '번호', pointer: '/source/externalId' }] },
      { line: 8, faults: [{ detail: 'cell 6 has no header: "남는다"' }] },
      { line: 9, faults: [{ detail: expect.stringContaining('quote is not closed') }] },
    ])
    expect((await bySource('4')).kind).toBe('explanation')
  })

  test('writes what stands before a quote that nobody closes, however slowly', async () => {
    const rows = Array.from({ length: 250 }, (_, i) => `${i},제목 ${i}`)
    const text = `번호,제목\n${rows.join('\n')}\nx,"${'가'.repeat(5_000_000)}\n9,"아홉"\n`
    const asChunks = async function* (whole: string) {
      yield Buffer.from(whole)
    }
    const read: number[] = []
    const reading = async () => {
      for await (const { line } of readCsv(asChunks(text), { encoding: 'utf-8', source: 'board.test' })) {
        if (read.push(line) === 200) await new Promise(next => setTimeout(next, 1_500))
      }
    }
    await expect(reading()).rejects.toThrow('line 252: a record longer than any article')
    expect(read).toEqual(rows.map((_, i) => i + 2))
    await expect(csv(text)).rejects.toThrow('line 252')
    expect(await db.prisma.article.count()).toBe(250)
  })

  test.each([
    ['a column that nobody knows', '번호,제목,비고\n1,제목,x', {}, 'unknown column "비고"'],
    ['a slip of the pen', 'source.externalId,titel\n1,x', {}, 'did you mean "title"?'],
    ['two columns of one field', '번호,글번호,제목\n1,1,x', {}, 'both hold source.externalId'],
    ['no title', '번호,조회수\n1,2', {}, 'no column holds the title'],
    ['no header', '2026년 1월 보도자료 목록,,\n번호,제목,날짜\n', {}, 'is the first line the header?'],
    ['a workbook in it', 'PK\u0003\u0004…', {}, 'save it as CSV'],
    ['no identity', '제목\nx', {}, 'no column tells an article from others'],
    ['no source', '번호,제목\n1,x', { source: undefined }, '--source'],
    ['nothing', '', {}, 'the file is empty'],
  ])('refuses a file with %s', async (_, text, options, message) => {
    await expect(csv(text, options)).rejects.toThrow(message)
  })

  test('takes other headers by a map, and passes over what it is told to', async () => {
    const map = new Map([
      ['Seq', 'source.externalId'],
      ['Subject', 'title'],
      ['비고', '-'],
    ])
    expect(await csv('Seq,Subject,비고\n1,제목,x\n', { map })).toMatchObject({ created: 1 })
    await expect(csv('번호,제목\n1,x', { map })).rejects.toThrow('there is no column "seq"')
  })
})

test.each(['postedOn', 'embargoUntil', 'postedOn,publishedAt', 'status,postedOn', 'status,embargoUntil'])(
  'what is not published stays without a release: CSV with %s',
  async columns => {
    const statuses = ['draft', 'hidden', 'scheduled']
    const past = { postedOn: '2026-02-28', embargoUntil: '2026-01-05T10:00:00+09:00' }
    await ndjson(
      ...statuses.map((status, i) =>
        sourced(`${i}`, {
          ...{ ...past, status, publishedAt: null },
          ...(status === 'scheduled' && { embargoUntil: '2099-01-01T10:00:00+09:00' }),
        }),
      ),
      sourced('3', { status: 'draft', publishedAt: null }),
    )
    const query = [...statuses.map(status => `status=${status}`), `fields=source,title,${columns}`].join('&')
    const file = (await call({ url: `/v1/articles.csv?${query}`, headers: editor })).body
    expect(await csv(file)).toMatchObject({ updated: 0, unchanged: 4, rejected: 0 })
    expect((await bySource('0')).publishedAt).toBeNull()
  },
)

describe('CSV in CP949, as Korean Excel saves it', () => {
  const cell = (text: string) => `"${text.replaceAll('"', '""').replaceAll('\n', '\r\n')}"`
  const excel = (rows: string[][]) => encodeCp949(rows.map(row => row.map(cell).join(',')).join('\r\n'))

  test('goes round without a change, and tells what CP949 has no characters for', async () => {
    const rows = await insertArticles(
      db,
      ['똠방각하 ㈜수소 ①', '‘K–푸드’ 수출 · 100㎡', '탄소\u00a0중립 🌱 𝒳', '끝 —'].map((title, i) => ({
        ...anArticle({ title, bodyText: `${title} 본문\n둘째 줄\n\n「인용」 ±3% ❶`, tags: ['뷁', 'ESG'] }),
        ministry: { name: '산업통상부' },
        source: { name: 'board.test', externalId: `${i}`, url: null },
      })),
    )
    const { bytes, lost } = excel([
      ['번호', '제목', '본문', '담당부서', '발표일', '태그'],
      ...rows.map(row => [
        row.externalId ?? '',
        row.title,
        row.bodyText,
        row.ministryName ?? '',
        '2026-01-20',
        row.tags.join(';'),
      ]),
    ])
    expect(lost.toSorted()).toEqual(['\u00a0', '–', '—', '❶', '🌱', '𝒳'].toSorted())
    const report = await csv(bytes, { encoding: 'cp949' })
    expect(report).toMatchObject({ created: 0, updated: 0, unchanged: 4, kept: 4, rejected: 0 })
    expect([...new Set(report.notes.flatMap(({ characters }) => characters))].toSorted()).toEqual(
      lost.toSorted(),
    )
    expect((await bySource('2')).title).toBe('탄소\u00a0중립 🌱 𝒳')
  })

  test('an export goes round with its mark-up and files', async () => {
    const name = '설명자료 – 붙임.hwpx'
    const bodyHtml = `<p>수출 – 호조 🌱</p><ul><li>${'가'.repeat(100)}—</li></ul>`
    const withHtml = (id: string, bodyHtml: string, more = {}) =>
      sourced(id, { bodyText: undefined, bodyHtml, ...more })
    await ndjson(
      withHtml('1', bodyHtml, { attachments: [{ name, url: 'https://example.org/1.hwpx' }] }),
      withHtml('2', `<p>${'나라 '.repeat(12_000)}끝</p>`),
      withHtml('3', '<p>수출 – 호조</p>'),
    )
    const exported = async () =>
      (await call('/v1/articles.csv?fields=source,title,bodyHtml,bodyText,attachments&sort=publishedAt')).body
    const before = await exported()
    const saved = before.replaceAll(/(<p>)?(나라 ){12000}끝(<\/p>)?/g, cell => cell.slice(0, 32_767))
    const { bytes } = encodeCp949(saved)
    expect(await csv(bytes, { encoding: 'cp949' })).toMatchObject({ updated: 0, unchanged: 3, kept: 3 })
    expect(await exported()).toBe(before)

    const changed = encodeCp949(saved.replaceAll('<p>수출 – 호조</p>', '<p>수출 – 부진</p>'))
    expect(await csv(changed.bytes, { encoding: 'cp949' })).toMatchObject({ updated: 1, unchanged: 2 })
    expect((await bySource('3')).bodyHtml).toBe('<p>수출 ? 부진</p>')
  })

  test('a word that was changed there is changed here', async () => {
    await ndjson(sourced('1', { title: '수출 – 호조', bodyText: '본문' }))
    const { bytes } = excel([
      ['번호', '제목'],
      ['1', '수출 – 부진'],
    ])
    expect(await csv(bytes, { encoding: 'cp949' })).toMatchObject({ updated: 1, kept: 0 })
    expect((await bySource('1')).title).toBe('수출 ? 부진')
  })

  test('bytes that are none are rejected', async () => {
    const bytes = Buffer.concat([encodeCp949('번호,제목\n1,좋다\n2,').bytes, Buffer.from([0xff, 0x0a])])
    expect(await csv(bytes, { encoding: 'cp949' })).toMatchObject({
      created: 1,
      rejections: [{ line: 3, faults: [{ column: '제목', detail: expect.stringContaining('CP949') }] }],
    })
  })
})
