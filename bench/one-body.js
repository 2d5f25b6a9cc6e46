import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { insertArticle, lockArticle, updateRow, write } from '../dist/articles/store.js'
import { openDatabase } from '../dist/db/client.js'
import { migrate } from '../dist/db/migrate.js'
import { makeCorpus } from './search/corpus.js'
import { startBench } from './search/database.js'

/**
 * What creates cost where one body comes again and again: milliseconds of the whole write, the median of the ten up to each
 * count, and processor time of this process alone. Search rows and log included.
 * Usage: node bench/one-body.js [creates, 500] [characters of the body, 1200] [numbered: each body ends in another number]
 */
const [creates = 500, characters = 1_200] = process.argv.slice(2).map(Number)
const numbered = process.argv.includes('numbered')

const dir = mkdtempSync(join(tmpdir(), 'gongbo-one-body-'))
chmodSync(dir, 0o755)
const server = await startBench(dir, { fsync: 'off' })
await migrate(server.url)
const db = openDatabase({ url: server.url, poolSize: 4, statementTimeout: 60_000 })
const print = line => process.stdout.write(`${line}\n`)

const corpus = makeCorpus(1)
let body = ''
for (let i = 0; body.length < characters; i++) body += `${corpus.article(i).bodyText}\n`
body = body.slice(0, characters)
const now = new Date()
const by = { actor: 'system:bench', now }
const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Milliseconds, and those of the processor. */
async function timed(work) {
  const began = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { took: performance.now() - began, cpu: (user + system) / 1_000 }
}

try {
  print(`| a body of ${characters} characters | ms | of it processor time of the server |\n|---|---|---|`)
  let last = []
  for (let i = 1; i <= creates; i++) {
    const article = {
      ...{ status: 'published', kind: 'press-release', title: '같은 글이 거듭 들어온다', ministry: null },
      bodyText: numbered ? `${body} ${i}` : body,
    }
    last.push(await timed(() => write(db, by, writing => insertArticle(writing, article))))
    if (i % 10 !== 0) continue
    if ([10, 50, 100, 200, 500, 1_000].includes(i) || i === creates)
      print(
        `| create ${i} | ${median(last.map(one => one.took)).toFixed(1)} | ${median(last.map(one => one.cpu)).toFixed(1)} |`,
      )
    last = []
  }
  const changes = []
  for (let i = 1; i <= 5; i++)
    changes.push(
      await timed(() =>
        write(db, by, async writing =>
          updateRow(writing, await lockArticle(writing, i), { title: '같은 글이 거듭 고쳐진다' }),
        ),
      ),
    )
  print(
    `| a change of one of them | ${median(changes.map(one => one.took)).toFixed(1)} | ${median(changes.map(one => one.cpu)).toFixed(1)} |`,
  )
  const { rows } = await db.pool.query(
    'SELECT (SELECT count(*) FROM duplicate_pairs) AS pairs, (SELECT count(DISTINCT group_id) FROM duplicate_members) AS groups',
  )
  print(`\n${rows[0].pairs} pairs, ${rows[0].groups} groups`)
} finally {
  await db.close()
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
}
