import { finished } from 'node:stream/promises'
import copyStreams from 'pg-copy-streams'

const SPECIAL = /[\\\n\r\t]/g
const ESCAPES = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escapeText = text => text.replace(SPECIAL, character => ESCAPES[character])

const arrayOf = items => `{${items.map(item => `"${String(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`

/** A value in COPY's text format. */
function encode(value) {
  if (value === null) return '\\N'
  if (typeof value === 'string') return escapeText(value)
  if (value instanceof Date) return value.toISOString()
  return Array.isArray(value) ? escapeText(arrayOf(value)) : String(value)
}

/** Rows of one table, collected and sent at once. */
export class Copy {
  constructor(client, table, columns) {
    this.client = client
    this.sql = `COPY ${table} (${columns.join(', ')}) FROM STDIN`
    this.lines = []
  }

  add(values) {
    this.lines.push(values.map(encode).join('\t'))
  }

  async flush() {
    if (this.lines.length === 0) return
    const stream = this.client.query(copyStreams.from(this.sql))
    stream.end(`${this.lines.join('\n')}\n`)
    this.lines = []
    await finished(stream)
  }
}
