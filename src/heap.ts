import { createHook } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'

/** What V8 is told of the heap, at the start of a process. */

/** Garbage of longer life that may lie beside what lives before it is collected, in percent. */
const GARBAGE = 30

export function tuneHeap(): void {
  keepHeapSmall()
  keepTicksFast()
}

/**
 * Keeps the heap near what lives in it, some 50 MB. V8 would let it grow to several times that, by how much memory the machine
 * has: an export alone brought 120 MB of garbage together. Collecting it earlier costs no time that could be measured.
 *
 * Nor may V8 make objects old from the start where most that the same code had made lived long: while articles are analysed
 * requests wait, and what all later ones were made of was garbage that only a collection of the whole heap takes away.
 */
function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE}`)
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/** One of Node's ticks, which nobody needs but for its shape. */
let tick: object | undefined

/**
 * Keeps one of the objects that Node makes for each `process.nextTick`, of which an answer takes several. V8 forgets a shape that a
 * few collections of the whole heap found no object of; and what makes objects by computed names, as Node makes these, is slow for
 * as long as the process runs once it meets a shape anew: 400 ns instead of 50. Gives the one that is kept.
 */
export function keepTicksFast(): object | undefined {
  const hook = {
    init(_id: number, type: string, _trigger: number, resource: object) {
      if (type === 'TickObject') tick = resource
    },
    // Of Node 24: elsewhere it is passed over.
    trackPromises: false,
  }
  const hooks = createHook(hook).enable()
  process.nextTick(() => {})
  hooks.disable()
  return tick
}
