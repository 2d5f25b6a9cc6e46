import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readAnswer } from '../../src/imports/open-api-answer.ts'
import { articleOf, readItem } from '../../src/imports/open-api-item.ts'
import { plainLine, plainLines } from '../../src/imports/open-api-text.ts'
import { daysBetween, splitByDay, windowsOf } from '../../src/imports/windows.ts'
import { addDays, formatInstant } from '../../src/time/seoul.ts'
import { changed, fictionalItem, seeded } from './open-api-items.ts'
import { answerXml, gatewayXml, itemXml } from './open-api-server.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const MINISTRY = '가온도서관청'
const item = changed(
  fictionalItem(seeded(1), {
    service: 'press',
    id: '900000123',
    approvedAt: new Date('2026-01-20T09:30:00+09:00'),
  }),
  { MinisterCode: MINISTRY },
)
const elementOf = (changes: Record<string, string | null> = {}) => {
  const [element] = readAnswer(bytes(answerXml([itemXml(changed(item, changes).fields)]))).items
  if (!element) throw new Error('no item')
  return element
}
const read = (changes: Record<string, string | null> = {}) => readItem(elementOf(changes))
const NOW = new Date('2026-02-01T00:00:00Z')

describe('an answer', () => {
  test('of the service is read, CDATA and entities and all', () => {
    const answer = readAnswer(bytes(answerXml([itemXml(item.fields), itemXml(item.fields)])))
    expect(answer).toMatchObject({ code: 0, message: 'NORMAL_SERVICE', total: 2 })
    const fields = answer.items[1]?.children.map(({ name, text }) => [name, text])
    expect(fields).toEqual(item.fields)
  })

  test('with no data has no items', () => {
    expect(readAnswer(bytes(answerXml([], '3', 'NODATA_ERROR')))).toMatchObject({ code: 3, items: [] })
  })

  test('of the gateway is an error, whatever the status it came with', () => {
    expect(readAnswer(bytes(gatewayXml('30')))).toEqual({
      code: 30,
      message: 'SERVICE_KEY_IS_NOT_REGISTERED_ERROR',
      items: [],
      total: null,
    })
  })

  test.each([
    ['', 'no element'],
    ['<html><body>점검<br></body></html>', '<html>'],
    ['{"response":{}}', 'no element'],
    ['<response><body></body></response>', 'result code'],
    ['<response><header><resultCode>OK</resultCode></header></response>', '"OK"'],
    ['<a>'.repeat(100_000), 'nested'],
  ])('that is something else is refused: %.40s', (text, reason) => {
    expect(() => readAnswer(bytes(text))).toThrow(reason)
  })

  test('that was cut off anywhere is refused', () => {
    const whole = bytes(answerXml([itemXml(item.fields)]))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), length => {
        expect(() => readAnswer(whole.subarray(0, length))).toThrow()
      }),
    )
  })
})

describe('an item', () => {
  test('becomes an article', () => {
    expect(articleOf(read(), NOW)).toEqual({
      status: 'published',
      kind: item.expected.kind,
      title: item.expected.title,
      subtitles: ['첫째 작은 제목', '둘째 작은 제목'],
      bodyHtml: expect.stringMatching(
        /^<p>.*에 관한 지어낸 글입니다\. 번호는 900000123이다\.<\/p>\n<p>둘째 문단\.<\/p>$/,
      ),
      ministry: { name: MINISTRY },
      publishedAt: '2026-01-20T09:30:00+09:00',
      embargoUntil: null,
      sourceModifiedAt: '2026-01-20T09:30:00+09:00',
      source: {
        name: 'korea.kr',
        externalId: '900000123',
        url: 'https://www.korea.kr/briefing/pressReleaseView.do?newsId=900000123',
      },
      licence: 'kogl-1',
      thumbnailUrl: 'https://img.example.org/900000123.jpg',
      attachments: [
        {
          name: '붙임 900000123.hwpx',
          url: 'https://files.example.org/download?fileId=900000123&tblKey=GMN',
        },
      ],
    })
  })

  test.each([
    ['R&amp;D &lsquo;첫발&rsquo; &#8231; 끝', 'R&D ‘첫발’ ‧ 끝'],
    ['R&D 예산', 'R&D 예산'],
    ['&lt;보고&gt; &amp;lt;', '<보고> &lt;'],
    ['<2026 업무보고> 첫째', '<2026 업무보고> 첫째'],
    ['순환<span lang="ko">경</span>제', '순환경제'],
    ['순환<br/>경제', '순환 경제'],
    ['순환_x000D_\n경제_x000d_', '순환 경제'],
    [' 순환\u00a0 경제\u200b ', '순환 경제'],
    ['순환경제'.normalize('NFD'), '순환경제'],
    ['[보도참고] 순환경제', '[보도참고] 순환경제'],
  ])('has its title without artefacts: %s', (raw, title) => {
    expect(plainLine(raw)).toBe(title)
    expect(read({ Title: raw }).content.title).toBe(title)
  })

  test.each([
    ['하나<br>둘<BR />셋', ['하나', '둘', '셋']],
    ['- 하나 -<br><br/>', ['- 하나 -']],
    ['', []],
    ['<br>', []],
  ])('has a subtitle for each line of %s', (raw, lines) => {
    expect(plainLines(raw)).toEqual(lines)
  })

  test.each([
    ['brief', '제목', 'press-release'],
    ['brief', '(인사) 제목', 'personnel'],
    ['policy', '제목', 'policy-news'],
    ['fact', '[보도자료] 제목', 'fact-check'],
    ['visual', '제목', 'visual'],
    ['card', '제목', 'visual'],
    ['', '제목', 'press-release'],
    ['something', '제목', 'press-release'],
  ])('of group %s and title “%s” is %s', (GroupingCode, Title, kind) => {
    expect(read({ GroupingCode, Title }).content.kind).toBe(kind)
  })

  test('may have no ministry, no dates but that of its approval, no picture, no files, no address', () => {
    const bare = read({
      ...{ MinisterCode: '', ModifyDate: '', EmbargoDate: null, ThumbnailUrl: null, OriginalUrl: '' },
      ...{ FileName: '', FileUrl: '', SubTitle1: null, ModifyId: null, ContentsStatus: null },
    })
    expect(bare).toMatchObject({ revision: 0, modifiedAt: null, embargoUntil: null })
    expect(bare.content).toMatchObject({ ministry: null, subtitles: [], thumbnailUrl: null, attachments: [] })
    expect(bare.content.source.url).toBeNull()
  })

  test('of plain text keeps its lines', () => {
    const text =
      '첫 문단\r\n이어진 줄_x000D_\n\n둘째 &amp; 끝\n공공누리 제4유형의 조건에 따라 이용할 수 있습니다.'
    const { content } = read({ ContentsType: 'T', DataContents: text })
    expect(content).toMatchObject({ bodyText: '첫 문단\n이어진 줄\n\n둘째 & 끝', licence: 'kogl-4' })
    expect(content.bodyHtml).toBeUndefined()
  })

  test('has the licence of KoglType before that of the footer', () => {
    expect(read({ KoglType: '3' }).content.licence).toBe('kogl-3')
    expect(read({ KoglType: '' }).content.licence).toBe('kogl-1')
    expect(read({ KoglType: '', DataContents: '<p>본문</p>' }).content.licence).toBeNull()
  })

  test('has the address of its page without anybody’s search context', () => {
    const { url } = read({
      OriginalUrl: 'http://m.korea.kr/multi/visualNewsView.do?srchWord=a&amp;newsId=900000123&pageIndex=3',
    }).content.source
    expect(url).toBe('https://www.korea.kr/multi/visualNewsView.do?newsId=900000123')
    const other = read({ OriginalUrl: 'https://www.korea.kr/archive/view.do?newsId=900000123&a=b' })
    expect(other.content.source.url).toBe('https://www.korea.kr/archive/view.do?newsId=900000123')
  })

  test('has addresses percent-encoded, and whole', () => {
    const { content } = read({
      FileUrl: '/common/내려받기.do?a=1&amp;b=2',
      ThumbnailUrl: '//img.example.org/a b.jpg',
    })
    expect(content.attachments?.[0]?.url).toBe(
      'https://www.korea.kr/common/%EB%82%B4%EB%A0%A4%EB%B0%9B%EA%B8%B0.do?a=1&b=2',
    )
    expect(content.thumbnailUrl).toBe('https://img.example.org/a%20b.jpg')
  })

  test.each([
    [{ NewsItemId: 'abc' }, 'NewsItemId is no number: "abc"'],
    [{ NewsItemId: null }, 'NewsItemId'],
    [{ Title: ' &nbsp; ' }, 'Title is empty'],
    [{ Title: '깨진 \ufffd 글자' }, 'Title holds bytes that are not UTF-8'],
    [{ ApproveDate: '' }, 'ApproveDate is empty'],
    [{ ApproveDate: '2026-01-20 09:30:00' }, 'ApproveDate is not MM/DD/YYYY'],
    [{ ApproveDate: '02/30/2026 09:30:00' }, 'ApproveDate is not MM/DD/YYYY'],
    [{ ModifyDate: '01/20/2026 24:00:00' }, 'ModifyDate is not'],
    [{ EmbargoDate: 'soon' }, 'EmbargoDate is not'],
    [{ ModifyId: 'x' }, 'ModifyId is no number'],
    [{ ContentsStatus: 'D' }, 'ContentsStatus'],
    [{ ContentsType: 'X' }, 'ContentsType is neither H nor T: "X"'],
    [{ KoglType: '9' }, 'KoglType'],
    [{ OriginalUrl: 'https://www.korea.kr/news/policyNewsView.do?newsId=1' }, 'another item'],
    [{ OriginalUrl: 'https://example.org/?newsId=900000123' }, 'not at korea.kr'],
    [{ OriginalUrl: 'javascript:alert(1)' }, 'OriginalUrl is no address'],
    [{ ThumbnailUrl: 'picture.jpg' }, 'ThumbnailUrl is no address'],
    [{ FileUrl: '' }, 'has no FileUrl'],
    [{ FileName: '' }, 'has no FileName'],
    [{ FileUrl: null }, '1 times FileName, but 0 times FileUrl'],
  ])('that cannot be read is refused with its reason: %j', (changes, reason) => {
    expect(() => read(changes)).toThrow(reason)
  })

  test('with a field twice, or elements in a field, is refused', () => {
    const twice = answerXml([itemXml([...item.fields, ['Title', '다른 제목']])])
    expect(() => readItem(readAnswer(bytes(twice)).items[0] as never)).toThrow('Title stands there 2 times')
    const nested = itemXml(item.fields).replace('<ModifyId>1</ModifyId>', '<ModifyId><b>1</b></ModifyId>')
    expect(() => readItem(readAnswer(bytes(answerXml([nested]))).items[0] as never)).toThrow('ModifyId')
  })

  test('is scheduled until its approval and its embargo are past, and is released at the later of the two', () => {
    const at = (text: string) => articleOf(read({ EmbargoDate: '01/20/2026 14:00:00' }), new Date(text))
    expect(at('2026-01-20T13:59:59+09:00')).toMatchObject({
      status: 'scheduled',
      publishedAt: null,
      embargoUntil: '2026-01-20T14:00:00+09:00',
    })
    expect(at('2026-01-20T14:00:00+09:00')).toMatchObject({
      status: 'published',
      publishedAt: '2026-01-20T14:00:00+09:00',
    })
  })
})

describe('days and windows', () => {
  test('a range is walked in windows of neighbours, of three days at most', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 })), numbers => {
        const days = [...new Set(numbers)].sort((a, b) => a - b).map(n => addDays('2026-01-01', n))
        const windows = windowsOf('press', days)
        expect(windows.flatMap(({ from, to }) => daysBetween(from, to))).toEqual(days)
        for (const { from, to } of windows) expect(daysBetween(from, to).length).toBeLessThanOrEqual(3)
      }),
    )
    expect(windowsOf('press', daysBetween('2026-01-01', '2026-01-30'))).toHaveLength(10)
  })

  const window = { service: 'press', from: '2026-01-20', to: '2026-01-21' } as const
  const at = (...approvals: string[]) =>
    approvals.map((ApproveDate, i) => elementOf({ ApproveDate, NewsItemId: String(i + 1), OriginalUrl: '' }))
  const ids = (days: ReturnType<typeof splitByDay>) =>
    Object.fromEntries(days.map(({ day, items }) => [day, items.map(({ id }) => id)]))

  test('an item of midnight belongs to the day that begins with it', () => {
    const elements = at(
      '01/20/2026 00:00:00',
      '01/20/2026 23:59:59',
      '01/21/2026 00:00:00',
      '01/22/2026 00:00:00',
    )
    expect(ids(splitByDay(window, elements, NOW))).toEqual({ '2026-01-20': ['1', '2'], '2026-01-21': ['3'] })
    const next = { ...window, from: '2026-01-22', to: '2026-01-24' }
    expect(ids(splitByDay(next, elements.slice(3), NOW))['2026-01-22']).toEqual(['4'])
  })

  test('what cannot be read is told with its place, and the others go on', () => {
    const bad = [
      elementOf({ NewsItemId: 'x' }),
      elementOf({ NewsItemId: '7', OriginalUrl: '', Title: '' }),
      elementOf({ NewsItemId: '8', OriginalUrl: '', Title: '가'.repeat(501) }),
      elementOf({ NewsItemId: '9', OriginalUrl: '', ApproveDate: '01/25/2026 10:00:00' }),
    ]
    const [first, second] = splitByDay(window, [...bad, ...at('01/21/2026 10:00:00')], NOW)
    expect(first?.rejections).toEqual([
      {
        item: 'press 2026-01-20..2026-01-21 #1',
        day: '2026-01-20',
        reason: expect.stringContaining('NewsItemId'),
      },
      { item: '7', day: '2026-01-20', reason: 'Title is empty' },
      { item: '8', day: '2026-01-20', reason: expect.stringContaining('500 characters') },
      { item: '9', day: '2026-01-20', reason: expect.stringContaining('2026-01-25, outside') },
    ])
    expect(second?.items).toHaveLength(1)
  })

  test('a revision that cannot be read is named beside one that can', () => {
    const revisions = [elementOf({ ModifyId: '1' }), elementOf({ ModifyId: '2', Title: '' })]
    for (const elements of [revisions, revisions.toReversed()]) {
      const [first] = splitByDay(window, elements, NOW)
      expect(first?.items).toHaveLength(1)
      expect(first?.rejections).toMatchObject([{ reason: 'Title is empty' }])
    }
  })

  test('of an item that stands there twice the latest revision counts', () => {
    const twice = ['2', '3', '1'].map(ModifyId => elementOf({ ModifyId, Title: `판 ${ModifyId}` }))
    const [first] = splitByDay(window, twice, NOW)
    expect(first?.items.map(({ content }) => content.title)).toEqual(['판 3'])
    expect(first?.items.map(({ approvedAt }) => formatInstant(approvedAt))).toEqual([
      '2026-01-20T09:30:00+09:00',
    ])
  })
})
