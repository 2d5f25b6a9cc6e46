import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parsePosition, printPosition } from '../../src/http/position.ts'

test('what is printed is read back as the same place', () => {
  fc.assert(fc.property(fc.maxSafeNat(), seq => parsePosition(printPosition(seq)) === seq))
})

test('nothing but what is printed is read: no two texts mean one place', () => {
  const near = fc.stringMatching(/^[ +-]?[0-9]{0,18}[.,ex ]?[0-9]?$/)
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), text => {
      const seq = parsePosition(text)
      return seq === null || printPosition(seq) === text
    }),
  )
  for (const text of ['', ' ', '-1', '+1', '01', '1.0', '1e3', '0x1', '1, 2', '9007199254740992', '١'])
    expect([text, parsePosition(text)]).toEqual([text, null])
})
