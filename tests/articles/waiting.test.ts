import { describe, expect, test } from '@jest/globals'
import { lockArticle, replaceArticle, write } from '../../src/articles/store.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

const { call, db, authorize } = await testApp()
const headers = await authorize('articles:write')
const sourced = async (externalId: string) => {
  const [row] = await insertArticles(db, [anArticle({ source: { name: 'korea.kr', externalId } })])
  if (!row) throw new Error('nothing was inserted')
  return row
}
const upsert = (externalId: string, title: string) =>
  call({
    method: 'PUT',
    url: `/v1/articles/by-source/korea.kr/${externalId}`,
    headers,
    payload: anArticle({ title }),
  })

describe('a loader that waits for an editor', () => {
  test('writes a new article where the editor took the identity away meanwhile', async () => {
    const { id, title } = await sourced('moving')
    const upserting = await whileHeld(
      db.url,
      `SELECT FROM articles WHERE id = ${id} FOR NO KEY UPDATE`,
      async editor => {
        const waiting = upsert('moving', '새 글')
        await untilOneWaits(editor)
        await editor.query(`UPDATE articles SET external_id = 'moved', version = 2 WHERE id = ${id}`)
        await editor.query('COMMIT')
        return { waiting }
      },
    )
    const loaded = await upserting.waiting
    expect(loaded.statusCode).toBe(201)
    expect(loaded.json()).toMatchObject({ title: '새 글', version: 1, source: { externalId: 'moving' } })
    expect(loaded.json().id).not.toBe(id)
    expect((await call(`/v1/articles/${id}`)).json()).toMatchObject({
      ...{ title, version: 2, source: { externalId: 'moved' } },
    })
  })

  test('replaces what the editor left where the identity stayed', async () => {
    const { id } = await sourced('staying')
    const upserting = await whileHeld(
      db.url,
      `UPDATE articles SET title = '편집자의 글', version = 2 WHERE id = ${id}`,
      async editor => {
        const waiting = upsert('staying', '새 글')
        await untilOneWaits(editor)
        await editor.query('COMMIT')
        return { waiting }
      },
    )
    const loaded = await upserting.waiting
    expect(loaded.statusCode).toBe(200)
    expect(loaded.json()).toMatchObject({ id, title: '새 글', version: 3 })
  })
})

test('a view is counted and a reaction stands while an editor holds the article and has changed it', async () => {
  const row = await sourced('held')
  const url = `/v1/articles/${row.id}`
  await write(db, { actor: 'system:test', now: new Date() }, async writing => {
    const held = await lockArticle(writing, row.id)
    if (!held) throw new Error('the article is there')
    const visitor = { 'visitor-id': 'visitor-of-the-held' }
    const view = () => call({ method: 'POST', url: `${url}/views`, headers: visitor })
    expect((await view()).json()).toMatchObject({ counted: true, counts: { views: 1 } })
    await replaceArticle(writing, held, anArticle({ source: { name: 'korea.kr', externalId: 'held' } }))
    const other = { 'visitor-id': 'another-visitor' }
    const second = await call({ method: 'POST', url: `${url}/views`, headers: other })
    expect(second.json()).toMatchObject({ counted: true, counts: { views: 2 } })
    const payload = { value: 'like' }
    const like = await call({ method: 'PUT', url: `${url}/reactions`, headers: visitor, payload })
    expect(like.json()).toMatchObject({ likes: 1 })
  })
  expect((await call(url)).json()).toMatchObject({ version: 2, counts: { views: 2, likes: 1 } })
})

describe('writers who would wait for each other', () => {
  test('do not: an editor gets 409 for an identity that a loader is writing, and may try again', async () => {
    const { id } = await sourced('before')
    const move = () =>
      call({
        method: 'PATCH',
        url: `/v1/articles/${id}`,
        headers: { ...headers, 'if-match': '*', 'content-type': 'application/merge-patch+json' },
        payload: '{"source":{"externalId":"after"}}',
      })
    const loading = "SELECT pg_advisory_xact_lock(hashtextextended('korea.kr/after', 0))"
    const refused = await whileHeld(db.url, loading, move)
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([409, '1'])
    expect((await move()).json().source.externalId).toBe('after')
  })

  test('are told to try again where PostgreSQL ends one of them, which has written nothing', async () => {
    const { id, title } = await sourced('deadlock')
    await db.pool.query(
      `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN RAISE 'planted' USING ERRCODE = 'deadlock_detected'; END $$`,
    )
    await db.pool.query('CREATE TRIGGER planted BEFORE INSERT ON changes EXECUTE FUNCTION fail()')
    const refused = await upsert('deadlock', '새 글')
    await db.pool.query('DROP TRIGGER planted ON changes')
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1'])
    expect(refused.json().type).toBe('/problems/busy')
    expect((await call(`/v1/articles/${id}`)).json()).toMatchObject({ title, version: 1 })
    expect((await upsert('deadlock', '새 글')).statusCode).toBe(200)
  })
})
