import { setFlagsFromString } from 'node:v8'

/** Garbage of longer life that may lie beside what lives before it is collected, in percent. */
const GARBAGE = 30

/**
 * Keeps the heap near what lives in it, some 50 MB. V8 would let it grow to several times that, by how much memory the machine
 * has: an export alone brought 120 MB of garbage together. Collecting it earlier costs no time that could be measured.
 *
 * Nor may V8 make objects old from the start where most that the same code had made lived long: while articles are analysed
 * requests wait, and what all later ones were made of was garbage that only a collection of the whole heap takes away.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE}`)
  setFlagsFromString('--no-allocation-site-pretenuring')
}
