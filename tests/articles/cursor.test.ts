import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Cursor, decodeCursor, encodeCursor } from '../../src/articles/cursor.ts'

const cursors: fc.Arbitrary<Cursor> = fc.record({
  direction: fc.constantFrom('next', 'previous'),
  key: fc.integer({ min: -6e13, max: 2.6e14 }),
  id: fc.integer({ min: 1, max: 2_147_483_647 }),
  now: fc.date({ min: new Date(0), max: new Date('2090-01-01'), noInvalidDate: true }),
})
const refused = expect.objectContaining({ code: 'invalid-parameter' })

describe('cursors', () => {
  test('a cursor reads back as it was', () => {
    fc.assert(
      fc.property(cursors, fc.string(), (cursor, print) =>
        expect(decodeCursor(encodeCursor(cursor, print), print)).toEqual(cursor),
      ),
    )
  })

  test('a cursor of another query is refused', () => {
    fc.assert(
      fc.property(cursors, fc.string(), fc.string(), (cursor, mine, theirs) => {
        fc.pre(mine !== theirs)
        expect(() => decodeCursor(encodeCursor(cursor, mine), theirs)).toThrow(refused)
      }),
    )
  })

  test('any other text is refused, and never breaks anything', () => {
    const forged = fc.jsonValue().map(value => Buffer.from(JSON.stringify(value)).toString('base64url'))
    fc.assert(
      fc.property(fc.oneof(fc.string(), forged), text =>
        expect(() => decodeCursor(text, 'print')).toThrow(refused),
      ),
    )
  })
})
