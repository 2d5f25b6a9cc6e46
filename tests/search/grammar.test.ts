import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Problem } from '../../src/http/problem.ts'
import { parseQuery, type QueryNode, type Term, termsOf } from '../../src/search/grammar.ts'
import { printQuery } from '../support/query.ts'

/** A tree without the places in the text. */
type Shape = Omit<Term, 'at'> | { type: 'not'; of: Shape } | { type: 'and' | 'or'; of: Shape[] }

const word = (text: string, more: Partial<Term> = {}): Shape => ({
  type: 'term',
  text,
  phrase: false,
  prefix: false,
  title: false,
  ...more,
})
const phrase = (text: string, more: Partial<Term> = {}) => word(text, { phrase: true, ...more })
const not = (of: Shape): Shape => ({ type: 'not', of })
const and = (...of: Shape[]): Shape => ({ type: 'and', of })
const or = (...of: Shape[]): Shape => ({ type: 'or', of })
const [a, b, c, d] = [word('a'), word('b'), word('c'), word('d')]

function shapeOf(node: QueryNode): Shape {
  if (node.type === 'term') {
    const { at: _, ...term } = node
    return term
  }
  return node.type === 'not'
    ? { type: 'not', of: shapeOf(node.of) }
    : { type: node.type, of: node.of.map(shapeOf) }
}
/** Printing does not look at places. */
const print = (shape: Shape) => printQuery(shape as QueryNode)

function faultOf(q: string): Problem {
  try {
    parseQuery(q)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error(`parsed: ${q}`)
}

describe('a query says what it seems to say', () => {
  test.each<[string, Shape]>([
    ['탄소중립', word('탄소중립')],
    ['탄소중립 순환경제', and(word('탄소중립'), word('순환경제'))],
    ['a b OR c', and(a, or(b, c))],
    ['a OR b c', and(or(a, b), c)],
    ['a OR b OR c d', and(or(a, b, c), d)],
    ['a OR b c OR d', and(or(a, b), or(c, d))],
    ['a|b | c', or(a, b, c)],
    ['a AND b', and(a, b)],
    ['a AND b OR c AND -d', and(a, or(b, c), not(d))],
    ['a or b and c', and(a, word('or'), b, word('and'), c)],
    ['(a b) OR c', or(and(a, b), c)],
    ['(a b OR c) OR d', or(and(a, or(b, c)), d)],
    ['(a -b) OR c', or(and(a, not(b)), c)],
    ['a -b', and(a, not(b))],
    ['-a b', and(not(a), b)],
    ['a -"b  c"', and(a, not(phrase('b c')))],
    ['a -(b OR c)', and(a, not(or(b, c)))],
    ['a -(b c)', and(a, not(and(b, c)))],
    ['a -(b -c)', and(a, not(and(b, not(c))))],
    ['a -제목:b', and(a, not(word('b', { title: true })))],
    ['제목:탄소중립', word('탄소중립', { title: true })],
    ['title:"탄소 중립"', phrase('탄소 중립', { title: true })],
    ['Title:정책*', word('정책', { title: true, prefix: true })],
    ['title:OR -AND', and(word('OR', { title: true }), not(word('AND')))],
    ['title:a|b', or(word('a', { title: true }), b)],
    ['탄소*', word('탄소', { prefix: true })],
    ['𠮷野*', word('𠮷野', { prefix: true })],
    ['“탄소 중립” ＂순환 경제＂ "가”', and(phrase('탄소 중립'), phrase('순환 경제'), phrase('가'))],
    ['"OR" "title:x" "-a" "b*" "(c)"', and(...['OR', 'title:x', '-a', 'b*', '(c)'].map(t => phrase(t)))],
    ['한-아세안 K-푸드', and(word('한-아세안'), word('K-푸드'))],
    ['2023-06-21 12:30', and(word('2023-06-21'), word('12:30'))],
    ['https://www.korea.kr/a?b=c#d', word('https://www.korea.kr/a?b=c#d')],
    ['subtitle:x 소제목:x', and(word('subtitle:x'), word('소제목:x'))],
    ['탄소,수소 AI/반도체', and(...['탄소', '수소', 'AI', '반도체'].map(t => word(t)))],
    ['a OR 탄소/수소', or(a, and(word('탄소'), word('수소')))],
    ['a -탄소,수소', and(a, not(and(word('탄소'), word('수소'))))],
    ['(a 탄소,수소)', and(a, word('탄소'), word('수소'))],
    ['탄소·제목:수소', and(word('탄소'), word('수소', { title: true }))],
    ['title:탄소,수소*', and(word('탄소', { title: true }), word('수소', { title: true, prefix: true }))],
    ['2,000억 1/4분기 AI/ML', and(...['2,000억', '1/4분기', 'AI/ML'].map(t => word(t)))],
    ['R&D,AI', and(word('R&D'), word('AI'))],
    ['소재·부품·장비', and(word('소재'), word('부품'), word('장비'))],
    ['한·미 대·중소기업', and(word('한·미'), word('대·중소기업'))],
    ['a －b', and(a, not(b))],
    ['title:12:30', word('12:30', { title: true })],
    ['a - b', and(a, word('-'), b)],
    ['a -- b', and(a, word('--'), b)],
    ['a -(-) -(--)', and(a, not(word('-')), not(word('--')))],
    ['· & R&D 대·중소기업', and(...['·', '&', 'R&D', '대·중소기업'].map(t => word(t)))],
    ['(a -) b', and(a, word('-'), b)],
    ['탄소(CO2)', and(word('탄소'), word('CO2'))],
    ['a"b"c', and(a, phrase('b'), c)],
    ['\u3000a\u00a0b\tc\n\u200bd\u2003', and(a, b, c, d)],
    ['constructor __proto__ toString', and(...['constructor', '__proto__', 'toString'].map(t => word(t)))],
  ])('%j', (q, shape) => {
    expect(shapeOf(parseQuery(q))).toEqual(shape)
  })

  test.each<[string, Shape]>([
    ['(a)', a],
    ['(a b) c', and(a, b, c)],
    ['(a OR b) OR c', or(a, b, c)],
    ['(a OR b) c', and(or(a, b), c)],
    ['a -(b)', and(a, not(b))],
    ['(a OR b)', or(a, b)],
  ])('brackets that change nothing leave no trace: %s', (q, shape) => {
    expect(shapeOf(parseQuery(q))).toEqual(shape)
  })
})

describe('a query that cannot be meant is refused, and the message points at the column', () => {
  test.each<[string, number, string]>([
    ['탄소 "중립', 4, 'a quote without its pair'],
    ['"a" b"', 6, 'a quote without its pair'],
    ['title:"a', 7, 'a quote without its pair'],
    ['a ""', 3, 'an empty phrase'],
    ['a “\u3000”', 3, 'an empty phrase'],
    ['(a b', 1, 'a ( without its )'],
    ['a OR -(b', 6, 'a ( without its )'],
    ['a b)', 4, 'a ) without its ('],
    [')', 1, 'a ) without its ('],
    ['((((a))))', 4, 'brackets more than three deep'],
    ['(a (b)', 1, 'a ( without its )'],
    ['a ()', 3, 'empty brackets'],
    ['OR a', 1, 'both sides'],
    ['a OR', 3, 'both sides'],
    ['a |', 3, 'both sides'],
    ['a || b', 3, 'both sides'],
    ['a OR AND b', 3, 'both sides'],
    ['a (OR b)', 4, 'both sides'],
    ['(a OR) b', 4, 'both sides'],
    ['AND', 1, 'both sides'],
    ['a AND', 3, 'both sides'],
    ['a --b', 3, 'one -'],
    ['a --"b"', 3, 'one -'],
    ['a --(b)', 3, 'one -'],
    ['"한국"-미국', 5, 'a space before the -'],
    ['한국(韓國)-미국', 7, 'a space before the -'],
    ['title:', 1, 'right after the title:'],
    ['a 제목: b', 3, 'right after the title:'],
    ['a -title:', 4, 'right after the title:'],
    ['title:(a b)', 1, 'right after the title:'],
    ['title:-a', 1, '-title:'],
    ['title:-"a"', 1, '-title:'],
    ['탄*소', 2, 'before the end of a word'],
    ['*탄소', 1, 'before the end of a word'],
    ['탄소**', 3, 'before the end of a word'],
    ['title:ab*c', 9, 'before the end of a word'],
    ['탄*', 2, '2 characters or more'],
    ['탄소,OR', 4, 'both sides'],
    ['탄소·제목:', 4, 'right after the title:'],
    ['탄소,수*', 5, '2 characters or more'],
    ['𠮷*', 2, '2 characters or more'],
    ['*', 1, '2 characters or more'],
    ['a -*', 4, '2 characters or more'],
    ['"ab"*', 5, '2 characters or more'],
    ['-a', 1, 'besides the exclusion'],
    [' -a -b', 2, 'besides the exclusion'],
    ['a (-b)', 4, 'besides the exclusion'],
    ['a -(-b)', 5, 'besides the exclusion'],
    ['a OR -b', 6, 'an exclusion next to OR'],
    ['-a OR b', 1, 'an exclusion next to OR'],
    ['a OR -(b c)', 6, 'an exclusion next to OR'],
    ['𠮷野 😀 (a', 6, 'a ( without its )'],
  ])('%j: column %d, %s', (q, column, message) => {
    const { statusCode, faults } = faultOf(q)
    expect(statusCode).toBe(400)
    expect(faults).toEqual([{ parameter: 'q', detail: { en: expect.any(String), ko: expect.any(String) } }])
    expect(faults[0]?.detail.en).toContain(message)
    expect(faults[0]?.detail.en).toMatch(new RegExp(` at column ${column}$`))
    expect(faults[0]?.detail.ko).toMatch(new RegExp(`^${column}번째 글자: `))
  })

  test.each(['', ' ', '\u3000\n\u200b'])('%j is empty', q => {
    expect(faultOf(q).message).toBe('q: is empty')
  })

  test('200 characters are taken and 201 are not, however many units they have', () => {
    expect(parseQuery('😀'.repeat(200))).toMatchObject({ type: 'term' })
    expect(faultOf('😀'.repeat(201)).message).toBe('q: must have at most 200 characters')
  })

  test('16 words and phrases are taken, excluded ones too, and the 17th is pointed at', () => {
    const q = `${'a '.repeat(14)}"b c" -d`
    expect(parseQuery(q)).toMatchObject({ type: 'and', of: { length: 16 } })
    expect(faultOf(`${q} OR e`).message).toMatch(/ at column 41$/)
  })
})

describe('terms', () => {
  test('are those a result is to contain, in order, and none that it must not', () => {
    const texts = (q: string) => termsOf(parseQuery(q)).map(({ text }) => text)
    expect(texts('a -b ("c d" OR ee*) -(f g) title:h')).toEqual(['a', 'c d', 'ee', 'h'])
    expect(texts('(a -b) OR c')).toEqual(['a', 'c'])
    expect(texts('a')).toEqual(['a'])
  })

  test('know where they stand', () => {
    const q = '𠮷 -(a OR 제목:bb*) title:"c d"'
    expect(termsOf(parseQuery(q))).toMatchObject([{ at: 0 }, { at: q.indexOf('"') }])
    expect(parseQuery('a -title:b')).toMatchObject({ of: [{ at: 0 }, { of: { at: 9 } }] })
  })
})

/** Every term, excluded ones too. */
const everyTerm = (node: QueryNode): Term[] => {
  if (node.type === 'term') return [node]
  return node.type === 'not' ? everyTerm(node.of) : node.of.flatMap(everyTerm)
}

const terms = fc.oneof(
  fc
    .constantFrom('탄소', '한-아세안', 'R&D', '12:30', 'ab', '𠮷野', '··')
    .chain(text =>
      fc.tuple(fc.boolean(), fc.boolean()).map(([prefix, title]) => word(text, { prefix, title })),
    ),
  fc
    .constantFrom('OR', '탄소 중립', '-a', 'b*', '(c)', 'title:x', '|')
    .chain(text => fc.boolean().map(title => phrase(text, { title }))),
  fc.constantFrom(a, b, word('-'), word('&'), word('OR', { title: true })),
)
const alternatives = fc.array(terms, { minLength: 2, maxLength: 3 }).map(of => or(...of))
const conjunction = (positive: fc.Arbitrary<Shape>, any: fc.Arbitrary<Shape>) =>
  fc
    .tuple(fc.array(any, { maxLength: 2 }), positive, fc.array(any, { minLength: 1, maxLength: 2 }))
    .map(([before, one, after]) => and(...before, one, ...after))
/** Excluding a hyphen takes brackets, `-(-)`, which cannot stand in brackets. */
const excludable = terms.filter(term => !(term.type === 'term' && term.text === '-'))
const listed = fc.oneof(terms, alternatives)
const bracketed = conjunction(listed, fc.oneof(listed, excludable.map(not)))
const branching = fc.array(fc.oneof(terms, bracketed), { minLength: 2, maxLength: 3 }).map(of => or(...of))
const whole = conjunction(
  fc.oneof(terms, branching),
  fc.oneof(terms, branching, fc.oneof(terms, alternatives, bracketed).map(not)),
)
const sized = (shape: Shape) => print(shape).length <= 200 && everyTerm(shape as QueryNode).length <= 16
const trees = fc.oneof(terms, branching, bracketed, whole).filter(sized)

const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'b*', '탄소', '😀', '\ud83d', '-', '--', '*', '·', 'OR', 'AND', '|', '(', ')'),
      fc.constantFrom(',탄소', '·탄소', '탄소·', ',OR'),
      fc.constantFrom('"', '“', '”', '＂', 'title:', '제목:', 'TITLE:', ':', ' ', '\u3000', '\u200b', '\0'),
      fc.constantFrom(' a', ' -b', ' OR c', ' (d', ') ', ' "e f"', ' title:g', ' 가나* ', ' -(-)'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map(parts => parts.join(''))
const strings = fc.oneof(scraps, fc.string({ unit: 'binary', maxLength: 250 }))

/** The tree, or null for a query that was refused as it should be. */
function parsed(q: string): QueryNode | null {
  try {
    return parseQuery(q)
  } catch (error) {
    expect(error).toBeInstanceOf(Problem)
    expect(error).toMatchObject({ statusCode: 400, faults: [{ parameter: 'q' }] })
    return null
  }
}

function expectFlat(node: QueryNode): void {
  if (node.type === 'not') expectFlat(node.of)
  if (node.type === 'term' || node.type === 'not') return
  expect(node.of.length).toBeGreaterThan(1)
  for (const child of node.of) {
    expect(child.type).not.toBe(node.type)
    expectFlat(child)
  }
}

describe('whatever is asked', () => {
  test('what is printed parses to what was printed', () => {
    fc.assert(
      fc.property(trees, tree => expect(shapeOf(parseQuery(print(tree)))).toEqual(tree)),
      { numRuns: 2000 },
    )
  })

  test('any text parses or is refused as a 400 that names q', () => {
    let count = 0
    fc.assert(
      fc.property(strings, q => {
        const tree = parsed(q)
        if (!tree) return
        count++
        expectFlat(tree)
        const canonical = printQuery(tree)
        if (canonical.length > 200) return
        expect(shapeOf(parseQuery(canonical))).toEqual(shapeOf(tree))
        expect(printQuery(parseQuery(canonical))).toBe(canonical)
      }),
      { numRuns: 5000 },
    )
    expect(count).toBeGreaterThan(500)
  })

  test('a word stands where its place says, a phrase from its quote on', () => {
    fc.assert(
      fc.property(strings, q => {
        const tree = parsed(q)
        for (const { text, at, phrase } of tree ? everyTerm(tree) : [])
          expect(phrase ? '"“”＂'.includes(q[at] ?? ' ') : q.startsWith(text, at)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['-', '*', '"', '(', ')', '|', 'OR ', 'title:', '-title:', '" ', 'a(', 'ab*', ' ', '\u3000a'])(
    'repeating %j without end takes no time',
    part => {
      const begin = performance.now()
      for (const times of [20, 200 / part.length, 300_000]) parsed(part.repeat(times))
      expect(performance.now() - begin).toBeLessThan(500)
    },
  )
})
