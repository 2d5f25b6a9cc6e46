/** Milliseconds that work may keep others waiting. */
const TURN = 10

/** Who waits to go on, the first come first. */
const waiting: (() => void)[] = []
/** When the work of this turn of the event loop began; undefined where there was none yet. */
let began: number | undefined

function begin(): number {
  setImmediate(() => {
    began = undefined
    const next = waiting.shift()
    if (!next) return
    began = begin()
    next()
  })
  return performance.now()
}

/**
 * To be awaited between the steps of long work on the event loop: where this turn of the loop has had enough of it, the rest
 * comes in another one. All work of the process shares the turns, so that much at a time is no longer than one by itself.
 */
export async function turn(): Promise<void> {
  began ??= begin()
  if (performance.now() - began >= TURN) await new Promise<void>(next => waiting.push(next))
}
