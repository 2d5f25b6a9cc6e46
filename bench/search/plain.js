import pg from 'pg'
import { FOLDER, startBench } from './database.js'

/**
 * Makes `plain_articles` beside the tables of load.js: articles as a developer keeps them who has a tokeniser and PostgreSQL's manual,
 * with a tsvector of their words in the row, stored as PostgreSQL stores it, a GIN index and one of dates. The words are our
 * morphemes with their places. Usage: node bench/search/plain.js [folder, bench/search/.data]
 */
const FASTER = {
  fsync: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '8GB',
}
const PARTS = 2
const server = await startBench(process.argv[2] ?? FOLDER, {
  ...FASTER,
  shared_buffers: '4GB',
  maintenance_work_mem: '1GB',
})
const run = async (text, values) => {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const began = performance.now()
  await client.query(text, values)
  process.stdout.write(`${text.trim().slice(0, 60)}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`)
  await client.end()
}
try {
  await run('DROP TABLE IF EXISTS plain_articles')
  await run(`CREATE TABLE plain_articles (id int, title text, body_text text, listed_at timestamptz, ministry_name text, kind text,
    status text, deleted_at timestamptz, terms tsvector)`)
  await Promise.all(
    Array.from({ length: PARTS }, (_, part) =>
      run(
        `INSERT INTO plain_articles SELECT a.id, a.title, a.body_text, a.listed_at, a.ministry_name, a.kind::text, a.status::text,
           a.deleted_at, ts_delete(s.terms, ARRAY(SELECT lexeme FROM unnest(s.terms) WHERE left(lexeme, 1) IN ('=', '~', '^', '@')))
         FROM articles a JOIN article_search s ON s.article_id = a.id WHERE a.id % ${PARTS} = $1`,
        [part],
      ),
    ),
  )
  await run('ALTER TABLE plain_articles ADD PRIMARY KEY (id)')
  await run('CREATE INDEX plain_articles_terms ON plain_articles USING gin (terms)')
  await run('CREATE INDEX plain_articles_listed ON plain_articles (listed_at DESC, id DESC)')
  await run('VACUUM ANALYZE plain_articles')
} finally {
  await server.stop()
}
