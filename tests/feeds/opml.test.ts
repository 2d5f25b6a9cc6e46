import { describe, expect, test } from '@jest/globals'
import { parseOpml } from 'feedsmith'
import { testApp } from '../support/app.ts'
import { readAtom } from '../support/atom.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { call, db, clock, authorize } = await testApp({ PUBLIC_URL: 'https://api.example.go.kr' })
const admin = await authorize('admin')
await insertArticles(db, [anArticle({ ministry: { name: '고용노동부' } }), anArticle()])

const read = async () => {
  const response = await call('/v1/ministries.opml')
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/x-opml; charset=utf-8'])
  return parseOpml(response.body)
}
const groups = async () => (await read()).body?.outlines ?? []
const feeds = async () => (await groups()).flatMap(({ outlines }) => outlines ?? [])

describe('the feeds of all ministries', () => {
  test('are those of the bodies of today, by kind', async () => {
    const { items } = (await call('/v1/ministries')).json()
    const names = (await feeds()).map(({ text }) => text)
    expect([...names].sort()).toEqual(items.map(({ name }: { name: string }) => name).sort())
    expect((await groups()).map(({ text }) => text)).toEqual(['부', '처', '청', '위원회', '기타'])
    const ministries = (await groups())[0]?.outlines?.map(({ text }) => text ?? '') ?? []
    expect(ministries[0]).toBe('고용노동부')
    expect(ministries).toEqual([...ministries].sort((a, b) => a.localeCompare(b, 'ko')))
  })

  test('lead to feeds', async () => {
    const outline = (await feeds()).find(({ text }) => text === '고용노동부')
    expect(outline).toMatchObject({ type: 'rss', title: '고용노동부', language: 'ko' })
    expect(outline?.xmlUrl).toBe('https://api.example.go.kr/v1/articles.atom?ministry=A00001')
    const { pathname, search } = new URL(outline?.xmlUrl ?? '')
    expect(readAtom((await call(pathname + search)).body).entries).toHaveLength(1)
  })

  test('have the names of the day', async () => {
    const named = async (at: string) => {
      clock.at = new Date(at)
      return (await feeds()).find(({ xmlUrl }) => xmlUrl?.endsWith('=A00015'))?.text
    }
    expect(await named('2025-09-30T14:59:59Z')).toBe('산업통상자원부')
    expect(await named('2025-09-30T15:00:00Z')).toBe('산업통상부')
    clock.at = null
  })

  test('are sent again only when they change', async () => {
    const first = await call('/v1/ministries.opml')
    expect(first.headers['cache-control']).toBe('public, max-age=3600')
    const headers = { 'if-none-match': String(first.headers.etag) }
    expect((await call({ url: '/v1/ministries.opml', headers })).statusCode).toBe(304)
    const names = [{ name: '시험 & <기관>', shortNames: [], from: null, to: null }]
    await call({
      ...{ method: 'POST', url: '/v1/ministries', payload: { code: 'A09999', kind: 'office', names } },
      headers: admin,
    })
    expect((await call({ url: '/v1/ministries.opml', headers })).statusCode).toBe(200)
    expect((await feeds()).map(({ text }) => text)).toContain('시험 & <기관>')
  })

  test('take no parameter', async () => {
    expect((await call('/v1/ministries.opml?on=2026-01-01')).statusCode).toBe(400)
  })
})
