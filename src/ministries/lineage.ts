import type { Body } from './names.ts'

/** What became of bodies: dated events, one to one, one to many, many to one. */

export const EVENT_KINDS = ['rename', 'upgrade', 'replace', 'split', 'merge', 'transfer'] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** A body in an event, by the name that it had there. Without a code it is one that is not here. */
export interface Party {
  code: string | null
  name: string
}

export interface LineageEvent {
  id: number
  kind: EventKind
  /** The first Seoul day after it. */
  on: string
  from: Party[]
  to: Party[]
}

/** A body before or after another one. */
export interface Relative extends Party {
  kind: EventKind
  on: string
  /** Which event says so. */
  event: number
}

type Lineage = Pick<LineageEvent, 'kind' | 'from' | 'to'>

/**
 * Whether those after an event take the place of those before. Where only functions move, both go on as they were, and
 * neither is the other's predecessor.
 */
const succeeds = ({ kind }: Lineage) => kind !== 'transfer'

const involves = (parties: readonly Party[], code: string) => parties.some(party => party.code === code)

/** Events in which a body takes part, in the order of time. */
export const eventsOf = <E extends LineageEvent>(events: readonly E[], code: string): E[] =>
  events.filter(({ from, to }) => involves(from, code) || involves(to, code)).sort(inOrder)

const inOrder = (a: LineageEvent, b: LineageEvent) => (a.on === b.on ? a.id - b.id : a.on < b.on ? -1 : 1)

/** The bodies on one side of the events in which a body stands on the other; never the body itself. */
function relatives(
  events: readonly LineageEvent[],
  code: string,
  own: 'from' | 'to',
  theirs: 'from' | 'to',
): Relative[] {
  return eventsOf(events, code)
    .filter(event => succeeds(event) && involves(event[own], code))
    .flatMap(event =>
      event[theirs]
        .filter(party => party.code !== code)
        .map(({ code, name }) => ({ code, name, kind: event.kind, on: event.on, event: event.id })),
    )
}

/** The bodies in whose place one came, one step back. */
export const predecessorsOf = (events: readonly LineageEvent[], code: string): Relative[] =>
  relatives(events, code, 'to', 'from')

/** The bodies that came in one's place, one step on. */
export const successorsOf = (events: readonly LineageEvent[], code: string): Relative[] =>
  relatives(events, code, 'from', 'to')

/** The codes of all bodies in whose place one came, however far back, the nearest first. Without the body itself. */
export function ancestorsOf(events: readonly LineageEvent[], code: string): string[] {
  const found = new Set([code])
  for (const one of found)
    for (const { code: before } of predecessorsOf(events, one)) if (before !== null) found.add(before)
  found.delete(code)
  return [...found]
}

/**
 * A way from a body over those that came in its place back to itself, as codes, the first one twice; null where there
 * is none. A body that goes on after an event (a rename, the rest after a split) is no circle.
 */
export function findCircle(events: readonly Lineage[]): string[] | null {
  const after = new Map<string, Set<string>>()
  for (const event of events)
    for (const { code: before } of succeeds(event) ? event.from : [])
      for (const { code } of event.to)
        if (before !== null && code !== null && code !== before)
          after.set(before, (after.get(before) ?? new Set()).add(code))
  const done = new Set<string>()
  const walk = (code: string, path: string[]): string[] | null => {
    if (path.includes(code)) return [...path.slice(path.indexOf(code)), code]
    if (done.has(code)) return null
    for (const next of after.get(code) ?? []) {
      const circle = walk(next, [...path, code])
      if (circle) return circle
    }
    done.add(code)
    return null
  }
  for (const code of after.keys()) {
    const circle = walk(code, [])
    if (circle) return circle
  }
  return null
}

/** How many bodies an event has before and after it. */
const SHAPES: Record<EventKind, { from: 'one' | 'many' | 'any'; to: 'one' | 'many' | 'any' }> = {
  rename: { from: 'one', to: 'one' },
  upgrade: { from: 'one', to: 'one' },
  replace: { from: 'one', to: 'one' },
  split: { from: 'one', to: 'many' },
  merge: { from: 'many', to: 'one' },
  transfer: { from: 'any', to: 'any' },
}

/** The side of an event that has too many bodies or too few for its kind; null where it is as it should be. */
export function misshapen({
  kind,
  from,
  to,
}: Lineage): { side: 'from' | 'to'; wanted: 'one' | 'many' } | null {
  for (const [side, { length }] of [
    ['from', from],
    ['to', to],
  ] as const) {
    const wanted = SHAPES[kind][side]
    if (wanted !== 'any' && (wanted === 'one') !== (length === 1)) return { side, wanted }
  }
  return null
}

/** Whether a body is, was or will be called so. */
export const isNameOf = ({ names }: Body, name: string): boolean => names.some(one => one.name === name)
