import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import pg from 'pg'
import { publishDue } from '../../src/articles/embargo.ts'
import { insertArticle, write } from '../../src/articles/store.ts'
import { appendChanges, creation } from '../../src/articles/store-log.ts'
import { inTransaction } from '../../src/db/client.ts'
import { run } from '../../src/db/run.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

const { call, db, authorize } = await testApp()
const headers = await authorize('articles:write')
const actor = `key:${/_(.*?)_/.exec(headers.authorization)?.[1]}`

type Row = Record<string, unknown>
/** An article as the log keeps it: what writers decide, without counters and what the database derives. */
async function stateOf(id: number): Promise<Row> {
  const { listedAt: _derived, ...row } = await db.prisma.article.findUniqueOrThrow({ where: { id } })
  return JSON.parse(JSON.stringify(row)) as Row
}
const changesOf = (articleId: number) =>
  db.prisma.change.findMany({ where: { articleId }, orderBy: { seq: 'asc' } })

const send = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
  call({
    method,
    url,
    headers: {
      ...headers,
      'if-match': '*',
      ...(payload && {
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      }),
    },
    ...(payload && { payload: JSON.stringify(payload) }),
  })
const create = async (changes: Parameters<typeof anArticle>[0] = {}): Promise<number> =>
  (await send('POST', '/v1/articles', anArticle(changes))).json().id

const PATCHES = [
  { status: 'hidden' },
  { status: 'draft' },
  { status: 'published' },
  { title: '고친 제목' },
  { bodyText: '고친 글', tags: ['ESG'] },
  { ministry: { name: '산업통상부' }, postedOn: '2026-01-22', author: '홍길동' },
  { ministry: null, author: null, publishedAt: '2026-01-19T00:00:00Z' },
  { attachments: [{ name: '가.hwpx', url: 'https://a.kr/1' }] },
]
const writes = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...PATCHES) },
    { weight: 1, arbitrary: fc.constantFrom('replace' as const) },
    { weight: 2, arbitrary: fc.constantFrom('delete' as const, 'restore' as const) },
  ),
  { minLength: 1, maxLength: 10 },
)

/** What a write was for the readers of the public list, told from the rows before and after it. */
function kindOf(before: Row, after: Row): string {
  if (before.deletedAt === null && after.deletedAt !== null) return 'delete'
  if (before.deletedAt !== null && after.deletedAt === null) return 'restore'
  if (before.status !== 'published' && after.status === 'published') return 'publish'
  if (before.status === 'published' && after.status !== 'published') return 'hide'
  return 'update'
}

test('every write appends one entry, and going backwards through them gives every version', async () => {
  await fc.assert(
    fc.asyncProperty(writes, async steps => {
      const id = await create()
      const versions = [await stateOf(id)]
      for (const step of steps) {
        const url = `/v1/articles/${id}`
        if (step === 'replace') await send('PUT', url, anArticle())
        else if (step === 'delete') await send('DELETE', url)
        else if (step === 'restore') await send('POST', `${url}/restore`)
        else await send('PATCH', url, step)
        const state = await stateOf(id)
        if (state.version !== versions.at(-1)?.version) versions.push(state)
        else expect(state).toEqual(versions.at(-1))
      }

      const changes = await changesOf(id)
      expect(changes.map(change => change.version)).toEqual(versions.map((_, i) => i + 1))
      expect(changes.map(change => change.kind)).toEqual([
        'create',
        ...versions.slice(1).map((after, i) => kindOf(versions[i] ?? {}, after)),
      ])
      expect(new Set(changes.map(change => change.actor))).toEqual(new Set([actor]))
      expect(changes.map(change => change.at.toISOString())).toEqual(versions.map(v => v.modifiedAt))

      let state = versions.at(-1) ?? {}
      for (const { version, superseded } of changes.slice(1).reverse()) {
        const former = versions[version - 2] ?? {}
        const differing = Object.keys(former).filter(
          name => name !== 'version' && JSON.stringify(former[name]) !== JSON.stringify(state[name]),
        )
        expect(Object.keys(superseded as object).sort()).toEqual(
          [...new Set([...differing, 'modifiedAt'])].sort(),
        )
        state = { ...state, ...(superseded as object), version: version - 1 }
        expect(state).toEqual(former)
      }
      expect(changes[0]?.superseded).toBeNull()
    }),
    { numRuns: 12 },
  )
})

describe('a write that fails appends nothing', () => {
  const count = () => db.prisma.change.count()

  test('where it is refused', async () => {
    const id = await create({ source: { name: 'korea.kr', externalId: 'once' } })
    const before = await count()
    const source = { name: 'korea.kr', externalId: 'once' }
    expect((await send('POST', '/v1/articles', anArticle({ source }))).statusCode).toBe(409)
    expect((await send('PATCH', `/v1/articles/${id}`, { title: null })).statusCode).toBe(400)
    expect((await send('DELETE', '/v1/articles/999999')).statusCode).toBe(404)
    expect(await count()).toBe(before)
  })

  test('where its transaction fails in the middle', async () => {
    const before = [await count(), await db.prisma.article.count()]
    const failing = write(db, { actor, now: new Date() }, async writing => {
      await insertArticle(writing, anArticle())
      throw new Error('planted')
    })
    await expect(failing).rejects.toThrow('planted')
    expect([await count(), await db.prisma.article.count()]).toEqual(before)
  })
})

test('with many writers no reader misses a change, versions have no gap, and nobody is in a deadlock', async () => {
  const start = await db.prisma.change.aggregate({ _max: { seq: true } })
  const first = Number(start._max.seq ?? 0)
  const articles = await Promise.all(Array.from({ length: 6 }, () => create()))
  const begin = Number((await db.prisma.change.aggregate({ _max: { seq: true } }))._max.seq)
  expect(begin - first).toBe(6)

  // Readers, each on a connection of its own, that ask for what is newer than the last entry they saw.
  let writing = true
  const readers = [0, 3, 11].map(async pause => {
    const client = new pg.Client({ connectionString: db.url })
    await client.connect()
    const seen: number[] = []
    const poll = async () => {
      const { rows } = await client.query('SELECT seq FROM changes WHERE seq > $1 ORDER BY seq', [
        seen.at(-1) ?? begin,
      ])
      seen.push(...rows.map(row => Number(row.seq)))
    }
    while (writing) {
      await poll()
      await new Promise(next => setTimeout(next, pause))
    }
    await poll()
    await client.end()
    return seen
  })

  const statuses: number[] = []
  const writer = async (n: number) => {
    for (let i = 0; i < 30; i++) {
      const id = articles[(n * 7 + i * 5) % articles.length]
      const url = `/v1/articles/${id}`
      const kind = (n + i) % 8
      if (kind === 0) await insertArticles(db, [anArticle(), anArticle(), anArticle()])
      else if (kind === 1) statuses.push((await send('DELETE', url)).statusCode)
      else if (kind === 2) statuses.push((await send('POST', `${url}/restore`)).statusCode)
      else if (kind === 3) await publishDue(db, new Date('2099-01-02T00:00:00Z'))
      else if (kind === 4)
        await insertArticles(db, [anArticle({ status: 'scheduled', embargoUntil: '2099-01-01T00:00:00Z' })])
      else if (kind === 5)
        statuses.push(
          (await send('PUT', `/v1/articles/by-source/korea.kr/log-${i % 3}`, anArticle())).statusCode,
        )
      else statuses.push((await send('PATCH', url, { title: `${n}번 필자 ${i}` })).statusCode)
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, n) => writer(n))).finally(() => {
    writing = false
  })

  expect([...new Set(statuses)].filter(status => ![200, 201, 204, 410, 412].includes(status))).toEqual([])
  const { rows } = await db.pool.query('SELECT seq FROM changes WHERE seq > $1 ORDER BY seq', [begin])
  const all = rows.map(row => Number(row.seq))
  expect(all.length).toBeGreaterThan(300)
  for (const seen of await Promise.all(readers)) expect(seen).toEqual(all)
  const gaps = await db.pool.query(
    `SELECT article_id FROM changes JOIN articles a ON a.id = article_id GROUP BY article_id, a.version
     HAVING min(changes.version) <> 1 OR max(changes.version) <> count(*) OR max(changes.version) <> a.version
       OR (array_agg(changes.version ORDER BY seq)) <> (array_agg(changes.version ORDER BY changes.version))`,
  )
  expect(gaps.rows).toEqual([])
})

// Last: what it appends is of no write.
test('an entry is numbered once the writer before it has committed', async () => {
  const [one, other] = await insertArticles(db, [anArticle(), anArticle()])
  const append = (client: pg.ClientBase, article = one) => {
    if (!article) throw new Error('nothing was inserted')
    const entry = creation({ ...article, version: 2 }, { actor: 'test', at: new Date() })
    return appendChanges(statement => run(client, statement), [entry])
  }
  const { first, drawn, waiting } = await whileHeld(db.url, 'SELECT', async writer => {
    const first = await append(writer)
    const waiting = inTransaction(db, client => append(client, other))
    await untilOneWaits(writer)
    const { rows } = await writer.query('SELECT last_value FROM changes_seq_seq')
    await writer.query('COMMIT')
    return { first, drawn: Number(rows[0].last_value), waiting }
  })
  expect(drawn).toBe(first)
  expect(await waiting).toBe(drawn + 1)
})
