import Fastify from 'fastify'
import pg from 'pg'
import { COLUMNS, DETAIL, PAGE, toItem } from './item.js'

/**
 * What a developer who knows PostgreSQL writes by hand: Fastify with response schemas, `pg` with prepared statements, ids
 * first and rows of just those (a deferred join), `count(*)` for totals. No validation of what comes back, no keys, no
 * ETags, no ministries but as written. Usage: node bench/lists/bare.js <url of the database> <port>
 */
const [url, port] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 10 })
const app = Fastify()

const PUBLIC = `status = 'published' AND deleted_at IS NULL`
const page = (where, values) => `SELECT ${COLUMNS} FROM (
    SELECT id FROM articles WHERE ${PUBLIC} ${where} ORDER BY listed_at DESC, id DESC LIMIT 20 OFFSET $${values + 1}) AS page
  JOIN articles a USING (id) LEFT JOIN article_counts c ON c.article_id = a.id ORDER BY a.listed_at DESC, a.id DESC`
const count = where => `SELECT count(*)::int AS total FROM articles WHERE ${PUBLIC} ${where}`
const RANGE = `AND listed_at >= $1::timestamptz AND listed_at < $2::timestamptz`

const query = async (name, text, values) => (await pool.query({ name, text, values })).rows

async function list(name, where, values, number, counted) {
  const [rows, [{ total } = { total: null }]] = await Promise.all([
    query(name, page(where, values.length), [...values, (number - 1) * 20]),
    counted ? query(`${name}-total`, count(where), values) : [],
  ])
  return { items: rows.map(toItem), total, page: number }
}

const querystring = {
  type: 'object',
  properties: {
    from: { type: 'string' },
    to: { type: 'string' },
    page: { type: 'integer', minimum: 1 },
    cursor: { type: 'string' },
  },
}
app.get(
  '/v1/articles',
  { schema: { querystring, response: { 200: PAGE } } },
  async ({ query: { from, to, page: number = 1, cursor } }) =>
    from
      ? list('range', RANGE, [`${from}T00:00:00+09:00`, `${to}T24:00:00+09:00`], number, true)
      : list('page', '', [], number, cursor === undefined),
)
app.get('/v1/articles/:id', { schema: { response: { 200: DETAIL } } }, async ({ params: { id } }, reply) => {
  const [row] = await query(
    'item',
    `SELECT ${COLUMNS}, a.body_html, a.body_text FROM articles a LEFT JOIN article_counts c ON c.article_id = a.id WHERE a.id = $1 AND ${PUBLIC}`,
    [id],
  )
  if (!row) return reply.code(404).send()
  return { ...toItem(row), bodyHtml: row.body_html, bodyText: row.body_text }
})

await app.listen({ port: Number(port), host: '127.0.0.1' })
