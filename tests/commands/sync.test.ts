import { spawn } from 'node:child_process'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { changed, fictionalItems, seeded } from '../imports/open-api-items.ts'
import { openApiServer } from '../imports/open-api-server.ts'
import { createDatabase } from '../support/database.ts'

const KEY = 'key+of/tests=='
const items = fictionalItems(11, '2026-01-01', 31, 3)
const RANGE = ['--from', '2026-01-01', '--to', '2026-01-30']
const inRange = items.filter(({ expected }) => expected.day <= '2026-01-30')
const server = await openApiServer(items, { key: KEY, seed: 5 })
const random = seeded(20_260_120)
const databases: Awaited<ReturnType<typeof createDatabase>>[] = []
let url: string
const fresh = async () => {
  const database = await createDatabase()
  databases.push(database)
  url = database.url
}
beforeEach(async () => {
  await fresh()
  server.items = new Map(items.map(item => [item.id, item]))
  server.faultRate = 0
  server.requests = []
  server.onRequest = () => {}
  server.budget = 1_000_000
})
afterEach(async () => {
  for (const { drop } of databases.splice(0)) await drop()
})
afterAll(() => server.close())

const start = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  spawn(process.execPath, ['dist/commands/sync.js', ...args], {
    env: {
      ...{ PATH: process.env.PATH, DATABASE_URL: url, OPEN_API_URL: server.url },
      ...{ OPEN_API_KEY: encodeURIComponent(KEY), OPEN_API_RETRY_MS: '2', OPEN_API_TIMEOUT_MS: '1000' },
      ...env,
    },
  })

interface Ended {
  status: number | null
  stdout: string
  stderr: string
}
function ended(child: ReturnType<typeof start>): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  return new Promise(done => child.once('close', status => done({ status, stdout, stderr })))
}
const command = (args: string[], env?: NodeJS.ProcessEnv) => ended(start(args, env))

async function query<T extends object>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}
/** All that a sync leaves behind, but for instants and ids of its own. */
const everything = async () => ({
  articles: await query(
    `SELECT external_id, version, status, kind, title, subtitles, body_html, body_text, ministry_name, published_at,
       source_url, source_modified_at, licence, thumbnail_url, attachments FROM articles ORDER BY external_id`,
  ),
  days: await query('SELECT service, day::text, items, rejected FROM sync_days ORDER BY 1, 2'),
  items: await query('SELECT * FROM sync_items ORDER BY external_id'),
  rejections: await query('SELECT service, item, day::text, reason FROM sync_rejections ORDER BY 1, 2'),
  runs: await query('SELECT count(*)::int AS unfinished FROM sync_runs'),
  changes: await query(
    'SELECT external_id, c.version, c.kind, c.actor FROM changes c JOIN articles a ON a.id = article_id ORDER BY 1, 2',
  ),
  searched: await query(
    'SELECT external_id, terms::text FROM article_search JOIN articles ON id = article_id ORDER BY 1',
  ),
})

test('killed at any point and resumed, it ends the same', async () => {
  const bad = inRange[17]
  if (bad) server.items.set(bad.id, changed(bad, { KoglType: '9' }))
  expect((await command(RANGE)).status).toBe(3)
  const whole = await everything()
  expect(whole.articles).toHaveLength(inRange.length - 1)
  expect(whole.rejections).toHaveLength(1)

  server.faultRate = 0.3
  await fresh()
  let kills = 0
  let wholeRuns = 0
  while (kills < 24) {
    const child = start([...RANGE, '--resume'])
    const over = ended(child)
    // Between two calls, in the midst of one, or while its days are written.
    let calls = 1 + Math.floor(random() * 4)
    const wait = random() * 120
    server.onRequest = () => {
      if (--calls === 0) setTimeout(() => child.kill('SIGKILL'), wait)
    }
    const { status } = await over
    if (status === null) kills++
    else {
      expect(status).toBe(3)
      expect(await everything()).toEqual(whole)
      wholeRuns++
      await fresh()
    }
  }
  server.onRequest = () => {}
  expect((await command([...RANGE, '--resume'])).status).toBe(3)
  expect(await everything()).toEqual(whole)
  expect(wholeRuns).toBeLessThan(10)
}, 300_000)

describe('the exit status tells', () => {
  test('0: all is here', async () => {
    const { status, stdout } = await command(RANGE)
    expect(status).toBe(0)
    expect(stdout).toContain(`60 days: ${inRange.length} created, 0 updated, 0 unchanged; 20 calls today`)
    const { stdout: again } = await command([...RANGE, '--resume'])
    expect(again).toContain('60 days were done before')
  })

  test('3: some items were rejected, each told with its place and reason', async () => {
    const [item] = inRange
    if (item) server.items.set(item.id, changed(item, { Title: '' }))
    const { status, stderr } = await command(RANGE)
    expect(status).toBe(3)
    expect(stderr).toContain(
      `rejected: ${item?.service} ${item?.expected.day}, item ${item?.id}: Title is empty\n`,
    )
  })

  test('4: no call is left for today', async () => {
    const { status, stderr } = await command(RANGE, { OPEN_API_DAILY_CALLS: '3' })
    expect(status).toBe(4)
    expect(stderr).toContain('go on tomorrow with --resume')
  })

  test('1: it failed; and no output has the key in it', async () => {
    const key = 'wrong+key/0123=='
    const { status, stdout, stderr } = await command(RANGE, { OPEN_API_KEY: key, LOG_LEVEL: 'debug' })
    expect(status).toBe(1)
    expect(stderr).toContain('SERVICE_KEY_IS_NOT_REGISTERED_ERROR')
    for (const spelling of [key, encodeURIComponent(key)]) expect(stdout + stderr).not.toContain(spelling)
  })

  test.each([
    [[], 'usage: sync'],
    [['--from', '2026-02-30'], '--from must be a day'],
    [['--from', '2026-01-02', '--to', '2026-01-01'], 'lies after'],
    [['--from', '2026-01-01', '--to', '9999-01-01'], 'lies in the future'],
    [['--from', '2026-01-01', '--source', 'rss'], '--source must be press, policy or both'],
    [['--form', '2026-01-01'], '--form'],
    [['--watch', '--dry-run'], 'exclude each other'],
  ])('2: the command is wrong: %j', async (args, reason) => {
    const { status, stderr } = await command(args)
    expect(status).toBe(2)
    expect(stderr).toContain(reason)
  })

  test('2: there is no key', async () => {
    const { status, stderr } = await command(RANGE, { OPEN_API_KEY: '' })
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('OPEN_API_KEY') })
  })
})

test('--watch keeps up until it is stopped', async () => {
  const child = start(['--watch', '--source', 'press'])
  const over = ended(child)
  server.onRequest = () => setTimeout(() => child.kill('SIGTERM'), 1_000)
  const { status, stdout } = await over
  expect(status).toBe(0)
  expect(stdout).toContain('keeping up: the last 3 days, each 10 minutes')
  expect(server.requests).toHaveLength(1)
  expect(await query('SELECT 1 FROM sync_days')).toHaveLength(3)
})
