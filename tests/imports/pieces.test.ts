import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { inPieces } from '../../src/imports/csv.ts'

test('text in pieces is the same text, and no character is cut', async () => {
  const chunk = fc
    .tuple(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('가', '😀', 'a😀'), fc.nat(40_000))
    .map(([text, filler, times]) => text + filler.repeat(times))
  const run = async (chunks: string[]) => {
    async function* given() {
      yield* chunks
    }
    const pieces: string[] = []
    for await (const piece of inPieces(given())) pieces.push(piece)
    expect(pieces.join('') === chunks.join('')).toBe(true)
    expect(pieces.every(piece => piece.length <= 16_385 && piece.isWellFormed())).toBe(true)
  }
  await fc.assert(fc.asyncProperty(fc.array(chunk, { maxLength: 4 }), run), { numRuns: 50 })
})
