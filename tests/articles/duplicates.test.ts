import { describe, expect, test } from '@jest/globals'
import type { NewArticle } from '../../src/articles/schema.ts'
import { Draw } from '../duplicates/draw.ts'
import { makeWriter } from '../duplicates/wording.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { db, call, authorize } = await testApp()
const reader = await authorize('articles:read')
const writer = await authorize('articles:read', 'articles:write')

/** A text of its own for each subject. */
const textAbout = (about: string) => {
  const writer = makeWriter(
    new Draw([...about].reduce((seed, letter) => 31 * seed + letter.charCodeAt(0), 7)),
    'held-out',
  )
  return writer.release({ topic: about, thing: '마당' }, 4).join('\n\n').replaceAll('{m}', '정부')
}

let day = 0
/** Some articles of the same news, on days of their own. */
const news = (about: string, ...changes: Partial<NewArticle>[]) => {
  day += 40
  const at = (hours: number) => new Date(Date.UTC(2020, 0, day, hours)).toISOString()
  return insertArticles(
    db,
    changes.map((change, i) =>
      anArticle({
        title: `${about}의 새 길을 함께 찾는다`,
        bodyText: textAbout(about),
        ministry: { name: '산업통상부' },
        publishedAt: at(i),
        ...change,
      }),
    ),
  )
}
const ids = (rows: { id: number }[]) => rows.map(({ id }) => id) as [number, number, number]
const duplicatesOf = async (id: number, headers = {}) => {
  const response = await call({ url: `/v1/articles/${id}/duplicates`, headers })
  expect(response.statusCode).toBe(200)
  return response.json()
}
const told = ({ original, total, items }: { original: number; total: number; items: never[] }) => ({
  original,
  total,
  items: items.map(({ article, ...rest }: { article: { id: number } }) => ({ id: article.id, ...rest })),
})

describe('the duplicates of an article', () => {
  test('are the others of its group, each with the reason and which one is the original', async () => {
    const [a, b, c] = ids(
      await news(
        '수소 배관',
        {},
        { ministry: { name: '환경부' } },
        { title: '배관을 놓는 사람들의 이야기', ministry: { name: '환경부' } },
      ),
    )
    expect(told(await duplicatesOf(b))).toEqual({
      original: a,
      total: 2,
      items: [
        { id: a, reason: 'joint-release', similarity: 1, comparedWith: b },
        { id: c, reason: 'same-body', similarity: 1, comparedWith: b },
      ],
    })
    expect(told(await duplicatesOf(a)).items.map(({ id }) => id)).toEqual([b, c])
  })

  test('are none for an article that is the only one to say so', async () => {
    const [a] = ids(await news('나무 심기', {}))
    expect(await duplicatesOf(a)).toEqual({ original: a, total: 0, items: [] })
  })

  test('over others are told with the one that they were compared with', async () => {
    const [first, second] = [textAbout('다리 점검'), textAbout('산길 정비')]
    const [a, b, c] = ids(
      await news(
        '다리와 산길',
        { bodyText: first },
        { bodyText: `${first}\n\n${second}` },
        { bodyText: second },
      ),
    )
    expect(told(await duplicatesOf(a)).items).toEqual([
      { id: b, reason: 'reissue', similarity: expect.any(Number), comparedWith: a },
      { id: c, reason: 'reissue', similarity: expect.any(Number), comparedWith: b },
    ])
  })

  test('that are not public are for key holders', async () => {
    const [a, b] = ids(await news('항만 시설', { status: 'hidden' }, {}))
    expect(await duplicatesOf(b)).toEqual({ original: b, total: 0, items: [] })
    expect(told(await duplicatesOf(b, reader))).toEqual({
      original: b,
      total: 1,
      items: [{ id: a, reason: 'reissue', similarity: 1, comparedWith: b }],
    })
    expect(told(await duplicatesOf(a, reader))).toMatchObject({ original: b, total: 1 })
  })

  test('over one that is not public are told, but not over which', async () => {
    const [first, second] = [textAbout('들판 물길'), textAbout('논둑 손질')]
    const [a, b, c] = ids(
      await news(
        '들과 논',
        { bodyText: first },
        { bodyText: `${first}\n\n${second}`, status: 'hidden' },
        { bodyText: second },
      ),
    )
    expect(told(await duplicatesOf(a)).items).toEqual([
      { id: c, reason: 'reissue', similarity: expect.any(Number), comparedWith: null },
    ])
    expect(told(await duplicatesOf(a, reader)).items[1]).toMatchObject({ id: c, comparedWith: b })
  })

  test('have another original when it is hidden, deleted or says something else', async () => {
    const [a, b, c] = ids(await news('빈집 고치기', {}, {}, {}))
    expect(await duplicatesOf(c)).toMatchObject({ original: a, total: 2 })
    const change = async (method: 'PATCH' | 'DELETE', id: number, payload?: object) => {
      const { headers } = await call({ url: `/v1/articles/${id}`, headers: writer })
      const response = await call({
        ...{ method, url: `/v1/articles/${id}` },
        headers: {
          ...writer,
          'if-match': String(headers.etag),
          ...(payload && { 'content-type': 'application/merge-patch+json' }),
        },
        ...(payload && { payload }),
      })
      return String(response.headers.etag)
    }
    await change('PATCH', a, { status: 'hidden' })
    expect(await duplicatesOf(c)).toMatchObject({ original: b, total: 1 })
    const etag = await change('DELETE', b)
    expect(await duplicatesOf(c)).toMatchObject({ original: c, total: 0 })
    await call({ method: 'POST', url: `/v1/articles/${b}/restore`, headers: { ...writer, 'if-match': etag } })
    expect(await duplicatesOf(c)).toMatchObject({ original: b, total: 1 })
    await change('PATCH', b, { bodyText: textAbout('전혀 다른 일') })
    expect(await duplicatesOf(c)).toMatchObject({ original: c, total: 0 })
    expect(await duplicatesOf(c, reader)).toMatchObject({ total: 1, items: [{ article: { id: a } }] })
  })

  test('are answered with a validator, which moves with them', async () => {
    const about = '철길 손보기'
    const [a] = ids(await news(about, {}))
    const url = `/v1/articles/${a}/duplicates`
    const { headers } = await call(url)
    const again = () => call({ url, headers: { 'if-none-match': String(headers.etag) } })
    expect((await again()).statusCode).toBe(304)
    const item = async () => (await call(`/v1/articles/${a}`)).json().version
    const version = await item()
    day -= 40
    await news(about, { author: '다른 사람' })
    expect((await again()).statusCode).toBe(200)
    expect(await item()).toBe(version)
  })

  test('of an article that is not there, or not any more, are not there', async () => {
    expect((await call('/v1/articles/999999/duplicates')).statusCode).toBe(404)
    const [a, b] = ids(await news('뱃길 안내판', { status: 'draft', publishedAt: null }, {}))
    expect((await call(`/v1/articles/${a}/duplicates`)).statusCode).toBe(404)
    const { headers } = await call(`/v1/articles/${b}`)
    await call({
      ...{ method: 'DELETE', url: `/v1/articles/${b}` },
      headers: { ...writer, 'if-match': String(headers.etag) },
    })
    expect((await call(`/v1/articles/${b}/duplicates`)).statusCode).toBe(410)
    expect(await duplicatesOf(b, reader)).toMatchObject({ original: null, total: 0 })
  })
})
