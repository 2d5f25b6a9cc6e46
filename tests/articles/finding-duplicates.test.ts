import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { NewArticle } from '../../src/articles/schema.ts'
import {
  lockArticle,
  type SourcedArticle,
  updateRow,
  upsertArticle,
  write,
} from '../../src/articles/store.ts'
import { upsertArticles } from '../../src/articles/store-bulk.ts'
import { relateSome } from '../../src/articles/store-duplicates.ts'
import { withoutKind } from '../../src/articles/title-kind.ts'
import type { Prisma } from '../../src/db/client.ts'
import { groupsOf } from '../../src/duplicates/groups.ts'
import { keysOf } from '../../src/duplicates/keys.ts'
import { type DuplicateReason, relate, toCompared } from '../../src/duplicates/relate.ts'
import { relateArticles } from '../../src/duplicates/store.ts'
import { labelledPairs } from '../duplicates/labelled.ts'
import { expectScores, print, scoresOf, tellScores } from '../duplicates/score.ts'
import { ALIKE, TEXT } from '../support/alike.ts'
import { anArticle } from '../support/builders.ts'
import { testDatabase } from '../support/database.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

const db = await testDatabase()
const actor = 'system:test'
const now = new Date('2026-11-01T00:00:00Z')

const empty = () =>
  db.pool.query('TRUNCATE articles, articles_unindexed, articles_unprinted RESTART IDENTITY CASCADE')
const PAIRS =
  'SELECT first_id AS first, second_id AS second, reason, similarity FROM duplicate_pairs ORDER BY 1, 2'
const MEMBERS =
  'SELECT article_id AS id, group_id AS group, listed_at AS "listedAt", public FROM duplicate_members ORDER BY 1'
const found = async () => ({
  pairs: (await db.pool.query(PAIRS)).rows,
  members: (await db.pool.query(MEMBERS)).rows,
})

/** The same from the articles alone, each compared with each. */
async function naive() {
  const rows = await db.prisma.article.findMany({ where: { deletedAt: null }, orderBy: { id: 'asc' } })
  const compared = rows.map(row =>
    toCompared({
      ...row,
      title: withoutKind(row.title),
      body: row.bodyText,
      public: row.status === 'published',
      code: row.ministryCode,
      names: [row.ministryPublishedName, row.ministryName].filter(name => name !== null),
    }),
  )
  const keys = compared.map(keysOf)
  const pairs = compared.flatMap((a, i) =>
    compared.slice(i + 1).flatMap((b, j) => {
      const shared = keys[i + 1 + j]?.soughtFor.some(key => keys[i]?.kept.includes(key))
      const relation = shared ? relate(a, b, () => false) : null
      return relation ? [{ first: a.id, second: b.id, ...relation }] : []
    }),
  )
  const groups = groupsOf(pairs.map(({ first, second }) => [first, second]))
  const members = rows.flatMap(({ id, listedAt, status }) =>
    groups.has(id) ? [{ id, group: groups.get(id), listedAt, public: status === 'published' }] : [],
  )
  return { pairs, members }
}

const sourced = (externalId: string, article: NewArticle): SourcedArticle => ({
  ...article,
  source: { name: 'test', externalId, url: null },
})
const inOneWrite = (work: Parameters<typeof write>[2]) => write(db, { actor, now }, work)
const upsertOne = (article: SourcedArticle) =>
  write(db, { actor, now }, writing => upsertArticle(writing, article))

const article: fc.Arbitrary<NewArticle> = fc
  .record({
    ...ALIKE,
    day: fc.constantFrom('2026-01-20', '2026-01-21', '2026-02-10'),
    ministry: fc.constantFrom({ name: '산업통상부' }, { name: '환경부' }, null),
  })
  .map(({ text, day, ...rest }) =>
    anArticle({ ...rest, bodyText: text.join('\n\n'), publishedAt: `${day}T00:00:00+09:00` }),
  )
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ id: fc.integer({ min: 1, max: 7 }), article }) },
  fc.record({ remove: fc.integer({ min: 1, max: 7 }) }),
)
type Step = { id: number; article: NewArticle } | { remove: number }

describe('what writes have found', () => {
  test.each(['one by one', 'many at once'])(
    '%s is what comparing each with each finds',
    async how => {
      const run = async (steps: Step[]) => {
        await empty()
        for (const one of steps) {
          if ('remove' in one)
            await write(db, { actor, now }, async writing => {
              const row = await lockArticle(writing, one.remove)
              if (row) await updateRow(writing, row, { deletedAt: row.deletedAt === null ? now : null })
            })
          else if (how === 'one by one') await upsertOne(sourced(String(one.id), one.article))
          else {
            const twice = [one.id, one.id + 1].map(id => ({ article: sourced(String(id), one.article) }))
            await upsertArticles(db, { actor, now, deferSearch: true }, twice)
          }
          expect(await found()).toEqual(await naive())
        }
      }
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), run), { numRuns: 40 })
    },
    120_000,
  )

  describe('of one text that comes again and again', () => {
    const again = (id: number, day: number, title: string) =>
      sourced(
        String(id),
        anArticle({
          title,
          bodyText: TEXT.join('\n\n'),
          publishedAt: new Date(Date.UTC(2020, 0, 1 + day)).toISOString(),
        }),
      )
    const writeAll = (articles: SourcedArticle[]) =>
      upsertArticles(
        db,
        { actor, now, deferSearch: true },
        articles.map(article => ({ article })),
      )
    const remove = (externalIds: string[]) =>
      inOneWrite(async writing => {
        for (const externalId of externalIds) {
          const row = await db.prisma.article.findFirst({ where: { externalId } })
          const locked = row && (await lockArticle(writing, row.id))
          if (locked) await updateRow(writing, locked, { deletedAt: now })
        }
      })
    const expectGroups = async () => {
      const { pairs, members } = await found()
      const expected = await naive()
      expect(members).toEqual(expected.members)
      const all = new Set(expected.pairs.map(pair => JSON.stringify(pair)))
      expect(pairs.filter(pair => !all.has(JSON.stringify(pair)))).toEqual([])
    }

    test('are the groups that comparing each with each finds, whatever the order and whoever goes', async () => {
      const one = fc.record({
        // Some near each other, some just as far from each other as one may be, some farther.
        day: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_500 })),
        title: fc.constantFrom('순환경제 설명회로 새 길을 찾는다', '다른 이름으로 다시 낸 자료'),
        goes: fc.integer({ min: 0, max: 2 }).map(n => n > 0),
      })
      const run = async (articles: { day: number; title: string; goes: boolean }[], size: number) => {
        await empty()
        const written = articles.map(({ day, title }, i) => again(i, day, title))
        for (let i = 0; i < written.length; i += size) await writeAll(written.slice(i, i + size))
        await expectGroups()
        const going = articles.flatMap(({ goes }, i) => (goes ? [String(i)] : []))
        await remove(going.slice(0, going.length / 2))
        await remove(going.slice(going.length / 2))
        await expectGroups()
      }
      const many = fc.array(one, { minLength: 45, maxLength: 70 })
      await fc.assert(fc.asyncProperty(many, fc.integer({ min: 7, max: 80 }), run), { numRuns: 6 })
    }, 120_000)

    test('is one group also when all that stood between two are gone', async () => {
      await empty()
      const title = '한 제목'
      const between = Array.from({ length: 40 }, (_, i) => again(100 + i, 50 + i, title))
      await writeAll([again(1, 0, title)])
      await writeAll(between)
      await writeAll([again(2, 300, title)])
      expect((await found()).pairs).not.toContainEqual(expect.objectContaining({ first: 1, second: 42 }))
      await remove(between.map(({ source }) => source.externalId))
      expect((await found()).members.map(({ id }) => id)).toEqual([1, 42])
      await expectGroups()
    })

    /** How often tables of duplicates were read whole on the connection of a transaction, since some time before that. */
    const scans = async (tx: Prisma.TransactionClient) =>
      Number(
        (
          await tx.$queryRawUnsafe<{ scans: bigint }[]>(
            `SELECT sum(seq_scan) AS scans FROM pg_stat_xact_user_tables WHERE relname ~ '^(duplicate|article_prints)'`,
          )
        )[0]?.scans,
      )
    /** Finds again what an article is alike to, and says how often tables were read whole for it. */
    const relateAnother = (
      id: number,
      title: string,
      onFound: (ids: number[], withBody: ReadonlySet<number>) => void = () => {},
    ) =>
      inOneWrite(async ({ tx }) => {
        const before = await scans(tx)
        const written = { id, listedAt: new Date('2020-01-01T00:00:00Z'), public: true, deleted: false }
        const text = { title, body: TEXT.join('\n\n'), code: null, names: [], source: 'test', author: null }
        await relateArticles(statement => tx.$queryRaw(statement), [{ ...written, ...text }], {
          findComparables: async (ids, withBody) => {
            onFound(ids, withBody)
            return ids.map(id => ({ ...written, ...text, body: '', id }))
          },
          sameLine: async () => () => false,
        })
        return (await scans(tx)) - before
      })

    test('costs no more the more there are: so many pairs, and no body that is read', async () => {
      await empty()
      const title = '한 제목'
      for (let i = 0; i < 4; i++)
        await writeAll(Array.from({ length: 20 }, (_, j) => again(20 * i + j, 0, title)))
      const before = (await found()).pairs.length
      await upsertOne(again(80, 0, title))
      expect((await found()).pairs).toHaveLength(before + 16)
      const asked: [number, number][] = []
      await relateAnother(81, title, (ids, withBody) => {
        asked.push([ids.length, withBody.size])
      })
      expect(asked).toEqual([[16, 0]])
    })

    test('is found by indexes, however few there are when it is planned', async () => {
      await empty()
      await writeAll([again(1, 0, '한 제목'), again(2, 0, '한 제목')])
      await db.pool.query('ANALYZE')
      expect(await relateAnother(2, '한 제목')).toBe(0)
    })

    test('is read once for another that is nearly the same', async () => {
      await empty()
      await writeAll(Array.from({ length: 20 }, (_, i) => again(i, 0, '한 제목')))
      const other = again(20, 0, '한 제목')
      await writeAll([{ ...other, bodyText: TEXT.slice(0, 9).join('\n\n') }])
      await expectGroups()
      expect((await found()).members).toHaveLength(21)
    })
  })

  test('is found anew where other rules had found it', async () => {
    await empty()
    for (const id of [1, 2, 3])
      await upsertOne(sourced(String(id), anArticle({ title: '한 제목', bodyText: TEXT.join('\n\n') })))
    const before = await found()
    expect(before.members).toHaveLength(3)
    await db.pool.query('DELETE FROM duplicate_members; DELETE FROM duplicate_pairs')
    await db.pool.query("UPDATE article_prints SET rules = 0, keys = '{}'")
    expect(await relateSome(db)).toBe(3)
    expect(await relateSome(db)).toBe(0)
    expect(await found()).toEqual(before)
  })

  test('is found by the upkeep where a load leaves it to that', async () => {
    await empty()
    const items = [1, 2, 3].map(id => ({
      article: sourced(String(id), anArticle({ title: '한 제목', bodyText: TEXT.join('\n\n') })),
    }))
    await upsertArticles(db, { actor, now, deferSearch: true, deferDuplicates: true }, items)
    expect((await found()).members).toEqual([])
    expect(await relateSome(db)).toBe(3)
    expect((await found()).members).toHaveLength(3)
    expect(await found()).toEqual(await naive())
  })

  test('is left to a later round of the upkeep while somebody changes the identity', async () => {
    await empty()
    const items = [1, 2].map(id => ({
      article: sourced(String(id), anArticle({ title: '한 제목', bodyText: TEXT.join('\n\n') })),
    }))
    await upsertArticles(db, { actor, now, deferSearch: true, deferDuplicates: true }, items)
    await whileHeld(db.url, "UPDATE articles SET external_id = 'other' WHERE id = 1", async () => {
      expect(await relateSome(db)).toBe(1)
      expect(await relateSome(db)).toBe(0)
    })
    expect(await relateSome(db)).toBe(1)
    expect((await found()).members).toHaveLength(2)
    expect(await found()).toEqual(await naive())
  })

  test('is not missed by two writers at once', async () => {
    await empty()
    const texts = Array.from({ length: 12 }, (_, i) =>
      sourced(`w${i}`, anArticle({ title: '한 제목', bodyText: TEXT.join('\n\n') })),
    )
    await Promise.all([
      ...texts.slice(0, 6).map(upsertOne),
      upsertArticles(
        db,
        { actor, now, deferSearch: true },
        texts.slice(6).map(article => ({ article })),
      ),
    ])
    const { pairs, members } = await found()
    expect(pairs).toHaveLength(66)
    expect(new Set(members.map(({ group }) => group)).size).toBe(1)
    expect(await found()).toEqual(await naive())
  })

  test('waits for nobody who changes the identity of a duplicate', async () => {
    await empty()
    await upsertOne(sourced('1', anArticle({ title: '한 제목', bodyText: TEXT.join('\n\n') })))
    await whileHeld(db.url, "UPDATE articles SET external_id = 'other' WHERE id = 1", async () => {
      await upsertOne(sourced('2', anArticle({ title: '한 제목', bodyText: TEXT.join('\n\n') })))
    })
    expect((await found()).members).toHaveLength(2)
  })

  test('is left to one writer at a time, to its commit', async () => {
    await empty()
    const lock = `SELECT pg_advisory_xact_lock(${0x6475706c})`
    await whileHeld(db.url, lock, async holder => {
      const writing = upsertOne(sourced('1', anArticle()))
      await untilOneWaits(holder)
      await holder.query('COMMIT')
      await writing
    })
  })

  test('moves no version and stands in no log', async () => {
    await empty()
    const text = { title: '한 제목', bodyText: TEXT.join('\n\n') }
    const first = await upsertOne(sourced('1', anArticle(text)))
    await upsertOne(sourced('2', anArticle(text)))
    expect(await db.prisma.article.findUnique({ where: { id: first.row.id } })).toMatchObject({
      version: 1,
      modifiedAt: first.row.modifiedAt,
    })
    expect(await db.prisma.change.count()).toBe(2)
  })

  test('is of the same issuer over a split, and under another name', async () => {
    await empty()
    const of = (ministry: NewArticle['ministry'], day: string) =>
      anArticle({
        title: '한 제목',
        bodyText: TEXT.join('\n\n'),
        ministry: ministry ?? null,
        publishedAt: `${day}T10:00:00+09:00`,
      })
    await upsertOne(sourced('1', of({ code: 'A00007', name: '기획재정부' }, '2026-01-01')))
    await upsertOne(sourced('2', of({ code: 'A00041', name: '재정경제부' }, '2026-01-02')))
    await upsertOne(sourced('3', of({ name: '산업통상자원부' }, '2025-09-30')))
    await upsertOne(sourced('4', of({ name: '산업통상부' }, '2025-10-01')))
    const reasons = (await found()).pairs.map(({ first, second, reason }) => [first, second, reason])
    expect(reasons).toContainEqual([1, 2, 'reissue'])
    expect(reasons).toContainEqual([3, 4, 'reissue'])
  })
})

describe.each(['chosen-by', 'held-out'] as const)('labelled pairs of the half that was %s', half => {
  test.each(['one by one', 'many at once'])(
    'are found by writes %s',
    async how => {
      await empty()
      const pairs = labelledPairs(half, half === 'chosen-by' ? 11 : 12, how === 'one by one' ? 60 : 250)
      const articles = pairs.flatMap(pair => pair.articles)
      const ids: number[] = []
      if (how === 'one by one')
        for (const one of articles)
          ids.push(
            (await write(db, { actor, now }, writing => upsertArticle(writing, one as SourcedArticle))).row
              .id,
          )
      else {
        for (let i = 0; i < articles.length; i += 300) {
          const batch = articles.slice(i, i + 300).map(one => ({ article: one as SourcedArticle }))
          await upsertArticles(db, { actor, now, deferSearch: true }, batch)
        }
        const rows = await db.prisma.article.findMany({ select: { id: true, externalId: true } })
        const byIdentity = new Map(rows.map(({ id, externalId }) => [externalId, id]))
        for (const { source } of articles) ids.push(byIdentity.get(source?.externalId ?? '') as number)
      }
      const told = (await found()).pairs
      const reasons = new Map<string, DuplicateReason>(
        told.map(({ first, second, reason }) => [`${first} ${second}`, reason]),
      )
      const reasonOf = (i: number) => {
        const [a, b] = [ids[2 * i] as number, ids[2 * i + 1] as number]
        return reasons.get(a < b ? `${a} ${b}` : `${b} ${a}`) ?? null
      }
      const given = pairs.map((_, i) => reasonOf(i))
      const besides = told.length - given.filter(reason => reason !== null).length
      print(`${half}, written ${how}, ${besides} pairs besides: ${tellScores(pairs, given, besides)}`)
      expectScores(scoresOf(pairs, given, besides))
    },
    120_000,
  )
})
