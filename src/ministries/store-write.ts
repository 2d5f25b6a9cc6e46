import { isDeepStrictEqual } from 'node:util'
import type { Database, Prisma } from '../db/client.ts'
import { tellNodes } from '../db/listen.ts'
import { assertMatch } from '../http/conditional.ts'
import { Problem } from '../http/problem.ts'
import { toDate } from '../time/seoul.ts'
import { noMinistry } from './answer.ts'
import { type Body, nameKey, nameShown } from './names.ts'
import { type NewMinistryEvent, type NewMinistryRecord, SHORT_NAMES_AT_MOST } from './schema.ts'
import { type EventRow, type Row, readRegistry, through, toBody, toLineageEvent } from './store.ts'
import {
  assertNew,
  assertNoCircle,
  assertNoNamesake,
  codeTaken,
  nameTaken,
  tooManyNames,
  toWrittenBody,
  toWrittenEvent,
  unknownCode,
  type WrittenEvent,
} from './written.ts'

/** Writing bodies and events. */

type Tx = Prisma.TransactionClient

/** One writer at a time, so that no two agree with what is there but not with each other. Readers do not wait. */
const writeMinistries = <T>({ prisma }: Database, work: (tx: Tx) => Promise<T>): Promise<T> =>
  prisma.$transaction(async tx => {
    await tx.$executeRaw`LOCK TABLE ministries IN SHARE ROW EXCLUSIVE MODE`
    await tellNodes(statement => tx.$executeRaw(statement))
    return work(tx)
  })

const columns = ({ code, kind, names }: Body) => ({
  code,
  kind,
  names: names as unknown as Prisma.InputJsonArray,
})

/** @throws Problem 400 or 409 that points at the culprit. */
export const insertMinistry = (db: Database, given: NewMinistryRecord, now: Date): Promise<Row> =>
  writeMinistries(db, async tx => {
    const body = toWrittenBody(given)
    const { bodies } = await readRegistry(tx)
    if (bodies.has(body.code)) throw codeTaken(body.code)
    assertNoNamesake(body, given, bodies.values())
    return tx.ministry.create({ data: { ...columns(body), recordedAt: now, modifiedAt: now } })
  })

/** Writing what is there already makes no version. @throws Problem 400, 404, 409 or 412. */
export const replaceMinistry = (
  db: Database,
  given: NewMinistryRecord,
  ifMatch: string,
  now: Date,
): Promise<Row> =>
  writeMinistries(db, async tx => {
    const row = await findExpected(tx, given.code, ifMatch)
    const body = toWrittenBody(given)
    if (isDeepStrictEqual(toBody(row), body)) return row
    assertNoNamesake(body, given, (await readRegistry(tx)).bodies.values())
    return updateMinistry(tx, row, body, now)
  })

const updateMinistry = (tx: Tx, row: Row, body: Body, now: Date): Promise<Row> =>
  tx.ministry.update({
    where: { code: row.code },
    data: { ...columns(body), version: row.version + 1, modifiedAt: now },
  })

/**
 * Makes a name one of a body's short names, of the time around a day; says the body, and false where it had it before.
 * @throws Problem 400 where nobody has the code, 409 where the name is another body's or there are too many.
 */
export const addShortName = (
  db: Database,
  { name, code, on }: { name: string; code: string; on: string },
  now: Date,
): Promise<{ body: Body; added: boolean }> =>
  writeMinistries(db, async tx => {
    const row = await tx.ministry.findUnique({ where: { code } })
    if (!row) throw unknownCode(code)
    const { called } = await readRegistry(tx)
    const owners = (called.get(nameKey(name)) ?? []).map(({ body }) => body)
    const body = toBody(row)
    if (owners.some(owner => owner.code === code)) return { body, added: false }
    if (owners[0]) throw nameTaken(name, owners[0])
    const meant = nameShown(body, on)
    if (meant.shortNames.length >= SHORT_NAMES_AT_MOST) throw tooManyNames(body)
    const names = body.names.map(one =>
      one === meant ? { ...one, shortNames: [...one.shortNames, name] } : one,
    )
    await updateMinistry(tx, row, { ...body, names }, now)
    return { body: { ...body, names }, added: true }
  })

/** An article that refers to a ministry, by its id; null where none does. */
export type FindReferring = (tx: Tx, code: string) => Promise<number | null>

/** @throws Problem 404 or 412, or 409 that names an event or article which refers to it. */
export const deleteMinistry = (
  db: Database,
  code: string,
  ifMatch: string,
  findReferring: FindReferring,
): Promise<void> =>
  writeMinistries(db, async tx => {
    // Waits for writers of articles that hold it; those who come later find it gone.
    await tx.$queryRaw`SELECT FROM ministries WHERE code = ${code} FOR UPDATE`
    await findExpected(tx, code, ifMatch)
    const { events } = await readRegistry(tx)
    const event = events.find(({ from, to }) => [...from, ...to].some(party => party.code === code))
    const article = event ? null : await findReferring(tx, code)
    if (event || article !== null)
      throw new Problem('conflict', {
        en: `${event ? `Event ${event.id}` : `Article ${article}`} refers to ${code}: a ministry that is no more gets a last day instead.`,
        ko: `${event ? `${event.id}번 연혁` : `${article}번 글`}이 ${code}을(를) 가리킵니다. 없어진 기관은 지우지 말고 이름에 마지막 날을 적으십시오.`,
      })
    await tx.ministry.delete({ where: { code } })
  })

async function findExpected(tx: Tx, code: string, ifMatch: string): Promise<Row> {
  const row = await tx.ministry.findUnique({ where: { code } })
  if (!row) throw noMinistry(code)
  assertMatch(ifMatch, row.version, 'The ministry')
  return row
}

const noEvent = (id: number) =>
  new Problem('not-found', {
    en: `There is no event ${id} of ministries.`,
    ko: `${id}번 기관 연혁이 없습니다.`,
  })

/** @throws Problem 404. */
export async function findEvent(db: Database | Tx, id: number): Promise<EventRow> {
  const row = await through(db).ministryEvent.findUnique({ where: { id } })
  if (!row) throw noEvent(id)
  return row
}

/** An event that agrees with the bodies and the others. @throws Problem 400 or 409 that points at the culprit. */
async function agreeingEvent(tx: Tx, given: NewMinistryEvent, id: number | null): Promise<WrittenEvent> {
  const { bodies, events } = await readRegistry(tx)
  const event = toWrittenEvent(given, bodies)
  const others = events.filter(other => other.id !== id)
  assertNew(event, others)
  assertNoCircle(event, others)
  return event
}

const eventColumns = ({ kind, on, from, to, note }: WrittenEvent) => ({
  kind,
  effectiveOn: toDate(on),
  predecessors: from as unknown as Prisma.InputJsonArray,
  successors: to as unknown as Prisma.InputJsonArray,
  note,
})

export const insertEvent = (db: Database, given: NewMinistryEvent, now: Date): Promise<EventRow> =>
  writeMinistries(db, async tx =>
    tx.ministryEvent.create({
      data: { ...eventColumns(await agreeingEvent(tx, given, null)), recordedAt: now, modifiedAt: now },
    }),
  )

/** Writing what is there already makes no version. @throws Problem 400, 404, 409 or 412. */
export const replaceEvent = (
  db: Database,
  id: number,
  given: NewMinistryEvent,
  ifMatch: string,
  now: Date,
): Promise<EventRow> =>
  writeMinistries(db, async tx => {
    const row = await findEvent(tx, id)
    assertMatch(ifMatch, row.version, 'The event')
    const stands = { ...toLineageEvent(row), note: row.note }
    const said = (event: NewMinistryEvent | WrittenEvent) => {
      const { kind, on, from, to, note = null } = event
      const [before, after] = [from, to].map(side => side.map(({ code = null, name }) => ({ code, name })))
      return { id, kind, on, from: before, to: after, note }
    }
    // Before it is compared with the bodies: their names may have been changed since.
    if (isDeepStrictEqual(said(given), stands)) return row
    const event = await agreeingEvent(tx, given, id)
    if (isDeepStrictEqual(said(event), stands)) return row
    const data = eventColumns(event)
    return tx.ministryEvent.update({
      where: { id },
      data: { ...data, version: row.version + 1, modifiedAt: now },
    })
  })

/** @throws Problem 404 or 412. */
export const deleteEvent = (db: Database, id: number, ifMatch: string): Promise<void> =>
  writeMinistries(db, async tx => {
    assertMatch(ifMatch, (await findEvent(tx, id)).version, 'The event')
    await tx.ministryEvent.delete({ where: { id } })
  })
