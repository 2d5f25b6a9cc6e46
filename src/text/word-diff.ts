import { diffArrays } from 'diff'

/** What differs between two texts, word by word. */

export type DiffPart = { op: 'equal' | 'insert' | 'delete'; text: string }

/** Edits after which words are not compared any more: two long texts with little in common would take seconds. */
const EDITS = 2_000

const WORDS = /\s+|[\p{L}\p{M}\p{N}]+|./gsu
const LINES = /[^\n]*\n|[^\n]+/g

/**
 * The parts of which both texts are made, in their order: equal and deleted ones are the former text, equal and inserted
 * ones the new one. By words, spaces and signs; by lines where words differ too much; whole where lines do.
 */
export function diffWords(former: string, now: string): DiffPart[] {
  for (const units of [WORDS, LINES]) {
    const parts = diffArrays(former.match(units) ?? [], now.match(units) ?? [], { maxEditLength: EDITS })
    if (parts)
      return parts.map(({ added, removed, value }) => ({
        op: added ? 'insert' : removed ? 'delete' : 'equal',
        text: value.join(''),
      }))
  }
  return [
    { op: 'delete', text: former },
    { op: 'insert', text: now },
  ]
}
