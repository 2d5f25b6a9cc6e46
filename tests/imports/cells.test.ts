import { expect, test } from '@jest/globals'
import { LICENCES } from '../../src/articles/words.ts'
import { instantCell, licenceCell } from '../../src/imports/cells.ts'

test.each([
  ['공공누리 제1유형 (출처표시)', 'kogl-1'],
  ['제2유형(출처표시+상업적 이용금지) ', 'kogl-2'],
  ['제3유형 ((출처표시)', 'kogl-3'],
  ['제4유형', 'kogl-4'],
])('%s is %s', (cell, licence) => {
  expect(licenceCell(cell)).toBe(licence)
})

test('a cell of nothing but brackets is no licence, and seen to be none at once', () => {
  for (const cell of ['('.repeat(500_000), `${'('.repeat(500_000)})`, `${'()'.repeat(250_000)}x`])
    expect(LICENCES).not.toContain(licenceCell(cell))
})

test('a cell of a day and endless white space is refused at once', () => {
  expect(() => instantCell(`2026-01-20${' '.repeat(500_000)}x`)).toThrow('day such as')
  expect(instantCell('2026. 1. 20.   오후  2:30')).toEqual({
    day: '2026-01-20',
    instant: '2026-01-20T14:30:00+09:00',
  })
})
