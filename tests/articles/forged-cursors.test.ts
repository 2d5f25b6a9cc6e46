import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock } = await testApp()
// The articles are of the day before, 2026-01-20.
clock.at = new Date('2026-01-21T03:00:00Z')
await insertArticles(
  db,
  Array.from({ length: 5 }, () => anArticle()),
)

/** The edges of what is safe, of an int4, of a timestamptz and of the days that can be named. */
const EDGES = [
  0,
  -0,
  -1,
  0.5,
  1e300,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53 - 1,
  -6e13,
  -6e13 - 1,
  2.6e14,
  4.1e12,
  8.64e15,
]
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(...EDGES),
  fc.integer({ min: -6e13, max: 2.6e14 }),
  fc.integer({ min: 0, max: 4.1e12 }),
)

test.each([
  'sort=-publishedAt',
  'sort=publishedAt',
  'sort=-views',
  'period=1m',
  'period=999y',
  'period=yesterday&sort=-views',
])(
  'a cursor of %s, any of its parts replaced by anything, is taken or refused and breaks nothing',
  async query => {
    const { nextCursor } = (await call(`/v1/articles?${query}&pageSize=2`)).json()
    const parts = JSON.parse(Buffer.from(nextCursor, 'base64url').toString()) as unknown[]
    const edges = parts.flatMap((_, slot) => EDGES.map((edge): [number, unknown] => [slot, edge]))
    let taken = 0
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: parts.length - 1 }),
        anything as fc.Arbitrary<unknown>,
        async (slot, value) => {
          const forged = Buffer.from(JSON.stringify(parts.with(slot, value))).toString('base64url')
          const { statusCode } = await call(`/v1/articles?${query}&pageSize=2&cursor=${forged}`)
          expect([200, 400]).toContain(statusCode)
          if (statusCode === 200) taken++
        },
      ),
      { numRuns: 150 + edges.length, examples: edges },
    )
    expect(taken).toBeGreaterThan(0)
  },
)
