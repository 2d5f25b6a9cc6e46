import { distance } from 'fastest-levenshtein'
import type { LineageEvent } from './lineage.ts'
import { type Body, type DatedName, isFormer, isInForce, nameKey, nameShown } from './names.ts'

/** All bodies at once, and which of them a text means. */

export interface Registry {
  bodies: ReadonlyMap<string, Body>
  events: readonly LineageEvent[]
  /** Every name and short name, by its key. */
  called: ReadonlyMap<string, readonly Called[]>
}

interface Called {
  body: Body
  name: DatedName
  short: boolean
}

export function toRegistry(bodies: readonly Body[], events: readonly LineageEvent[]): Registry {
  const called = new Map<string, Called[]>()
  const add = (text: string, one: Called) =>
    called.set(nameKey(text), [...(called.get(nameKey(text)) ?? []), one])
  for (const body of bodies)
    for (const name of body.names) {
      add(name.name, { body, name, short: false })
      for (const short of name.shortNames) add(short, { body, name, short: true })
    }
  return { bodies: new Map(bodies.map(body => [body.code, body])), events, called }
}

/** Why a body is meant, the best reason first. */
export const REASONS = [
  'code',
  'name',
  'short-name',
  'former-name',
  'former-short-name',
  'later-name',
  'later-short-name',
] as const
export type Reason = (typeof REASONS)[number]

export interface Candidate {
  body: Body
  why: Reason
  /** The name that was meant, itself or by a short one; by a code, what the body is called on the day. */
  meant: DatedName
}

interface Resolution {
  /** The one that is meant; null where none is, or where several are for equally good reasons. */
  found: Candidate | null
  /** All that may be meant, the best first, each for its best reason. */
  candidates: Candidate[]
}

const reasonOf = ({ name, short }: Called, day: string): Reason => {
  const when = isInForce(name, day) ? '' : isFormer(name, day) ? 'former-' : 'later-'
  return `${when}${short ? 'short-' : ''}name`
}

const rank = ({ why }: Candidate) => REASONS.indexOf(why)

/**
 * Which body a code or name means on a Seoul day. A name that is in force on it goes before a short one, these before
 * former names, and those before names to come; of one body's former names the last one counts.
 */
export function resolve(registry: Registry, text: string, day: string): Resolution {
  const byCode = registry.bodies.get(text.trim())
  if (byCode) {
    const found: Candidate = { body: byCode, why: 'code', meant: nameShown(byCode, day) }
    return { found, candidates: [found] }
  }
  const best = new Map<string, Candidate>()
  for (const one of registry.called.get(nameKey(text)) ?? []) {
    const candidate = { body: one.body, why: reasonOf(one, day), meant: one.name }
    const known = best.get(one.body.code)
    // Names come in the order of time: of equally good ones the last of those before is nearest, and the first to come.
    const nearer =
      known === undefined ||
      rank(candidate) < rank(known) ||
      (rank(candidate) === rank(known) && candidate.why.startsWith('former'))
    if (nearer) best.set(one.body.code, candidate)
  }
  const candidates = [...best.values()].sort(
    (a, b) => rank(a) - rank(b) || (a.body.code < b.body.code ? -1 : 1),
  )
  const [first, second] = candidates
  return { found: first && (!second || rank(first) < rank(second)) ? first : null, candidates }
}

/** Names and short names that look most like a text, the nearest first. */
export function nearestNames(registry: Registry, text: string, limit = 3): string[] {
  const key = nameKey(text)
  const most = Math.max(1, Math.floor(key.length / 2))
  const names = new Set(
    [...registry.bodies.values()].flatMap(({ names }) => names.flatMap(one => [one.name, ...one.shortNames])),
  )
  return [...names]
    .map(name => ({ name, errors: errorsBetween(key, nameKey(name)) }))
    .filter(({ errors }) => errors <= most)
    .sort((a, b) => a.errors - b.errors || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name)
}

/** Half-typed names are near to what they begin. */
const errorsBetween = (typed: string, name: string) =>
  typed.length > 1 && name.startsWith(typed) ? 0.5 : distance(typed, name)
