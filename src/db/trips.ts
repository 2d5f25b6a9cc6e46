import type pg from 'pg'
import { type Database, type Execute, onConnection, Prisma, type Query } from './client.ts'
import type { Statement } from './prepared.ts'
import { runAll, toPrepared } from './run.ts'

/** A transaction whose statements go to the server in few trips. On each of them its locks would be held a while longer. */
export interface Trips {
  /** What gives no rows: it goes along with what comes next, which fails where this does. */
  execute: Execute
  query: Query
  /** The last one, whose rows come once the transaction is committed. */
  commit: Query
}

const { sql } = Prisma
const BEGIN = toPrepared(sql`BEGIN`)
const COMMIT = toPrepared(sql`COMMIT`)

/** Runs writes on one connection in one transaction of prepared statements, each planned once for each connection. */
export const inTrips = <T>(db: Pick<Database, 'pool'>, work: (trips: Trips) => Promise<T>): Promise<T> =>
  onConnection(db, async client => {
    const trips = new Transaction(client)
    const result = await work(trips)
    if (!trips.committed) await trips.send(COMMIT)
    return result
  })

class Transaction implements Trips {
  committed = false
  readonly #client: pg.ClientBase
  #waiting: Statement[] = [BEGIN]

  constructor(client: pg.ClientBase) {
    this.#client = client
  }

  /** Sends what waits, then these, and gives the rows of the first of these. */
  async send(...statements: Statement[]): Promise<object[]> {
    const before = this.#waiting
    this.#waiting = []
    return (await runAll(this.#client, [...before, ...statements]))[before.length] ?? []
  }

  execute: Execute = async statement => {
    this.#waiting.push(toPrepared(statement))
  }

  query: Query = <T extends object>(statement: Prisma.Sql) => this.send(toPrepared(statement)) as Promise<T[]>

  commit: Query = async <T extends object>(statement: Prisma.Sql) => {
    const rows = await this.send(toPrepared(statement), COMMIT)
    this.committed = true
    return rows as T[]
  }
}
