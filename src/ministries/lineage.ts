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
interface Relative extends Party {
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

/** What tells bodies apart: their codes, and of those that are not here their names. */
export const identityOf = ({ code, name }: Party): string => code ?? name

const involves = (parties: readonly Party[], identity: string) =>
  parties.some(party => identityOf(party) === identity)

/** Events in which a body takes part, in the order of time. Here and below a body is told by its code, or its name. */
export const eventsOf = <E extends LineageEvent>(events: readonly E[], body: string): E[] =>
  events.filter(({ from, to }) => involves(from, body) || involves(to, body)).sort(inOrder)

const inOrder = (a: LineageEvent, b: LineageEvent) => (a.on === b.on ? a.id - b.id : a.on < b.on ? -1 : 1)

/** The bodies on one side of the events in which a body stands on the other; never the body itself. */
function relatives(
  events: readonly LineageEvent[],
  body: string,
  own: 'from' | 'to',
  theirs: 'from' | 'to',
): Relative[] {
  return eventsOf(events, body)
    .filter(event => succeeds(event) && involves(event[own], body))
    .flatMap(event =>
      event[theirs]
        .filter(party => identityOf(party) !== body)
        .map(({ code, name }) => ({ code, name, kind: event.kind, on: event.on, event: event.id })),
    )
}

/** The bodies in whose place one came, one step back. */
export const predecessorsOf = (events: readonly LineageEvent[], body: string): Relative[] =>
  relatives(events, body, 'to', 'from')

/** The bodies that came in one's place, one step on. */
export const successorsOf = (events: readonly LineageEvent[], body: string): Relative[] =>
  relatives(events, body, 'from', 'to')

/** All bodies in whose place one came, however far back, the nearest first. Without the body itself. */
export function ancestorsOf(events: readonly LineageEvent[], body: string): Party[] {
  const found = new Map<string, Party | null>([[body, null]])
  for (const [one] of found)
    for (const { code, name } of predecessorsOf(events, one)) {
      const before = { code, name }
      if (!found.has(identityOf(before))) found.set(identityOf(before), before)
    }
  return [...found.values()].flatMap(one => one ?? [])
}

/**
 * A way from a body over those that came in its place back to itself, its first body twice; null where there is none.
 * A body that goes on after an event (a rename, the rest after a split) is no circle.
 */
export function findCircle(events: readonly Lineage[]): string[] | null {
  const after = new Map<string, Set<string>>()
  for (const event of events)
    for (const before of succeeds(event) ? event.from.map(identityOf) : [])
      for (const next of event.to.map(identityOf))
        if (next !== before) after.set(before, (after.get(before) ?? new Set()).add(next))
  const done = new Set<string>()
  const walk = (body: string, path: string[]): string[] | null => {
    if (path.includes(body)) return [...path.slice(path.indexOf(body)), body]
    if (done.has(body)) return null
    for (const next of after.get(body) ?? []) {
      const circle = walk(next, [...path, body])
      if (circle) return circle
    }
    done.add(body)
    return null
  }
  for (const body of after.keys()) {
    const circle = walk(body, [])
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
