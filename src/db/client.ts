import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { type Prisma, PrismaClient } from '../generated/client.ts'
import { toDate } from '../time/seoul.ts'
import { isLate, watchedClient } from './watched.ts'

export { Prisma } from '../generated/client.ts'

export interface Database {
  pool: pg.Pool
  prisma: PrismaClient
  /** A connection of its own beside the pool, for what stays open: the caller ends it. */
  connect(settings?: pg.ClientConfig): Promise<pg.Client>
  close(): Promise<void>
}

export interface DatabaseOptions {
  url: string
  /** Connections at most. */
  poolSize: number
  /** Milliseconds after which PostgreSQL ends a statement. */
  statementTimeout: number
  /** The same of statements that have a limit of their own. */
  longestTimeout?: number
  /** Told of errors of idle connections, which nobody awaits. */
  onError?: (error: Error) => void
}

/** Milliseconds by which a server may be late with a statement that it should have ended: then it is taken for hanging. */
const LATE = 5_000

/**
 * The one pool of the process, and Prisma over it. Nothing connects before the first query, so a database that is
 * down fails queries, not this call; the pool connects anew by itself when it is back.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, poolSize, statementTimeout, longestTimeout = 0, onError } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeout,
    Client: watchedClient(statementTimeout > 0 ? Math.max(statementTimeout, longestTimeout) + LATE : 0),
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    application_name: 'gongbo',
    // Set on the open connection: a start-up option could be overridden by the URL's own or dropped by a pooler, and
    // Prisma's adapter takes every timestamptz for UTC.
    onConnect: async client => {
      await client.query("SET timezone = 'UTC'")
    },
  })
  pool.on('error', error => onError?.(error))
  // The pool takes its own listener away when it hands a client out. Where the server's farewell comes in the same packet
  // as the answer before, nobody listens yet, and an error that nobody listens to ends the process.
  pool.on('connect', client => client.on('error', () => {}))
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    // Lists of different lengths count as different queries: unbounded shapes, bounded plans.
    queryPlanCacheMaxSize: 200,
    transactionOptions: { maxWait: 10_000, timeout: 30_000 },
  })
  return {
    pool,
    prisma,
    async connect(settings = {}) {
      const client = new pg.Client({
        connectionString: url,
        keepAlive: true,
        application_name: 'gongbo',
        connectionTimeoutMillis: 5_000,
        query_timeout: 5_000,
        ...settings,
      })
      // An error that nobody listens to ends the process.
      client.on('error', error => onError?.(error))
      await client.connect()
      return client
    },
    async close() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

/** Runs writes on one connection in one transaction. */
export const inTransaction = <T>(
  db: Pick<Database, 'pool'>,
  work: (client: pg.PoolClient) => Promise<T>,
  begin = 'BEGIN',
): Promise<T> =>
  onConnection(db, async client => {
    await client.query(begin)
    const result = await work(client)
    await client.query('COMMIT')
    return result
  })

/** Gives a connection to what begins a transaction and ends it, unless it fails. */
export async function onConnection<T>(
  { pool }: Pick<Database, 'pool'>,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    return await work(client)
  } catch (error) {
    if (isLate(error)) broken = error
    else
      await client.query('ROLLBACK').catch(failure => {
        broken = failure
      })
    throw error
  } finally {
    client.release(broken)
  }
}

/** The same, unless another process is at it: null where one holds this advisory lock. */
export const inTransactionAlone = <T>(
  db: Pick<Database, 'pool'>,
  lock: number,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T | null> =>
  inTransaction(db, async client => {
    const { rows } = await client.query('SELECT pg_try_advisory_xact_lock($1) AS held', [lock])
    return rows[0].held ? work(client) : null
  })

/** Runs reads over one snapshot on one connection, each ended after `timeout` milliseconds. */
export const inSnapshot = <T>(
  db: Pick<Database, 'pool'>,
  timeout: number,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> =>
  inTransaction(
    db,
    work,
    // Compiling a plan costs more than any statement here runs. Sorts of a few thousand rows stay in memory.
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
     SET LOCAL jit = off; SET LOCAL work_mem = '16MB'; SET LOCAL statement_timeout = ${Math.round(timeout)}`,
  )

/** Runs a statement in whatever transaction it belongs to. */
export type Execute = (statement: Prisma.Sql) => Promise<unknown>

/** The same for its rows. */
export type Query = <T extends object>(statement: Prisma.Sql) => Promise<T[]>

/** Statements in a transaction of Prisma. */
export const queryIn =
  (tx: Prisma.TransactionClient): Query =>
  statement =>
    tx.$queryRaw(statement)

const { DATE, TIMESTAMPTZ } = pg.types.builtins
/** `text[]`, which pg-types does not name. */
const TEXTS: number = 1009

/** A `date` as midnight in UTC, which is what Prisma gives; pg's own parser would take the process's time zone. */
pg.types.setTypeParser(DATE, toDate)

/** What else there is: years before 1000 or beyond 9999, and infinity. */
const parseOdd: (text: string) => unknown = pg.types.getTypeParser(TIMESTAMPTZ)

/**
 * An instant as a session in UTC writes it, `2026-01-05 01:00:00.5+00`. A page has three for each article, and pg's own parser
 * takes five times as long.
 */
function parseInstant(text: string): unknown {
  if (text < '1' || text[4] !== '-' || !text.endsWith('+00')) return parseOdd(text)
  const two = (at: number) => 10 * text.charCodeAt(at) + text.charCodeAt(at + 1) - 11 * ZERO
  const fraction = text.length > 22 ? Math.round(1000 * Number(text.slice(19, -3))) : 0
  const year = 100 * two(0) + two(2)
  return new Date(Date.UTC(year, two(5) - 1, two(8), two(11), two(14), two(17), fraction))
}
const ZERO = '0'.charCodeAt(0)
pg.types.setTypeParser(TIMESTAMPTZ, parseInstant)

const parseAnyTexts: (text: string) => unknown = pg.types.getTypeParser(TEXTS)

/** Texts that PostgreSQL quotes none of. */
const BARE = /^\{[^"{}]+\}$/

/**
 * A `text[]`. Where none of the texts is quoted they are parted by commas, and where all are it reads as JSON: in half the time
 * that pg's own parser takes, twice for each article of a page.
 */
function parseTexts(text: string): unknown {
  if (text === '{}') return []
  const inside = text.slice(1, -1)
  if (BARE.test(text) && !inside.includes('NULL')) return inside.split(',')
  if (!text.startsWith('{"') || !text.endsWith('"}')) return parseAnyTexts(text)
  try {
    const texts: unknown[] = JSON.parse(`[${inside}]`)
    // A number may stand bare between quoted texts.
    return texts.every(one => typeof one === 'string') ? texts : parseAnyTexts(text)
  } catch {
    return parseAnyTexts(text)
  }
}
pg.types.setTypeParser(TEXTS, parseTexts)
