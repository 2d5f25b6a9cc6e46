import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { testDatabase } from '../support/database.ts'

const { pool } = await testDatabase()

test('instants come from the database as they went in, whatever the year and the fraction', async () => {
  const instant = fc.oneof(
    fc.date({
      min: new Date('-000500-01-01T00:00:00Z'),
      max: new Date('+012000-01-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.date({
      min: new Date('1948-01-01T00:00:00Z'),
      max: new Date('2100-01-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.integer({ min: -700_000_000, max: 4_000_000_000 }).map(seconds => new Date(seconds * 1000)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(instant, { minLength: 50, maxLength: 50 }), async instants => {
      const { rows } = await pool.query(
        `SELECT to_timestamp(ms::float8 / 1000)::timestamptz(3) AS at FROM unnest($1::bigint[]) WITH ORDINALITY AS m (ms, n) ORDER BY n`,
        [instants.map(at => at.getTime())],
      )
      expect(rows.map(({ at }) => at.getTime())).toEqual(instants.map(at => at.getTime()))
    }),
    { numRuns: 40 },
  )
})

test('odd instants and arrays of texts come whole', async () => {
  const { rows } = await pool.query(
    `SELECT 'infinity'::timestamptz AS forever, '{}'::text[] AS none, '{수소,"a, \\"b\\"",NULL}'::text[] AS some,
      '1999-12-31T23:59:59.9996Z'::timestamptz AS rounded`,
  )
  expect(rows).toEqual([
    {
      forever: Infinity,
      none: [],
      some: ['수소', 'a, "b"', null],
      rounded: new Date('2000-01-01T00:00:00Z'),
    },
  ])
})

test('arrays of texts come as they went in, whatever is quoted in them', async () => {
  const text = fc.oneof(
    fc.constantFrom(
      '수소',
      '2050',
      '-1.5e3',
      'true',
      'null',
      'NULL',
      'nullable',
      '',
      ' ',
      'a b',
      'a,b',
      '{x}',
      '"',
      '\u0001',
    ),
    fc.stringMatching(/^[가나a"\\,{} \n\t/u]{0,6}$/),
    fc.string({ unit: 'grapheme' }).filter(one => !one.includes('\0') && one.isWellFormed()),
  )
  const texts = fc.array(fc.option(text, { freq: 12 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 30, maxLength: 30 }), async arrays => {
      const columns = arrays.map((_, i) => `$${i + 1}::text[] AS "${i}"`).join(', ')
      const { rows } = await pool.query(`SELECT ${columns}`, arrays)
      expect(Object.values(rows[0])).toEqual(arrays)
    }),
    { numRuns: 60 },
  )
})
