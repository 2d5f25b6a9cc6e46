import { Prisma } from './client.ts'

/**
 * Whether a column has one of some values. A single one is written as an equality: only that lets an index go on to give an
 * order.
 */
export const anyOf = (column: Prisma.Sql, values: readonly string[]): Prisma.Sql =>
  values.length === 1 ? Prisma.sql`${column} = ${values[0]}` : Prisma.sql`${column} = ANY(${values}::text[])`
