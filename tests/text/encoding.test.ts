import { expect, test } from '@jest/globals'
import { decodeSaved, decodeUtf8, encodeUtf8 } from '../../src/text/encoding.ts'

test.each(['', 'ascii', '순환경제 설명회', '😀 가', '\u0000é\uffff'])(
  '%j is the bytes that Buffer.from makes',
  text => {
    expect(encodeUtf8(text)).toEqual(Buffer.from(text))
    expect(decodeUtf8(encodeUtf8(text))).toBe(text)
  },
)

test('text that was saved in UTF-16 is known by its mark, in either order of bytes', () => {
  const little = Buffer.from('\ufeff순환경제 😀', 'utf16le')
  expect([little, Buffer.from(little).swap16()].map(decodeSaved)).toEqual(['순환경제 😀', '순환경제 😀'])
})

test('half of a surrogate pair becomes a replacement character', () => {
  expect(encodeUtf8('가\ud83d')).toEqual(Buffer.from('가\ufffd'))
})
