import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, expect, test } from '@jest/globals'
import { ANALYSIS_VERSION } from '../../src/search/analysis.ts'
import { countStale } from '../../src/search/store.ts'
import { anArticle } from '../support/builders.ts'
import { encodeCp949 } from '../support/cp949.ts'
import { testDatabase } from '../support/database.ts'

const db = await testDatabase()
const env = { PATH: process.env.PATH, DATABASE_URL: db.url }
const dir = await mkdtemp(join(tmpdir(), 'gongbo-import-'))
afterAll(() => rm(dir, { recursive: true, force: true }))
beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE articles, article_prints, duplicate_pairs, duplicate_members, article_search, changes, article_counts, view_receipts, reactions, import_progress',
  )
})

const command = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['dist/commands/import.js', ...args], { env }).then(
    result => ({ ...result, code: 0 }),
    error => error as { code: number; stdout: string; stderr: string },
  )
const save = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(dir, name), content)
  return join(dir, name)
}
const lines = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ ...anArticle(), source: { name: 'board.test', externalId: `${i}` } }),
  ).join('\n')
const articles = async () => (await db.pool.query('SELECT count(*)::int AS n FROM articles')).rows[0].n

test('0 when all is written, 3 when some is rejected: told on stderr, or in a file as JSON', async () => {
  const good = await save('good.ndjson', lines(3))
  expect(await command(good)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('3 changes (3 created'),
  })
  const some = await save('some.ndjson', `${lines(2)}\n{"title":1}\n`)
  const report = await command(some)
  expect(report).toMatchObject({ code: 3, stdout: expect.stringContaining('1 rejected') })
  expect(report.stderr).toContain(
    `${some}:3: (/status) this field is missing; (/kind) this field is missing; (/title) must be of type string`,
  )
  const rejects = join(dir, 'rejects.ndjson')
  expect(await command(some, '--rejects', rejects)).toMatchObject({ code: 3 })
  expect(JSON.parse(await readFile(rejects, 'utf8'))).toMatchObject({
    file: some,
    line: 3,
    errors: expect.arrayContaining([{ pointer: '/title', detail: 'must be of type string' }]),
  })
})

test('1 when a file cannot be read as what it is, 2 for a mistake on the command line', async () => {
  const file = await save('unknown.csv', '번호,제목,비고\n1,제목,x\n')
  expect(await command(file, '--source', 'board.test')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('unknown column "비고"'),
  })
  expect(await command(file, '--source', 'board.test', '--map', '비고=-')).toMatchObject({ code: 0 })
  const packed = await save('packed.csv', gzipSync('번호,제목\n1,제목\n'))
  expect(await command(packed, '--source', 'board.test')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('this is gzip: unpack it'),
  })
  for (const wrong of [
    ['--format', 'xml'],
    ['--source', 'Bad Name'],
    ['--map', 'x'],
    ['--unknown'],
    ['no-such-file.csv'],
  ])
    expect(await command(file, ...wrong)).toMatchObject({ code: 2 })
})

test('an Excel file in CP949 is known as such; a dry run writes nothing', async () => {
  const { bytes } = encodeCp949('번호,제목,날짜\r\n1,똠방각하 설명회,2026-01-20\r\n')
  const file = await save('excel.csv', bytes)
  const dry = await command(file, '--source', 'board.test', '--dry-run')
  expect(dry.stdout).toContain('would make 1 change (1 created')
  expect(await articles()).toBe(0)
  expect(await command(file, '--source', 'board.test')).toMatchObject({ code: 0 })
  const { rows } = await db.pool.query('SELECT title FROM articles')
  expect(rows).toEqual([{ title: '똠방각하 설명회' }])
})

test('goes on where it was killed, and a second time changes nothing', async () => {
  const count = 6_000
  const rejects = join(dir, 'resumed.ndjson')
  const options = ['--defer-search', '--rejects', rejects]
  const file = await save('many.ndjson', `{"title":1}\n${lines(count)}`)
  const first = spawn(process.execPath, ['dist/commands/import.js', file, ...options], { env })
  const ended = new Promise(done => first.once('exit', done))
  while ((await db.pool.query('SELECT FROM import_progress')).rowCount === 0)
    await new Promise(next => setTimeout(next, 5))
  first.kill('SIGKILL')
  await ended
  expect(await articles()).toBeLessThan(count)
  const resumed = await command(file, ...options, '--resume')
  expect(resumed).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/going on after line \d+, up to which 1 were rejected/),
  })
  expect((await readFile(rejects, 'utf8')).trim().split('\n')).toHaveLength(1)
  expect(await articles()).toBe(count)
  expect(await countStale(db, ANALYSIS_VERSION)).toBe(count)
  expect((await command(file)).stdout).toContain(`0 changes (0 created, 0 updated), ${count} unchanged`)
}, 60_000)
