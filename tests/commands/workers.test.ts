import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Started, servers, stop } from '../support/server.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gongbo-workers-'))
  await chmod(dataDir, 0o755)
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

const start = servers(() => ({ DATA_DIR: dataDir, WORKERS: '2', SAMPLES: 'off' }))

/** On a connection of its own: each is given to the next worker. */
const ask = (address: string, path = '/healthz') =>
  new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>((done, fail) => {
    request(`${address}${path}`, { agent: false }, async response => {
      let body = ''
      for await (const chunk of response.setEncoding('utf8')) body += chunk
      done({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
      .once('error', fail)
      .end()
  })
const some = (ms: number) => new Promise(next => setTimeout(next, ms))

/** The processes that have told of requests, so far. */
const answering = ({ log }: Pick<Started, 'log'>, since = 0) => [
  ...new Set(
    [
      ...log()
        .slice(since)
        .matchAll(/"pid":(\d+).*"msg":"request"/g),
    ].map(match => Number(match[1])),
  ),
]
async function untilTwoAnswer({ address, log }: Started): Promise<number[]> {
  const since = log().length
  for (;;) {
    await ask(address, '/v1/articles?pageSize=1')
    const pids = answering({ log }, since)
    if (pids.length === 2) return pids
  }
}
async function untilReady(log: () => string): Promise<void> {
  while (!log().includes('2 workers answer')) await some(20)
}

test('several processes answer on one port, and one that ends is replaced', async () => {
  const server = await start()
  await untilReady(server.log)
  const [first = 0, second = 0] = await untilTwoAnswer(server)
  expect([first, second]).not.toContain(server.child.pid)
  process.kill(first, 'SIGKILL')
  while (!server.log().includes(`the worker ${first} ended (SIGKILL) and is replaced`)) await some(20)
  expect((await ask(server.address)).status).toBe(200)
  const now = await untilTwoAnswer(server)
  expect(now).toContain(second)
  expect(now).not.toContain(first)
  expect(await stop(server.child)).toBe(0)
}, 60_000)

test('they keep one count of requests, and tell metrics together', async () => {
  const nowhere = 'postgresql://gongbo:none@127.0.0.1:9/gongbo'
  const server = await start({ RATE_LIMIT: '20', DATABASE_REPLICA_URLS: nowhere })
  await untilReady(server.log)
  const answers: number[] = []
  for (let i = 0; i < 25; i++) answers.push((await ask(server.address, '/v1/ministries')).status)
  expect(answers).toEqual([...Array(20).fill(200), ...Array(5).fill(429)])
  expect(answering(server)).toHaveLength(2)
  const { body } = await ask(server.address, '/metrics')
  const count =
    /^http_request_duration_seconds_count\{method="GET",route="\/v1\/ministries",status="200"\} (\d+)$/m
  expect(count.exec(body)?.[1]).toBe('20')
  // What no worker knows is no number.
  expect(body).toMatch(/^database_replica_lag_seconds\{replica="1"\} nan$/im)
  // What a worker has counted does not go with it.
  const [first = 0] = answering(server)
  process.kill(first, 'SIGKILL')
  while (!server.log().includes(`the worker ${first} ended (SIGKILL) and is replaced`)) await some(20)
  for (let i = 0; i < 4; i++) await ask(server.address)
  const { body: after } = await ask(server.address, '/metrics')
  expect(count.exec(after)?.[1]).toBe('20')
  const rest = /^nodejs_eventloop_lag_seconds /gm
  expect(after.match(rest)?.length).toBe(body.match(rest)?.length)
}, 60_000)

test('a stop finishes what is in flight, in every one of them, and ends the database last', async () => {
  const { address, child, log } = await start()
  await untilReady(log)
  const key = (await readFile(join(dataDir, 'development-key'), 'utf8')).trim()
  const body = Buffer.from(JSON.stringify({ status: 'draft', kind: 'other', title: '마지막 글' }))
  const posts = Array.from({ length: 4 }, () => {
    const post = request(`${address}/v1/articles`, {
      agent: false,
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': body.length,
      },
    })
    const status = new Promise((done, fail) =>
      post.once('response', response => done(response.resume().statusCode)).once('error', fail),
    )
    post.write(body.subarray(0, 20))
    return { post, status }
  })
  await some(500)
  const exit = stop(child, 'SIGTERM')
  await some(500)
  for (const { post } of posts) post.end(body.subarray(20))
  expect(await Promise.all(posts.map(({ status }) => status))).toEqual([201, 201, 201, 201])
  expect(await exit).toBe(0)
  await expect(stat(join(dataDir, 'postgres/cluster/postmaster.pid'))).rejects.toThrow('ENOENT')
}, 60_000)

test('a start that cannot listen says so and leaves nothing behind', async () => {
  const other = `${dataDir}/other`
  const { address } = await start({ WORKERS: '1' })
  const { port } = new URL(address)
  await expect(start({ DATA_DIR: other, PORT: port })).rejects.toThrow(
    /exit 1: [\s\S]*EADDRINUSE[\s\S]*a worker ended before it listened/,
  )
  await expect(stat(join(other, 'postgres/cluster/postmaster.pid'))).rejects.toThrow('ENOENT')
}, 60_000)
