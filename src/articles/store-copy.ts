import { finished } from 'node:stream/promises'
import type pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { ofDate } from '../time/seoul.ts'
import { turn } from '../time/turns.ts'
import { type ArticleContent, COLUMNS } from './content.ts'
import type { NewRow } from './store-insert.ts'

/**
 * New articles by the hundred, with their counters. COPY costs the server a third less than an INSERT from JSON, since it
 * neither parses nor sorts what comes, and writes the rows of a page at once.
 */

const fields = Object.entries(COLUMNS) as [keyof ArticleContent, [column: string, type: string]][]
const COPY = `COPY articles (id, ${fields.map(([, [column]]) => column).join(', ')}, recorded_at, modified_at) FROM STDIN`

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escaped = (text: string) =>
  /[\\\n\r\t]/.test(text) ? text.replace(/[\\\n\r\t]/g, found => ESCAPES[found] ?? found) : text

const element = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`

/** A value of a type in COPY's text format. */
function cell(type: string, value: ArticleContent[keyof ArticleContent]): string {
  if (value === null) return '\\N'
  if (value instanceof Date) return type === 'date' ? ofDate(value) : value.toISOString()
  if (typeof value === 'string') return escaped(value)
  return escaped(
    type === 'jsonb' ? JSON.stringify(value) : `{${value.map(one => element(String(one))).join(',')}}`,
  )
}

/** Writes articles whose identities the caller has made sure of, and gives their ids in their order, which is rising. */
export async function copyRows(client: pg.ClientBase, rows: readonly NewRow[], now: Date): Promise<number[]> {
  const { rows: given } = await client.query<{ id: number }, [number]>(
    `SELECT nextval('articles_id_seq')::int AS id FROM generate_series(1, $1)`,
    [rows.length],
  )
  const ids = given.map(({ id }) => id).sort((a, b) => a - b)
  const stamp = now.toISOString()
  let lines = ''
  for (const [i, { content }] of rows.entries()) {
    await turn()
    const cells = fields.map(([field, [, type]]) => cell(type, content[field]))
    lines += `${[ids[i], ...cells, stamp, stamp].join('\t')}\n`
  }
  // Not sooner: one that is begun and not ended holds up the rollback.
  const stream = client.query(copyStreams.from(COPY))
  stream.end(lines)
  await finished(stream)
  const counts = (name: keyof NewRow['counts']) => rows.map(row => row.counts[name])
  await client.query(
    `INSERT INTO article_counts (article_id, source_views, source_comments, source_likes, source_dislikes)
     SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[])`,
    [ids, counts('sourceViews'), counts('sourceComments'), counts('sourceLikes'), counts('sourceDislikes')],
  )
  return ids
}
