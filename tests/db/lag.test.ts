import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Timeline } from '../../src/db/lag.ts'

const INTERVAL = 1_000

/** A primary's log: its place after each millisecond-step, growing or idle. */
const logs = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 3_000 }), by: fc.nat(100) }), {
  minLength: 1,
  maxLength: 200,
})

test('the lag is never less than what the replica misses is old, and more by one interval at most', () => {
  fc.assert(
    fc.property(logs, fc.nat(), (steps, anywhere) => {
      const history: { at: number; place: number }[] = [{ at: 0, place: 0 }]
      for (const { ms, by } of steps) {
        const { at, place } = history.at(-1) as { at: number; place: number }
        history.push({ at: at + ms, place: place + by })
      }
      const placeAt = (at: number) => history.findLast(one => one.at <= at)?.place ?? 0
      const end = history.at(-1)?.at ?? 0
      const timeline = new Timeline()
      const looks = Math.min(500, Math.floor(end / INTERVAL))
      for (let i = 0; i <= looks; i++) timeline.note(i * INTERVAL, placeAt(i * INTERVAL))
      const now = looks * INTERVAL
      const replayed = anywhere % (placeAt(now) + 1)
      // What it misses first was written then.
      const missing = history.find(({ at, place }) => place > replayed && at <= now)
      const age = missing ? now - missing.at : 0
      const lag = timeline.lagAt(replayed)
      expect(lag).toBeGreaterThanOrEqual(age)
      expect(lag).toBeLessThanOrEqual(missing ? age + INTERVAL : 0)
    }),
  )
})

test('on an idle primary a replica that has all does not grow old, and before the first look nothing is known', () => {
  const timeline = new Timeline()
  expect(timeline.lagAt(100)).toBe(Number.POSITIVE_INFINITY)
  for (let at = 0; at < 3_600_000; at += INTERVAL) timeline.note(at, 100)
  expect(timeline.lagAt(100)).toBe(0)
  expect(timeline.lagAt(99)).toBe(Number.POSITIVE_INFINITY)
})

test('a primary that was brought back from a backup begins anew', () => {
  const timeline = new Timeline()
  timeline.note(0, 500)
  timeline.note(1_000, 200)
  timeline.note(2_000, 300)
  expect([timeline.lagAt(200), timeline.lagAt(199)]).toEqual([1_000, Number.POSITIVE_INFINITY])
})
