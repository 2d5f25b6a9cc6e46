import { describe, expect, test } from '@jest/globals'
import { buildApp } from '../../src/app.ts'
import type { NewArticle } from '../../src/articles/schema.ts'
import { readConfig } from '../../src/config.ts'
import { testApp } from '../support/app.ts'
import { anArticle } from '../support/builders.ts'
import { untilOneWaits, whileHeld } from '../support/locks.ts'

/** What requests that create at the same time see of each other: nothing. */

const { call, db, authorize } = await testApp()
const headers = await authorize('articles:write')
const LOG = 'SELECT pg_advisory_xact_lock(1667788391)'

const post = (article: NewArticle, more: Record<string, string> = {}) =>
  call({ method: 'POST', url: '/v1/articles', headers: { ...headers, ...more }, payload: article })
const some = (n: number, changes: Partial<NewArticle> = {}) =>
  Array.from({ length: n }, () => anArticle(changes))
const written = async (titles: readonly string[]) =>
  (
    await db.pool.query(
      'SELECT title FROM changes JOIN articles a ON a.id = article_id WHERE title = ANY($1)',
      [titles],
    )
  ).rows
    .map(({ title }) => title)
    .sort()
const titlesOf = (articles: readonly NewArticle[]) => articles.map(({ title }) => title).sort()

// Faults that no request can be told of before it is written.
await db.pool.query(`
  ALTER TABLE articles ADD CONSTRAINT planted CHECK (attribution <> '위반');
  CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.attribution = '나중' THEN RAISE 'planted'; END IF;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER planted_late AFTER INSERT ON articles DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail()`)

/** Sends so many that most of them are written by one transaction: those that come first wait for a lock meanwhile. */
const together = (
  articles: readonly NewArticle[],
  more: (i: number) => Record<string, string> = () => ({}),
) =>
  whileHeld(db.url, LOG, async holder => {
    const first = some(2)
    const before = first.map(article => post(article))
    await untilOneWaits(holder)
    const all = articles.map((article, i) => post(article, more(i)))
    // Time to gather; where it is too short they are more transactions.
    await new Promise(done => setTimeout(done, 50))
    await holder.query('COMMIT')
    await Promise.all(before)
    return Promise.all(all)
  })

test('each is answered with its own article, address, ETag and place, as a read gives them', async () => {
  const articles = some(40)
  const answers = await together(articles)
  for (const [i, answer] of answers.entries()) {
    expect([answer.statusCode, answer.json().title]).toEqual([201, articles[i]?.title])
    const position = String(answer.headers['gongbo-position'])
    const read = await call({
      url: String(answer.headers.location),
      headers: { 'gongbo-position': position },
    })
    expect(read.json()).toMatchObject({ id: answer.json().id, title: articles[i]?.title, version: 1 })
    const { rows } = await db.pool.query('SELECT seq::int FROM changes WHERE article_id = $1', [
      answer.json().id,
    ])
    expect(rows).toHaveLength(1)
    expect(Number(position)).toBeGreaterThanOrEqual(rows[0].seq)
  }
})

test('an identity that stands twice is that of who comes first; the other is told whose it is', async () => {
  const source = { name: 'korea.kr', externalId: 'twice' }
  const articles = [...some(3), anArticle({ source }), ...some(3), anArticle({ source }), ...some(3)]
  const answers = await together(articles)
  const [winner, loser] = answers[3]?.statusCode === 201 ? [3, 7] : [7, 3]
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(
    articles.map((_, i) => (i === loser ? 409 : 201)),
  )
  expect(answers[loser]?.json().detail).toContain(`Article ${answers[winner]?.json().id} has`)
})

describe('a fault is that of one article', () => {
  test.each<[string, Partial<NewArticle>, number]>([
    ['that contradicts itself', { publishedAt: '2062-01-01T00:00:00Z' }, 400],
    ['of a ministry that nobody is', { ministry: { code: 'X00001', name: '아무개' } }, 400],
    ['of which the database will not have the row', { attribution: '위반' }, 500],
    ['of which it will not have it at the commit', { attribution: '나중' }, 500],
  ])('%s', async (_what, changes, status) => {
    const articles = [...some(4), anArticle(changes), ...some(4)]
    const answers = await together(articles)
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(
      articles.map((_, i) => (i === 4 ? status : 201)),
    )
    expect(await written(titlesOf(articles))).toEqual(titlesOf(articles.filter((_, i) => i !== 4)))
  })

  test('whose lease was lost meanwhile', async () => {
    const key = (round: number, i: number) => ({ 'idempotency-key': `lost-${round}-${i}` })
    const attempt = (round: number, articles: NewArticle[]) =>
      whileHeld(db.url, LOG, async holder => {
        const all = articles.map((article, i) => post(article, key(round, i)))
        await untilOneWaits(holder)
        const leases = `SELECT count(*)::int AS n FROM idempotency_records WHERE key LIKE 'lost-${round}-%'`
        while ((await holder.query(leases)).rows[0].n < articles.length);
        // The first one waits with the row of its lease locked; this one is still to be written, unless it was quicker.
        const { rowCount } = await holder.query(
          `UPDATE idempotency_records SET lease = gen_random_uuid()
           WHERE key = (SELECT key FROM idempotency_records WHERE key = 'lost-${round}-5' FOR UPDATE SKIP LOCKED)`,
        )
        await holder.query('COMMIT')
        return { answers: await Promise.all(all), lost: rowCount === 1 }
      })
    for (let round = 0; ; round++) {
      const articles = some(6)
      const { answers, lost } = await attempt(round, articles)
      if (!lost) continue
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201, 201, 201, 201, 409])
      expect(await written(titlesOf(articles))).toEqual(titlesOf(articles.slice(0, 5)))
      for (const [i, answer] of answers.slice(0, 5).entries()) {
        const again = await post(articles[i] as NewArticle, key(round, i))
        expect([again.headers['idempotent-replayed'], again.body]).toEqual(['true', answer.body])
      }
      return
    }
  })
})

test('one that has to wait for its identity holds up nobody', async () => {
  const source = { name: 'korea.kr', externalId: 'held' }
  let waiting: ReturnType<typeof post> | undefined
  await whileHeld(
    db.url,
    `SELECT pg_advisory_xact_lock(hashtextextended('korea.kr/held', 0))`,
    async holder => {
      waiting = post(anArticle({ source }))
      await untilOneWaits(holder)
      for (const answer of await Promise.all(some(5).map(article => post(article))))
        expect(answer.statusCode).toBe(201)
    },
  )
  expect((await waiting)?.statusCode).toBe(201)
})

test('a database that goes away in the middle: 503 for who was being written, and all is well afterwards', async () => {
  const [first, second, after] = [some(1), some(8), some(3)]
  const answers = await whileHeld(db.url, LOG, async holder => {
    const all = [...first, ...second].map(article => post(article))
    // Some wait but for a moment, such as for a table to grow.
    for (let cut = 0; cut === 0; ) {
      await untilOneWaits(holder)
      const { rowCount } = await holder.query(
        `SELECT pg_terminate_backend(a.pid) FROM pg_stat_clear_snapshot(), pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE NOT l.granted AND a.datname = current_database()`,
      )
      cut = rowCount ?? 0
    }
    const ended = await Promise.race(all)
    expect(ended.statusCode).toBe(503)
    await holder.query('COMMIT')
    return Promise.all(all)
  })
  for (const answer of answers)
    if (answer.statusCode !== 201) {
      expect(answer.statusCode).toBe(503)
      expect(answer.json().type).toBe('/problems/service-unavailable')
    }
  const done = [...first, ...second].filter((_, i) => answers[i]?.statusCode === 201)
  expect(await written(titlesOf([...first, ...second]))).toEqual(titlesOf(done))
  for (const answer of await Promise.all(after.map(article => post(article))))
    expect(answer.statusCode).toBe(201)
})

test('a graceful stop answers what waits', async () => {
  const other = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
  let come = 0
  other.addHook('preHandler', async () => {
    come++
  })
  const address = await other.listen({ port: 0, host: '127.0.0.1' })
  const articles = some(12)
  let stopped: Promise<unknown> = Promise.resolve()
  const answers = await whileHeld(db.url, LOG, async holder => {
    const all = articles.map(article =>
      fetch(`${address}/v1/articles`, {
        ...{ method: 'POST', body: JSON.stringify(article) },
        headers: { ...headers, 'content-type': 'application/json' },
      }),
    )
    await untilOneWaits(holder)
    while (come < articles.length) await new Promise(done => setTimeout(done, 5))
    stopped = other.close()
    await holder.query('COMMIT')
    return Promise.all(all)
  })
  await stopped
  expect(answers.map(({ status }) => status)).toEqual(articles.map(() => 201))
  expect(await written(titlesOf(articles))).toEqual(titlesOf(articles))
})
