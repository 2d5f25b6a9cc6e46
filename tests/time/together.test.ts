import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { together } from '../../src/time/together.ts'

const bounds = { atOnce: 2, most: 4, largest: 10, sizeOf: (n: number) => n }

test('each is worked on once, in the order in which it came, within the bounds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(fc.nat(12), { maxLength: 40 }), async (schedule, items) => {
      const batches: number[][] = []
      let running = 0
      const work = schedule.scheduleFunction(async () => {})
      const one = together(
        async (batch: [index: number, size: number][], giveWay) => {
          batches.push(batch.map(([i]) => i))
          running++
          expect(running).toBeLessThanOrEqual(bounds.atOnce)
          const sum = batch.reduce((all, [, size]) => all + size, 0)
          expect(batch.length === 1 || (batch.length <= bounds.most && sum <= bounds.largest)).toBe(true)
          await work()
          if (batch.length % 2 === 0) giveWay()
          await work()
          running--
          return batch.map(([i, size]) => (size % 2 === 0 ? i : Promise.resolve(i)))
        },
        { ...bounds, sizeOf: ([, size]) => size },
      )
      const results = items.map((size, i) => one([i, size]))
      expect(await schedule.waitFor(Promise.all(results))).toEqual(items.map((_, i) => i))
      expect(batches.flat()).toEqual(items.map((_, i) => i))
    }),
  )
})

test('what comes alone waits for nobody, and what comes meanwhile is done at once when there is room', async () => {
  const ends: (() => void)[] = []
  const begun: number[][] = []
  const one = together(async (items: number[], giveWay) => {
    begun.push(items)
    if (items.length === 1) giveWay()
    await new Promise<void>(end => ends.push(end))
    return items
  }, bounds)
  const results = [1, 1, 1, 1, 1].map(one)
  expect(begun).toEqual([[1], [1]])
  ends[1]?.()
  await results[1]
  await results[1]
  expect(begun).toEqual([[1], [1], [1, 1, 1]])
  for (const end of ends) end()
  await Promise.all(results)
  const later = one(1)
  expect(begun).toHaveLength(4)
  ends[3]?.()
  await later
})

test('a batch that fails fails for its own items; a result that comes late holds up nobody', async () => {
  let late = (_: string) => {}
  const one = together(
    async (items: string[]) => {
      await null
      if (items.includes('fault')) throw new Error('planted')
      return items.map(item =>
        item === 'late'
          ? new Promise<string>(done => {
              late = done
            })
          : item,
      )
    },
    { atOnce: 1, most: 1, largest: 1, sizeOf: () => 1 },
  )
  const waiting = one('late')
  const failing = one('fault')
  const after = one('after')
  await expect(failing).rejects.toThrow('planted')
  expect(await after).toBe('after')
  late('late')
  expect(await waiting).toBe('late')
})

test('while one does not give way, what comes gathers', async () => {
  const ends: (() => void)[] = []
  const begun: number[][] = []
  const one = together(async (items: number[]) => {
    begun.push(items)
    await new Promise<void>(end => ends.push(end))
    return items
  }, bounds)
  const results = [1, 2, 3].map(one)
  expect(begun).toEqual([[1]])
  ends[0]?.()
  await results[0]
  await results[0]
  expect(begun).toEqual([[1], [2, 3]])
  ends[1]?.()
  expect(await Promise.all(results)).toEqual([1, 2, 3])
})
