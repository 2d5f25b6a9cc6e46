import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hasPile, nfc } from '../../src/text/nfc.ts'

const letters = fc.string({
  unit: fc.constantFrom('가', 'ㄱ', 'e', '\u1112', '\u1161', '\u11ab', '\u0301', '\u0323'),
})

test('is NFC wherever no more than 30 marks are in a row', () => {
  fc.assert(
    fc.property(letters, text => {
      fc.pre(!/\p{M}{31}/u.test(text))
      expect(hasPile(text)).toBe(false)
      expect(nfc(text)).toBe(text.normalize('NFC'))
    }),
  )
})

test('leaves 30 marks of a pile, in time that does not grow with its square', () => {
  // In another order than Unicode's, and outside of the BMP.
  for (const marks of ['\u0301'.repeat(200_000) + '\u0323'.repeat(200_000), '\u{1d167}'.repeat(200_000)]) {
    const pile = `e${marks}가`
    expect(hasPile(pile)).toBe(true)
    expect([
      ...nfc(pile)
        .normalize('NFD')
        .replaceAll(/[^\p{M}]/gu, ''),
    ]).toHaveLength(30)
    expect(nfc(pile).endsWith('가')).toBe(true)
  }
  expect(nfc(`e${'\u0323'.repeat(30)}`)).toBe(`e${'\u0323'.repeat(30)}`.normalize('NFC'))
})
