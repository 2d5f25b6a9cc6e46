import type { Compiler } from './compile.ts'
import { canPart } from './ways.ts'
import type { Meaning } from './words-of-query.ts'

/** What is looked for instead when a query finds almost nothing. Filters and exclusions stay. */

type Relaxation = 'parts-apart' | 'fewer-words' | 'any-word'

export interface Relaxed {
  how: Relaxation
  meaning: Meaning
  /** The parts of compounds may stand anywhere. */
  apart: boolean
  /** Words that need not be there, as they were written. */
  dropped: string[]
}

const isCompound = (node: Meaning): boolean =>
  node.type === 'word' ? canPart(node.itself) : node.type !== 'not' && node.of.some(isCompound)

const textOf = (node: Meaning): string =>
  node.type === 'word' ? node.term.text : node.type === 'not' ? '' : node.of.map(textOf).join(' ')

const all = (of: Meaning[]): Meaning => (of.length === 1 ? (of[0] as Meaning) : { type: 'and', of })

/** Ways to ask for less, the mildest first: compounds apart, without the most frequent word, any of the words. */
export function relaxations(meaning: Meaning, compiler: Compiler): Relaxed[] {
  const steps: Relaxed[] = []
  if (isCompound(meaning)) steps.push({ how: 'parts-apart', meaning, apart: true, dropped: [] })
  if (meaning.type !== 'and') return steps
  const excluded = meaning.of.filter(({ type }) => type === 'not')
  const wanted = meaning.of.filter(({ type }) => type !== 'not')
  if (wanted.length < 2) return steps
  const shares = wanted.map(node => compiler.compile(node).share)
  const most = shares.indexOf(Math.max(...shares))
  const dropped = [textOf(wanted[most] as Meaning)]
  const kept = wanted.filter((_, i) => i !== most)
  if (wanted.length > 2)
    steps.push({ how: 'fewer-words', meaning: all([...kept, ...excluded]), apart: true, dropped })
  const any: Meaning = { type: 'or', of: wanted.flatMap(node => (node.type === 'or' ? node.of : [node])) }
  steps.push({ how: 'any-word', meaning: all([any, ...excluded]), apart: true, dropped: [] })
  return steps
}
