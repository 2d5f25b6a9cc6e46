import { readFile } from 'node:fs/promises'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { parseBoardPage } from '../../src/imports/board-page.ts'
import { importBoardPage } from '../../src/imports/store.ts'
import { testApp } from '../support/app.ts'

const { db, call, authorize } = await testApp()
const editor = await authorize('articles:write')
const saved = await readFile(new URL('board-page.txt', import.meta.url), 'utf8')
const importText = (text: string) => importBoardPage(db, parseBoardPage(text), new Date())
const total = async () => (await call('/v1/articles?pageSize=1')).json().total

beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE articles, article_prints, duplicate_pairs, duplicate_members, article_search, changes, article_counts, view_receipts, reactions',
  )
})

describe('a saved board page', () => {
  test('becomes 21 articles, found by their Seoul day and by the identity at korea.kr', async () => {
    expect(await importText(saved)).toEqual({
      created: 21,
      updated: 0,
      unchanged: 0,
      deleted: 0,
      recounted: 0,
    })
    const day = (await call('/v1/articles?from=2023-06-21&to=2023-06-21')).json()
    expect(day.total).toBe(1)
    const article = (await call('/v1/articles/by-source/korea.kr/156576172')).json()
    expect(article.id).toBe(day.items[0].id)
    expect(article).toMatchObject({
      status: 'published',
      ministry: { name: '산업통상부', publishedName: '산업통상자원부' },
      author: '한국생산성본부',
      counts: { comments: 0, views: 565, likes: 0, dislikes: 0 },
      publishedAt: '2023-06-21T00:00:00+09:00',
      postedOn: '2023-07-03',
      attribution: '(산업통상자원부, 2023.06.21)',
      source: { url: 'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172' },
    })
    expect(article.bodyText.split('\n\n').length).toBeGreaterThan(2)
  })

  test('lists in the order of the board, each row with its number, title, author, day and views', async () => {
    const { rows } = parseBoardPage(saved)
    await importText(saved)
    const { items } = (await call('/v1/articles?source=kpc-esg-board&pageSize=100')).json()
    expect(items.map((item: { source: { externalId: string } }) => Number(item.source.externalId))).toEqual(
      rows.map(row => row.number),
    )
    for (const [i, { article, counts }] of rows.entries())
      expect(items[i]).toMatchObject({
        title: article.title,
        author: article.author,
        postedOn: article.postedOn,
        counts: { views: counts.views },
      })
  })

  test('shows once what stands there twice, a day apart', async () => {
    await importText(saved)
    const twice = ['농어촌 이에스지', '초미세먼지부터', '올해 유럽에 수출하면']
    const query = '/v1/articles?source=kpc-esg-board&pageSize=100'
    const { items, total } = (await call(`${query}&duplicates=collapse`)).json()
    expect(total).toBe(17)
    const shown = items.filter(({ title }: { title: string }) => twice.some(begin => title.startsWith(begin)))
    expect(
      shown.map((item: { publishedOn: string; duplicates: number }) => [item.publishedOn, item.duplicates]),
    ).toEqual(twice.map(() => ['2026-01-22', 1]))
    for (const { id } of shown)
      expect((await call(`/v1/articles/${id}/duplicates`)).json()).toMatchObject({
        original: id,
        items: [{ article: { publishedOn: '2026-01-23' }, reason: 'midnight-relisting', similarity: null }],
      })
    expect((await call(query)).json().total).toBe(20)
  })

  test('a second time changes nothing', async () => {
    await importText(saved)
    const before = await db.prisma.change.count()
    expect(await importText(saved)).toEqual({
      created: 0,
      updated: 0,
      unchanged: 21,
      deleted: 0,
      recounted: 0,
    })
    expect(await db.prisma.change.count()).toBe(before)
  })

  test('two at once make each article once', async () => {
    const reports = await Promise.all([importText(saved), importText(saved), importText(saved)])
    expect(reports.map(report => report.created).sort()).toEqual([0, 0, 21])
    expect(await total()).toBe(21)
  })

  test('later views are taken over without a new version, beside the views that were counted here', async () => {
    await importText(saved)
    const article = (await call('/v1/articles/by-source/korea.kr/156576172')).json()
    await call({ method: 'POST', url: `/v1/articles/${article.id}/views` })
    expect(await importText(saved.replace('565', '600'))).toMatchObject({ unchanged: 21, recounted: 1 })
    const again = (await call('/v1/articles/by-source/korea.kr/156576172')).json()
    expect(again).toMatchObject({ version: article.version, counts: { views: 601 } })
  })

  test('what the page does not tell stays as an editor wrote it', async () => {
    await importText(saved)
    const row = (await call('/v1/articles?source=kpc-esg-board&pageSize=1')).json().items[0]
    const read = await call({ url: `/v1/articles/${row.id}`, headers: editor })
    const patched = await call({
      method: 'PATCH',
      url: `/v1/articles/${row.id}`,
      headers: {
        ...editor,
        'if-match': String(read.headers.etag),
        'content-type': 'application/merge-patch+json',
      },
      payload: JSON.stringify({ bodyText: '편집부가 쓴 본문', tags: ['ESG'], status: 'hidden' }),
    })
    expect(patched.statusCode).toBe(200)
    expect(await importText(saved)).toMatchObject({ updated: 0, unchanged: 21 })
    const kept = (await call({ url: `/v1/articles/${row.id}`, headers: editor })).json()
    expect(kept).toMatchObject({ bodyText: '편집부가 쓴 본문', tags: ['ESG'], status: 'hidden' })
  })

  test('what an editor has hidden is not shown again', async () => {
    await importText(saved)
    await db.pool.query(`UPDATE articles SET status = 'hidden' WHERE source = 'korea.kr'`)
    expect(await importText(saved)).toMatchObject({ updated: 0, unchanged: 21 })
    expect((await call('/v1/articles/by-source/korea.kr/156576172')).statusCode).toBe(404)
  })

  test('what was deleted here stays deleted, and is told', async () => {
    await importText(saved)
    await db.pool.query(`UPDATE articles SET deleted_at = now() WHERE source = 'korea.kr'`)
    expect(await importText(saved)).toMatchObject({ unchanged: 20, deleted: 1 })
  })
})

describe('nothing is imported by half', () => {
  test('a number that names another title on another day now is refused by its line', async () => {
    await importText(saved)
    const line = saved.split('\n').findIndex(text => /^37\d\d .*2026-01-20 \d+$/.test(text))
    const lines = saved.split('\n')
    const renumbered = (lines[line] ?? '').replace(/^(\d+) .*$/, '$1 전혀 다른 새 글 관리자 2026-01-19 3')
    const page = lines.with(line, renumbered).join('\n').replace('565', '999')
    await expect(importText(page)).rejects.toThrow(`line ${line + 1}:`)
    expect((await call('/v1/articles/by-source/korea.kr/156576172')).json().counts.views).toBe(565)
  })

  test('numbers that changed places within a day are refused', async () => {
    await importText(saved)
    const swapped = saved
      .replace(/^3720 /m, 'x ')
      .replace(/^3719 /m, '3720 ')
      .replace(/^x /m, '3719 ')
    await expect(importText(swapped)).rejects.toThrow(/line \d+: .*numbered its articles anew/)
  })

  test('a day to come and a NUL are refused by their line', async () => {
    const line = saved.split('\n').findIndex(text => /^3720 /.test(text)) + 1
    await expect(importText(saved.replace(/^(3720 .*)2026-01-23/m, '$12062-01-23'))).rejects.toThrow(
      `line ${line}:`,
    )
    await expect(importText(saved.replace(/^3720 /m, '3720 \0'))).rejects.toThrow(`line ${line}:`)
    expect(await total()).toBe(0)
  })

  test('an article that breaks the contract is refused by its line', async () => {
    const [first = '', ...rest] = saved.split('\n')
    await expect(importText([first.repeat(40), ...rest].join('\n'))).rejects.toThrow('line 1:')
    expect(await total()).toBe(0)
  })
})
