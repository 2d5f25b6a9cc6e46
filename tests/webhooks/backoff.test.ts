import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LONGEST, STEPS, waitAfter } from '../../src/webhooks/backoff.ts'

const tries = fc.integer({ min: 1, max: STEPS.length + 3 })
const retryAfter = fc.option(fc.nat({ max: 10 * LONGEST }))
const random = fc.double({ min: 0, max: 1, noNaN: true })

test('waits grow from seconds to a day, over three days, and end', () => {
  const waits = STEPS.map((_, i) => waitAfter({ tries: i + 1, retryAfter: null, random: 0 }))
  expect(waits).toEqual([5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400].map(s => s * 1000))
  expect(waitAfter({ tries: STEPS.length + 1, retryAfter: 5, random: 0 })).toBeNull()
  const days = STEPS.reduce((sum, step) => sum + step, 0) / 86_400
  expect(days).toBeGreaterThan(3)
  expect(days).toBeLessThan(5)
})

test('a wait is never sooner than its step or than what the receiver asks for, nor much later', () => {
  fc.assert(
    fc.property(tries, retryAfter, random, (tries, retryAfter, random) => {
      const wait = waitAfter({ tries, retryAfter, random })
      const step = STEPS[tries - 1]
      if (step === undefined) return expect(wait).toBeNull()
      const asked = Math.min(retryAfter ?? 0, LONGEST)
      expect(wait).toBeGreaterThanOrEqual(Math.max(step, asked) * 1000)
      expect(wait).toBeLessThanOrEqual(Math.ceil(Math.max(step * 1.1, asked) * 1000))
    }),
  )
})

test('what has failed longer waits no shorter', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: STEPS.length - 1 }),
      retryAfter,
      random,
      (tries, retryAfter, random) => {
        const [now, later] = [tries, tries + 1].map(tries => waitAfter({ tries, retryAfter, random }))
        expect(later).toBeGreaterThanOrEqual(now ?? 0)
      },
    ),
  )
})
