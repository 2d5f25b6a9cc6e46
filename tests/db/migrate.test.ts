import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { migrate, schemaDrift } from '../../src/db/migrate.ts'
import { testApp } from '../support/app.ts'
import { createDatabase } from '../support/database.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)
const { call, db } = await testApp()
const cleanups: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup()
})

async function database(empty: boolean): Promise<string> {
  const { url, drop } = await createDatabase({ empty })
  cleanups.push(drop)
  return url
}
async function query<T extends object>(url: string, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(sql, values)).rows
  } finally {
    await client.end()
  }
}
const ledger = (url: string) =>
  query<{ migration_name: string; checksum: string }>(
    url,
    'SELECT * FROM _prisma_migrations ORDER BY started_at',
  )

const folders = (await readdir(`${ROOT}prisma/migrations`, { withFileTypes: true }))
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)
  .sort()

describe('an empty database', () => {
  test('is migrated, and what is written down is what Prisma’s own CLI writes', async () => {
    const url = await database(true)
    expect(await migrate(url)).toEqual(folders)

    const columns = await query<{ name: string; type: string }>(
      url,
      `SELECT column_name AS name, data_type AS type FROM information_schema.columns
       WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
    )
    expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual({
      ...{ id: 'character varying', checksum: 'character varying', migration_name: 'character varying' },
      ...{ finished_at: 'timestamp with time zone', rolled_back_at: 'timestamp with time zone' },
      ...{ started_at: 'timestamp with time zone', logs: 'text', applied_steps_count: 'integer' },
    })
    const rows = await ledger(url)
    expect(rows.map(row => row.migration_name)).toEqual(folders)
    for (const row of rows) {
      const sql = await readFile(`${ROOT}prisma/migrations/${row.migration_name}/migration.sql`)
      expect(row).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: createHash('sha256').update(sql).digest('hex'),
        ...{ finished_at: expect.any(Date), rolled_back_at: null, logs: null, applied_steps_count: 1 },
      })
    }
    expect(await migrate(url)).toEqual([])
    expect(await ledger(url)).toEqual(rows)
  })

  test('stores plain what is not worth compressing', async () => {
    const plain = await query<{ column: string }>(
      await database(false),
      `SELECT attrelid::regclass || '.' || attname AS column FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
       WHERE c.relkind = 'r' AND attstorage = 'e' ORDER BY 1`,
    )
    expect(plain.map(({ column }) => column)).toEqual([
      ...['article_search.terms', 'articles.body_html', 'articles.body_text'],
      ...['search_deltas.added', 'search_deltas.removed'],
    ])
  })

  test('to which five nodes come at once is migrated once', async () => {
    const url = await database(true)
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => migrate(url)))
    expect(all.filter(names => names.length > 0)).toEqual([folders])
    expect((await ledger(url)).map(row => row.migration_name)).toEqual(folders)
  })
})

describe('schema.prisma and the migrations', () => {
  test('agree', async () => expect(await schemaDrift(await database(false))).toBe(''))

  test.each([
    ['ALTER TABLE articles ADD COLUMN planted text', /DROP COLUMN "planted"/],
    ['ALTER TABLE articles DROP COLUMN author', /ADD COLUMN\s+"author" TEXT/],
    ['ALTER TABLE articles ALTER COLUMN licence SET NOT NULL', /"licence" DROP NOT NULL/],
    ['DROP INDEX articles_source_identity', /CREATE UNIQUE INDEX "articles_source_identity"/],
  ])('are seen to differ: %s', async (statement, mended) => {
    const url = await database(false)
    await query(url, statement)
    expect(await schemaDrift(url)).toMatch(mended)
  })
})

test('a migration that was edited after it was applied is refused by name', async () => {
  const url = await database(false)
  await query(url, "UPDATE _prisma_migrations SET checksum = 'edited' WHERE migration_name = $1", [
    folders[0],
  ])
  await expect(migrate(url)).rejects.toThrow(`edited since: ${folders[0]}`)
})

test('a node is not ready while migrations are pending, and says which', async () => {
  expect((await call('/readyz')).json()).toMatchObject({ status: 'ready', migrations: 'ok' })
  const last = String(folders.at(-1))
  await db.pool.query('UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = $1', [last])
  const unready = await call('/readyz')
  expect(unready.statusCode).toBe(503)
  expect(unready.json().detail).toContain(last)
  await db.pool.query('DROP TABLE _prisma_migrations')
  expect((await call('/readyz')).json().detail).toContain(folders.join(', '))
  expect((await call('/healthz')).statusCode).toBe(200)
})

/** The built migrate() with other migrations, in a folder of its own. Each call is a process of its own. */
async function another(migrations: Record<string, string>) {
  const dir = await mkdtemp(join(tmpdir(), 'gongbo-migrate-'))
  cleanups.push(() => rm(dir, { recursive: true }))
  await mkdir(join(dir, 'dist/db'), { recursive: true })
  await cp(`${ROOT}dist/db/migrate.js`, join(dir, 'dist/db/migrate.js'))
  await symlink(`${ROOT}node_modules`, join(dir, 'node_modules'))
  await writeFile(join(dir, 'package.json'), '{"type":"module"}')
  await mkdir(join(dir, 'prisma/migrations'), { recursive: true })
  await cp(`${ROOT}prisma/migrations/migration_lock.toml`, join(dir, 'prisma/migrations/migration_lock.toml'))
  await writeFile(join(dir, 'prisma/schema.prisma'), 'datasource db {\n  provider = "postgresql"\n}\n')
  const put = async (name: string, sql: string) => {
    await mkdir(join(dir, 'prisma/migrations', name), { recursive: true })
    await writeFile(join(dir, 'prisma/migrations', name, 'migration.sql'), sql)
  }
  for (const [name, sql] of Object.entries(migrations)) await put(name, sql)
  const code = `const { migrate } = await import('./dist/db/migrate.js')
    await migrate(process.argv[1]).then(names => console.log(JSON.stringify(names)), error => console.log(JSON.stringify(error.message)))`
  const apply = async (url: string): Promise<unknown> =>
    JSON.parse((await run(process.execPath, ['--input-type=module', '-e', code, url], { cwd: dir })).stdout)
  return { put, apply }
}

describe('a migration is taken whole', () => {
  const FUNCTION = `CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE plpgsql AS $$
    BEGIN; n := n * 2; RETURN n; -- it's; two
    END $$;
    CREATE FUNCTION thrice(n integer) RETURNS integer LANGUAGE sql RETURN n * 3;`.replace('BEGIN;', 'BEGIN')

  test('semicolons and quotes within functions are theirs', async () => {
    const { apply } = await another({ '1_functions': FUNCTION })
    const url = await database(true)
    expect(await apply(url)).toEqual(['1_functions'])
    expect(await query(url, 'SELECT twice(21) AS a, thrice(14) AS b')).toEqual([{ a: 42, b: 42 }])
  })

  test('one that fails leaves nothing of itself, says why, and blocks what follows', async () => {
    const { apply } = await another({
      '1_good': 'CREATE TABLE good (id integer);',
      '2_bad': 'CREATE TABLE half (id integer); INSERT INTO absent VALUES (1);',
      '3_later': 'CREATE TABLE later (id integer);',
    })
    const url = await database(true)
    expect(await apply(url)).toMatch(/2_bad[\s\S]*absent/)
    const tables = await query(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    expect(tables.map(t => (t as { tablename: string }).tablename)).toEqual(['_prisma_migrations', 'good'])
    expect(await apply(url)).toMatch(/2_bad/)
  })

  test('an applied one that was edited is refused before what is new is applied', async () => {
    const { apply, put } = await another({ '1_old': 'CREATE TABLE old (id integer);' })
    const url = await database(true)
    expect(await apply(url)).toEqual(['1_old'])
    await put('1_old', 'CREATE TABLE old (id bigint);')
    await put('2_new', 'CREATE TABLE new (id integer);')
    expect(await apply(url)).toContain('edited since: 1_old')
    expect(await query(url, "SELECT to_regclass('new') AS new")).toEqual([{ new: null }])
  })
})
