import { beforeAll, describe, expect, test } from '@jest/globals'
import { keepDuplicates } from '../../src/articles/store-duplicates.ts'
import { keepIndex } from '../../src/articles/store-index.ts'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { claimIndex } from '../../src/search/store.ts'
import { TEXT } from '../support/alike.ts'
import { anotherApp, testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { untilKept } from '../support/kept.ts'

/** Writes that leave what their articles are found by to the upkeep, and answers that are kept meanwhile. */

const { call, db, authorize } = await testApp()
/** Another node, which keeps answers: what is written elsewhere it hears of a little later. */
const keeping = await anotherApp(db.url, 30_000)
const headers = await authorize('articles:write')
beforeAll(() => claimIndex(db, ANALYSIS_VERSION))

const BODY = `갯벌을 되살리는 마을에 씨앗과 도구를 보낸다. ${TEXT.join(' ')}`
const post = (query: string, title: string, on = call) =>
  on({
    method: 'POST',
    url: `/v1/articles${query}`,
    headers,
    payload: anArticle({ title, author: '갯벌과', bodyText: BODY }),
  })
const put = (externalId: string, query: string, title: string) =>
  call({
    method: 'PUT',
    url: `/v1/articles/by-source/korea.kr/${externalId}${query}`,
    headers,
    payload: anArticle({ title, bodyText: `${title}에 관한 글` }),
  })
const found = async (q: string): Promise<string[]> =>
  (await call(`/v1/articles?q=${encodeURIComponent(q)}`))
    .json()
    .items.map(({ title }: { title: string }) => title)
const duplicatesOf = async (id: number) => (await call(`/v1/articles/${id}/duplicates`)).json().total
const upkeep = async () => {
  await keepIndex(db)
  await keepDuplicates(db)
}

describe('?deferSearch=true', () => {
  test('a new article is listed at once, found by keywords and compared a little later', async () => {
    const former = (await post('', '갯벌 되살리기')).json()
    const late = await post('?deferSearch=true', '갯벌 되살리기')
    expect(late.statusCode).toBe(201)
    const { id } = late.json()
    const listed = (await call('/v1/articles')).json().items.map((one: { id: number }) => one.id)
    expect(listed).toContain(id)
    expect(await found('갯벌')).toEqual(['갯벌 되살리기'])
    expect(await duplicatesOf(id)).toBe(0)
    expect((await call('/readyz')).json().search).toBe('indexing')
    await upkeep()
    expect(await found('갯벌')).toHaveLength(2)
    expect(await duplicatesOf(id)).toBe(1)
    expect(await duplicatesOf(former.id)).toBe(1)
    expect((await call('/readyz')).json().search).toBe('ok')
  })

  test.each([
    ['articles?q=%EC%B2%A0%EC%83%88', keepIndex],
    ['articles?duplicates=collapse', keepDuplicates],
  ])('no answer from before is kept once it is: %s', async (path, keep) => {
    const url = `/v1/${path}`
    await post('?deferSearch=true', '철새가 오는 길', keeping)
    await untilKept(url, keeping)
    const before = (await keeping(url)).body
    await keep(db)
    // Told at the commit, to whoever listens.
    for (let tries = 0; (await keeping(url)).body === before; tries++) {
      expect(tries).toBeLessThan(200)
      await new Promise(next => setTimeout(next, 5))
    }
    await upkeep()
  })

  test('a loader’s upsert: found by nothing, or by its former words, until then', async () => {
    expect((await put('1', '?deferSearch=true', '두루미 마을')).statusCode).toBe(201)
    expect(await found('두루미')).toEqual([])
    await upkeep()
    expect(await found('두루미')).toEqual(['두루미 마을'])
    expect((await put('1', '?deferSearch=true', '저어새 마을')).statusCode).toBe(200)
    expect(await found('두루미')).toEqual(['저어새 마을'])
    await upkeep()
    expect([await found('두루미'), await found('저어새')]).toEqual([[], ['저어새 마을']])
  })

  test('a large article, and one of which it is said no', async () => {
    const large = anArticle({ title: '큰 글', bodyText: '반딧불이 '.repeat(12_000) })
    const late = await call({
      method: 'POST',
      url: '/v1/articles?deferSearch=true',
      headers,
      payload: large,
    })
    expect(late.statusCode).toBe(201)
    expect(await found('반딧불이')).toEqual([])
    await post('?deferSearch=false', '반딧불이 축제')
    expect(await found('반딧불이')).toEqual(['반딧불이 축제'])
    await upkeep()
    expect(await found('반딧불이')).toHaveLength(2)
  })

  test('anything else is refused by name', async () => {
    const answer = await post('?deferSearch=later', '갯벌')
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toMatchObject([{ parameter: 'deferSearch' }])
  })
})
