import { setImmediate } from 'node:timers/promises'

/** Milliseconds that work may keep others waiting. */
const TURN = 10

/** To be awaited between the steps of long work on the event loop: others have their turn when it took too long. */
export function takingTurns(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < TURN) return
    await setImmediate()
    since = performance.now()
  }
}
