import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { encodePlace, expired } from '../../src/changes/cursor.ts'
import { streamEvents } from '../../src/changes/events.ts'
import type { Feed, FeedPage } from '../../src/changes/feed.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { follow, listenTo, type StreamEvent, type Told } from '../support/feed.ts'
import { head } from '../support/raw.ts'

const { app, call, db, authorize } = await testApp()
let address = ''
beforeAll(async () => {
  address = await app.listen({ port: 0, host: '127.0.0.1' })
})
const now = async (): Promise<string> => (await call('/v1/changes?since=now')).json().cursor
const url = (query: string) => `${address}/v1/changes?${query}`
const write = (title: string) => insertArticles(db, [anArticle({ title })])

/** The first so many events that carry data, and what came with them. */
async function take(n: number, stream: AsyncGenerator<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of stream) {
    events.push(event)
    if (events.filter(({ data }) => data !== undefined).length === n) break
  }
  return events
}
const dataOf = (events: StreamEvent[]): Told[] =>
  events.flatMap(({ data }) => (data === undefined ? [] : [JSON.parse(data)]))

describe('an event stream', () => {
  test('gives what there is, then what comes, each with its cursor as id', async () => {
    const since = await now()
    await write('먼저')
    const stream = take(3, listenTo(url(`since=${since}&include=article`)))
    await new Promise(next => setTimeout(next, 300))
    await write('다음')
    await write('끝')
    const events = await stream
    expect(events[0]).toMatchObject({ retry: '2000', comment: false })
    const { items } = await follow(call, {}, { since, query: '&include=article' })
    expect(dataOf(events)).toEqual(items)
    expect(events.slice(1).map(({ id }) => id)).toEqual(items.map(({ cursor }) => cursor))
  })

  test('goes on after Last-Event-ID, whatever the address says', async () => {
    const since = await now()
    await write('하나')
    await write('둘')
    const [first] = dataOf(await take(1, listenTo(url(`since=${since}`))))
    const again = listenTo(url(`since=${since}`), { 'last-event-id': first?.cursor ?? '' })
    const { items } = await follow(call, {}, { since })
    expect(dataOf(await take(1, again))).toEqual(items.slice(1))
  })

  test('from now on begins with its place, for a reader that must come back before anything happened', async () => {
    const [begin] = await take(0, listenTo(url('since=now')))
    expect(begin).toMatchObject({ id: await now(), retry: '2000' })
    await write('사이에')
    const events = await take(1, listenTo(url('since=now'), { 'last-event-id': begin?.id ?? '' }))
    expect(dataOf(events)).toHaveLength(1)
  })

  test('shows a holder of a key everything, and is told from others by Vary', async () => {
    const key = await authorize('articles:read')
    const since = (await call({ url: '/v1/changes?since=now', headers: key })).json().cursor
    await insertArticles(db, [anArticle({ status: 'draft' })])
    const events = await take(1, listenTo(url(`since=${since}`), key))
    expect(dataOf(events)).toMatchObject([{ kind: 'create', actor: 'system:test' }])
    const response = await fetch(url('since=now'), { headers: { accept: 'text/event-stream' } })
    expect(response.headers.get('vary')).toContain('Authorization')
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
    await response.body?.cancel()
  })

  test.each([
    [400, { 'last-event-id': 'nonsense' }, 'header'],
    [410, { 'last-event-id': encodePlace({ view: 'public', seq: 1e9, floor: 0 }) }, null],
  ])('that cannot begin is a problem with its status: %i', async (status, headers, culprit) => {
    const response = await call({
      url: '/v1/changes',
      headers: { accept: 'text/event-stream', ...headers },
    })
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    if (culprit) expect(response.json().errors[0][culprit]).toBe('Last-Event-ID')
  })

  test('is asked for by HEAD without being sent', async () => {
    const response = await fetch(url('since=now'), {
      method: 'HEAD',
      headers: { accept: 'text/event-stream' },
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await response.text()).toBe('')
  })

  test('of a reader that does not read takes little from the database', async () => {
    const since = await now()
    const rows = await insertArticles(
      db,
      Array.from({ length: 300 }, () => anArticle()),
    )
    // Long bodies, without the time that it takes to index them.
    await db.pool.query(`UPDATE articles SET body_text = repeat('가', 100000) WHERE id >= $1`, [rows[0]?.id])
    let reads = 0
    const count = () => {
      reads++
    }
    const socket = connect(Number(new URL(address).port), '127.0.0.1').pause()
    db.pool.on('acquire', count)
    socket.write(head(`GET /v1/changes?since=${since}&include=article`, { accept: 'text/event-stream' }))
    await new Promise(next => setTimeout(next, 3_000))
    db.pool.off('acquire', count)
    socket.destroy()
    // All of them would take more than twenty reads of 4 MB.
    expect(reads).toBeGreaterThan(0)
    expect(reads).toBeLessThan(12)
    expect((await follow(call, {}, { since })).items).toHaveLength(300)
  })
})

describe('a stream in which nothing happens', () => {
  const place = { view: 'public', seq: 7, floor: 0 } as const
  const quiet: FeedPage = { items: [], place, more: false }
  const run = async (feed: Partial<Feed>, lifetime: number, pages = 20) => {
    const abort = new AbortController()
    const chunks: string[] = []
    const errors: unknown[] = []
    const stream = streamEvents(
      { read: async () => quiet, await: async () => quiet, ...feed },
      quiet,
      { limit: 10, articles: false },
      { abort: abort.signal, stopping: () => false, lifetime, onError: error => errors.push(error) },
    )
    for await (const chunk of stream) {
      chunks.push(chunk)
      if (chunks.length >= pages) break
    }
    return { chunks, errors }
  }

  test('has comments, and ends so that the key is shown anew', async () => {
    const { chunks } = await run({ await: () => new Promise(done => setTimeout(() => done(quiet), 20)) }, 200)
    expect(chunks.slice(1).every(chunk => chunk === ':\n\n')).toBe(true)
    expect(chunks.length).toBeGreaterThan(3)
    expect(chunks.length).toBeLessThan(20)
  })

  test('outlives a database that does not answer', async () => {
    let failures = 2
    const { chunks, errors } = await run(
      {
        await: async () => {
          if (failures-- > 0) throw new Error('connection terminated')
          return { items: [{ cursor: 'c', json: '{}' }], place, more: false }
        },
      },
      60_000,
      4,
    )
    expect(errors).toHaveLength(2)
    expect(chunks.slice(1)).toEqual([':\n\n', ':\n\n', 'id: c\ndata: {}\n\n'])
  })

  test('ends with the reason where its place has expired', async () => {
    const { chunks } = await run({ await: () => Promise.reject(expired()) }, 60_000)
    expect(chunks.at(-1)).toMatch(/^event: problem\ndata: \{"status":410,/)
  })
})
