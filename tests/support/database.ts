import { randomBytes } from 'node:crypto'
import { afterAll } from '@jest/globals'
import pg from 'pg'
import { type Database, openDatabase } from '../../src/db/client.ts'

const template = () => {
  const url = process.env.GONGBO_TEST_TEMPLATE
  if (!url) throw new Error('tests run through Jest’s global setup')
  return new URL(url)
}

const sibling = (name: string) => {
  const url = template()
  url.pathname = `/${name}`
  return url.href
}

/**
 * A statement on a connection of its own: without a limit of time, and without what a pooled one remembers. A check of
 * a foreign key that was planned while its table was a page long reads the whole table for each row of a big insert.
 */
export async function queryApart(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const asAdmin = (statement: string) => queryApart(sibling('postgres'), statement)

/** A database cloned from the migrated template (or made empty), dropped with `drop`. */
export async function createDatabase(
  options: { empty?: boolean; locale?: string } = {},
): Promise<{ url: string; name: string; drop: () => Promise<void> }> {
  const name = `t_${randomBytes(6).toString('hex')}`
  const from = template().pathname.slice(1)
  await asAdmin(
    `CREATE DATABASE ${name} ${options.locale ?? ''} TEMPLATE ${options.empty || options.locale ? 'template0' : from}`,
  )
  return { url: sibling(name), name, drop: () => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

/** The test file's own database, closed and dropped when the file ends. Call it once, at the top. */
export async function testDatabase(): Promise<Database & { url: string }> {
  const { url, drop } = await createDatabase()
  const db = openDatabase({ url, poolSize: 10, statementTimeout: 20_000 })
  afterAll(async () => {
    await db.close()
    await drop()
  })
  return { ...db, url }
}
