/** COPY … FROM STDIN through pg, without a dependency: a statement whose answer is the data. */

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

/** What pg runs as a query: it sends one chunk when the server asks for it. */
class CopyIn {
  constructor(sql, chunk, done) {
    Object.assign(this, { sql, chunk, done })
  }

  submit(connection) {
    connection.query(this.sql)
  }

  handleCopyInResponse(connection) {
    connection.sendCopyFromChunk(this.chunk)
    connection.endCopyFrom()
  }

  handleCommandComplete() {}

  handleReadyForQuery() {
    this.done(this.error ?? null)
  }

  handleError(error) {
    // Ready follows.
    this.error = error
  }
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

  flush() {
    if (this.lines.length === 0) return Promise.resolve()
    const chunk = Buffer.from(`${this.lines.join('\n')}\n`)
    this.lines = []
    return new Promise((resolve, reject) => {
      this.client.query(new CopyIn(this.sql, chunk, error => (error ? reject(error) : resolve())))
    })
  }
}
