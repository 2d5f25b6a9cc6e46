import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

/** Whether the tick that is kept has the shape of one that Node makes much later, after collections that found no other alive. */
const SCRIPT = `
  import { createHook } from 'node:async_hooks'
  import { setTimeout } from 'node:timers/promises'
  import { keepTicksFast } from './dist/heap.js'
  const kept = keepTicksFast()
  const makeMany = () => new Promise(done => {
    let left = 100_000
    const next = () => (--left > 0 ? process.nextTick(next) : done())
    next()
  })
  await makeMany()
  for (let i = 0; i < 6; i++) {
    gc()
    await setTimeout(1)
  }
  await makeMany()
  let later
  const hooks = createHook({ init: (_id, type, _trigger, resource) => { if (type === 'TickObject') later = resource } }).enable()
  process.nextTick(() => {})
  hooks.disable()
  console.log(kept !== later && %HaveSameMap(kept, later))`

test('the tick that is kept has the shape that Node gives all of them', () => {
  const flags = ['--expose-gc', '--allow-natives-syntax', '--input-type=module']
  expect(execFileSync(process.execPath, [...flags, '--eval', SCRIPT], { encoding: 'utf8' })).toBe('true\n')
})
