import { describe, expect, test } from '@jest/globals'
import { turn } from '../../src/time/turns.ts'

/** Longer than work may keep others waiting. */
function workLong(): void {
  const end = performance.now() + 12
  while (performance.now() < end);
}

/** Counts the turns of the event loop. */
function countTurns() {
  let turns = 0
  let going = true
  const next = () => {
    turns++
    if (going) setImmediate(next)
  }
  setImmediate(next)
  const end = () => {
    going = false
  }
  return { count: () => turns, end }
}

describe('work that takes turns', () => {
  test('has no more than one long step in a turn of the loop, however much of it there is', async () => {
    const loop = countTurns()
    const steps: { who: number; at: number }[] = []
    const work = async (who: number) => {
      for (let i = 0; i < 5; i++) {
        await turn()
        steps.push({ who, at: loop.count() })
        workLong()
      }
    }
    const before = turn()
    workLong()
    await Promise.all([before, ...[1, 2, 3].map(work)])
    loop.end()
    expect(new Set(steps.map(({ at }) => at)).size).toBe(steps.length)
    expect(steps.map(({ who }) => who)).toEqual(Array.from({ length: 5 }, () => [1, 2, 3]).flat())
  })

  test('is alone with what it throws', async () => {
    const fails = async () => {
      workLong()
      await turn()
      throw new Error('of its own')
    }
    const goes = async () => {
      workLong()
      await turn()
      return 'done'
    }
    const [failed, done] = await Promise.allSettled([fails(), goes()])
    expect(failed).toMatchObject({ status: 'rejected' })
    expect(done).toEqual({ status: 'fulfilled', value: 'done' })
  })
})
