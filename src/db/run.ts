import type pg from 'pg'
import type { Prisma } from './client.ts'

/** Statements on a connection of pg. */

/**
 * The rows of a statement.
 * @param client a pool or one of its clients
 * @param options `prepared`: planned once for each connection, where one plan fits every value; not for texts without end
 */
export async function run<T extends object>(
  client: Pick<pg.ClientBase, 'query'>,
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
