import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { readCsv } from '../../src/imports/csv.ts'
import { load } from '../../src/imports/load.ts'
import { readNdjson } from '../../src/imports/ndjson.ts'
import { sweepSpool } from '../../src/imports/spool.ts'
import { listUnfinished } from '../../src/imports/store-jobs.ts'
import { sweep } from '../../src/retention.ts'
import { loadAnalysis } from '../../src/search/analysis.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { encodeCp949 } from '../support/cp949.ts'
import { whileHeld } from '../support/locks.ts'

const DATA_DIR = await mkdtemp(join(tmpdir(), 'gongbo-uploads-'))
afterAll(() => rm(DATA_DIR, { recursive: true, force: true }))
const { call, db, authorize } = await testApp({
  DATA_DIR,
  IMPORT_LIMIT: 20_000_000,
  REQUEST_TIMEOUT_MS: 2_000,
})
const headers = await authorize('articles:write')
// Reading the dictionary takes seconds on a busy machine: not while tests hold locks.
await loadAnalysis()
const other = await buildApp({ config: { ...readConfig({}), DATA_DIR }, db })
afterAll(() => other.close())
beforeEach(async () => {
  await db.pool.query(
    'TRUNCATE articles, article_search, changes, article_counts, view_receipts, reactions, import_jobs, import_rejects, import_progress CASCADE',
  )
})

const NDJSON = 'application/x-ndjson'
const sourced = (externalId: string, changes = {}) => ({
  ...anArticle(),
  source: { name: 'board.test', externalId },
  ...changes,
})
const lines = (records: unknown[]) => records.map(record => JSON.stringify(record)).join('\n')
const many = (count: number) => lines(Array.from({ length: count }, (_, i) => sourced(`${i}`)))

const upload = (payload: string | Buffer | Readable, type = NDJSON, query = '', more = {}) =>
  call({
    method: 'POST',
    url: `/v1/imports${query}`,
    headers: { ...headers, 'content-type': type, ...more },
    payload,
  })
const read = async (id: string) => (await call({ url: `/v1/imports/${id}`, headers })).json()
const rejectsOf = async (id: string, query = '') =>
  (await call({ url: `/v1/imports/${id}/rejects${query}`, headers })).json()
const cancel = (id: string) => call({ method: 'DELETE', url: `/v1/imports/${id}`, headers })
async function ended(id: string) {
  for (;;) {
    const job = await read(id)
    if (job.endedAt !== null) return job
    await new Promise(next => setTimeout(next, 20))
  }
}
const imported = async (...given: Parameters<typeof upload>) => {
  const answer = await upload(...given)
  expect([answer.statusCode, answer.body]).toEqual([202, expect.stringContaining('"state":"queued"')])
  expect(answer.headers.location).toBe(`/v1/imports/${answer.json().id}`)
  return ended(answer.json().id)
}
const articles = async () => (await db.pool.query('SELECT count(*)::int AS n FROM articles')).rows[0].n
/** What the database holds of articles, but for when and as which number they were written. */
const held = async () =>
  (
    await db.pool.query(
      `SELECT to_jsonb(a) - '{id,recorded_at,modified_at}'::text[] AS article, to_jsonb(c) - 'article_id' AS counts,
         s.terms::text FROM articles a JOIN article_counts c ON c.article_id = a.id
         LEFT JOIN article_search s ON s.article_id = a.id ORDER BY source, external_id`,
    )
  ).rows
const spooled = () => readdir(join(DATA_DIR, 'imports')).catch(() => [])

/** Uploads whose import does not get on while this holds a lock that every write needs. */
const whileWritersWait = <T>(work: () => Promise<T>) =>
  whileHeld(db.url, 'LOCK TABLE changes IN ACCESS EXCLUSIVE MODE', work)

describe('an upload', () => {
  test('makes of NDJSON and of CSV what the command makes of the same file', async () => {
    const ndjson = `${lines([
      sourced('1', { counts: { views: 7 }, tags: ['수소'], ministry: { name: '산업부' } }),
      sourced('2', { title: ' ' }),
      sourced('3', { source: { externalId: '3' } }),
      sourced('4'),
    ])}\n{"title"`
    const csv = encodeCp949(
      '번호,제목,비고,날짜\r\n1,똠방각하 설명회,x,2026-01-20\r\n2,둘째,x,없다\r\n',
    ).bytes
    const asFile = async function* (text: string | Uint8Array) {
      yield Buffer.from(text as string)
    }
    const map = new Map([['비고', '-']])
    for (const [records, ...request] of [
      [readNdjson(asFile(ndjson), { source: 'board.test' }), ndjson, NDJSON, '?source=board.test'],
      [
        readCsv(asFile(csv), { encoding: 'cp949', map, source: 'board.test' }),
        Buffer.from(csv),
        'text/csv',
        `?source=board.test&map=${encodeURIComponent('비고=-')}`,
      ],
    ] as const) {
      await db.pool.query('TRUNCATE articles, article_search, changes, article_counts CASCADE')
      const told: unknown[] = []
      const report = await load(db, records, {
        actor: 'import:test',
        onRejected: ({ line, faults }) =>
          told.push({ line, errors: faults.map(fault => ({ ...fault, detail: fault.detail.en })) }),
      })
      const before = await held()
      await db.pool.query('TRUNCATE articles, article_search, changes, article_counts CASCADE')
      const job = await imported(...(request as [string, string, string]))
      expect(job).toMatchObject({ state: 'succeeded', failure: null, records: report })
      expect(job.bytesRead).toBe(job.bytes)
      expect(await held()).toEqual(before)
      const { items, total } = await rejectsOf(job.id)
      const byLine = (a: { line: number }, b: { line: number }) => a.line - b.line
      expect([items, total]).toEqual([told.toSorted(byLine as never), report.rejected])
      expect(await imported(...(request as [string, string, string]))).toMatchObject({
        records: { created: 0, unchanged: report.created },
      })
    }
    expect(await spooled()).toEqual([])
  }, 90_000)

  test('is written by the key that uploaded it', async () => {
    const { actor } = await imported(many(1))
    expect(actor).toMatch(/^key:[0-9a-f]{12}$/)
    expect((await db.pool.query('SELECT actor FROM changes')).rows).toEqual([{ actor }])
  })

  test('may come packed, and is read as its charset or encoding says', async () => {
    const text = many(3)
    expect(await imported(gzipSync(text), NDJSON, '', { 'content-encoding': 'gzip' })).toMatchObject({
      records: { created: 3 },
      bytes: Buffer.byteLength(text),
    })
    const { bytes } = encodeCp949('번호,제목\n7,abc\n')
    expect(
      (await imported(Buffer.from(bytes), 'text/csv; charset=EUC-KR', '?source=board.test')).options,
    ).toMatchObject({ encoding: 'cp949', source: 'board.test', map: [], dryRun: false })
  })

  test('in UTF-16 is known by its mark, in either order of bytes', async () => {
    const inOrders = (text: string) => {
      const little = Buffer.from(`\ufeff${text}`, 'utf16le')
      return [little, Buffer.from(little).swap16()]
    }
    const types = ['text/csv', 'text/csv; charset=utf-16']
    const csv = inOrders('번호,제목\n8,한글 😀\n').flatMap(file => types.map(type => [file, type] as const))
    const ndjson = inOrders(`${lines([sourced('9', { title: '한글 😀' }), { title: 1 }])}\n`)
    for (const [file, type] of [...csv, ...ndjson.map(file => [file, NDJSON] as const)]) {
      await db.pool.query('TRUNCATE articles, article_search, changes, article_counts CASCADE')
      const job = await imported(file, type, '?source=board.test')
      expect(job).toMatchObject({ state: 'succeeded', records: { created: 1 } })
      if (type === NDJSON) expect((await rejectsOf(job.id)).items).toMatchObject([{ line: 2 }])
      expect((await db.pool.query('SELECT title FROM articles')).rows).toEqual([{ title: '한글 😀' }])
    }
  })

  test('that only asks what would come of it writes nothing; with deferred search the rows wait', async () => {
    expect(await imported(many(3), NDJSON, '?dryRun=true')).toMatchObject({ records: { created: 3 } })
    expect(await articles()).toBe(0)
    await imported(many(3), NDJSON, '?deferSearch=true')
    expect((await db.pool.query('SELECT FROM article_search WHERE analyser > 0')).rowCount).toBe(0)
    await db.pool.query('TRUNCATE articles, article_search, changes, article_counts CASCADE')
    await imported(many(3))
    expect((await db.pool.query('SELECT FROM article_search WHERE analyser > 0')).rowCount).toBe(3)
  })

  test('that cannot be read as what it is fails with the reason', async () => {
    expect(await imported('번호,제목,비고\n1,a,x\n', 'text/csv', '?source=board.test')).toMatchObject({
      state: 'failed',
      failure: {
        code: 'unreadable',
        detail: expect.stringContaining('Name its field with map "비고=<field>"'),
      },
    })
    expect(await imported('번호,제목\n1,a\n', 'text/csv')).toMatchObject({
      failure: { detail: expect.stringContaining('give it with source') },
    })
    const twice = gzipSync(gzipSync(many(1)))
    expect(await imported(twice, NDJSON, '', { 'content-encoding': 'gzip' })).toMatchObject({
      failure: { code: 'unreadable', detail: 'this is gzip: unpack it' },
    })
  })

  test('may be repeated with an Idempotency-Key: it is imported once', async () => {
    const key = { 'idempotency-key': '"one"' }
    const first = await upload(many(3), NDJSON, '', key)
    await ended(first.json().id)
    const text = many(3)
    const second = await upload(text, NDJSON, '', { 'idempotency-key': 'two' })
    const again = await upload(text, NDJSON, '', { 'idempotency-key': 'two' })
    expect([again.statusCode, again.body, again.headers['idempotent-replayed']]).toEqual([
      202,
      second.body,
      'true',
    ])
    expect((await upload(text, NDJSON, '?dryRun=true', { 'idempotency-key': 'two' })).statusCode).toBe(422)
    expect((await upload(many(4), NDJSON, '', key)).statusCode).toBe(422)
    await ended(second.json().id)
    expect((await call({ url: '/v1/imports', headers })).json()).toMatchObject({ total: 2 })
    expect(await spooled()).toEqual([])
  })

  test('whose key is at work for another one waits its turn', async () => {
    await db.pool.query(
      `INSERT INTO idempotency_records (key_id, key, fingerprint, lease, lease_until, expires_at)
       SELECT id, 'busy', '\\x00', gen_random_uuid(), now() + interval '1 min', now() + interval '1 h' FROM api_keys`,
    )
    const text = many(1)
    await db.pool.query("UPDATE idempotency_records SET key = 'other' WHERE key = 'busy'")
    const first = await upload(text, NDJSON, '', { 'idempotency-key': 'busy' })
    expect(first.statusCode).toBe(202)
    await db.pool.query(
      "UPDATE idempotency_records SET status = NULL, lease = gen_random_uuid(), lease_until = now() + interval '1 min' WHERE key = 'busy'",
    )
    expect((await upload(text, NDJSON, '', { 'idempotency-key': 'busy' })).statusCode).toBe(409)
    await ended(first.json().id)
  })
})

describe('what an import rejects', () => {
  test('is told in the end though the database could not take it for a while', async () => {
    await db.pool.query(`CREATE SEQUENCE refusals;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('refusals'); RAISE 'away'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON import_rejects FOR EACH ROW EXECUTE FUNCTION refuse()`)
    const refused = async () => (await db.pool.query('SELECT is_called FROM refusals')).rows[0].is_called
    const id = await whileWritersWait(async () => {
      const answer = await upload(lines([sourced('1', { title: ' ' }), sourced('2')]))
      while (!(await refused())) await new Promise(next => setTimeout(next, 20))
      await db.pool.query('DROP FUNCTION refuse CASCADE; DROP SEQUENCE refusals')
      return answer.json().id
    })
    expect(await ended(id)).toMatchObject({ state: 'succeeded', records: { created: 1, rejected: 1 } })
    expect(await rejectsOf(id)).toMatchObject({ items: [{ line: 1 }], total: 1 })
  })

  test('is listed whole, in the order of lines, page by page', async () => {
    const records = Array.from({ length: 1_300 }, (_, i) =>
      i % 2 ? sourced(`${i}`, { title: `${i}`, publishedAt: '2062-01-01T00:00:00+09:00' }) : { nothing: i },
    )
    const job = await imported(`${lines(records)}\n\0"{"`)
    expect(job).toMatchObject({ state: 'succeeded', records: { read: 1_301, created: 0, rejected: 1_301 } })
    const all = []
    for (let page = 1; page <= 14; page++) all.push(...(await rejectsOf(job.id, `?page=${page}`)).items)
    expect(all.map(({ line }) => line)).toEqual(Array.from({ length: 1_301 }, (_, i) => i + 1))
    expect(all[1].errors).toMatchObject([{ pointer: '/publishedAt' }])
    expect(all[1_300].errors).toMatchObject([
      { pointer: '', detail: expect.stringContaining('is not valid JSON') },
    ])
    expect(await rejectsOf(job.id, '?page=15')).toMatchObject({ items: [], total: 1_301, pages: 14 })
  })
})

test('is told in Korean to whoever asks for it, as is why an import failed', async () => {
  const inKorean = { ...headers, 'accept-language': 'ko' }
  const { id } = await imported(lines([sourced('1', { title: ' ' })]))
  const { json, headers: told } = await call({ url: `/v1/imports/${id}/rejects`, headers: inKorean })
  expect(json().items[0].errors).toEqual([{ pointer: '/title', detail: '공백만으로 이루어질 수 없습니다' }])
  expect([told['content-language'], told.vary]).toEqual(['ko', expect.stringContaining('Accept-Language')])
  const csv = await imported('제목,비고\n글,1\n', 'text/csv', '?source=board.test')
  const failed = await call({ url: `/v1/imports/${csv.id}`, headers: inKorean })
  expect(failed.json().failure).toEqual({
    code: 'unreadable',
    detail: '"비고" 열을 알 수 없습니다. map "비고=<필드>"로 필드를 지정하거나 "비고=-"로 건너뛰십시오',
  })
  const all = await call({ url: '/v1/imports', headers: inKorean })
  expect(all.json().items[0].failure).toEqual(failed.json().failure)
})

describe('one import at a time', () => {
  test('the others wait; what waits is cancelled at once, what runs after what it has under way', async () => {
    const ids: string[] = []
    await whileWritersWait(async () => {
      for (const count of [2_000, 10, 5]) ids.push((await upload(many(count))).json().id)
      const [first, second, third] = ids as [string, string, string]
      while ((await read(first)).state === 'queued') await new Promise(next => setTimeout(next, 5))
      expect(await read(second)).toMatchObject({ state: 'queued', startedAt: null })
      expect((await cancel(second)).json()).toMatchObject({ state: 'cancelled', cancelRequested: true })
      expect((await cancel(second)).statusCode).toBe(409)
      expect((await cancel(first)).json()).toMatchObject({ state: 'running', cancelRequested: true })
      expect((await read(third)).state).toBe('queued')
    })
    const [first, second, third] = await Promise.all(ids.map(ended))
    expect(first).toMatchObject({ state: 'cancelled', failure: null })
    expect(first.records.created).toBeLessThan(2_000)
    expect(first.records.created + third.records.created).toBe(await articles())
    expect(second).toMatchObject({ state: 'cancelled', startedAt: null, records: { read: 0 } })
    expect(third).toMatchObject({ state: 'succeeded' })
    expect(first.endedAt <= third.startedAt).toBe(true)
    expect(await spooled()).toEqual([])
  }, 90_000)

  test('one that comes just when another ends has its turn as well', async () => {
    for (let i = 0; i < 10; i++)
      expect(await imported(many(1), NDJSON, '?dryRun=true')).toMatchObject({ state: 'succeeded' })
  }, 90_000)

  test('one is cancelled through another server too', async () => {
    const id = await whileWritersWait(async () => {
      const { id } = (await upload(many(2_000))).json()
      while ((await read(id)).state === 'queued') await new Promise(next => setTimeout(next, 5))
      const asked = await other.inject({ method: 'DELETE', url: `/v1/imports/${id}`, headers })
      expect(asked.statusCode).toBe(202)
      await new Promise(next => setTimeout(next, 1_500))
      return id
    })
    expect(await ended(id)).toMatchObject({ state: 'cancelled' })
  }, 90_000)
})

describe('a job whose server has died', () => {
  const dead = (state: 'queued' | 'running') =>
    db.pool.query(
      `INSERT INTO import_jobs (id, state, format, options, actor, node, bytes, report, beat_at)
       SELECT gen_random_uuid(), $1, format, options, actor, gen_random_uuid(), bytes, report, now() - interval '1 min'
       FROM import_jobs LIMIT 1`,
      [state],
    )

  test('is told as interrupted by whoever is asked', async () => {
    await imported(many(1))
    for (const state of ['queued', 'running'] as const) await dead(state)
    const { items } = (await call({ url: '/v1/imports', headers })).json()
    expect(items.map(({ state, failure }: Record<string, unknown>) => [state, failure])).toEqual([
      ...Array(2).fill(['failed', expect.objectContaining({ code: 'interrupted' })]),
      ['succeeded', null],
    ])
    expect((await cancel(items[0].id)).statusCode).toBe(409)
  })

  test('leaves no file behind for long', async () => {
    const { id } = await imported(many(1))
    const dir = join(DATA_DIR, 'imports')
    const underWay = '11111111-1111-4111-8111-111111111111'
    for (const name of [id, underWay, 'other']) await writeFile(join(dir, name), '')
    const long = new Date(Date.now() - 3_600_000)
    for (const name of [id, 'other']) await utimes(join(dir, name), long, long)
    await sweepSpool(dir, ids => listUnfinished(db, ids))
    expect((await spooled()).sort()).toEqual([underWay, 'other'])
    for (const name of await spooled()) await rm(join(dir, name))
    await sweepSpool(join(DATA_DIR, 'nowhere'), async () => new Set())
  })

  test('is forgotten after a month, with what it rejected', async () => {
    const { id } = await imported('{}')
    await db.pool.query("UPDATE import_jobs SET recorded_at = now() - interval '29 days'")
    await sweep(db, readConfig({}))
    expect((await rejectsOf(id)).total).toBe(1)
    await db.pool.query("UPDATE import_jobs SET recorded_at = now() - interval '31 days'")
    await sweep(db, readConfig({}))
    for (const url of [`/v1/imports/${id}`, `/v1/imports/${id}/rejects`])
      expect((await call({ url, headers })).statusCode).toBe(404)
    expect((await cancel(id)).statusCode).toBe(404)
    expect((await db.pool.query('SELECT FROM import_rejects')).rowCount).toBe(0)
  })
})

describe('what does not come whole leaves neither a job nor a file', () => {
  const nothing = async () => {
    expect((await call({ url: '/v1/imports', headers })).json().total).toBe(0)
    expect(await spooled()).toEqual([])
    expect(await articles()).toBe(0)
  }

  test('an upload beyond the limit, told before or found on the way', async () => {
    const large = Buffer.alloc(20_000_001, 0x20)
    const unannounced = () => Readable.from([large.subarray(0, 10_000_000), large.subarray(10_000_000)])
    for (const answer of [
      await upload(large),
      await upload(unannounced()),
      await upload(gzipSync(large), NDJSON, '', { 'content-encoding': 'gzip' }),
    ]) {
      expect(answer.statusCode).toBe(413)
      expect(answer.json().detail).toContain('20000000 bytes (IMPORT_LIMIT)')
    }
    await nothing()
  })

  test('an upload that stops, or that is not what it says', async () => {
    const stalls = new Readable({ read() {} })
    stalls.push('{"title"')
    expect((await upload(stalls)).statusCode).toBe(408)
    const packed = gzipSync(many(3))
    for (const bytes of [Buffer.from('plain'), packed.subarray(0, packed.length - 20)]) {
      const answer = await upload(bytes, NDJSON, '', { 'content-encoding': 'gzip' })
      expect([answer.statusCode, answer.json().detail]).toEqual([400, expect.stringContaining('is not gzip')])
    }
    for (const cut of [packed, new Readable({ read() {} })]) {
      // Of a stream the mark comes byte by byte, and nothing after it is waited for.
      if (cut instanceof Readable) for (const byte of packed.subarray(0, 3)) cut.push(Buffer.from([byte]))
      const answer = await upload(cut, NDJSON)
      expect([answer.statusCode, answer.json().detail]).toEqual([
        400,
        expect.stringContaining('is gzip: send it with Content-Encoding: gzip'),
      ])
    }
    expect((await upload('')).statusCode).toBe(400)
    const other = await upload('x', NDJSON, '', { 'content-encoding': 'br' })
    expect([other.statusCode, other.headers['accept-encoding']]).toEqual([415, 'identity, gzip'])
    await nothing()
  })

  test.each([
    [NDJSON, '?map=a=b', { parameter: 'map' }],
    [NDJSON, '?encoding=utf-8', { parameter: 'encoding' }],
    [`${NDJSON}; charset=euc-kr`, '', { header: 'Content-Type' }],
    ['text/csv', '?map=title', { parameter: 'map' }],
    ['text/csv; charset=utf-8', '?encoding=cp949', { parameter: 'encoding' }],
    ['text/csv', '?encoding=latin1', { parameter: 'encoding' }],
    ['text/csv', '?source=BAD', { parameter: 'source' }],
    ['text/csv', '?dry-run=true', { parameter: 'dry-run', suggestion: 'dryRun' }],
  ])('an upload that contradicts itself: %s %s', async (type, query, culprit) => {
    const answer = await upload('번호,제목\n1,x\n', type, query)
    expect([answer.statusCode, answer.json().errors]).toEqual([400, [expect.objectContaining(culprit)]])
    await nothing()
  })

  test('an upload of another kind, or of somebody who may not', async () => {
    expect((await upload('{}', 'application/json')).statusCode).toBe(415)
    expect((await upload('x', 'text/csv; charset=latin1')).statusCode).toBe(415)
    const reader = await authorize('articles:read')
    expect((await upload('{}', NDJSON, '', reader)).statusCode).toBe(403)
    expect((await call({ method: 'POST', url: '/v1/imports', payload: '{}' })).statusCode).toBe(401)
    expect((await call({ url: '/v1/imports' })).statusCode).toBe(401)
    await nothing()
  })
})
