import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cp949Decoder, decodeCp949, inCp949, lostInCp949 } from '../../src/text/cp949.ts'
import { decodeSaved } from '../../src/text/encoding.ts'
import { encodeCp949 } from '../support/cp949.ts'

test('every syllable goes round, also those that EUC-KR lacks', () => {
  const syllables = Array.from({ length: 11_172 }, (_, i) => String.fromCharCode(0xac00 + i)).join('')
  const { bytes, lost } = encodeCp949(syllables)
  expect(lost).toEqual([])
  expect(bytes.length).toBe(2 * 11_172)
  expect(decodeCp949(bytes)).toBe(syllables)
  expect(decodeSaved(encodeCp949('똠방각하 뷁').bytes)).toBe('똠방각하 뷁')
})

test('what it does not have is named', () => {
  expect(encodeCp949('가—나🌱?').lost).toEqual(['—', '🌱'])
  expect(['가', '㈜', '?', 'a', '·'].map(inCp949)).toEqual([true, true, true, true, true])
})

test('a text is known again by what is left of it, and only that one', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('가', '똠', 'a', '?', '—', '🌱', ' ')), characters => {
      const text = characters.join('')
      const { bytes, lost } = encodeCp949(text)
      expect(lostInCp949(decodeCp949(bytes), text)?.toSorted()).toEqual(lost.toSorted())
      expect(lostInCp949(`${decodeCp949(bytes)}나`, text)).toBeNull()
    }),
  )
  expect(lostInCp949('가?다', '가나다')).toBeNull()
  expect(lostInCp949('가-다', '가–다')).toEqual(['–'])
})

test('bytes may be cut anywhere', () => {
  const { bytes } = encodeCp949('똠방각하 abc 뷁')
  const decoder = cp949Decoder()
  expect([...bytes].map(byte => decoder.write(Uint8Array.of(byte))).join('') + decoder.end()).toBe(
    '똠방각하 abc 뷁',
  )
})
