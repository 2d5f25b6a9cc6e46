import { Problem } from '../http/problem.ts'
import { formatInstant } from '../time/seoul.ts'
import { eventsOf, predecessorsOf, successorsOf } from './lineage.ts'
import { isInForce, nameOn, nameShown } from './names.ts'
import { type Candidate, nearestNames, type Registry, resolve } from './registry.ts'
import type { MinistryEvent, MinistryList, MinistryRecord, MinistryResolution } from './schema.ts'
import { type EventRow, type Row, toBody, toLineageEvent } from './store.ts'

/** Bodies and events as JSON. */

export const toEvent = (row: EventRow): MinistryEvent => ({
  ...toLineageEvent(row),
  version: row.version,
  note: row.note,
  recordedAt: formatInstant(row.recordedAt),
  modifiedAt: formatInstant(row.modifiedAt),
})

const lineageOf = (events: Registry['events'], code: string) => ({
  predecessors: predecessorsOf(events, code),
  successors: successorsOf(events, code),
})

export function toRecord(row: Row, events: readonly EventRow[], today: string): MinistryRecord {
  const body = toBody(row)
  const { code, kind, names } = body
  return {
    code,
    version: row.version,
    kind: kind as MinistryRecord['kind'],
    name: nameShown(body, today).name,
    names,
    events: eventsOf(events.map(toEvent), code),
    ...lineageOf(events.map(toLineageEvent), code),
    recordedAt: formatInstant(row.recordedAt),
    modifiedAt: formatInstant(row.modifiedAt),
  }
}

export const toList = (rows: readonly Row[], on: string): MinistryList => ({
  on,
  items: rows.map(toBody).flatMap(body => {
    const name = nameOn(body, on)
    return name ? [{ code: body.code, kind: body.kind as MinistryRecord['kind'], ...name }] : []
  }),
})

/** @throws Problem 404 that names the nearest names. */
export function toResolution(registry: Registry, asked: string, on: string): MinistryResolution {
  const { found, candidates } = resolve(registry, asked, on)
  if (candidates.length === 0) throw unknownName(registry, asked)
  const answer = ({ body, why, meant }: Candidate) => ({
    code: body.code,
    kind: body.kind as MinistryRecord['kind'],
    name: nameShown(body, on).name,
    inForce: body.names.some(name => isInForce(name, on)),
    why,
    meant,
    ...lineageOf(registry.events, body.code),
  })
  return {
    asked,
    on,
    ambiguous: found === null,
    ministry: found && answer(found),
    candidates: candidates.map(answer),
  }
}

const quoted = (names: readonly string[]) => names.map(name => `"${name}"`)

/** What is said of a name that nobody has, with the nearest ones. */
export function unknownTo(registry: Registry, text: string) {
  const near = nearestNames(registry, text)
  const en = `no ministry is or was called "${text}"`
  const ko = `"${text}"(이)라는 기관은 없습니다`
  return {
    detail: {
      en: near.length > 0 ? `${en}; did you mean ${quoted(near).join(' or ')}?` : en,
      ko: near.length > 0 ? `${ko}. 혹시 ${quoted(near).join(', ')}입니까?` : ko,
    },
    ...(near[0] !== undefined && { suggestion: near[0] }),
  }
}

function unknownName(registry: Registry, text: string): Problem {
  const fault = unknownTo(registry, text)
  return new Problem('not-found', fault.detail, { faults: [{ parameter: 'name', ...fault }] })
}

export const noMinistry = (code: string) =>
  new Problem('not-found', {
    en: `There is no ministry with the code ${code}.`,
    ko: `코드가 ${code}인 기관이 없습니다.`,
  })
