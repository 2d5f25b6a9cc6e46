import { distance } from 'fastest-levenshtein'
import { dayOf, startOfDay } from '../time/seoul.ts'
import {
  type Body,
  bodyOf,
  isTelling,
  type Overlap,
  overlapOfRising,
  overlapOfSets,
  SHORT,
  type TitleKey,
  titleKeyOf,
} from './text.ts'

/** Which two articles are duplicates, and why: a pure rule over the two alone. */

export const DUPLICATE_REASONS = ['midnight-relisting', 'reissue', 'joint-release', 'same-body'] as const
export type DuplicateReason = (typeof DUPLICATE_REASONS)[number]

/** Goes up when the rules or the keys change: what was found by others is found anew. */
export const DUPLICATE_RULES = 1

/** Where an article stands in lists. */
export interface Placed {
  id: number
  listedAt: Date
  public: boolean
}

/** An article as it is written. */
export interface Comparable extends Placed {
  /** Without the prefix that tells its kind. */
  title: string
  body: string
  /** The code of its issuer, and every name of it that the article carries. */
  code: string | null
  names: readonly string[]
  source: string | null
  author: string | null
}

/** The same as it is compared. */
export interface Compared extends Omit<Comparable, 'title' | 'body'> {
  title: TitleKey
  body: Body
  day: string
}

export const toCompared = ({ title, body, ...rest }: Comparable): Compared => ({
  ...rest,
  title: titleKeyOf(title),
  body: bodyOf(body),
  day: dayOf(rest.listedAt),
})

export interface Relation {
  reason: DuplicateReason
  /** Of the two bodies, from 0 to 1; null where one of them says nothing. */
  similarity: number | null
}

/** Whether one body came in the place of the other, by their codes. */
export type SameLine = (code: string, other: string) => boolean

/** Days within which alike bodies, and the very same ones, are looked for. */
export const ALIKE_DAYS = 31
export const SAME_DAYS = 366

/** What bodies must have in common; `numbers` of those in the one that has fewer. */
interface Bounds {
  containment: number
  jaccard: number
  numbers: number
}
const REISSUED: Bounds = { containment: 0.72, jaccard: 0.4, numbers: 0.7 }
/** It says of itself that it corrects the other, so its figures may differ. */
const CORRECTED: Bounds = { containment: 0.6, jaccard: 0.4, numbers: 0.3 }
const JOINT: Bounds = { containment: 0.5, jaccard: 0.3, numbers: 0.6 }
const JOINT_OTHER_TITLE: Bounds = { containment: 0.8, jaccard: 0.5, numbers: 0.8 }
const SAME: Bounds = { containment: 0.95, jaccard: 0.85, numbers: 0.9 }
const RELISTED = 0.95
/** Shingles that bodies under other titles must have. */
const SUBSTANCE = 100

/** Whether all who have this very body, at most `SAME_DAYS` from one to the next, are duplicates. */
export const isSubstantial = ({ shingles }: Body): boolean => shingles.length >= SUBSTANCE

interface Pair {
  first: Compared
  second: Compared
  issuer: 'same' | 'other' | 'unknown'
  /** Seoul days from one to the other. */
  days: number
  sameTitle: boolean
}

/** Why two articles are duplicates of each other; null where they are not. The order does not matter. */
export function relate(a: Compared, b: Compared, sameLine: SameLine): Relation | null {
  const [first, second] = inOrder(a, b) <= 0 ? [a, b] : [b, a]
  const days = (Date.parse(second.day) - Date.parse(first.day)) / 86_400_000
  if (days > SAME_DAYS) return null
  const sameTitle = first.title.letters === second.title.letters
  const pair = { first, second, issuer: issuerOf(first, second, sameLine), days, sameTitle }
  const short = Math.min(first.body.shingles.length, second.body.shingles.length) < SHORT
  return short ? relateShort(pair) : relateBodies(pair)
}

export const inOrder = (a: Pick<Compared, 'listedAt' | 'id'>, b: Pick<Compared, 'listedAt' | 'id'>) =>
  a.listedAt.getTime() - b.listedAt.getTime() || a.id - b.id

function issuerOf(a: Compared, b: Compared, sameLine: SameLine): Pair['issuer'] {
  if (a.code !== null && b.code !== null)
    return a.code === b.code || sameLine(a.code, b.code) || sameLine(b.code, a.code) ? 'same' : 'other'
  if (a.names.length > 0 && b.names.length > 0)
    return a.names.some(name => b.names.includes(name)) ? 'same' : 'other'
  // A board's rows have no ministry, but somebody who posts them.
  if (a.names.length === 0 && b.names.length === 0 && a.author === b.author && a.source === b.source)
    return 'same'
  return 'unknown'
}

/** Of the same list, the later one at the very midnight that ends the day of the other. */
const isRelisted = ({ first, second, days }: Pair) =>
  days === 1 &&
  first.source === second.source &&
  second.listedAt.getTime() === startOfDay(second.day).getTime()

/**
 * Where a body says too little, a title must say which release it is, and the other body must not say anything else. A
 * body that is only “see attached” says nothing at all.
 */
function relateShort(pair: Pair): Relation | null {
  const { first, second, issuer, days, sameTitle } = pair
  if (!sameTitle || days > 1 || issuer === 'unknown' || !isTelling(first.title.letters)) return null
  const [a, b] = [first.body.letters, second.body.letters]
  const silent = a === '' || b === ''
  if (!silent && a !== b) return null
  const similarity = silent ? null : 1
  if (issuer === 'other') return { reason: 'joint-release', similarity }
  return { reason: isRelisted(pair) ? 'midnight-relisting' : 'reissue', similarity }
}

const EQUAL: Overlap = { jaccard: 1, containment: 1 }

function relateBodies(pair: Pair): Relation | null {
  const { first, second, issuer, days, sameTitle } = pair
  const same = first.body.letters === second.body.letters
  if (!same && days > ALIKE_DAYS) return null
  const shingles = same ? EQUAL : overlapOfRising(first.body.shingles, second.body.shingles)
  const numbers = overlapOfSets(first.body.numbers, second.body.numbers).containment
  const within = (bounds: Bounds) =>
    same ||
    (shingles.containment >= bounds.containment &&
      shingles.jaccard >= bounds.jaccard &&
      numbers >= bounds.numbers)
  const because = (reason: DuplicateReason): Relation => ({
    reason,
    similarity: same ? 1 : Math.min(0.99, Math.round(shingles.jaccard * 100) / 100),
  })
  if (issuer === 'other' && days <= 1 && within(sameTitle ? JOINT : JOINT_OTHER_TITLE))
    return because('joint-release')
  const corrected = first.title.corrected || second.title.corrected
  const reissued = sameTitle && within(corrected ? CORRECTED : REISSUED)
  const almost = within(SAME) && isSubstantial(first.body) && isSubstantial(second.body)
  if (issuer !== 'other' && (reissued || (almost && areAlike(first.title.letters, second.title.letters))))
    return because(
      sameTitle && (same || shingles.jaccard >= RELISTED) && isRelisted(pair)
        ? 'midnight-relisting'
        : 'reissue',
    )
  return almost ? because('same-body') : null
}

/** Share of a title that may be spelt otherwise. */
const MISSPELT = 0.15

/** Titles that differ by a slip; figures are no slip: 제3차 and 제4차 are two things. */
function areAlike(a: string, b: string): boolean {
  const figures = (letters: string) => letters.match(/\d+/g)?.join() ?? ''
  return figures(a) === figures(b) && distance(a, b) <= MISSPELT * Math.max(a.length, b.length)
}
