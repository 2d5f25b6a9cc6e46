import { describe, expect, test } from '@jest/globals'
import { queryIn } from '../../src/db/client.ts'
import { answerOnce, beginIdempotent } from '../../src/idempotency/store.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, db, authorize } = await testApp()
const headers = await authorize('articles:write')

const post = (key: string, payload: object, more: Record<string, string> = headers) =>
  call({ method: 'POST', url: '/v1/articles', headers: { ...more, 'idempotency-key': key }, payload })
/** How often an article was really written: its rows and their entries in the log. */
const written = async (title: string) => [
  await db.prisma.article.count({ where: { title } }),
  await db.prisma.change.count({ where: { article: { title } } }),
]
const age = (key: string, columns: string) =>
  db.pool.query(`UPDATE idempotency_records SET ${columns} WHERE key = $1`, [key])
const keyId = /_(.*?)_/.exec(headers.authorization)?.[1] ?? ''

describe('a repeated request', () => {
  test('is answered alike and done once', async () => {
    const article = anArticle()
    const first = await post('replay', article)
    expect(first.statusCode).toBe(201)
    expect(first.headers['idempotent-replayed']).toBeUndefined()
    const again = await post('replay', article)
    expect(again.statusCode).toBe(201)
    expect(again.body).toBe(first.body)
    for (const name of ['location', 'etag', 'content-type', 'cache-control'])
      expect(again.headers[name]).toBe(first.headers[name])
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(await written(article.title)).toEqual([1, 1])
  })

  test('gets the first answer also after the article has changed, with an ETag that no longer matches', async () => {
    const article = anArticle()
    const first = await post('changed', article)
    const write = (etag: unknown) =>
      call({
        method: 'PUT',
        url: String(first.headers.location),
        headers: { ...headers, 'if-match': String(etag) },
        payload: anArticle(),
      })
    expect((await write(first.headers.etag)).statusCode).toBe(200)
    const again = await post('changed', article)
    expect(again.body).toBe(first.body)
    expect((await write(again.headers.etag)).statusCode).toBe(412)
  })

  test('has the same key quoted or bare', async () => {
    const article = anArticle()
    const { body } = await post('"quoted-1"', article)
    const again = await post('quoted-1', article)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toBe(body)
  })

  test('is the same with its keys in another order, also within', async () => {
    const reversed = (value: unknown): unknown =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, one]) => [name, reversed(one)]),
          )
        : value
    const ministry = { code: 'A00015', name: '산업통상부' }
    const article = anArticle({ ministry, tags: ['가', '나'] })
    const first = await post('order', article)
    const again = await post('order', reversed(article) as object)
    expect([again.headers['idempotent-replayed'], again.body]).toEqual(['true', first.body])
    // The order of a list says something.
    expect((await post('order', { ...article, tags: ['나', '가'] })).statusCode).toBe(422)
  })

  test('with another body is refused', async () => {
    const first = anArticle()
    const second = anArticle()
    await post('reused', first)
    const refused = await post('reused', second)
    expect(refused.statusCode).toBe(422)
    expect(refused.json().type).toBe('/problems/idempotency-key-reused')
    expect(await written(second.title)).toEqual([0, 0])
  })

  test('of another API key is another request', async () => {
    const article = anArticle()
    const mine = await post('shared', article)
    const theirs = await post('shared', article, await authorize('articles:write'))
    expect(theirs.statusCode).toBe(201)
    expect(theirs.json().id).not.toBe(mine.json().id)
  })

  test('may be tried again after a failure, with another body even', async () => {
    const source = { name: 'korea.kr', externalId: 'taken' }
    await post('first', anArticle({ source }))
    const refused = await post('failed', anArticle({ source }))
    expect(refused.statusCode).toBe(409)
    expect((await post('failed', { ...anArticle(), title: '' })).statusCode).toBe(400)
    expect((await post('failed', anArticle())).statusCode).toBe(201)
  })
})

test.each(['""', ''])('an empty key (%j) is no key', async key => {
  expect((await post(key, anArticle())).statusCode).toBe(400)
})

test('fifty at once with one key write one article', async () => {
  for (let round = 0; round < 3; round++) {
    const article = anArticle()
    const all = await Promise.all(Array.from({ length: 50 }, () => post(`at-once-${round}`, article)))
    const done = all.filter(r => r.statusCode === 201)
    expect(done.filter(r => r.headers['idempotent-replayed'] === undefined)).toHaveLength(1)
    expect(new Set(done.map(r => r.body)).size).toBe(1)
    for (const response of all.filter(r => r.statusCode !== 201)) {
      expect(response.statusCode).toBe(409)
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
    }
    expect(await written(article.title)).toEqual([1, 1])
    expect((await post(`at-once-${round}`, article)).body).toBe(done[0]?.body)
  }
})

describe('a request whose process died', () => {
  /** What a process leaves that took a lease and never came back. */
  const abandon = async (key: string, article: object) => {
    await post(key, article)
    await db.pool.query('DELETE FROM changes WHERE article_id = (SELECT max(id) FROM articles)')
    await db.pool.query('DELETE FROM articles WHERE id = (SELECT max(id) FROM articles)')
    await age(key, 'status = NULL, headers = NULL, body = NULL, lease = gen_random_uuid()')
  }

  test('locks out others while its lease lasts, and not longer', async () => {
    const article = anArticle()
    await abandon('died', article)
    const waiting = await post('died', article)
    expect(waiting.statusCode).toBe(409)
    expect(waiting.headers['retry-after']).toBe('1')

    await age('died', "lease_until = now() - interval '1 second'")
    expect((await post('died', anArticle())).statusCode).toBe(422)
    const all = await Promise.all(Array.from({ length: 10 }, () => post('died', article)))
    expect(all.filter(r => r.statusCode === 201 && !r.headers['idempotent-replayed'])).toHaveLength(1)
    expect(await written(article.title)).toEqual([1, 1])
  })

  test('writes nothing when it comes back after another one took over', async () => {
    const { beginIdempotent, completeIdempotent, fingerprintOf } = await import(
      '../../src/idempotency/store.ts'
    )
    const request = { keyId, key: 'slow', fingerprint: fingerprintOf('POST', '/', {}), hours: 1 }
    const begun = await beginIdempotent(db, request)
    if (!('lease' in begun)) throw new Error('the key is new')
    await age('slow', "lease_until = now() - interval '1 second'")
    expect(await beginIdempotent(db, request)).toHaveProperty('lease')
    const late = completeIdempotent(queryIn(db.prisma as never), [
      { lease: begun.lease, answer: { status: 201, headers: {}, body: '' } },
    ])
    await expect(late).rejects.toMatchObject({ code: 'conflict' })
  })
})

test('an article and its stored answer stand or fall together, up to the commit', async () => {
  // Fails at the commit, after everything was written.
  await db.pool.query(
    `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'planted'; END $$`,
  )
  await db.pool.query(
    'CREATE CONSTRAINT TRIGGER planted AFTER INSERT ON changes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()',
  )
  const article = anArticle()
  expect((await post('commit', article)).statusCode).toBe(500)
  await db.pool.query('DROP TRIGGER planted ON changes')
  expect(await written(article.title)).toEqual([0, 0])
  const again = await post('commit', article)
  expect(again.statusCode).toBe(201)
  expect(again.headers['idempotent-replayed']).toBeUndefined()
  expect(await written(article.title)).toEqual([1, 1])
})

test('an answer is forgotten when its time is over', async () => {
  const article = anArticle()
  const first = await post('expired', article)
  await age('expired', "expires_at = now() - interval '1 second'")
  const later = await post('expired', anArticle())
  expect(later.statusCode).toBe(201)
  expect(later.json().id).not.toBe(first.json().id)
})

test('a failure while the database is away is given back as soon as it is there again', async () => {
  const request = { keyId, key: 'away', fingerprint: Buffer.alloc(32), hours: 1 }
  const failed = answerOnce(db, request, async () => {
    await db.pool.query('ALTER TABLE idempotency_records RENAME TO idempotency_records_away')
    throw new Error('the database is away')
  })
  await expect(failed).rejects.toThrow('the database is away')
  await db.pool.query('ALTER TABLE idempotency_records_away RENAME TO idempotency_records')
  const again = () => beginIdempotent(db, request).then(begun => 'lease' in begun)
  await expect(again()).rejects.toMatchObject({ statusCode: 409 })
  while (!(await again().catch(() => false))) await new Promise(next => setTimeout(next, 50))
})
