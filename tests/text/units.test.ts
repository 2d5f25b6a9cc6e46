import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AMPERSAND, flagsOf, NEWLINE, UNDERLINE, UNSETTLED, UNUSUAL } from '../../src/text/units.ts'

const UNITS = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit))

test('a unit is settled only where it is a character that NFC leaves alone and composes with none before it', () => {
  const settled = UNITS.filter(text => (flagsOf(text) & UNSETTLED) === 0)
  expect(settled.length).toBeGreaterThan(30_000)
  expect(
    settled.filter(text => text === '\0' || !text.isWellFormed() || text.normalize('NFC') !== text),
  ).toEqual([])
  // What composes with what stands before it are marks, and the medial and final letters of Hangul.
  expect(settled.filter(text => /^[\p{M}\u1161-\u1175\u11a8-\u11c2]/u.test(text))).toEqual([])
})

test('a text of settled units is in NFC', () => {
  const unit = fc.oneof(
    fc.constantFrom('가', '각', 'e', '<', '\u0338', '\u0301', '\u1161', '\u11a8', '㎞', '、', '\ud83d'),
    fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code)),
  )
  fc.assert(
    fc.property(
      fc.array(unit, { maxLength: 4 }).map(units => units.join('')),
      text => {
        if ((flagsOf(text) & UNSETTLED) === 0) expect(text.normalize('NFC')).toBe(text)
      },
    ),
    { numRuns: 5_000 },
  )
})

test('what is unusual, and the signs that are looked for', () => {
  const unusual = /[^\P{Cc}\n]|[\xa0\xad\u1680\u2000-\u200b\u2028-\u202f\u205f\u2060\u3000\ufeff]/u
  for (const text of UNITS) {
    const flags = flagsOf(text)
    if (((flags & UNUSUAL) !== 0) !== unusual.test(text)) throw new Error(JSON.stringify(text))
    expect([NEWLINE, UNDERLINE, AMPERSAND].filter(flag => flags & flag)).toEqual(
      { '\n': [NEWLINE], _: [UNDERLINE], '&': [AMPERSAND] }[text] ?? [],
    )
  }
  expect(flagsOf('가\n_')).toBe(NEWLINE | UNDERLINE)
})
