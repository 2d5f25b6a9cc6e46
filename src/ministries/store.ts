import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, Prisma, type Query } from '../db/client.ts'
import type { MinistryEvent as EventRow, Ministry as Row } from '../generated/client.ts'
import { ofDate } from '../time/seoul.ts'
import type { LineageEvent, Party } from './lineage.ts'
import type { Body, DatedName } from './names.ts'
import { type Registry, toRegistry } from './registry.ts'

/** Bodies and events as rows. They are few, and read whole. */

type Tx = Prisma.TransactionClient

export type { EventRow, Row }

/** Prisma types JSON columns by their shape alone; the writers here keep it. */
export const toBody = ({ code, kind, names }: Row): Body => ({
  code,
  kind,
  names: names as unknown as DatedName[],
})

export const toLineageEvent = ({
  id,
  kind,
  effectiveOn,
  predecessors,
  successors,
}: EventRow): LineageEvent => ({
  id,
  kind: kind as LineageEvent['kind'],
  on: ofDate(effectiveOn),
  from: predecessors as unknown as Party[],
  to: successors as unknown as Party[],
})

/** Reads go through the pool, or through the transaction that they belong to. */
export const through = (db: Database | Tx): Tx => ('prisma' in db ? db.prisma : db)

/** Every body and event. */
export async function readRows(db: Database | Tx): Promise<{ rows: Row[]; events: EventRow[] }> {
  const tx = through(db)
  const rows = await tx.ministry.findMany({ orderBy: { code: 'asc' } })
  const events = await tx.ministryEvent.findMany({ orderBy: [{ effectiveOn: 'asc' }, { id: 'asc' }] })
  return { rows, events }
}

interface RegistryRow {
  bodies: Body[] | null
  events: LineageEvent[] | null
}
const REGISTRY = Prisma.sql`
  SELECT (SELECT json_agg(json_build_object('code', code, 'kind', kind, 'names', names) ORDER BY code)
      FROM ministries) AS bodies,
    (SELECT json_agg(json_build_object('id', id, 'kind', kind, 'on', effective_on,
        'from', predecessors, 'to', successors) ORDER BY effective_on, id)
      FROM ministry_events) AS events`
const ofRow = (row: RegistryRow | undefined) => toRegistry(row?.bodies ?? [], row?.events ?? [])

/** The same for who only asks what names mean: one statement, for every transaction that writes an article. */
export async function readRegistry(db: Database | Tx): Promise<Registry> {
  const [row] = await through(db).$queryRaw<RegistryRow[]>(REGISTRY)
  return ofRow(row)
}

/** The registry for who writes on a connection of the pool. */
export async function readRegistryOn(query: Query): Promise<Registry> {
  return ofRow((await query<RegistryRow>(REGISTRY))[0])
}

/**
 * Keeps bodies from being deleted before the transaction ends; says which are there. `waiting: false` leaves those out that
 * somebody deletes at this moment.
 */
export async function holdMinistries(
  query: Query,
  codes: string[],
  { waiting = true } = {},
): Promise<string[]> {
  if (codes.length === 0) return []
  const held = await query<{ code: string }>(Prisma.sql`
    SELECT code FROM ministries WHERE code = ANY(${codes}::text[]) ORDER BY code FOR KEY SHARE ${waiting ? Prisma.empty : Prisma.raw('SKIP LOCKED')}`)
  return held.map(({ code }) => code)
}

/** Keeps the body with a code from being deleted before the transaction ends; false where it is not there. */
export async function holdMinistry(tx: Tx, code: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT FROM ministries WHERE code = ${code} FOR KEY SHARE`
  return rows.length > 0
}

/**
 * The registry as readers of articles see it: what this node writes at once, what others write within `AGE`; while the
 * database is away what it was last, since replicas may still answer what is asked of articles.
 */
export interface RegistryReader {
  current(): Promise<Registry>
  /** What was read is no longer true. */
  forget(): void
}

/** Milliseconds: every answer with an article in it needs the registry, which hardly ever changes. */
const AGE = 1_000
/** Milliseconds after which a reading is late, since the database hangs: until it is done the last one is given. */
const LATE = 250

export function registryReader(db: Database): RegistryReader {
  let kept: { registry: Registry; until: number } | null = null
  let reading: Promise<Registry> | null = null
  let last: Registry | null = null
  let late = false
  const read = (): Promise<Registry> => {
    const own = readRegistry(db)
      .catch((error: Error) => {
        if (last) return last
        throw error
      })
      .then(registry => {
        if (own !== reading) return registry
        last = registry
        kept = { registry, until: performance.now() + AGE }
        return registry
      })
      .finally(() => {
        if (own !== reading) return
        reading = null
        late = false
      })
    return own
  }
  return {
    async current() {
      if (kept && performance.now() < kept.until) return kept.registry
      reading ??= read()
      if (!last) return reading
      if (late) return last
      const found = await Promise.race([reading, sleep(LATE, null, { ref: false })])
      if (found) return found
      late = reading !== null
      return last
    },
    forget() {
      kept = null
      reading = null
      late = false
    },
  }
}
