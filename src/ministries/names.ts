/** What bodies are called, and when. Days are days in Seoul, both ends of a span included; an open end is null. */

export interface DatedName {
  name: string
  /** What else it is called for short, or was found to be called, while it has this name. */
  shortNames: string[]
  from: string | null
  to: string | null
}

export interface Body {
  code: string
  kind: string
  /** In the order of time, none over another. */
  names: DatedName[]
}

/** What two spellings have in common that are the same: NFC, without white space, lower case. */
export const nameKey = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\s\u200b]+/gu, '')
    .toLowerCase()

export const isInForce = ({ from, to }: DatedName, day: string): boolean =>
  (from === null || from <= day) && (to === null || day <= to)

/** Whether a name was in force before a day, and no longer on it. */
export const isFormer = ({ to }: DatedName, day: string): boolean => to !== null && to < day

/** What a body is called on a day; null where it is not there yet, or no longer. */
export const nameOn = ({ names }: Body, day: string): DatedName | null =>
  names.find(name => isInForce(name, day)) ?? null

/** The same, but of a body that has ended its last name, and of one to come its first. */
export function nameShown(body: Body, day: string): DatedName {
  const name = nameOn(body, day) ?? body.names.findLast(former => isFormer(former, day)) ?? body.names.at(0)
  if (name === undefined) throw new Error(`${body.code} has no name`)
  return name
}

/** Whether there is a day on which both are in force. */
export const overlap = (a: Span, b: Span): boolean =>
  (a.from === null || b.to === null || a.from <= b.to) && (b.from === null || a.to === null || b.from <= a.to)
type Span = Pick<DatedName, 'from' | 'to'>

export const inOrderOfTime = (names: readonly DatedName[]): DatedName[] =>
  [...names].sort((a, b) => compareOpen(a.from, b.from))

const compareOpen = (a: string | null, b: string | null) =>
  a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1

/** Two names of one body that are in force on the same day, by their places; null where there are none. */
export function findOverlap(names: readonly DatedName[]): [number, number] | null {
  for (const [i, name] of names.entries())
    for (let j = 0; j < i; j++) {
      const earlier = names[j]
      if (earlier && overlap(earlier, name)) return [j, i]
    }
  return null
}

/** A name that another body has at the same time; null where there is none. */
export function findNamesake(
  { code, names }: Pick<Body, 'code' | 'names'>,
  others: Iterable<Body>,
): { index: number; other: Body; its: DatedName } | null {
  for (const other of others) {
    if (other.code === code) continue
    for (const [index, name] of names.entries()) {
      const its = other.names.find(one => nameKey(one.name) === nameKey(name.name) && overlap(one, name))
      if (its) return { index, other, its }
    }
  }
  return null
}
