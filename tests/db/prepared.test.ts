import { expect, test } from '@jest/globals'
import { Prisma } from '../../src/db/client.ts'
import { type Client, run } from '../../src/db/run.ts'
import { testDatabase } from '../support/database.ts'

const { sql } = Prisma
const db = await testDatabase()
const prepared = { prepared: true }

/** Runs work on one connection. */
async function onOne<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = await db.pool.connect()
  try {
    return await work(client)
  } finally {
    client.release()
  }
}

const everything = (id: number, at: Date | null) => sql`
  SELECT ${id}::int AS id, ${at}::timestamptz AS at, '{둘,"셋 넷"}'::text[] AS texts, '{"a":1}'::json AS json,
    NULL::text AS nothing, '2026-01-05'::date AS day, true AS yes`

test('a prepared statement gives the rows that any other gives, the first time and again', () =>
  onOne(async client => {
    const at = new Date('2026-01-05T01:00:00.500Z')
    for (const id of [1, 2, 3])
      expect(await run(client, everything(id, at), prepared)).toEqual(await run(client, everything(id, at)))
    expect(await run(client, everything(4, null), prepared)).toMatchObject([{ id: 4, at: null }])
  }))

test('a prepared statement without rows gives none', () =>
  onOne(async client => {
    const none = sql`SELECT n FROM generate_series(1, ${0}::int) AS n`
    expect(await run(client, none, prepared)).toEqual([])
    expect(await run(client, none, prepared)).toEqual([])
  }))

test('a connection goes on after a prepared statement that failed', () =>
  onOne(async client => {
    const divided = (by: number) => sql`SELECT 6 / ${by}::int AS quotient`
    await expect(run(client, divided(0), prepared)).rejects.toMatchObject({ code: '22012' })
    expect(await run(client, divided(2), prepared)).toEqual([{ quotient: 3 }])
    await expect(run(client, divided(0), prepared)).rejects.toMatchObject({ code: '22012' })
    await expect(run(client, sql`SELECT nowhere`, prepared)).rejects.toMatchObject({ code: '42703' })
    await expect(run(client, sql`SELECT ${'x'}::int`, prepared)).rejects.toMatchObject({ code: '22P02' })
    expect(await run(client, divided(3), prepared)).toEqual([{ quotient: 2 }])
  }))

test('statements that are asked for at once on a pool each get their own answer', async () => {
  const ids = Array.from({ length: 50 }, (_, id) => id)
  const found = await Promise.all(
    ids.map(id => run<{ id: number }>(db.pool, sql`SELECT ${id}::int AS id`, prepared)),
  )
  expect(found.map(([row]) => row?.id)).toEqual(ids)
})
