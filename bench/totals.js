import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decideQuery } from '../dist/articles/query.js'
import { searchPlain } from '../dist/articles/search.js'
import { INTERVALS, listBuckets, listShares } from '../dist/articles/store-statistics.js'
import { keepTotals } from '../dist/articles/store-totals.js'
import { openDatabase } from '../dist/db/client.js'
import { startEmbedded } from '../dist/db/embedded.js'
import { migrate } from '../dist/db/migrate.js'
import { addDays } from '../dist/time/seoul.js'
import { Random } from './search/random.js'

/**
 * Whether totals, histograms and facets are those of counting, after many writers at once have created, deleted and moved
 * articles between days, ministries, kinds and statuses, while notes were added up and one kept looking.
 * Usage: node bench/totals.js [writes, 50000] [writers, 16]
 */
const writes = Number(process.argv[2] ?? 50_000)
const writers = Number(process.argv[3] ?? 16)
const random = new Random(7)
const NAMES = ['환경부', '산업통상부', '교육부', '외교부', '국토교통부', null]
const KINDS = ['press-release', 'reference', 'explanation', 'other']
const STATUSES = ['published', 'published', 'published', 'draft', 'hidden']
const DAYS = Array.from({ length: 1_500 }, (_, i) => addDays('2022-01-01', i))
const TIMES = ['00:00:00', '00:00:00.001', '12:00:00', '23:59:59.999']
const instant = () => `${random.of(DAYS)}T${random.of(TIMES)}+09:00`

const dir = await mkdtemp(join(tmpdir(), 'gongbo-totals-'))
await chmod(dir, 0o755)
const server = await startEmbedded({ dir, port: 0, database: 'gongbo' })
await migrate(server.url)
const db = openDatabase({ url: server.url, poolSize: writers + 3, statementTimeout: 60_000 })
const { pool } = db
let last = 0

async function write() {
  const id = 1 + random.below(last)
  const what = random.float()
  if (last < 100 || what < 0.35) {
    const { rows } = await pool.query(
      `INSERT INTO articles (status, kind, title, published_at, ministry_name, ministry_published_name)
       VALUES ($1, $2, 'x', $3, $4, $4) RETURNING id`,
      [random.of(STATUSES), random.of(KINDS), instant(), random.of(NAMES)],
    )
    last = Math.max(last, rows[0].id)
  } else if (what < 0.6)
    await pool.query('UPDATE articles SET published_at = $2 WHERE id = $1', [id, instant()])
  else if (what < 0.75)
    await pool.query('UPDATE articles SET ministry_name = $2, ministry_published_name = $2 WHERE id = $1', [
      id,
      random.of(NAMES),
    ])
  else if (what < 0.85)
    await pool.query('UPDATE articles SET status = $2, kind = $3 WHERE id = $1', [
      id,
      random.of(STATUSES),
      random.of(KINDS),
    ])
  else if (what < 0.95)
    await pool.query(
      'UPDATE articles SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = $1',
      [id],
    )
  else await pool.query('DELETE FROM articles WHERE id = $1', [id])
}

/** A list and the same by counting: that each was changed after the year 1970 says nothing, but totals do not know it. */
function lists() {
  const [a, b] = [random.of(DAYS), random.of(DAYS)].sort()
  const asked = {
    ...(random.float() < 0.7 && { from: a, to: b }),
    ...(random.float() < 0.5 && { kind: [random.of(KINDS), random.of(KINDS)] }),
    ...(random.float() < 0.3 && {
      status: [random.of(['published', 'draft', 'hidden', 'deleted']), 'published'],
    }),
  }
  const ministry = random.float() < 0.5 ? [random.of(NAMES.slice(0, 5))] : []
  return [asked, { ...asked, modifiedFrom: '1970-01-01' }].map(one => {
    const query = decideQuery(one, new Date())
    return { ...query, filter: { ...query.filter, ministry } }
  })
}

const options = { timeout: 60_000 }
const sorted = shares => shares.map(share => JSON.stringify(share)).sort()
/** Differences between what is kept and what is counted, of random lists. */
async function compare(n) {
  let differences = 0
  for (let i = 0; i < n; i++) {
    const [kept, counted] = lists()
    const interval = INTERVALS[i % INTERVALS.length]
    const answers = await Promise.all(
      [kept, counted].map(async query => [
        (await searchPlain(db, query)).total,
        await listBuckets(db, query, interval, options),
        (await listShares(db, query, ['ministry', 'kind'], options)).map(sorted),
      ]),
    )
    if (JSON.stringify(answers[0]) !== JSON.stringify(answers[1])) differences++
  }
  return differences
}

try {
  let busy = true
  const clock = (async () => {
    while (busy) {
      await keepTotals(db)
      await new Promise(next => setTimeout(next, 1_000))
    }
  })()
  let looks = 0
  let stale = 0
  const looking = (async () => {
    while (busy) {
      // One statement is one snapshot.
      const { rows } = await pool.query(
        `SELECT (SELECT count(*) FROM articles WHERE status = 'published' AND deleted_at IS NULL) AS counted,
           (SELECT coalesce(sum(n), 0) FROM article_totals WHERE state = 'published' AND kind = '' AND issuer_id = 0 AND grain = 'day')
           + (SELECT coalesce(sum(by), 0) FROM article_moves WHERE state = 'published') AS kept`,
      )
      looks++
      if (rows[0].counted !== rows[0].kept) stale++
    }
  })()
  const began = performance.now()
  let left = writes
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (left-- > 0) await write()
    }),
  )
  const seconds = (performance.now() - began) / 1000
  busy = false
  await Promise.all([clock, looking])
  const before = await compare(200)
  await keepTotals(db)
  const after = await compare(200)
  process.stdout.write(
    `${writes} writes of ${writers} writers in ${seconds.toFixed(0)} s; ${stale} of ${looks} looks meanwhile differed; of 400 random lists, ` +
      `each with total, histogram and facets, ${before + after} differed from counting\n`,
  )
  if (stale + before + after > 0) process.exitCode = 1
} finally {
  await db.close()
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}
