import { describe, expect, test } from '@jest/globals'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'

const { call, clock, authorize } = await testApp()
const headers = await authorize('articles:write')
clock.at = new Date('2026-03-01T03:00:00Z')
const post = (changes: object) =>
  call({ method: 'POST', url: '/v1/articles', headers, payload: { ...anArticle(), ...changes } })

describe('a text that says something says it, or is refused', () => {
  test.each<[object, string]>([
    [{ author: ' ' }, '/author'],
    [{ author: '' }, '/author'],
    [{ author: '\u3000\t' }, '/author'],
    [{ ministry: { name: ' \n' } }, '/ministry/name'],
    [{ ministry: { name: '산업통상부', publishedName: ' ' } }, '/ministry/publishedName'],
    [{ subtitles: ['부제', ' '] }, '/subtitles/1'],
    [{ tags: ['\u00a0'] }, '/tags/0'],
    [{ attribution: ' ' }, '/attribution'],
    [{ title: '\u3000' }, '/title'],
    [{ title: '\u200b' }, '/title'],
    [{ title: ' \u3164\u115f\ufeff\u2060' }, '/title'],
    [{ tags: ['ESG', '\u200d'] }, '/tags/1'],
  ])('%j', async (changes, pointer) => {
    const refused = await post(changes)
    expect(refused.statusCode).toBe(400)
    for (const fault of refused.json().errors)
      expect(fault).toMatchObject({ pointer, detail: expect.stringMatching(/must not be (blank|empty)/) })
  })

  test('white space around it is taken away', async () => {
    const { statusCode, body } = await post({
      ...{ title: '\t제목 하나\n', author: ' 홍길동\u3000', subtitles: ['  부제  '], attribution: ' 출처 ' },
      ministry: { name: ' 산업통상부 ', publishedName: '산업통상자원부 ' },
    })
    expect(statusCode).toBe(201)
    expect(JSON.parse(body)).toMatchObject({
      ...{ title: '제목 하나', author: '홍길동', subtitles: ['부제'], attribution: '출처' },
      ministry: { name: '산업통상부', publishedName: '산업통상자원부' },
    })
  })

  test('a tag stands once, however it is spaced, in the order of its first', async () => {
    const created = await post({ tags: ['ESG ', ' 순환경제', 'ESG', '순환경제\u3000', '가'] })
    expect(created.statusCode).toBe(201)
    expect(created.json().tags).toEqual(['ESG', '순환경제', '가'])
    expect((await call('/v1/articles?tag=ESG')).json().total).toBe(1)
  })
})

describe('an embargo of what is published', () => {
  test('that has not ended is refused, also by a patch', async () => {
    const embargo = { embargoUntil: '2026-03-01T12:00:01+09:00' }
    const refused = await post(embargo)
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toMatchObject([{ pointer: '/embargoUntil' }])
    const patched = await call({
      method: 'PATCH',
      url: String((await post({})).headers.location),
      headers: { ...headers, 'if-match': '*', 'content-type': 'application/merge-patch+json' },
      payload: JSON.stringify(embargo),
    })
    expect(patched.statusCode).toBe(400)
    expect(patched.json().errors).toMatchObject([{ pointer: '/embargoUntil' }])
  })

  test('that has ended is kept', async () => {
    const created = await post({ embargoUntil: '2026-03-01T12:00:00+09:00' })
    expect(created.statusCode).toBe(201)
    expect(created.json().embargoUntil).toBe('2026-03-01T12:00:00+09:00')
  })
})
