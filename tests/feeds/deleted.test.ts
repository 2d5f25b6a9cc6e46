import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compactLog } from '../../src/changes/store-compact.ts'
import { testApp } from '../support/app.ts'
import { readAtom } from '../support/atom.ts'
import { anArticle } from '../support/builders.ts'
import { queryApart } from '../support/database.ts'
import { editor } from '../support/editor.ts'

const { call, db, authorize } = await testApp()
const writer = await authorize('articles:write')

const send = editor(call, writer)
const create = async (changes = {}): Promise<number> =>
  (await send('POST', '/v1/articles', anArticle(changes))).json().id
const patch = (id: number, changes: object) => send('PATCH', `/v1/articles/${id}`, changes)
const hide = (id: number) => patch(id, { status: 'hidden' })
const remove = (id: number) => send('DELETE', `/v1/articles/${id}`)
const restore = (id: number) => send('POST', `/v1/articles/${id}/restore`)

const read = async (query = '', headers = {}) =>
  readAtom((await call({ url: `/v1/articles.atom?${query}`, headers })).body)
const deletedOf = async (query = '', headers = {}) => Object.keys((await read(query, headers)).deleted)

/** The identity of an article, from a feed in which it stands. */
async function identityOf(id: number): Promise<string> {
  const { title } = (await call({ url: `/v1/articles/${id}`, headers: writer })).json()
  const { entries } = await read(`q=${encodeURIComponent(`"${title}"`)}&pageSize=100`)
  return entries.find(entry => entry.title === title)?.id ?? ''
}
async function published(changes = {}) {
  const id = await create(changes)
  return { id, identity: await identityOf(id) }
}

beforeEach(async () => {
  await db.pool.query('TRUNCATE changes, duplicate_pairs, duplicate_members')
  await db.pool.query('DELETE FROM articles')
  await db.pool.query(
    'UPDATE change_horizon SET scanned_seq = 0, removed_seq = 0, removed_public_seq = 0, removed_at = NULL',
  )
})

describe('a deleted entry', () => {
  test.each([
    ['hidden', hide],
    ['deleted', remove],
    ['made a draft', (id: number) => patch(id, { status: 'draft' })],
  ])('stands for an article that was %s, and tells nothing but which and when', async (_name, act) => {
    const { id, identity } = await published({ title: '내려간 글' })
    expect((await read()).deleted).toEqual({})
    await act(id)
    const { body } = await call('/v1/articles.atom')
    expect(body).not.toContain('내려간')
    const { rows } = await db.pool.query('SELECT at FROM changes ORDER BY seq DESC LIMIT 1')
    const { deleted, entries } = readAtom(body)
    expect(entries).toEqual([])
    expect(Object.keys(deleted)).toEqual([identity])
    expect(Date.parse(deleted[identity] ?? '')).toBe(rows[0].at.getTime())
  })

  test('goes when the article is public again, and comes again when it goes again', async () => {
    const { id, identity } = await published()
    await remove(id)
    await restore(id)
    expect(await deletedOf()).toEqual([])
    await hide(id)
    expect(await deletedOf()).toEqual([identity])
    await remove(id)
    expect(await deletedOf()).toEqual([identity])
  })

  test('is told of nothing that was never public, nor in feeds for keys alone', async () => {
    const draft = await create({ status: 'draft' })
    await remove(draft)
    const { id } = await published()
    await hide(id)
    expect(await deletedOf()).toHaveLength(1)
    expect(await deletedOf('', writer)).toHaveLength(1)
    expect(await deletedOf('status=hidden', writer)).toEqual([])
    expect(await deletedOf(`asOf=${encodeURIComponent(new Date().toISOString())}`, writer)).toEqual([])
  })

  test('stands on the first page only', async () => {
    for (let i = 0; i < 5; i++) await create()
    await remove((await published()).id)
    const first = await read('pageSize=2')
    expect(Object.keys(first.deleted)).toHaveLength(1)
    const next = readAtom(
      (await call(new URL(first.links.next ?? '').pathname + new URL(first.links.next ?? '').search)).body,
    )
    expect(next.deleted).toEqual({})
    expect(next.entries).toHaveLength(2)
    expect(await deletedOf('page=1&pageSize=2')).toHaveLength(1)
    expect(await deletedOf('page=2&pageSize=2')).toEqual([])
  })
})

describe('with a filter', () => {
  test('what did not match while it was public is left out', async () => {
    const { id, identity } = await published({
      ...{ kind: 'explanation', ministry: { name: '고용노동부' }, publishedAt: '2026-01-21T00:00:00+09:00' },
      source: { name: 'korea.kr', externalId: '1' },
    })
    await hide(id)
    const matching = [
      'kind=explanation',
      'kind=explanation&kind=visual',
      'ministry=고용노동부',
      'from=2026-01-21&to=2026-01-21',
      'source=korea.kr',
    ]
    for (const query of matching) expect([query, await deletedOf(query)]).toEqual([query, [identity]])
    for (const query of [
      'kind=visual',
      'ministry=환경부',
      'to=2026-01-20',
      'from=2026-01-22',
      'source=other',
    ])
      expect([query, await deletedOf(query)]).toEqual([query, []])
  })

  test('what counts is how it last stood in public, not what became of it', async () => {
    const { id, identity } = await published({ kind: 'explanation' })
    await patch(id, { kind: 'visual' })
    await patch(id, { status: 'hidden', kind: 'personnel' })
    await patch(id, { kind: 'activity' })
    await remove(id)
    expect(await deletedOf('kind=visual')).toEqual([identity])
    for (const kind of ['explanation', 'personnel', 'activity'])
      expect([kind, await deletedOf(`kind=${kind}`)]).toEqual([kind, []])
  })

  test('by words that may name somebody nothing is left out: nobody learns by guessing', async () => {
    const { id, identity } = await published({ tags: ['홍길동'], author: '홍길동', title: '홍길동 글' })
    await hide(id)
    for (const query of [
      'tag=홍길동',
      'tag=다른',
      'author=홍길동',
      'author=다른',
      'q=홍길동',
      'q=다른',
      'duplicates=collapse',
    ])
      expect([query, await deletedOf(query)]).toEqual([query, [identity]])
  })

  test('by the days of changes it is since when an article was taken away', async () => {
    const { id, identity } = await published()
    const before = new Date(Date.now() - 1).toISOString()
    await hide(id)
    const after = new Date(Date.now() + 1).toISOString()
    expect(await deletedOf(`modifiedFrom=${before}`)).toEqual([identity])
    expect(await deletedOf(`modifiedFrom=${after}`)).toEqual([])
    expect(await deletedOf(`modifiedTo=${before}`)).toEqual([])
    expect(await deletedOf(`modifiedTo=${after}`)).toEqual([identity])
  })

  test('what the compacted log cannot tell is told rather than left out', async () => {
    const { id, identity } = await published({ kind: 'explanation' })
    await hide(id)
    await patch(id, { kind: 'visual' })
    await patch(id, { kind: 'activity' })
    await compactLog(db, new Date(Date.now() + 1_000))
    expect(await deletedOf()).toEqual([identity])
    expect(await deletedOf('kind=personnel')).toEqual([identity])
  })
})

type Act = 'hide' | 'show' | 'remove' | 'restore' | 'explain' | 'press'
const ACTS: Record<Act, (id: number) => Promise<unknown>> = {
  hide,
  remove,
  restore,
  show: id => patch(id, { status: 'published' }),
  explain: id => patch(id, { kind: 'explanation' }),
  press: id => patch(id, { kind: 'press-release' }),
}

test('whatever is done to an article: it stands in the feed, or is told as deleted if ever it was public, or neither', async () => {
  const acts = fc.array(fc.constantFrom(...(Object.keys(ACTS) as Act[])), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(acts, fc.boolean(), async (steps, draft) => {
      const id = await create({ status: draft ? 'draft' : 'published' })
      // What a naive reader saw of it in public, last.
      let seen: string | null = null
      let open = false
      const look = async () => {
        const response = await call(`/v1/articles/${id}`)
        open = response.statusCode === 200
        if (open) seen = response.json().kind
      }
      await look()
      for (const step of steps) {
        await ACTS[step](id)
        await look()
      }
      const { identity } = open ? { identity: await identityOf(id) } : { identity: null }
      const [all, press] = [await read('pageSize=100'), await read('pageSize=100&kind=press-release')]
      await db.pool.query('DELETE FROM changes WHERE article_id = $1', [id])
      await db.pool.query('DELETE FROM articles WHERE id = $1', [id])
      expect(all.entries.map(entry => entry.id)).toEqual(open ? [identity] : [])
      expect(Object.keys(all.deleted)).toHaveLength(!open && seen !== null ? 1 : 0)
      expect(press.entries).toHaveLength(open && seen === 'press-release' ? 1 : 0)
      expect(Object.keys(press.deleted)).toHaveLength(!open && seen === 'press-release' ? 1 : 0)
    }),
    { numRuns: 25 },
  )
}, 60_000)

describe('reading them', () => {
  test('is bounded: the latest 100 are told, by an index of removals alone', async () => {
    await queryApart(
      db.url,
      `WITH a AS (INSERT INTO articles (status, kind, title, published_at)
           SELECT CASE WHEN i % 50 = 0 THEN 'hidden' ELSE 'published' END, 'other', '글 ' || i, timestamptz '2025-01-01'
           FROM generate_series(1, 20000) i RETURNING id, status),
         made AS (INSERT INTO changes (article_id, kind, version, actor, was_public, is_public)
           SELECT id, 'create', 1, 'system:test', false, true FROM a)
       INSERT INTO changes (article_id, kind, version, actor, was_public, is_public)
         SELECT id, 'hide', 2, 'system:test', true, false FROM a WHERE status = 'hidden' ORDER BY id`,
    )
    await db.pool.query('VACUUM ANALYZE')
    const { rows } = await db.pool.query(
      'SELECT article_id FROM changes WHERE NOT is_public ORDER BY seq DESC LIMIT 100',
    )
    expect(rows).toHaveLength(100)
    expect(await deletedOf()).toHaveLength(100)
    const plan = await db.pool.query(
      'EXPLAIN (FORMAT JSON) SELECT seq FROM changes WHERE was_public AND NOT is_public ORDER BY seq DESC LIMIT 500',
    )
    expect(JSON.stringify(plan.rows)).toContain('"Index Name":"changes_removals"')
  })
})
