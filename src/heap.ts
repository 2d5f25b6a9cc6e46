import { setFlagsFromString } from 'node:v8'

/** Garbage of longer life that may lie beside what lives before it is collected, in percent. */
const GARBAGE = 30

/**
 * Keeps the heap near what lives in it, some 50 MB. V8 would let it grow to several times that, by how much memory the machine
 * has: an export alone brought 120 MB of garbage together. Collecting it earlier costs no time that could be measured.
 */
export const keepHeapSmall = (): void => setFlagsFromString(`--heap-growing-percent=${GARBAGE}`)
