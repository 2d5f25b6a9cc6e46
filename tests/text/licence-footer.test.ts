import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { withoutFooterHtml, withoutFooterText } from '../../src/text/licence-footer.ts'
import { sanitiseHtml } from '../../src/text/sanitise.ts'

const FOOTER = '이 자료는 「공공누리 제2유형: 출처표시+상업적 이용금지」의 조건에 따라 이용할 수 있습니다.'

describe('the licence’s paragraph', () => {
  test.each([
    [`<p>본문.</p><p>${FOOTER}</p>`, '<p>본문.</p>'],
    [`<p>본문.</p><div><strong>${FOOTER}</strong></div>`, '<p>본문.</p>'],
    [`<p>본문.</p><p>${FOOTER}</p><p>문의: 정책과</p>`, '<p>본문.</p><p>문의: 정책과</p>'],
    [`<div><p>본문.</p><p>${FOOTER}</p></div>`, '<div><p>본문.</p></div>'],
    [`<p>본문.</p><p>${FOOTER}</p><p> </p><p>${FOOTER}</p>`, '<p>본문.</p><p> </p>'],
    [`<p>${FOOTER}</p>`, ''],
  ])('goes out of the end of %s', (html, left) => {
    expect(withoutFooterHtml(html)).toEqual({ body: left, type: 2 })
  })

  test.each([
    '<p>공공누리 홍보관이 문을 열었다.</p>',
    `<p>${FOOTER}</p><p>하나</p><p>둘</p><p>셋</p>`,
    `${FOOTER} 문단이 없는 글`,
    '<p>본문.</p>',
    '',
  ])('stays where it is not such a paragraph: %s', html => {
    expect(withoutFooterHtml(html)).toEqual({ body: html, type: null })
  })

  test('is looked for at once in a body of nothing but licences', () => {
    const mentions = `<p>본문.</p>${'<p>공공누리 출처표시</p>'.repeat(40_000)}`
    expect(withoutFooterHtml(mentions).type).toBeNull()
  })

  test('goes out of plain text', () => {
    expect(withoutFooterText(`첫 줄\n\n${FOOTER}\n`)).toEqual({ body: '첫 줄', type: 2 })
    expect(withoutFooterText(`${FOOTER}\n하나\n둘\n셋`)).toMatchObject({ type: null })
  })

  test('is looked for in any body without an error, and what has none stays', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<p>', '</p>', '<div>', '</div>', '공공누리', '제1유형', '이용', '가')),
        parts => {
          withoutFooterHtml(sanitiseHtml(parts.join('')))
        },
      ),
    )
    const started = performance.now()
    withoutFooterHtml(`<p>${'공공누리 '.repeat(50_000)}</p>`)
    withoutFooterHtml('<p>공공누리 이용</p>'.repeat(20_000))
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
