import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { articleComponents } from '../../src/articles/page-schema.ts'
import { type BoardPage, ImportError, parseBoardPage } from '../../src/imports/board-page.ts'
import { addDays } from '../../src/time/seoul.ts'

const saved = readFileSync(new URL('board-page.txt', import.meta.url), 'utf8')

/** The saved page with one thing changed. */
function changed(from: string | RegExp, to: string): string {
  expect(saved).toMatch(from)
  return saved.replace(from, () => to)
}

function withRows(...rows: string[]): string {
  return `${saved.slice(0, saved.indexOf('3720 '))}${rows.join('\n')}\n`
}

function refusal(page: string): ImportError {
  try {
    parseBoardPage(page)
  } catch (error) {
    if (error instanceof ImportError) return error
    throw error
  }
  throw new Error('the page was not refused')
}

describe('the article of a saved page', () => {
  const { board, detail } = parseBoardPage(saved)

  test('is read whole', () => {
    const { bodyText, ...article } = detail.article
    expect({ ...detail, article }).toEqual({
      line: 1,
      article: {
        status: 'published',
        kind: 'press-release',
        title: '대·중소기업 모여 순환 경제 신사업 함께 만든다',
        ministry: { name: '산업통상부', publishedName: '산업통상자원부' },
        author: '한국생산성본부',
        publishedAt: '2023-06-21T00:00:00+09:00',
        postedOn: '2023-07-03',
        source: {
          name: 'korea.kr',
          externalId: '156576172',
          url: 'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
        },
        attribution: '(산업통상자원부, 2023.06.21)',
      },
      counts: { comments: 0, views: 565, likes: 0, dislikes: 0 },
      number: null,
      isNew: null,
    })
    expect(board).toBe('ESG 정책뉴스')
  })

  test('has paragraphs parted by an empty line, and neither attribution nor address in its body', () => {
    const paragraphs = detail.article.bodyText?.split('\n\n') ?? []
    expect(paragraphs.map(paragraph => paragraph.slice(0, 6))).toEqual([
      '대기업과 중',
      '올해 주제는',
      '배터리 재활',
      '부처는 앞으',
    ])
    expect(paragraphs[1]?.split('\n')).toHaveLength(2)
    expect(detail.article.bodyText).not.toMatch(/2023\.06\.21|korea\.kr/)
  })

  test('keeps a paragraph that looks like an attribution, an address or a state', () => {
    const lookalike = '(산업통상자원부, 2023.06.20)\n\nhttps://www.korea.kr/\n\n상태: 비노출'
    const { article } = parseBoardPage(changed('부처는 앞으로도', `${lookalike}\n\n부처는 앞으로도`)).detail
    expect(article.bodyText).toContain(lookalike)
    expect(article).toMatchObject({ status: 'published', publishedAt: '2023-06-21T00:00:00+09:00' })
  })

  test('has its counters in the order comments, views, likes, dislikes', () => {
    const page = changed(/• 0\n {2}• 565\n {2}• 0\n {2}• 0/, '• 3\n  • 1,565\n  • 12\n  • 4')
    expect(parseBoardPage(page).detail.counts).toEqual({ comments: 3, views: 1565, likes: 12, dislikes: 4 })
  })

  test('is hidden where the board hides it', () => {
    expect(parseBoardPage(changed('상태: 노출', '상태: 비노출')).detail.article.status).toBe('hidden')
  })

  test('is policy news where its address says so', () => {
    const { article } = parseBoardPage(changed('briefing/pressRelease', 'news/policyNews')).detail
    expect(article.kind).toBe('policy-news')
    expect(article.source?.url).toBe('https://www.korea.kr/news/policyNewsView.do?newsId=156576172')
  })

  test.each(['2023.06.21', '2023. 6. 21.', '2023.6.21', '2023.06.21.'])('may be attributed to %s', day => {
    const { article } = parseBoardPage(changed('2023.06.21', day)).detail
    expect(article).toMatchObject({
      publishedAt: '2023-06-21T00:00:00+09:00',
      attribution: `(산업통상자원부, ${day})`,
    })
  })

  test('may be attributed to more than one ministry', () => {
    const page = changed('(산업통상자원부,', '(환경부, 산업통상자원부,')
    expect(parseBoardPage(page).detail.article.ministry?.publishedName).toBe('환경부, 산업통상자원부')
  })
})

describe('the year of the posting day is inferred from the attribution', () => {
  test.each([
    ['2023.06.21', '07-03', '2023-07-03'],
    ['2023.06.21', '06-21', '2023-06-21'],
    ['2023.06.21', '06-20', '2024-06-20'],
    ['2022.12.28', '01-05', '2023-01-05'],
    ['2024.02.28', '02-29', '2024-02-29'],
    ['2023.06.21', '02-29', '2024-02-29'],
    ['2096.03.01', '02-29', '2104-02-29'],
    ['2023.06.21', '2023-06-22', '2023-06-22'],
  ])('%s and %s give %s', (released, posted, day) => {
    const page = changed('2023.06.21', released).replace('• 07-03', `• ${posted}`)
    expect(parseBoardPage(page).detail.article.postedOn).toBe(day)
  })

  test.each(['02-30', '13-01', '00-10', '2023-02-29'])('%s is no day and is refused', posted => {
    expect(refusal(changed('• 07-03', `• ${posted}`))).toMatchObject({ line: 13 })
  })
})

describe('the list of a saved page', () => {
  const { rows } = parseBoardPage(saved)

  test('is read whole', () => {
    expect(rows.map(row => row.number)).toEqual(Array.from({ length: 20 }, (_, index) => 3720 - index))
    expect(rows.map(row => row.isNew)).toEqual(Array.from({ length: 20 }, (_, index) => index < 11))
    expect(rows[1]).toEqual({
      line: 36,
      article: {
        status: 'published',
        kind: 'press-release',
        title: '전기지게차 구매지원 신설로 건설기계 전동화 앞당긴다',
        author: '관리자',
        publishedAt: '2026-01-23T00:00:00+09:00',
        postedOn: '2026-01-23',
        source: { name: 'kpc-esg-board', externalId: '3719', url: null },
      },
      counts: { comments: 0, views: 9, likes: 0, dislikes: 0 },
      number: 3719,
      isNew: true,
    })
  })

  test('may name one title twice', () => {
    const twice = rows.filter(
      row => row.article.title === '농어촌 이에스지(ESG) 실천으로 기업과 지역이 상생합니다',
    )
    expect(twice.map(row => [row.number, row.article.postedOn])).toEqual([
      [3716, '2026-01-23'],
      [3709, '2026-01-22'],
    ])
  })

  test.each([
    ['7 New 관리자 2026-01-23 8', 'New', false],
    ['7 New New 관리자 2026-01-23 8', 'New', true],
    ['7 Brand New 정책 관리자 2026-01-23 8', 'Brand New 정책', false],
    ['7 Renew 관리자 2026-01-23 8', 'Renew', false],
    ['7 "2026-01-20" 관리자 2026-01-22 8 New 관리자 2026-01-23 8', '"2026-01-20" 관리자 2026-01-22 8', true],
    ['7 2026 관리자 2026-01-23 8', '2026', false],
    ['7\t탭으로  나뉜 줄\tNew\t관리자\t2026-01-23\t8', '탭으로  나뉜 줄', true],
  ])('has a title that may hold anything: %s', (row, title, isNew) => {
    expect(parseBoardPage(withRows(row)).rows).toMatchObject([{ article: { title }, isNew }])
  })

  test('may have gaps, any order, thousands of views, or no rows', () => {
    const page = withRows('5 가 관리자 2026-01-20 1,234,567', '9 나 관리자 2026-01-21 1234')
    expect(parseBoardPage(page).rows.map(row => [row.number, row.counts.views])).toEqual([
      [5, 1_234_567],
      [9, 1234],
    ])
    expect(parseBoardPage(withRows()).rows).toEqual([])
  })
})

describe('what does not fit is refused with its line', () => {
  const row = '<number> <title> [New] <author> YYYY-MM-DD <views>'
  const count = (of: string) => `• <number of ${of}>`
  test.each<[string, string, number, string, string]>([
    ['no ministry', changed('담당부서 : 산업통상부', '담당부서 :'), 3, '담당부서 : <ministry>', '담당부서 :'],
    ['no author', changed('  • 한국생산성본부\n', ''), 10, count('dislikes'), '• Print'],
    ['a counter too many', changed('• Print', '• 0\n• Print'), 11, '• Print', '• 0'],
    ['a counter that is none', changed('565', '많음'), 8, count('views'), '• 많음'],
    ['an unknown state', changed('상태: 노출', '상태: 삭제'), 12, '• 상태: 노출|비노출', '• 상태: 삭제'],
    [
      'no body',
      changed(/대기업과.*돕겠다고 밝혔다\./s, ''),
      18,
      '<paragraph of the body>',
      '(산업통상자원부, 2023.06.21)',
    ],
    [
      'no attribution',
      changed('(산업통상자원부, 2023.06.21)', ''),
      25,
      '(<ministry>, YYYY.MM.DD)',
      '부처는 앞으로도',
    ],
    ['a release on no day', changed('06.21', '06.31'), 28, '(<ministry>, <day of the calendar>)', '06.31)'],
    ['no address', changed(/https:.*\n/, ''), 28, '<address of an article at korea.kr>', '(산업'],
    [
      'another site',
      changed('www.korea.kr', 'example.org'),
      30,
      '<address of an article at korea.kr>',
      'https://ex',
    ],
    ['no name of the board', changed('ESG 정책뉴스\n', ''), 30, '<name of the board>', 'https://www'],
    [
      'no header',
      saved.slice(0, saved.indexOf('번호')),
      34,
      '번호 제목 글쓴이 날짜 조회수',
      'end of the file',
    ],
    ['half a head', '제목\n\n담당부서 : 산업통상부', 3, '• <author>', 'end of the file'],
    ['nothing', ' \n', 2, '<title>', 'end of the file'],
    ['a row without a title', withRows('7 관리자 2026-01-23 8'), 35, row, '7 관리자 2026-01-23 8'],
    ['a row without an author', withRows('7 제목 New 2026-01-23 8'), 35, row, '7 제목 New'],
    ['a row without views', withRows('7 제목 관리자 2026-01-23'), 35, row, '7 제목 관리자 2026-01-23'],
    [
      'a row on no day',
      withRows('7 제목 관리자 2026-02-29 8'),
      35,
      row.replace('YYYY-MM-DD', '<day of the calendar>'),
      '7 ',
    ],
    ['text after the rows', `${saved}\n처음 이전 1 2 3 다음 끝\n`, 56, row, '처음 이전 1 2 3 다음 끝'],
    [
      'a number that stands twice',
      withRows('7 가 관리자 2026-01-23 8', '', '7 나 관리자 2026-01-22 8'),
      37,
      '<a number other than that of line 35>',
      '7 나 관리자',
    ],
  ])('%s', (_, page, line, expected, found) => {
    const error = refusal(page)
    expect(error).toMatchObject({ name: 'ImportError', line, expected })
    expect(error.message).toMatch(`line ${line}: expected "${expected}", found `)
    expect(error.message).toContain(found)
  })

  test('a long line is named by its first sixty characters', () => {
    expect(refusal(`제목\n${'긴'.repeat(500)}`).message).toBe(
      `line 2: expected "담당부서 : <ministry>", found "${'긴'.repeat(60)}…"`,
    )
  })

  test('taking away any line that is not body or row is noticed', () => {
    const lines = saved.split('\n')
    const needed = lines.flatMap((line, index) =>
      line && (index < 13 || index > 25) && index < 34 ? [index] : [],
    )
    expect(needed).toHaveLength(14)
    for (const index of needed) refusal(lines.toSpliced(index, 1).join('\n'))
  })
})

test('every article is one that the API would take', () => {
  const ajv = formats.default(new Ajv({ schemas: articleComponents }))
  const { detail, rows } = parseBoardPage(saved)
  for (const { article } of [detail, ...rows]) {
    ajv.validate('NewArticle', article)
    expect(ajv.errors).toBeNull()
  }
})

describe('whatever a page says, printed in the layout, is read back', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[가-힣a-zA-Z0-9]{1,8}$/),
    fc.constantFrom(
      'New',
      '2026-01-23',
      '1,234',
      '‘따옴표’',
      '"ESG"',
      '(환경부,',
      '2023.06.21)',
      '⟨대·중소⟩',
      'é',
      '𠮷',
    ),
  )
  const text = fc.array(word, { minLength: 1, maxLength: 8 }).map(words => words.join(' '))
  const name = text.filter(value => !value.startsWith('('))
  const title = text.filter(value => !value.endsWith(' New'))
  const count = fc.nat(999_999_999)
  const days = (from: string, max: number) => fc.nat(max).map(plus => addDays(from, plus))

  const model = fc.record({
    title: text,
    ministry: text,
    author: text,
    counts: fc.record({ comments: count, views: count, likes: count, dislikes: count }),
    hidden: fc.boolean(),
    released: days('1990-01-01', 30_000),
    postedAfter: fc.nat(364),
    body: fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    publishedName: text,
    newsId: fc.integer({ min: 1 }),
    board: name,
    rows: fc.uniqueArray(
      fc.record({
        number: fc.integer({ min: 1, max: 999_999_999 }),
        title,
        isNew: fc.boolean(),
        author: word.filter(value => value !== 'New'),
        day: days('1990-01-01', 30_000),
        views: count,
      }),
      { selector: row => row.number, maxLength: 20 },
    ),
  })
  const print = fc.record({
    bom: fc.boolean(),
    eol: fc.constantFrom('\n', '\r\n', '\r'),
    form: fc.constantFrom('NFC', 'NFD'),
    margin: fc.constantFrom('', ' ', '\t', '\u00a0 '),
    gap: fc.integer({ min: 1, max: 4 }),
    locale: fc.constantFrom('en', undefined),
  })

  test('in any encoding of line ends, blank lines, margins and letters', () => {
    fc.assert(
      fc.property(model, print, (page, how) => {
        const number = (value: number) => (how.locale ? value.toLocaleString(how.locale) : String(value))
        const postedOn = addDays(page.released, page.postedAfter)
        const attribution = `(${page.publishedName}, ${page.released.replaceAll('-', '.')})`
        const { comments, views, likes, dislikes } = page.counts
        const blocks = [
          [page.title],
          [`담당부서 : ${page.ministry}`],
          [page.author, ...[comments, views, likes, dislikes].map(number), 'Print'].map(item => `• ${item}`),
          [`• 상태: ${page.hidden ? '비노출' : '노출'}`, `• ${postedOn.slice(5)}`],
          ...page.body,
          [attribution],
          [`https://m.korea.kr/news/policyNewsView.do?pageIndex=1&newsId=${page.newsId}&srchWord=`],
          [page.board],
          ['번호 제목 글쓴이 날짜 조회수'],
          ...page.rows.map(row => [
            `${row.number} ${row.title}${row.isNew ? ' New' : ''} ${row.author} ${row.day} ${number(row.views)}`,
          ]),
        ]
        const lines = blocks.flatMap(block => [...block, ...Array.from({ length: how.gap }, () => '')])
        const printed = lines.map(line => `${how.margin}${line}${how.margin}`).join(how.eol)
        const lineOfRow = (index: number) => lines.length - (page.rows.length - index) * (how.gap + 1) + 1

        const expected: BoardPage = {
          board: page.board,
          detail: {
            line: 1,
            article: {
              status: page.hidden ? 'hidden' : 'published',
              kind: 'policy-news',
              title: page.title,
              bodyText: page.body.map(paragraph => paragraph.join('\n')).join('\n\n'),
              ministry: { name: page.ministry, publishedName: page.publishedName },
              author: page.author,
              publishedAt: `${page.released}T00:00:00+09:00`,
              postedOn,
              source: {
                name: 'korea.kr',
                externalId: String(page.newsId),
                url: `https://www.korea.kr/news/policyNewsView.do?newsId=${page.newsId}`,
              },
              attribution,
            },
            counts: page.counts,
            number: null,
            isNew: null,
          },
          rows: page.rows.map((row, index) => ({
            line: lineOfRow(index),
            article: {
              status: 'published',
              kind: 'press-release',
              title: row.title,
              author: row.author,
              publishedAt: `${row.day}T00:00:00+09:00`,
              postedOn: row.day,
              source: { name: 'kpc-esg-board', externalId: String(row.number), url: null },
            },
            counts: { comments: 0, views: row.views, likes: 0, dislikes: 0 },
            number: row.number,
            isNew: row.isNew,
          })),
        }
        expect(parseBoardPage(`${how.bom ? '\ufeff' : ''}${printed.normalize(how.form)}`)).toEqual(expected)
      }),
    )
  })
})
