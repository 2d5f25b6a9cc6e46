import { expect, test } from '@jest/globals'
import { withoutKeys } from '../../src/http/requests.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const PUBLIC_URL = 'https://api.example.go.kr/gongbo'
const { app, call, authorize } = await testApp({ PUBLIC_URL })
const { app: unsaid } = await testApp({ TRUST_PROXY: '1' })
const admin = await authorize('admin')
const send = (method: 'POST' | 'PUT', url: string, payload: object, headers: object = {}) =>
  call({ method, url, headers: { ...admin, ...headers }, payload })

test('Location leads to where clients reach the API', async () => {
  const article = anArticle()
  const key = { 'idempotency-key': 'public' }
  for (const created of [
    await send('POST', '/v1/articles', anArticle()),
    await send('PUT', '/v1/articles/by-source/korea.kr/public', anArticle()),
    await send('POST', '/v1/articles', article, key),
    await send('POST', '/v1/articles', article, key),
  ]) {
    expect(created.statusCode).toBe(201)
    expect(created.headers.location).toBe(`${PUBLIC_URL}/v1/articles/${created.json().id}`)
  }
  const made = await send('POST', '/v1/keys', { name: 'desk', scopes: ['admin'] })
  expect(made.headers.location).toBe(`${PUBLIC_URL}/v1/keys/${made.json().id}`)
})

test('Link leads there too, by number and by cursor', async () => {
  for (let i = 0; i < 3; i++) await send('POST', '/v1/articles', anArticle())
  const leads = async (url: string) => {
    const links = String((await call(url)).headers.link).split(', ')
    for (const link of links) expect(link.startsWith(`<${PUBLIC_URL}/v1/articles?`)).toBe(true)
    return links.map(link => /rel="(\w+)"/.exec(link)?.[1])
  }
  expect(await leads('/v1/articles?pageSize=1&page=2')).toEqual(['first', 'prev', 'next'])
  const { nextCursor } = (await call('/v1/articles?pageSize=1')).json()
  expect(await leads(`/v1/articles?pageSize=1&cursor=${nextCursor}`)).toEqual(['first', 'prev', 'next'])
})

test('the document names it as its server', async () => {
  expect((app.swagger() as { servers?: unknown }).servers).toMatchObject([{ url: PUBLIC_URL }])
})

test('the reference page finds what belongs to it, wherever a proxy has put it', async () => {
  const { body } = await app.inject('/docs')
  const paths = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
  expect(paths.length).toBeGreaterThan(5)
  for (const path of paths) {
    const { pathname } = new URL(path, 'https://api.example.go.kr/gongbo/docs')
    expect(pathname.startsWith('/gongbo/docs/')).toBe(true)
    expect([path, (await app.inject(pathname.replace('/gongbo', ''))).statusCode]).toEqual([path, 200])
  }
})

test('addresses that must be whole go by Host where nothing is said, and by no X-Forwarded-Host', async () => {
  const selfOf = async (headers: Record<string, string>) => {
    const { body } = await unsaid.inject({ url: '/v1/articles/feed.json', headers })
    return JSON.parse(body).feed_url
  }
  const host = 'api.example.go.kr'
  expect(await selfOf({ host, 'x-forwarded-proto': 'https' })).toMatch(/^https:\/\/api\.example\.go\.kr\//)
  expect(await selfOf({ host, 'x-forwarded-host': 'evil.example' })).toMatch(
    /^http:\/\/api\.example\.go\.kr\//,
  )
  for (const proto of ['javascript', 'ftp'])
    expect(await selfOf({ host, 'x-forwarded-proto': proto })).toMatch(/^\/v1\//)
})

test('no secret of a key stands in the log, whichever way it is in the address', () => {
  const secret = 'Ab-_'.repeat(10).concat('xyz')
  for (const key of [
    `gongbo_5f0c3a9b7d21_${secret}`,
    `gongbo%5F5f0c3a9b7d21%5F${secret}`,
    `5f0c3a9b7d21_${secret}`,
  ]) {
    expect(withoutKeys(`/v1/articles?q=${key}&page=2`)).not.toContain(secret.slice(0, 8))
    expect(withoutKeys(`/v1/articles?q=${key}&page=2`)).toContain('&page=2')
  }
})
