import { ancestorsOf, identityOf, type Party } from '../ministries/lineage.ts'
import { type Body, nameKey, nameShown } from '../ministries/names.ts'
import { type Candidate, REASONS, type Registry, resolve } from '../ministries/registry.ts'

/** The `ministry` filter of lists: which bodies a value takes in, and what their articles are found by. */

export const LINEAGES = ['all', 'body', 'exact'] as const
export type LineageMode = (typeof LINEAGES)[number]

/** Why a list takes a body in. */
export const TAKEN_FOR = [...REASONS, 'predecessor', 'as-published', 'text'] as const

export interface TakenIn {
  /** The value of the filter. */
  asked: string
  code: string | null
  name: string
  why: (typeof TAKEN_FOR)[number]
}

export interface Taken {
  ministries: TakenIn[]
  /** Codes and names of which an article must have one; for `lineage=exact` names as published. */
  values: string[]
}

/** What a value takes in; null where nobody is or was called so. */
export function takeIn(registry: Registry, asked: string, lineage: LineageMode, today: string): Taken | null {
  const { candidates } = resolve(registry, asked, today)
  const meant = candidates.filter(({ why }) => why === candidates[0]?.why)
  const unlisted = meant.length === 0 ? findUnlisted(registry, asked) : undefined
  if (meant.length === 0 && !unlisted) return null
  if (lineage === 'exact') {
    const full = fullNames(registry, asked)
    const other = unlisted ? [unlisted] : meant.map(nameOf(today))
    return takeNames(asked, full.length > 0 ? full : other)
  }

  const taken = new Map<string, { party: Party; why: TakenIn['why'] }>()
  for (const { body, why } of meant) taken.set(body.code, { party: { code: body.code, name: asked }, why })
  if (unlisted) taken.set(identityOf(unlisted), { party: unlisted, why: 'name' })
  for (const one of lineage === 'all' ? [...taken.keys()] : [])
    for (const party of ancestorsOf(registry.events, one))
      if (!taken.has(identityOf(party))) taken.set(identityOf(party), { party, why: 'predecessor' })

  const members = [...taken.values()].map(({ party: { code, name }, why }) => {
    const body = registry.bodies.get(code ?? '')
    return {
      ministry: { asked, code, name: body ? nameShown(body, today).name : name, why },
      values: body ? valuesOf(body) : [name],
    }
  })
  return {
    ministries: members.map(({ ministry }) => ministry),
    // As it was typed too: articles may carry it in another spelling, from before the body was known.
    values: [...new Set([...members.flatMap(({ values }) => values), asked.trim()])],
  }
}

/** Bodies that are not meant, and have names in common with those that are. */
export interface Namesakes {
  codes: string[]
  /** The values of the filter without those names: of these bodies only what was published under another one is meant. */
  names: string[]
}

export function namesakesOf(registry: Registry, { ministries, values }: Taken): Namesakes | null {
  const meant = new Set(ministries.map(({ code }) => code))
  const others = new Map(
    values.map(value => [
      value,
      (registry.called.get(nameKey(value)) ?? []).filter(({ body }) => !meant.has(body.code)),
    ]),
  )
  const codes = [...new Set([...others.values()].flatMap(called => called.map(({ body }) => body.code)))]
  if (codes.length === 0) return null
  return { codes, names: values.filter(value => others.get(value)?.length === 0) }
}

/** A text that nobody knows, but that articles carry. */
export const takeText = (asked: string): Taken => ({
  ministries: [{ asked, code: null, name: asked, why: 'text' }],
  values: [asked],
})

/** Everything by which articles of a body are found: those from before it was known carry a name and no code. */
const valuesOf = ({ code, names }: Body) => [code, ...names.flatMap(one => [one.name, ...one.shortNames])]

/** A body that events name and that has no code here. */
const findUnlisted = ({ events }: Registry, asked: string): Party | undefined =>
  events
    .flatMap(({ from, to }) => [...from, ...to])
    .find(({ code, name }) => code === null && nameKey(name) === nameKey(asked))

/** Bodies of which a value is a full name, of whatever time. */
const fullNames = ({ called }: Registry, asked: string): Party[] =>
  (called.get(nameKey(asked)) ?? []).flatMap(({ body, name, short }) =>
    short ? [] : [{ code: body.code, name: name.name }],
  )

/** The full name that a code or short name stands for. */
const nameOf =
  (today: string) =>
  ({ body, why, meant }: Candidate): Party => ({
    code: body.code,
    name: why === 'code' ? nameShown(body, today).name : meant.name,
  })

/** Names as published. A value that is no code is one itself: a source may have published a short name. */
const takeNames = (asked: string, parties: Party[]): Taken => ({
  ministries: parties.map(party => ({ asked, ...party, why: 'as-published' })),
  values: [
    ...new Set([
      ...parties.map(({ name }) => name),
      ...(parties.some(({ code }) => code === asked.trim()) ? [] : [asked]),
    ]),
  ],
})
