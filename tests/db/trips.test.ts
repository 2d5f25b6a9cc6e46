import { expect, test } from '@jest/globals'
import { Prisma } from '../../src/db/client.ts'
import { inTrips } from '../../src/db/trips.ts'
import { testDatabase } from '../support/database.ts'

const { sql } = Prisma
const db = await testDatabase()
await db.pool.query('CREATE TABLE notes (n integer PRIMARY KEY)')

const note = (n: number) => sql`INSERT INTO notes VALUES (${n}::int)`
const noted = async (): Promise<number[]> =>
  (await db.pool.query<{ n: number }>('SELECT n FROM notes ORDER BY n')).rows.map(({ n }) => n)
const idle = () => db.pool.idleCount === db.pool.totalCount

test('what goes along comes before what it goes along with, and rows are those of each', async () => {
  const rows = await inTrips(db, async ({ execute, query }) => {
    await execute(note(1))
    await execute(note(2))
    const both = await query(sql`SELECT n FROM notes ORDER BY n`)
    await execute(note(3))
    return [both, await query(sql`SELECT max(n) AS n FROM notes`)]
  })
  expect(rows).toEqual([[{ n: 1 }, { n: 2 }], [{ n: 3 }]])
  expect(await noted()).toEqual([1, 2, 3])
})

test('what waits when the work is over is done', async () => {
  await inTrips(db, async ({ execute }) => execute(note(4)))
  expect(await noted()).toContain(4)
})

test('the rows of the last one come once it is committed', async () => {
  const seen = await inTrips(db, async ({ commit }) => {
    const rows = await commit(sql`INSERT INTO notes VALUES (5) RETURNING n`)
    return [rows, await noted()]
  })
  expect(seen).toEqual([[{ n: 5 }], [1, 2, 3, 4, 5]])
})

test('nothing is written where one of them fails, whichever it is', async () => {
  const before = await noted()
  const twice = { code: '23505' }
  await expect(
    inTrips(db, async ({ execute, query }) => {
      await execute(note(6))
      await execute(note(5))
      await query(sql`SELECT 1 AS one`)
    }),
  ).rejects.toMatchObject(twice)
  await expect(
    inTrips(db, async ({ query, commit }) => {
      await query(note(6))
      await commit(note(5))
    }),
  ).rejects.toMatchObject(twice)
  await expect(
    inTrips(db, async ({ execute }) => {
      await execute(note(6))
      await execute(sql`INSERT INTO nowhere VALUES (1)`)
    }),
  ).rejects.toMatchObject({ code: '42P01' })
  await expect(
    inTrips(db, async ({ query }) => {
      await query(note(6))
      throw new Error('changed its mind')
    }),
  ).rejects.toThrow('changed its mind')
  expect(await noted()).toEqual(before)
  expect(idle()).toBe(true)
  await inTrips(db, ({ commit }) => commit(note(6)))
  expect(await noted()).toEqual([...before, 6])
})
