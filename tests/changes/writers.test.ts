import { beforeAll, expect, test } from '@jest/globals'
import { publishDue } from '../../src/articles/embargo.ts'
import { upsertArticles } from '../../src/articles/store-bulk.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { type FeedAnswer, follow, listenTo, mirrored, type Told } from '../support/feed.ts'

/** The short form of bench/changes.js, which kills readers, API and database too. */

const { app, call, db, authorize } = await testApp()
let address = ''
let key: Record<string, string>
let writer: Record<string, string>
beforeAll(async () => {
  address = await app.listen({ port: 0, host: '127.0.0.1' })
  key = await authorize('articles:read')
  writer = await authorize('articles:write')
})

const WRITERS = 16
const ROUNDS = 8
/** Written when all others are. */
const LAST = '끝'

async function writeMuch(ids: number[]): Promise<void> {
  const send = (method: string, id: number, payload?: object) =>
    fetch(`${address}/v1/articles/${id}${method === 'POST' ? '/restore' : ''}`, {
      method,
      headers: {
        ...{ ...writer, 'if-match': '*' },
        ...(payload && { 'content-type': 'application/merge-patch+json' }),
      },
      ...(payload && { body: JSON.stringify(payload) }),
    }).then(response => response.arrayBuffer())
  const work = async (n: number) => {
    for (let i = 0; i < ROUNDS; i++) {
      const id = ids[(n * 7 + i * 5) % ids.length] ?? 0
      const kind = (n + i) % 8
      if (kind === 0)
        await insertArticles(db, [anArticle(), anArticle({ status: 'draft', publishedAt: null })])
      else if (kind === 1) await send('DELETE', id)
      else if (kind === 2) await send('POST', id)
      else if (kind === 3) await publishDue(db, new Date())
      else if (kind === 4)
        await upsertArticles(
          db,
          { actor: 'import:test', now: new Date() },
          [i % 3, i % 5].map(identity => ({
            article: { ...anArticle(), source: { name: 'korea.kr', externalId: `w-${identity}`, url: null } },
          })),
        )
      else
        await send('PATCH', id, { status: ['hidden', 'published', 'published'][i % 3], title: `${n} ${i}` })
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, n) => work(n)))
}

/** Pages until nobody writes any more and everything is read. */
async function byPages(wait: number, headers: Record<string, string>, over: () => boolean): Promise<Told[]> {
  const seen: Told[] = []
  for (let since = ''; ; ) {
    const last = over()
    const query = `include=article&wait=${last ? 0 : wait}${since && `&since=${since}`}`
    const page = (await (await fetch(`${address}/v1/changes?${query}`, { headers })).json()) as FeedAnswer
    seen.push(...page.items)
    since = page.cursor
    if (page.items.length === 0) await new Promise(next => setTimeout(next, 20))
    if (last && !page.more) return seen
  }
}

/** Events up to the last article. */
async function byEvents(headers: Record<string, string>): Promise<Told[]> {
  const seen: Told[] = []
  for await (const { data } of listenTo(`${address}/v1/changes?include=article`, headers)) {
    if (data) seen.push(JSON.parse(data))
    if (seen.at(-1)?.article?.title === LAST) break
  }
  return seen
}

test('while sixteen write, readers by cursor, by waiting and by stream see every change once, in one order', async () => {
  const ids = (
    await insertArticles(
      db,
      Array.from({ length: 8 }, () => anArticle()),
    )
  ).map(({ id }) => id)
  let done = false
  const writing = writeMuch(ids)
    .then(() => insertArticles(db, [anArticle({ title: LAST })]))
    .then(() => {
      done = true
    })
  const told = await Promise.all([
    byPages(0, {}, () => done),
    byPages(1, {}, () => done),
    byEvents({}),
    byPages(0, key, () => done),
    byPages(1, key, () => done),
    byEvents(key),
  ])
  await writing
  for (const seen of told) {
    const headers = seen[0]?.actor === null ? {} : key
    const all = (await follow(call, headers)).items
    const without = ({ article: _, ...told }: Told) => told
    expect(all.length).toBeGreaterThan(50)
    expect(seen.map(without)).toEqual(all.map(without))
    const where = headers === key ? { deletedAt: null } : { status: 'published', deletedAt: null }
    const rows = await db.prisma.article.findMany({ where, orderBy: { id: 'asc' } })
    const state = ({ id, version, title, status }: Record<string, unknown>) => [id, version, title, status]
    const mirror = [...mirrored(seen).values()].map(state)
    expect(mirror.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(rows.map(state))
  }
}, 60_000)
