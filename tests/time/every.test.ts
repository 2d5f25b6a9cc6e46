import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { every } from '../../src/time/every.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** Work whose rounds end when the test says so. */
function rounds() {
  const open: { end: () => void; fail: (error: unknown) => void }[] = []
  let begun = 0
  const work = () =>
    new Promise<void>((end, fail) => {
      begun++
      open.push({ end, fail })
    })
  return { work, begun: () => begun, current: () => open.at(-1) }
}
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)
const unexpected = (error: unknown) => {
  throw error
}

test('work is done once in every interval, the first time after one', async () => {
  let done = 0
  const stop = every(100, async () => ++done, unexpected)
  await pass(99)
  expect(done).toBe(0)
  await pass(1)
  expect(done).toBe(1)
  await pass(300)
  expect(done).toBe(4)
  await stop()
})

test('a round that takes longer is not overtaken by the next', async () => {
  const { work, begun, current } = rounds()
  const stop = every(100, work, unexpected)
  await pass(1_000)
  expect(begun()).toBe(1)
  current()?.end()
  await pass(100)
  expect(begun()).toBe(2)
  current()?.end()
  await stop()
})

test('a failure is told, and the next round tries again', async () => {
  const { work, begun, current } = rounds()
  const told: unknown[] = []
  const stop = every(100, work, error => told.push(error))
  for (const round of [1, 2]) {
    await pass(100)
    expect(begun()).toBe(round)
    current()?.fail(round)
    await pass(0)
  }
  expect(told).toEqual([1, 2])
  await stop()
})

test('a stop waits for the round under way, and no other begins', async () => {
  const { work, begun, current } = rounds()
  const stop = every(100, work, unexpected)
  await pass(100)
  let stopped = false
  const stopping = stop().then(() => {
    stopped = true
  })
  await pass(500)
  expect([stopped, begun()]).toEqual([false, 1])
  current()?.end()
  await stopping
  await pass(500)
  expect(begun()).toBe(1)
})

test('a stop between two rounds is at once', async () => {
  const { work, begun } = rounds()
  const stop = every(100, work, unexpected)
  await pass(50)
  await stop()
  await pass(500)
  expect(begun()).toBe(0)
})
