import { Writable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { insertKey } from '../../src/keys/store.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, db, authorize } = await testApp()
const admin = await authorize('admin')

const post = (payload: object, headers: Record<string, string> = admin) =>
  call({ method: 'POST', url: '/v1/keys', headers, payload })
const make = async (changes: object = {}) => {
  const response = await post({ name: '보도자료 담당', scopes: ['articles:read'], ...changes })
  expect(response.statusCode).toBe(201)
  const { id, key } = response.json() as { id: string; key: string }
  return { id, key, url: String(response.headers.location), headers: { authorization: `Bearer ${key}` } }
}
/** What of a key is secret: after `gongbo_`, the id of twelve digits and `_`. */
const secretOf = (key: string) => key.slice('gongbo_0123456789ab_'.length)
const DRAFTS = '/v1/articles?status=draft'
const opens = async (headers: { authorization: string }) => (await call({ url: DRAFTS, headers })).statusCode

describe('keys are made, read and revoked by administrators', () => {
  test('a new key opens what its scopes say, and no more', async () => {
    const { headers } = await make()
    expect(await opens(headers)).toBe(200)
    const write = { method: 'POST' as const, url: '/v1/articles', headers, payload: anArticle() }
    expect((await call(write)).statusCode).toBe(403)
    expect(
      (await call({ ...write, headers: (await make({ scopes: ['articles:write'] })).headers })).statusCode,
    ).toBe(201)
  })

  test('the key is shown once', async () => {
    const { id, key, url } = await make({ expiresAt: '2099-01-01T00:00:00Z' })
    expect(key).toMatch(new RegExp(`^gongbo_${id}_`))
    expect(url).toBe(`/v1/keys/${id}`)
    const read = await call({ url, headers: admin })
    expect(read.json()).toMatchObject({
      ...{ id, name: '보도자료 담당', scopes: ['articles:read'] },
      ...{ expiresAt: '2099-01-01T09:00:00+09:00', revokedAt: null, lastUsedAt: null },
    })
    const list = await call({ url: '/v1/keys', headers: admin })
    expect(list.json().items[0]).toEqual(read.json())
    for (const { body } of [read, list]) expect(body).not.toContain(secretOf(key))
  })

  test('a key reads what it is itself, and no other', async () => {
    const { id, key, headers } = await make({ scopes: ['articles:read'] })
    const own = await call({ url: '/v1/keys/self', headers })
    expect(own.json()).toMatchObject({ id, scopes: ['articles:read'] })
    expect(own.body).not.toContain(secretOf(key))
    expect((await call({ url: `/v1/keys/${id}`, headers })).statusCode).toBe(403)
    expect((await call('/v1/keys/self')).statusCode).toBe(401)
  })

  test('of many that come at the same time each is who it is', async () => {
    const made = await Promise.all([make(), make(), make({ scopes: ['articles:write'] })])
    await call({ method: 'DELETE', url: made[1].url, headers: admin })
    const nobody = `gongbo_${'0'.repeat(12)}_${secretOf(made[0].key)}`
    const swapped = `gongbo_${made[0].id}_${secretOf(made[2].key)}`
    const keys = [...made.map(({ key }) => key), nobody, swapped]
    const self = async (key: string) => {
      const answer = await call({ url: '/v1/keys/self', headers: { authorization: `Bearer ${key}` } })
      return answer.statusCode === 200 ? answer.json().id : answer.statusCode
    }
    const ten = Array.from({ length: 10 }, () => keys).flat()
    const expected = [made[0].id, 401, made[2].id, 401, 401]
    expect(await Promise.all(ten.map(self))).toEqual(Array.from({ length: 10 }, () => expected).flat())
  })

  test('a revoked key opens nothing from then on, stays in the list and keeps its first date', async () => {
    const { url, headers } = await make()
    expect(await opens(headers)).toBe(200)
    const revoke = () => call({ method: 'DELETE', url, headers: admin })
    const first = await revoke()
    expect(first.statusCode).toBe(200)
    expect(first.json().revokedAt).not.toBeNull()
    expect(await opens(headers)).toBe(401)
    expect((await revoke()).json()).toEqual(first.json())
    expect((await call({ url: '/v1/keys', headers: admin })).json().items).toContainEqual(first.json())
  })

  test.each([
    ['a name that is blank', { name: ' ' }, '/name'],
    ['no scope', { scopes: [] }, '/scopes'],
    ['an unknown scope', { scopes: ['article:read'] }, '/scopes/0'],
    ['an end that is past', { expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
    ['an end that was before Gongbo’s days', { expiresAt: '1900-01-01T00:00:00Z' }, '/expiresAt'],
    ['an end in a leap second, which no clock here has', { expiresAt: '2098-12-31T23:59:60Z' }, '/expiresAt'],
    ['an unknown field', { scope: ['admin'] }, '/scope'],
  ])('%s is refused', async (_what, changes, pointer) => {
    const refused = await post({ name: 'key', scopes: ['articles:read'], ...changes })
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toContainEqual(expect.objectContaining({ pointer }))
  })

  test.each([
    ['GET', '/v1/keys'],
    ['POST', '/v1/keys'],
    ['GET', '/v1/keys/0123456789ab'],
    ['DELETE', '/v1/keys/0123456789ab'],
  ] as const)('%s %s: nobody else may', async (method, url) => {
    const payload = method === 'POST' ? { payload: { name: 'key', scopes: ['admin'] } } : {}
    for (const [headers, status] of [
      [{}, 401],
      [await authorize('articles:write', 'articles:read'), 403],
      [admin, method === 'POST' ? 201 : url === '/v1/keys' ? 200 : 404],
    ] as const) {
      const response = await call({ method, url, headers, ...payload })
      expect(response.statusCode).toBe(status)
      expect(response.headers['cache-control']).toBe('no-store')
      if (status < 404 && status > 400) expect(response.headers['www-authenticate']).toMatch(/^Bearer realm=/)
    }
  })
})

describe('a key that is none', () => {
  test('expires by itself', async () => {
    const { key } = await insertKey(db, {
      name: 'short',
      scopes: ['articles:read'],
      expiresAt: new Date(Date.now() + 400),
    })
    const headers = { authorization: `Bearer ${key}` }
    expect(await opens(headers)).toBe(200)
    await new Promise(done => setTimeout(done, 450))
    expect(await opens(headers)).toBe(401)
  })

  test('gets 401 with a challenge, also where no key is needed', async () => {
    const { id, key } = await make()
    const secret = secretOf(key)
    const other = `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`
    for (const authorization of [
      `Bearer gongbo_${id}_${other}`,
      `Bearer gongbo_000000000000_${secret}`,
      `Bearer ${key}x`,
      `Bearer ${key} x`,
      'Bearer',
      'Bearer  ',
      key,
      `Basic ${Buffer.from(`user:${key}`).toString('base64')}`,
    ])
      for (const url of [DRAFTS, '/v1/articles']) {
        const refused = await call({ url, headers: { authorization } })
        expect(refused.statusCode).toBe(401)
        expect(refused.headers['www-authenticate']).toContain('invalid_token')
      }
  })
})

test('the last use is told', async () => {
  const { url, headers } = await make()
  const before = Date.now()
  await opens(headers)
  const { lastUsedAt } = (await call({ url, headers: admin })).json()
  expect(Date.parse(lastUsedAt)).toBeGreaterThanOrEqual(before - 1)
  await opens(headers)
  expect((await call({ url, headers: admin })).json().lastUsedAt).toBe(lastUsedAt)
  await db.pool.query("UPDATE api_keys SET last_used_at = now() - interval '2 minutes'")
  await opens(headers)
  expect(Date.parse((await call({ url, headers: admin })).json().lastUsedAt)).toBeGreaterThanOrEqual(before)
})

describe('the secret stands nowhere', () => {
  test('in no table, neither as text nor as bytes', async () => {
    const { key, headers } = await make({ scopes: ['articles:write'] })
    const secret = secretOf(key)
    const idempotent = { ...headers, 'idempotency-key': 'k' }
    await call({ method: 'POST', url: '/v1/articles', headers: idempotent, payload: anArticle() })
    const { rows: tables } = await db.pool.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    )
    expect(tables.map(t => t.name)).toContain('api_keys')
    const forms = [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret, 'base64url').toString('hex'),
    ]
    for (const { name } of tables) {
      const { rows } = await db.pool.query<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`)
      for (const { text } of rows) for (const form of forms) expect(text).not.toContain(form)
    }
  })

  /** What the API logs, at its most talkative, while requests are made. */
  async function logged(
    work: (app: Awaited<ReturnType<typeof buildApp>>) => Promise<unknown>,
  ): Promise<string> {
    let log = ''
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        log += chunk
        done()
      },
    })
    const config = { ...readConfig({}), RATE_LIMIT: 0 }
    const app = await buildApp({ config, db, logger: { level: 'trace', stream } })
    await work(app)
    await app.close()
    return log
  }

  test('in no line of the log, whatever the answer', async () => {
    const { id, key, headers } = await make({ scopes: ['admin'] })
    let made = ''
    const log = await logged(async app => {
      for (const [method, url] of [
        ['GET', '/v1/articles'],
        ['GET', '/v1/keys'],
        ['POST', '/v1/articles'],
        ['GET', '/nothing'],
        ['PUT', '/v1/articles/1'],
      ] as const)
        await app.inject({ method, url, headers })
      const payload = { name: 'k', scopes: ['admin'] }
      made = (await app.inject({ method: 'POST', url: '/v1/keys', headers, payload })).json().key
      await app.inject({ url: DRAFTS, headers: { authorization: `Bearer ${key}x` } })
      // A fault of ours, which is logged with all that is known of it.
      await db.pool.query('ALTER TABLE articles RENAME TO away')
      expect((await app.inject({ url: DRAFTS, headers })).statusCode).toBe(500)
      await db.pool.query('ALTER TABLE away RENAME TO articles')
    })
    expect(log).toContain('request failed')
    expect(log).toContain(`"key":"${id}"`)
    for (const secret of [key, made]) expect(log).not.toContain(secretOf(secret))
  })

  test('in no line of the log, also where it came in the address by mistake', async () => {
    const { key } = await make()
    const log = await logged(async app => {
      for (const url of [`/v1/articles?key=${key}`, `/v1/keys/${key}`, `/nothing/${key}`])
        expect((await app.inject({ url })).statusCode).toBeGreaterThanOrEqual(400)
    })
    expect(log).toContain('/v1/articles')
    expect(log).not.toContain(secretOf(key))
  })
})
