import type pg from 'pg'
import type { Prisma } from './client.ts'
import { type Done, Prepared } from './prepared.ts'

/** Statements on a connection of pg. */

/** A pool or one of its clients. */
export type Client = Pick<pg.ClientBase, 'query'>

/**
 * The rows of a statement. PostgreSQL keeps the plan of a prepared one only if it looks no dearer than those that it made for
 * given values: how long a list is, it should not see (`(SELECT $1::text[])`), since of a parameter it supposes ten.
 * @param options `prepared`: planned once for each connection, where one plan fits every value; not for texts without end
 */
export async function run<T extends object>(
  client: Client,
  { text, values }: Pick<Prisma.Sql, 'text' | 'values'>,
  { prepared = false }: { prepared?: boolean } = {},
): Promise<T[]> {
  const name = prepared ? nameOf(text) : undefined
  if (name !== undefined) return runPrepared(client, new Prepared<T>(name, text, values))
  return (await client.query<T>({ text, values: values as unknown[] })).rows
}

/** A client gives its promise for its own queries alone. */
const runPrepared = <T extends object>(client: Client, statement: Prepared<T>): Promise<T[]> =>
  new Promise((resolve, reject) => {
    const done: Done<T> = (error, { rows } = { rows: [] }) => {
      if (!error) return resolve(rows)
      // Its stack would lead to the socket only.
      Error.captureStackTrace(error)
      reject(error)
    }
    ;(client.query as unknown as Submit<T>).call(client, statement, undefined, done)
  })

/** `query` of a pool and of a client alike, whose types know of submittables by themselves only. */
type Submit<T> = (statement: Prepared<T>, values: undefined, done: Done<T>) => void

/** Names of prepared statements by their text. A connection keeps what it prepared: there are never more than so many. */
const names = new Map<string, string>()
const MOST_PREPARED = 100

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size === MOST_PREPARED) return known
  const name = `gongbo ${names.size}`
  names.set(text, name)
  return name
}
