import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { textOfAny, textToHtml } from '../../src/text/html-text.ts'
import { plainText } from '../../src/text/plain-html.ts'
import { sanitiseAny, sanitiseHtml } from '../../src/text/sanitise.ts'

const text = fc.oneof(
  fc.constantFrom(
    '가나',
    'a b',
    ' ',
    '  ',
    '\n',
    '&amp;',
    '&lt;',
    '&gt;',
    '&amp;lt;',
    '"',
    "'",
    ';',
    '=',
    '/',
  ),
  fc.constantFrom(
    '&',
    '&nbsp;',
    '&#39;',
    '&shy;',
    '_x000D_',
    '_X000d_\n',
    'br /',
    'p',
    '`',
    '<',
    '>',
    '<!--',
    ']]>',
  ),
  fc.constantFrom(
    '\u0338',
    '\u1100',
    '\u11a8',
    'é',
    'e',
    '\u00a0',
    '\u200b',
    '\u3000',
    '\ud83d\ude00',
    '\ud83d',
  ),
  fc.string({ unit: 'binary', maxLength: 3 }),
)
const line: fc.Arbitrary<string> = fc.letrec<{ line: string }>(tie => ({
  line: fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: text },
        { weight: 1, arbitrary: fc.constantFrom('<br />', '<br>', '<hr />', '<script>', '</p>') },
        {
          weight: 2,
          arbitrary: fc
            .tuple(
              fc.constantFrom('strong', 'b', 'em', 'i', 'u', 's', 'sub', 'sup', 'code', 'a', 'p'),
              tie('line'),
            )
            .map(([tag, inside]) => `<${tag}>${inside}</${tag}>`),
        },
      ),
      { maxLength: 6 },
    )
    .map(parts => parts.join('')),
})).line
const body = fc
  .array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .tuple(fc.constantFrom('p', 'h1', 'h2', 'h6', 'div'), line)
          .map(([tag, inside]) => `<${tag}>${inside}</${tag}>`),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('\n', ' ', '<br />', '<p>', '</b>', 'x', '<p class="x">가</p>'),
      },
    ),
    { maxLength: 5 },
  )
  .map(blocks => blocks.join(''))

describe('HTML that is plain', () => {
  test('is what the sanitiser makes of it, and reads as it does when it is parsed', () => {
    let plain = 0
    fc.assert(
      fc.property(body, html => {
        const read = plainText(html)
        if (read === null) return
        plain++
        expect(sanitiseAny(html)).toBe(html)
        expect(textOfAny(html)).toBe(read)
      }),
      { numRuns: 5000 },
    )
    expect(plain).toBeGreaterThan(500)
  })

  test('is what articles are that were written as text', () => {
    const html = textToHtml('첫 문단 “인용” R&D\n둘째 줄\n\n 둘째 문단 <끝>')
    expect(plainText(html)).toBe('첫 문단 “인용” R&D\n둘째 줄\n\n둘째 문단 <끝>')
    expect(sanitiseHtml(html)).toBe(html)
  })

  test.each([
    '<p onclick="x()">가</p>',
    '<p>가<script>x()</script></p>',
    '<p>가</p><p>나',
    '<p><b>가</p></b>',
    '<p>1 < 2</p>',
    '<p>1 > 2</p>',
    '<p>가</pX',
    '<p>가</p><',
    '<p>\u0338가</p>',
    '<P>가</P>',
    '<p>가&nbsp;나</p>',
    '<p><p>가</p></p>',
    '가',
  ])('is not %j', html => {
    expect(plainText(html)).toBeNull()
  })
})
