import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { countStale } from '../../src/search/store.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { testDatabase } from '../support/database.ts'

const db = await testDatabase()
const env = { PATH: process.env.PATH, DATABASE_URL: db.url }
const ARTICLES = 700

const rows = async () =>
  (
    await db.pool.query(
      'SELECT article_id, analyser, morphemes, stems, terms::text FROM article_search ORDER BY 1',
    )
  ).rows

test('npm run reindex makes every row anew in a thread, goes on where it was stopped, and then has nothing to do', async () => {
  const words = ['수소', '탄소중립', '재자원화', '청년도약계좌', '순환경제']
  await insertArticles(
    db,
    Array.from({ length: ARTICLES }, (_, i) =>
      anArticle({
        title: `${words[i % 5]} ${i}`,
        bodyText: `${words[(i * 3) % 5]}을 위한 사업. `.repeat(20),
      }),
    ),
  )
  const before = await rows()
  await db.pool.query(`UPDATE article_search SET analyser = 0, terms = '', morphemes = 0, stems = 0`)

  const first = spawn(process.execPath, ['dist/commands/reindex.js'], { env })
  while ((await countStale(db, ANALYSIS_VERSION)) === ARTICLES)
    await new Promise(next => setTimeout(next, 10))
  first.kill('SIGKILL')
  const left = await countStale(db, ANALYSIS_VERSION)
  expect(left).toBeGreaterThan(0)

  const { stdout } = await promisify(execFile)(process.execPath, ['dist/commands/reindex.js'], { env })
  expect(stdout).toContain('articles re-indexed')
  expect(await rows()).toEqual(before)
  const again = await promisify(execFile)(process.execPath, ['dist/commands/reindex.js'], { env })
  expect(again.stdout).toBe('every search row is up to date\n')
}, 60_000)
