import type pg from 'pg'
import { type Database, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { ListQuery } from './query.ts'
import { listRepeated } from './store-collapse.ts'
import { everyFound, rowsByIds } from './store-keywords.ts'
import { COUNTED, type ListedRow, matches, orderBy, type PlainQuery } from './store-list.ts'
import { articlesAt } from './store-past.ts'

/**
 * Whole lists, walked within one snapshot on a connection of their own. A cursor gives the ids in their order, which is one
 * plan and sorts nothing wider; the rows come by ids, a batch at a time.
 */

const { sql, empty } = Prisma

/** Ids that are fetched at once. */
const IDS = 1_000
/** What a batch of rows may have: articles, and bytes of their bodies unless one alone has more. */
const BATCH = 100
const BATCH_BYTES = 128 * 1024
/** Milliseconds after which a statement of a walk is ended: the first one finds everything. */
const STATEMENT_MS = 10 * 60_000

/**
 * The plan is for the whole, not for a page. How long the transaction lies idle is up to the reader, and whoever walks
 * knows when to give up.
 */
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL cursor_tuple_fraction = 1; SET LOCAL jit = off; SET LOCAL work_mem = '16MB';
  SET LOCAL statement_timeout = ${STATEMENT_MS}; SET LOCAL idle_in_transaction_session_timeout = 0`

/**
 * All articles of a list, batch by batch as they are pulled. Nothing outlives the walk: whether it ends, fails, is left or
 * aborted, its connection is closed, and a statement that runs is ended.
 */
export async function* walkArticles(
  db: Database,
  query: PlainQuery,
  signal: AbortSignal,
): AsyncGenerator<ListedRow[]> {
  const client = await db.connect({ application_name: 'gongbo export', query_timeout: 0 })
  // With a statement under way this cuts the connection.
  const cut = () => client.end().catch(() => {})
  signal.addEventListener('abort', cut, { once: true })
  try {
    signal.throwIfAborted()
    // Then PostgreSQL looks after a cut connection while it works, too; not on Windows, where it would refuse.
    await client.query("SET client_connection_check_interval = '1s'").catch(() => {})
    await client.query(BEGIN)
    const ids = await everyId(client, query)
    if (!ids) return
    await run(client, sql`DECLARE walk NO SCROLL CURSOR FOR ${withBytes(ids, query)}`)
    for (;;) {
      const found = await run<Sized>(client, sql`FETCH ${Prisma.raw(String(IDS))} FROM walk`)
      if (found.length === 0) return
      for (const batch of batches(found)) yield await rowsByIds(client, query, batch)
    }
  } finally {
    signal.removeEventListener('abort', cut)
    if (!signal.aborted) await cut()
  }
}

async function everyId(client: pg.ClientBase, query: PlainQuery): Promise<Prisma.Sql | null> {
  const { filter, sort, asOf, collapse, keywords } = query
  if (keywords) return everyFound(client, query, keywords)
  const where = matches(filter)
  const counted = sort === '-views' ? COUNTED : empty
  const first = collapse ? sql`AND a.id NOT IN (${listRepeated(filter, where)})` : empty
  return sql`SELECT a.id FROM ${asOf ? articlesAt(asOf) : sql`articles a`} ${counted}
    WHERE ${where} ${first} ORDER BY ${orderBy(sort)}`
}

interface Sized {
  id: number
  bytes: number
}

/** Ids with the bytes of the bodies that are read; PostgreSQL knows these without unpacking them. */
const withBytes = (ids: Prisma.Sql, { fields }: Pick<ListQuery, 'fields'>): Prisma.Sql =>
  fields && !fields.includes('bodyHtml') && !fields.includes('bodyText')
    ? sql`SELECT id, 0 AS bytes FROM (${ids}) AS page`
    : sql`SELECT id, (SELECT octet_length(b.body_html) + octet_length(b.body_text)
        FROM articles b WHERE b.id = page.id) AS bytes FROM (${ids}) AS page`

function* batches(found: Sized[]): Generator<number[]> {
  let batch: number[] = []
  let size = 0
  for (const { id, bytes } of found) {
    if (batch.length === BATCH || (batch.length > 0 && size + bytes > BATCH_BYTES)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(id)
    size += bytes
  }
  yield batch
}
