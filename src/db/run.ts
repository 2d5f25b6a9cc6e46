import type pg from 'pg'
import type { Prisma, Query } from './client.ts'
import { type Done, Prepared, type Results, type Statement } from './prepared.ts'

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
  if (name !== undefined) return (await runAll(client, [{ name, text, values }]))[0] as T[]
  return (await client.query<T>({ text, values: values as unknown[] })).rows
}

/** Statements on a connection, not prepared. */
export const queryOn =
  (client: Client): Query =>
  statement =>
    run(client, statement)

/** A statement as it is prepared, once for each connection. */
export const toPrepared = ({ text, values }: Pick<Prisma.Sql, 'text' | 'values'>): Statement => ({
  name: nameOf(text) ?? '',
  text,
  values,
})

/** The rows of statements that go to the server at once. A client gives its promise for its own queries alone. */
export const runAll = (client: Client, statements: readonly Statement[]): Promise<Results> =>
  new Promise((resolve, reject) => {
    const done: Done = (error, results = []) => {
      if (!error) return resolve(results)
      // Its stack would lead to the socket only.
      Error.captureStackTrace(error)
      reject(error)
    }
    ;(client.query as unknown as Submit).call(client, new Prepared(statements), undefined, done)
  })

/** `query` of a pool and of a client alike, whose types know of submittables by themselves only. */
type Submit = (statements: Prepared, values: undefined, done: Done) => void

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
