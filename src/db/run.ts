import type pg from 'pg'
import type { Prisma } from './client.ts'

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
  { text, values }: Prisma.Sql,
  { prepared = false }: { prepared?: boolean } = {},
): Promise<T[]> {
  const name = prepared ? nameOf(text) : undefined
  return (await client.query<T>({ text, values: values as unknown[], ...(name && { name }) })).rows
}

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
