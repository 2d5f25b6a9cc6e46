import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { inPieces } from '../../src/imports/csv.ts'
import { surveyFile } from '../../src/imports/file.ts'
import { encodeCp949 } from '../support/cp949.ts'

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

test('the encoding of a file is known where no line ends, and characters lie across what is read at once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gongbo-survey-'))
  const encodingOf = async (bytes: Uint8Array) => {
    await writeFile(join(dir, 'file'), bytes)
    return (await surveyFile(join(dir, 'file'))).encoding
  }
  // A chunk is 262,144 bytes, which neither three nor four divide from here on.
  for (const text of [`a${'가'.repeat(400_000)}`, `ab${'😀'.repeat(300_000)}`, 'a', '']) {
    const bytes = Buffer.from(text)
    expect(await encodingOf(bytes)).toBe('utf-8')
    if (text.length > 1) expect(await encodingOf(bytes.subarray(0, -1))).toBe('cp949')
  }
  expect(await encodingOf(encodeCp949(`a${'가'.repeat(300_000)}`).bytes)).toBe('cp949')
  await rm(dir, { recursive: true })
})
