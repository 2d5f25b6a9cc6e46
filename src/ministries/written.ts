import { assertDayAt } from '../http/days.ts'
import { type Bilingual, badBody, Problem } from '../http/problem.ts'
import {
  type EventKind,
  findCircle,
  identityOf,
  isNameOf,
  type LineageEvent,
  misshapen,
  type Party,
} from './lineage.ts'
import { type Body, findNamesake, findOverlap, inOrderOfTime, nameKey } from './names.ts'
import type { NewMinistryEvent, NewMinistryRecord } from './schema.ts'

/** Bodies and events as they are written: what contradicts itself, or what is there. */

const tidy = (text: string) => text.normalize('NFC').trim().split(/\s+/u).join(' ')

const day = (text: string | null | undefined, pointer: string): string | null =>
  text === null || text === undefined ? null : assertDayAt(pointer, text)

function shortNames(given: readonly string[], name: string): string[] {
  const names = new Map(given.map(tidy).map(short => [nameKey(short), short]))
  names.delete(nameKey(name))
  return [...names.values()]
}

/** A body with its names in the order of time. @throws Problem 400 that points at a name which overlaps another. */
export function toWrittenBody({ code, kind, names: given }: NewMinistryRecord): Body {
  const names = given.map((one, i) => {
    const name = tidy(one.name)
    const from = day(one.from, `/names/${i}/from`)
    const to = day(one.to, `/names/${i}/to`)
    if (from !== null && to !== null && to < from)
      throw badBody(
        `/names/${i}/to`,
        `must not lie before from (${from})`,
        `from(${from})보다 앞설 수 없습니다`,
      )
    return { name, shortNames: shortNames(one.shortNames ?? [], name), from, to }
  })
  const both = findOverlap(names)
  if (both)
    throw badBody(
      `/names/${both[1]}`,
      `is in force on days on which "${names[both[0]]?.name}" is: a body has one name a day`,
      `"${names[both[0]]?.name}"와(과) 기간이 겹칩니다. 한 기관의 이름은 하루에 하나입니다`,
    )
  return { code, kind, names: inOrderOfTime(names) }
}

const conflict = (pointer: string, detail: Bilingual) =>
  new Problem('conflict', detail, { faults: [{ pointer, detail }] })

/** @throws Problem 409 that points at a name which another body has at the same time. */
export function assertNoNamesake(body: Body, given: NewMinistryRecord, others: Iterable<Body>): void {
  const same = findNamesake(body, others)
  if (!same) return
  const name = body.names[same.index]?.name ?? ''
  const index = given.names.findIndex(
    one => tidy(one.name) === name && (one.from ?? null) === body.names[same.index]?.from,
  )
  const span = `${same.its.from ?? '…'} – ${same.its.to ?? '…'}`
  throw conflict(`/names/${index}/name`, {
    en: `"${name}" is the name of ${same.other.code} at the same time (${span}).`,
    ko: `"${name}"은(는) 같은 기간(${span}) ${same.other.code}의 이름입니다.`,
  })
}

export const codeTaken = (code: string) =>
  conflict('/code', {
    en: `There is a ministry with the code ${code} already: change it with PUT /v1/ministries/${code}.`,
    ko: `코드가 ${code}인 기관이 이미 있습니다. PUT /v1/ministries/${code}(으)로 고치십시오.`,
  })

export const unknownCode = (code: string) =>
  badBody('/code', `no ministry has the code ${code}`, `코드가 ${code}인 기관이 없습니다`)

export const nameTaken = (name: string, { code, names }: Body) =>
  conflict('/name', {
    en: `"${name}" is or was a name of ${code} (${names.at(-1)?.name}).`,
    ko: `"${name}"은(는) ${code}(${names.at(-1)?.name})의 이름이거나 이름이었습니다.`,
  })

export const tooManyNames = ({ code }: Body) =>
  conflict('/code', {
    en: `${code} has as many short names as it can.`,
    ko: `${code}에는 약칭을 더 추가할 수 없습니다.`,
  })

export type WrittenEvent = Omit<LineageEvent, 'id'> & { note: string | null }

function toParty(
  given: NewMinistryEvent['from'][number],
  pointer: string,
  bodies: ReadonlyMap<string, Body>,
): Party {
  const party = { code: given.code ?? null, name: tidy(given.name) }
  if (party.code === null) return party
  const body = bodies.get(party.code)
  if (!body)
    throw badBody(
      `${pointer}/code`,
      `no ministry has the code ${party.code}; leave it out for one that is not here`,
      `코드가 ${party.code}인 기관이 없습니다. 등록되지 않은 기관이면 코드를 빼십시오`,
    )
  const names = body.names.map(({ name }) => `"${name}"`).join(', ')
  if (!isNameOf(body, party.name))
    throw badBody(
      `${pointer}/name`,
      `is no name of ${party.code}, which is or was called ${names}`,
      `${party.code}의 이름이 아닙니다(${names})`,
    )
  return party
}

/** @throws Problem 400 that points at a body which is not here, is named otherwise, or is one too many or too few. */
export function toWrittenEvent(given: NewMinistryEvent, bodies: ReadonlyMap<string, Body>): WrittenEvent {
  const { kind, note } = given
  const on = day(given.on, '/on') ?? ''
  const side = (name: 'from' | 'to') => {
    const parties = given[name].map((party, i) => toParty(party, `/${name}/${i}`, bodies))
    const twice = parties.findIndex(
      (party, i) => parties.findIndex(one => identityOf(one) === identityOf(party)) < i,
    )
    if (twice >= 0) throw badBody(`/${name}/${twice}`, 'is given twice', '두 번 나옵니다')
    return parties
  }
  const event = { kind, on, from: side('from'), to: side('to'), note: note?.trim() ?? null }
  const wrong = misshapen(event)
  if (wrong)
    throw badBody(
      `/${wrong.side}`,
      `a ${kind} has ${wrong.wanted === 'one' ? 'one body' : 'several bodies'} here`,
      `${kind}에는 기관이 ${wrong.wanted === 'one' ? '하나여야' : '둘 이상이어야'} 합니다`,
    )
  assertChanges(event)
  return event
}

/** @throws Problem 400 where one body becomes what it is, or is renamed to another one. */
function assertChanges({ kind, from: [before], to: [after] }: WrittenEvent): void {
  if (!before || !after || !ONE_TO_ONE.has(kind)) return
  const isItself = before.code !== null && before.code === after.code
  if (before.name === after.name && before.code === after.code)
    throw badBody('/to/0/name', 'is what it was called before', '바뀌기 전의 이름과 같습니다')
  if (kind === 'replace' && isItself)
    throw badBody(
      '/to/0/code',
      'is the body itself: with another name that is a rename or an upgrade',
      '같은 기관입니다. 이름이 바뀌었다면 rename이나 upgrade입니다',
    )
  if (kind === 'rename' && before.code !== null && after.code !== null && !isItself)
    throw badBody(
      '/to/0/code',
      'is another body: one that is called otherwise keeps its code, and what comes in its place is a replace',
      '다른 기관입니다. 이름만 바뀌면 코드가 그대로이고, 다른 기관이 대신하면 replace입니다',
    )
}
const ONE_TO_ONE = new Set<EventKind>(['rename', 'upgrade', 'replace'])

/** @throws Problem 409 that names the event which says the same. */
export function assertNew(event: WrittenEvent, others: readonly LineageEvent[]): void {
  const said = ({ kind, on, from, to }: Omit<WrittenEvent, 'note'>) =>
    JSON.stringify([kind, on, ...[from, to].map(side => side.map(({ code, name }) => [code, name]).sort())])
  const same = others.find(other => said(other) === said(event))
  if (same)
    throw conflict('/kind', {
      en: `Event ${same.id} says the same already.`,
      ko: `${same.id}번 연혁과 같습니다.`,
    })
}

/** @throws Problem 409 that points at the body which would come after itself. */
export function assertNoCircle(event: WrittenEvent, others: readonly LineageEvent[]): void {
  const circle = findCircle([...others, event])
  if (!circle) return
  // Without this event there was none, so it goes through one of its bodies.
  const index = event.to.findIndex(party => circle.includes(identityOf(party)))
  throw conflict(`/to/${index}`, {
    en: `A body would come in its own place: ${circle.join(' → ')}.`,
    ko: `기관이 자기 자신의 후신이 됩니다: ${circle.join(' → ')}.`,
  })
}
