import { describe, expect, test } from '@jest/globals'
import { frequencyOf } from '../../src/search/score.ts'
import { testDatabase } from '../support/database.ts'

const { pool } = await testDatabase()

describe('the frequency of a term in a document', () => {
  test('can be read from its rank, up to 32', async () => {
    const { rows } = await pool.query<{ n: number; rank: number }>(
      `SELECT n, ts_rank('{1,1,1,1}', (SELECT string_agg('''탄소'':' || p, ' ') FROM generate_series(1, n) AS p)::tsvector,
         '''탄소''') AS rank FROM generate_series(1, 40) AS n`,
    )
    expect(rows.map(({ rank }) => frequencyOf(rank))).toEqual(rows.map(({ n }) => Math.min(n, 32)))
    expect(frequencyOf(0)).toBe(0)
  })
})
