import { expect, test } from '@jest/globals'
import { parseRetryAfter } from '../../src/http/retry-after.ts'

test.each([
  ['120', 120],
  [' 7 ', 7],
  ['Thu, 26 Nov 2026 00:02:00 GMT', 120],
  ['Wed, 25 Nov 2026 00:00:00 GMT', 0],
  ['soon', null],
  ['-5', null],
  ['', null],
  [undefined, null],
])('Retry-After: %s is %s seconds', (header, seconds) => {
  expect(parseRetryAfter(header, new Date('2026-11-26T00:00:00Z'))).toBe(seconds)
})
