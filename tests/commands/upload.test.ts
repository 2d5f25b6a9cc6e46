import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { insertKey } from '../../src/keys/store.ts'
import { anArticle } from '../support/builders.ts'
import { testDatabase } from '../support/database.ts'
import { servers, stop } from '../support/server.ts'

const db = await testDatabase()
const DATA_DIR = await mkdtemp(join(tmpdir(), 'gongbo-upload-'))
const { key } = await insertKey(db, { name: 'test', scopes: ['articles:write'], expiresAt: null })
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' }
const start = servers(() => ({ DATA_DIR, DATABASE_URL: db.url }))
afterAll(() => rm(DATA_DIR, { recursive: true, force: true }))

test('a server that was killed leaves a job that is told as interrupted, and the same file a second time ends right', async () => {
  const count = 6_000
  const body = Array.from({ length: count }, (_, i) =>
    JSON.stringify({ ...anArticle(), source: { name: 'board.test', externalId: `${i}` } }),
  ).join('\n')
  const upload = async (address: string, query = '') => {
    const url = `${address}/v1/imports?deferSearch=true${query}`
    const answer = await fetch(url, { method: 'POST', headers, body })
    expect(answer.status).toBe(202)
    return `${address}${answer.headers.get('location')}`
  }
  const read = async (url: string) => (await fetch(url, { headers })).json()
  const until = async (url: string, condition: (job: never) => boolean) => {
    for (;;) {
      const job = await read(url)
      if (condition(job as never)) return job
      await new Promise(next => setTimeout(next, 10))
    }
  }
  const first = await start()
  const job = await upload(first.address)
  while ((await db.pool.query('SELECT FROM import_progress')).rowCount === 0)
    await new Promise(next => setTimeout(next, 5))
  await stop(first.child, 'SIGKILL')
  const { rows } = await db.pool.query('SELECT count(*)::int AS n FROM articles')
  expect(rows[0].n).toBeLessThan(count)

  const { address } = await start()
  const same = job.replace(first.address, address)
  expect(await until(same, ({ state }) => state !== 'running')).toMatchObject({
    state: 'failed',
    failure: { code: 'interrupted' },
  })
  const resumed = await until(await upload(address, '&resume=true'), ({ endedAt }) => endedAt !== null)
  expect(resumed).toMatchObject({ state: 'succeeded' })
  const again = await until(await upload(address), ({ endedAt }) => endedAt !== null)
  expect(again).toMatchObject({
    state: 'succeeded',
    records: { read: count, created: 0, updated: 0, unchanged: count },
  })
}, 120_000)
