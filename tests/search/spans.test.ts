import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { coversOf } from '../../src/search/spans.ts'

const instant = fc.date({ min: new Date('1948-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })

/** The terms of a row, as `toTerms` gives them. */
const termsOf = (at: Date) => [
  `@month:${at.toISOString().slice(0, 7)}`,
  `@year:${at.toISOString().slice(0, 4)}`,
]

describe('months and years that hold a span of time', () => {
  test('every instant of the span is in one of them, and of none outside of what they say to hold', () => {
    fc.assert(
      fc.property(
        instant,
        fc.integer({ min: 0, max: 1_500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (from, days, part) => {
          const to = new Date(from.getTime() + days * 86_400_000)
          const within = new Date(from.getTime() + part * (to.getTime() - from.getTime()))
          for (const cover of coversOf(from, to)) {
            const holds = (at: Date) => termsOf(at).some(term => cover.terms.includes(term))
            expect([from, within, to].every(holds)).toBe(true)
            expect(holds(new Date(cover.from.getTime() - 1))).toBe(false)
            expect(holds(cover.to)).toBe(false)
          }
        },
      ),
    )
  })

  test('whole years stand for their months, and too many of them for nothing', () => {
    const terms = (from: string, to: string) =>
      coversOf(new Date(from), new Date(to)).map(({ terms }) => terms)
    expect(terms('2024-11-30', '2026-01-01')).toEqual([
      ['@month:2024-11', '@month:2024-12', '@year:2025', '@month:2026-01'],
      ['@year:2024', '@year:2025', '@year:2026'],
    ])
    expect(terms('1950-01-01', '2026-01-01')).toEqual([])
  })
})
