import { type Database, Prisma } from '../db/client.ts'
import { tellNodes } from '../db/listen.ts'
import { type Client, run } from '../db/run.ts'
import type { SearchSynonym as Row } from '../generated/client.ts'
import { assertMatch } from '../http/conditional.ts'
import type { Pages } from '../http/page.ts'
import { Problem } from '../http/problem.ts'
import { formatInstant } from '../time/seoul.ts'
import type { Synonyms } from './synonym-key.ts'
import type { SynonymGroup } from './synonym-schema.ts'

/** Groups of synonyms as rows. No spelling stands in two groups: their meanings would run together. */

type Tx = Prisma.TransactionClient

/** Groups that hold any of these keys. Read with each query; answers that nodes keep in memory go when they hear of a change. */
export async function listSynonymsOf(client: Client, keys: string[]): Promise<Synonyms[]> {
  if (keys.length === 0) return []
  const statement = Prisma.sql`SELECT terms, keys FROM search_synonyms WHERE keys && ${keys}::text[] ORDER BY id`
  return run(client, statement, { prepared: true })
}

/** A page of groups in the order of their ids, and the total, of one snapshot. With a key only the group that holds it. */
export async function listSynonymGroups(
  { prisma }: Database,
  { key, page, pageSize }: Pages & { key: string | null },
): Promise<{ rows: Row[]; total: number }> {
  const where = key === null ? {} : { keys: { has: key } }
  const [rows, total] = await prisma.$transaction(
    [
      prisma.searchSynonym.findMany({
        where,
        orderBy: { id: 'asc' },
        skip: (page - 1) * pageSize,
        take: pageSize,
      }),
      prisma.searchSynonym.count({ where }),
    ],
    { isolationLevel: 'RepeatableRead' },
  )
  return { rows, total }
}

export const findSynonymGroup = ({ prisma }: Database, id: number): Promise<Row | null> =>
  prisma.searchSynonym.findUnique({ where: { id } })

/** One writer at a time, so that two cannot give one spelling to two groups. Readers do not wait. */
const write = <T>({ prisma }: Database, work: (tx: Tx) => Promise<T>): Promise<T> =>
  prisma.$transaction(async tx => {
    await tx.$executeRaw`LOCK TABLE search_synonyms IN SHARE ROW EXCLUSIVE MODE`
    await tellNodes(statement => tx.$executeRaw(statement))
    return work(tx)
  })

/** @throws Problem 409 that names the group which has one of the spellings. */
export const insertSynonymGroup = (db: Database, synonyms: Synonyms, now: Date): Promise<Row> =>
  write(db, async tx => {
    await assertFree(tx, synonyms)
    return tx.searchSynonym.create({ data: { ...synonyms, recordedAt: now, modifiedAt: now } })
  })

/** Writing what is there already makes no version. @throws Problem 404, 409 or 412. */
export const replaceSynonymGroup = (
  db: Database,
  id: number,
  ifMatch: string,
  synonyms: Synonyms,
  now: Date,
): Promise<Row> =>
  write(db, async tx => {
    const row = await findExpected(tx, id, ifMatch)
    if (JSON.stringify(row.terms) === JSON.stringify(synonyms.terms)) return row
    await assertFree(tx, synonyms, id)
    const data = { ...synonyms, version: row.version + 1, modifiedAt: now }
    return tx.searchSynonym.update({ where: { id }, data })
  })

/** @throws Problem 404 or 412. */
export const deleteSynonymGroup = (db: Database, id: number, ifMatch: string): Promise<void> =>
  write(db, async tx => {
    await findExpected(tx, id, ifMatch)
    await tx.searchSynonym.delete({ where: { id } })
  })

export const noSynonymGroup = (id: number) =>
  new Problem('not-found', {
    en: `There is no group of synonyms ${id}.`,
    ko: `${id}번 동의어 묶음이 없습니다.`,
  })

/** The group that a writer last read. @throws Problem 404, or 412 that carries the present version. */
async function findExpected(tx: Tx, id: number, ifMatch: string): Promise<Row> {
  const row = await tx.searchSynonym.findUnique({ where: { id } })
  if (!row) throw noSynonymGroup(id)
  assertMatch(ifMatch, row.version, 'The group')
  return row
}

/** @throws Problem 409 that points at the first spelling which a group other than `own` has. */
async function assertFree(tx: Tx, { terms, keys }: Synonyms, own?: number): Promise<void> {
  const others = await tx.searchSynonym.findMany({
    where: { keys: { hasSome: keys }, ...(own !== undefined && { id: { not: own } }) },
    orderBy: { id: 'asc' },
  })
  for (const [i, key] of keys.entries()) {
    const other = others.find(group => group.keys.includes(key))
    if (!other) continue
    const detail = {
      en: `"${terms[i]}" stands in group ${other.id} already (${other.terms.join(', ')}): add to that group.`,
      ko: `"${terms[i]}"은(는) 이미 ${other.id}번 묶음(${other.terms.join(', ')})에 있습니다. 그 묶음에 추가하십시오.`,
    }
    throw new Problem('conflict', detail, { faults: [{ pointer: `/terms/${i}`, detail }] })
  }
}

export const toSynonymGroup = (row: Row): SynonymGroup => ({
  id: row.id,
  version: row.version,
  terms: row.terms,
  recordedAt: formatInstant(row.recordedAt),
  modifiedAt: formatInstant(row.modifiedAt),
})
