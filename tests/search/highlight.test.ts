import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  HIGHLIGHTED,
  listMarks,
  lookedAt,
  type Mark,
  snippet,
  type Wanted,
} from '../../src/search/highlight.ts'
import { type Analyser, loadAnalyser } from '../../src/text/analyser/analyse.ts'

let analyser: Analyser
beforeAll(async () => {
  analyser = await loadAnalyser()
})

const wanting = (wanted: Partial<Wanted>): Wanted => ({ terms: [], prefixes: [], phrases: [], ...wanted })

/** Every token of these words, one by one. */
const words = (query: string) =>
  wanting({ terms: analyser.analyse(query).map(({ term, kind }) => ({ term, kind })) })
const stem = (term: string) => wanting({ terms: [{ term, kind: 'stem' }] })
const phrase = (query: string) =>
  wanting({ phrases: [{ terms: analyser.analyse(query).filter(({ kind }) => kind === 'morpheme') }] })

const marksOf = (text: string, wanted: Wanted) => listMarks(analyser.analyse(text), wanted)
const highlighted = (text: string, wanted: Wanted) =>
  snippet(text, marksOf(text, wanted), Number.POSITIVE_INFINITY).html

describe('marks', () => {
  test('are one for each word of a phrase that overlaps itself', () => {
    const text = '가격 '.repeat(2_000)
    const marks = [...listMarks(analyser.analyse(text), phrase('가격 '.repeat(60)))]
    expect(marks.length).toBeLessThanOrEqual(2_000)
    expect(highlighted('가격 가격 가격 안정', phrase('가격 가격'))).toBe(
      '<em>가격</em> <em>가격</em> <em>가격</em> 안정',
    )
  })

  test.each([
    ['탄소중립', '탄소중립을 앞당긴다', '<em>탄소중립</em>을 앞당긴다'],
    ['산업통상자원부', '산업통상자원부는', '<em>산업통상자원부</em>는'],
    ['소상공인', '소상공인에게만이라도', '<em>소상공인</em>에게만이라도'],
    ['공급망', '(공급망)의', '(<em>공급망</em>)의'],
  ])('leave particles out: %s in %s', (query, text, html) => {
    expect(highlighted(text, words(query))).toBe(html)
  })

  test.each([
    ['순환경제', '순환 경제와 순환경제를', '<em>순환</em> <em>경제</em>와 <em>순환경제</em>를'],
    ['순환 경제', '순환 경제와 순환경제를', '<em>순환</em> <em>경제</em>와 <em>순환경제</em>를'],
    ['중소기업', '대·중소기업이', '대·<em>중소기업</em>이'],
    ['대중소기업', '대·중소기업이', '<em>대·중소기업</em>이'],
    ['2천억원', '2,000억원을', '<em>2,000억원</em>을'],
  ])('are found whatever the spelling: %s in %s', (query, text, html) => {
    expect(highlighted(text, words(query))).toBe(html)
  })

  test('tell what stands in brackets from what stands before', () => {
    const text = '농어촌 이에스지(ESG) 실천'
    expect(highlighted(text, words('이에스지'))).toBe('농어촌 <em>이에스지</em>(ESG) 실천')
    expect(highlighted(text, words('esg'))).toBe('농어촌 이에스지(<em>ESG</em>) 실천')
    expect(highlighted(text, words('ESG 이에스지'))).toBe('농어촌 <em>이에스지</em>(<em>ESG</em>) 실천')
  })

  test('stand on the stem of a verb, whatever its ending', () => {
    expect(highlighted('함께 만들었다. 만들며', words('만든다'))).toBe(
      '함께 <em>만들</em>었다. <em>만들</em>며',
    )
  })

  test('of a stem cover the word, and nothing of its parts elsewhere', () => {
    expect(highlighted('청년도약계좌를 청년 계좌로', stem('청년도약계좌'))).toBe(
      '<em>청년도약계좌</em>를 청년 계좌로',
    )
  })

  test('of a word and of its parts are one', () => {
    const wanted = words('탄소 탄소국경조정제도')
    expect(highlighted('탄소국경조정제도를', wanted)).toBe('<em>탄소국경조정제도</em>를')
    wanted.terms = wanted.terms.filter(({ term }) => ['탄소', '탄소국경조정제도'].includes(term))
    expect(highlighted('탄소국경조정제도를', wanted)).toBe('<em>탄소국경조정제도</em>를')
  })

  test('of a prefix cover the whole word', () => {
    const text = '탄소국경조정제도와 탄소세, 저탄소'
    expect(highlighted(text, wanting({ prefixes: ['탄소국'] }))).toBe(
      '<em>탄소국경조정제도</em>와 탄소세, 저탄소',
    )
  })

  test('of a phrase are whole occurrences, spaced or not', () => {
    expect(highlighted('순환 경제, 순환경제의 경제 순환, 순환', phrase('순환 경제'))).toBe(
      '<em>순환</em> <em>경제</em>, <em>순환경제</em>의 경제 순환, 순환',
    )
  })

  test('of a phrase do not reach over the end of a sentence', () => {
    expect(highlighted('자원의 순환. 경제는', phrase('순환 경제'))).toBe('자원의 순환. 경제는')
  })

  test('of a phrase keep its distances', () => {
    const wanted = wanting({
      phrases: [
        {
          terms: [
            { term: '탄소', position: 7 },
            { term: '조정', position: 9 },
          ],
        },
      ],
    })
    expect(highlighted('탄소국경조정제도, 탄소 조정', wanted)).toBe(
      '<em>탄소</em>국경<em>조정</em>제도, 탄소 조정',
    )
  })

  test('of a phrase overlap where its occurrences do', () => {
    const tokens = ['가', '가', '가'].map((term, i) => ({
      term,
      kind: 'morpheme' as const,
      start: 2 * i,
      end: 2 * i + 1,
      position: i + 1,
    }))
    const wanted = wanting({
      phrases: [
        {
          terms: [
            { term: '가', position: 1 },
            { term: '가', position: 2 },
          ],
        },
      ],
    })
    expect(listMarks(tokens, wanted).map(({ start }) => start)).toEqual([0, 2, 4])
  })

  test('say what they stand for', () => {
    const wanted = { ...words('탄소중립 ESG'), prefixes: ['탄'] }
    expect(marksOf('탄소중립, ESG', wanted)).toEqual([
      { start: 0, end: 4, terms: ['탄*', '탄소중립', '탄소', '중립'] },
      { start: 6, end: 9, terms: ['esg'] },
    ])
  })

  test('are none where nothing is wanted', () => {
    expect(marksOf('탄소중립', wanting({}))).toEqual([])
    expect(marksOf('탄소중립', wanting({ phrases: [{ terms: [] }] }))).toEqual([])
    expect(marksOf('', words('탄소'))).toEqual([])
  })
})

/** What a field can be made of, well-formed and not. */
const fields = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '탄소중립을',
        '순환 경제',
        '청년도약계좌',
        '만든다',
        'ESG(이에스지)',
        '2,000억원',
        '대·중소기업',
      ),
      fc.constantFrom(' ', ' ', ' ', '\n', '\r\n', '. ', '\u00a0', '\u3000'),
      fc.constantFrom('<script>', '</em>', '<em>', '&amp;', '&', '"', "'", '<', '>', '<em'),
      fc.constantFrom(
        '탄소'.normalize('NFD'),
        '\u1112\u1161\u11ab',
        '각\u11a8',
        'e\u0301\u0323',
        '👩‍💻',
        '🇰🇷',
      ),
      fc.constantFrom('\ud83d', '\udc00', '𠀀', '\u200d', '\u0301', '가'.repeat(50), 'x'.repeat(50)),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 40, size: 'max' },
  )
  .map(parts => parts.join(''))

const lengths = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constant(Number.POSITIVE_INFINITY))

/** A field with marks anywhere, ascending and apart. */
const marked = fc
  .tuple(
    fields,
    fc.uniqueArray(fc.nat(300), { maxLength: 12, size: 'max' }),
    fc.infiniteStream(fc.constantFrom('a', 'b', 'c')),
  )
  .map(([field, places, terms]) => {
    const cuts = places.filter(at => at <= field.length).sort((a, b) => a - b)
    const marks: Mark[] = []
    for (let i = 0; i + 1 < cuts.length; i += 2)
      marks.push({
        start: cuts[i] as number,
        end: cuts[i + 1] as number,
        terms: [terms.next().value as string],
      })
    return { field, marks }
  })

const unescaped = (html: string) =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** The laws of every snippet. */
function check(field: string, marks: Mark[], length: number) {
  const found = snippet(field, marks, length)
  const { html, text, ranges, start, before, after } = found
  expect(field.slice(start, start + text.length)).toBe(text)
  expect(text.length).toBeLessThanOrEqual(length)
  expect(before).toBe(start > 0)
  expect(after).toBe(start + text.length < field.length)
  expect(html.match(/<[^>]*>?|>/g) ?? []).toEqual(ranges.flatMap(() => ['<em>', '</em>']))
  expect(html.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[&"']/)
  expect(unescaped(html.replace(/<\/?em>/g, ''))).toBe(text)
  expect([...html.matchAll(/<em>([^<]*)<\/em>/g)].map(match => unescaped(match[1] ?? ''))).toEqual(
    ranges.map(range => text.slice(range.start, range.end)),
  )
  let last = -1
  for (const range of ranges) {
    expect(range.start).toBeGreaterThan(last)
    expect(range.end).toBeGreaterThan(range.start)
    expect(range.end).toBeLessThanOrEqual(text.length)
    expect(marks.some(mark => mark.start <= start + range.start && mark.end >= start + range.end)).toBe(true)
    last = range.end
  }
  return found
}

describe('every snippet', () => {
  test('is escaped, in place and within its length, wherever the marks are', () => {
    fc.assert(
      fc.property(marked, lengths, ({ field, marks }, length) => {
        check(field, marks, length)
      }),
      { numRuns: 3000 },
    )
  })

  test('is so with the marks of the analyser', () => {
    fc.assert(
      fc.property(fields, lengths, (field, length) => {
        const { prefixes } = wanting({ prefixes: ['탄', 'x'] })
        const { phrases } = phrase('순환 경제')
        const marks = marksOf(field, { ...words('탄소중립 만들다 ESG em script 기업 가'), prefixes, phrases })
        const { ranges } = check(field, marks, length)
        if (length >= 80 && marks.length > 0) expect(ranges).not.toEqual([])
        if (length >= field.length) expect(ranges).toEqual(marks.map(({ start, end }) => ({ start, end })))
      }),
      { numRuns: 1000 },
    )
  })

  test('takes no character apart, be it of jamo, of marks or of surrogates', () => {
    const pieces = fc.constantFrom(
      '한글'.normalize('NFD'),
      '각\u11a8',
      'e\u0301\u0323',
      '👩‍💻',
      '𠀀',
      ' ',
      '\r\n',
      ' \u0301',
      '가',
    )
    const field = fc.oneof(
      fc.array(pieces, { maxLength: 120, size: 'max' }).map(parts => parts.join('')),
      fc.tuple(fc.constantFrom('', 'a', ' '), pieces).map(([first, piece]) => first + piece.repeat(120)),
    )
    const cases = fc.tuple(
      field,
      fc.nat(500),
      fc.integer({ min: 1, max: 150 }),
      fc.integer({ min: 20, max: 100 }),
    )
    fc.assert(
      fc.property(cases, ([field, at, units, length]) => {
        const marks = at + units > field.length ? [] : [{ start: at, end: at + units, terms: ['a'] }]
        const { text, start } = check(field, marks, length)
        const characters = [...new Intl.Segmenter('ko').segment(field)]
        const cuts = [...characters.map(({ index }) => index), field.length]
        expect(cuts).toContain(start)
        expect(cuts).toContain(start + text.length)
      }),
      { numRuns: 2000 },
    )
  })

  test('takes no surrogates apart where a character has no end', () => {
    const field = `x${'👩\u200d'.repeat(300)}`
    for (let at = 0; at < 400; at++) {
      const { text } = check(field, [{ start: at, end: at + 3, terms: [] }], 100)
      expect(text.isWellFormed()).toBe(true)
      expect(text.length).toBeGreaterThan(50)
    }
  })

  test('has the most distinct terms, then the most marks, and begins and ends with a word', () => {
    const word = fc.record({
      text: fc.constantFrom('수소', '탄소를', '순환경제', '그', 'ESG', '앞당긴다.'),
      term: fc.constantFrom('a', 'b', 'c', ...Array<null>(20).fill(null)),
    })
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 100, size: 'max' }),
        fc.integer({ min: 40, max: 90 }),
        (list, length) => {
          let field = ''
          const places: Mark[] = list.map(({ text, term }) => {
            const start = field.length > 0 ? field.length + 1 : 0
            field += `${field.length > 0 ? ' ' : ''}${text}`
            return { start, end: start + text.length, terms: term === null ? [] : [term] }
          })
          const marks = places.filter(({ terms }) => terms.length > 0)
          const inside = (start: number, end: number) => {
            const found = marks.filter(mark => mark.start >= start && mark.end <= end)
            return new Set(found.flatMap(({ terms }) => terms)).size * 1000 + found.length
          }
          const best = Math.max(...places.map(({ start }) => inside(start, start + length)))
          const { text, start, after } = check(field, marks, length)
          expect(inside(start, start + text.length)).toBe(best)
          expect(places.map(place => place.start)).toContain(start)
          expect(places.map(place => place.end)).toContain(start + text.length)
          if (after) expect(text.length).toBeGreaterThan(length / 2)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('a snippet', () => {
  const filler = '정부는 관계 부처와 함께 여러 가지 대책을 마련한다. '.repeat(20)

  test('is the whole of a short field', () => {
    const text = ' 수소 경제 \n'
    expect(snippet(text, marksOf(text, words('수소')))).toEqual({
      html: ' <em>수소</em> 경제 \n',
      text,
      ranges: [{ start: 1, end: 3 }],
      start: 0,
      before: false,
      after: false,
    })
  })

  test('is the beginning of a field where nothing is marked', () => {
    const { text, start, before, after, ranges } = snippet(filler, [])
    expect({ start, before, after, ranges }).toEqual({ start: 0, before: false, after: true, ranges: [] })
    expect(text).toMatch(/^정부는 .*[^ ]$/)
    expect(text.length).toBeGreaterThan(120)
  })

  test('prefers both words together to one of them many times', () => {
    const field = `${'수소 '.repeat(10)}${filler}수소와 탄소를 ${filler}`
    const { html, before, after } = snippet(field, marksOf(field, words('수소 탄소')))
    expect(html).toContain('<em>수소</em>와 <em>탄소</em>를')
    expect([before, after]).toEqual([true, true])
  })

  test('is the earliest of equals, with words before and after its marks', () => {
    const field = `${filler}수소를 ${filler}수소를 ${filler}`
    const { text, ranges, start } = snippet(field, marksOf(field, words('수소')))
    expect(start).toBeLessThan(filler.length)
    expect(start).toBeGreaterThan(filler.length - 80)
    expect(text.slice(ranges[0]?.start, ranges[0]?.end)).toBe('수소')
    expect(text.length).toBeGreaterThan(120)
  })

  test('takes the end of a field in where the marks are near it', () => {
    const field = `${filler}수소를.`
    const { text, after } = snippet(field, marksOf(field, words('수소')))
    expect(text).toMatch(/수소를\.$/)
    expect(after).toBe(false)
    expect(text.length).toBeGreaterThan(120)
  })

  test('keeps the particle of its last mark', () => {
    for (let length = 30; length < 60; length++) {
      const field = `${filler}수소에서만이라도 ${filler}`
      expect(snippet(field, marksOf(field, words('수소')), length).text).toContain(' 수소에서만이라도 ')
    }
  })

  test('shows as much of an endless mark as there is room for', () => {
    const field = '탄소'.repeat(500)
    const { html, text, ranges } = snippet(field, [{ start: 0, end: 1000, terms: ['탄소'] }])
    expect(text).toHaveLength(160)
    expect(ranges).toEqual([{ start: 0, end: 160 }])
    expect(html).toBe(`<em>${'탄소'.repeat(80)}</em>`)
  })

  test('escapes what the text and the marks hold', () => {
    expect(snippet(`<b>"R&D"</b>'s`, [{ start: 4, end: 7, terms: ['r&d'] }]).html).toBe(
      '&lt;b&gt;&quot;<em>R&amp;D</em>&quot;&lt;/b&gt;&#39;s',
    )
  })
})

describe('what is looked at', () => {
  test('is the whole of a body of that length', () => {
    const body = '가'.repeat(HIGHLIGHTED)
    expect(lookedAt(body)).toBe(body)
  })

  test('of a longer one ends with a word', () => {
    const body = '탄소중립 '.repeat(HIGHLIGHTED)
    for (const start of ['', '가', '가나', '가나다', '가나다라']) {
      const part = lookedAt(start + body)
      expect((start + body).startsWith(part)).toBe(true)
      expect(part).toMatch(/탄소중립$/)
      expect(part.length).toBeLessThanOrEqual(HIGHLIGHTED)
      expect(part.length).toBeGreaterThan(HIGHLIGHTED - 5)
    }
  })

  test('is cut where a longer one has no spaces', () => {
    expect(lookedAt('가'.repeat(HIGHLIGHTED + 1))).toHaveLength(HIGHLIGHTED)
  })
})
