import type { Bilingual } from '../http/problem.ts'

/** A part of an address that the query here does not have, and why. */
export interface LeftOut {
  part: 'parameter' | 'path' | 'fragment'
  /** Of a parameter. */
  name: string | null
  value: string
  why: Bilingual
}
