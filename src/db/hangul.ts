import pg from 'pg'

/**
 * Refuses a database in which Hangul does not work. Other encodings than UTF-8 lose text; under LC_CTYPE `C`
 * PostgreSQL takes no Hangul syllable for a letter, so that trigrams and word breaks come out empty without an error
 * (also where the collation comes from ICU or the builtin provider: seen with 18.4).
 * @throws Error that names the database and says how to create one that works.
 */
export async function assertHangul(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect().catch(error => {
    throw new Error(`the database (DATABASE_URL) cannot be reached: ${error.message}`, { cause: error })
  })
  try {
    const { rows } = await client.query<{ name: string; encoding: string; ctype: string; version: number }>(
      `SELECT datname AS name, pg_encoding_to_char(encoding) AS encoding, datctype AS ctype,
         current_setting('server_version_num')::int AS version
       FROM pg_database WHERE datname = current_database()`,
    )
    const db = rows[0]
    if (!db) throw new Error('the database does not know itself')
    if (db.version < 150_000) throw new Error(`PostgreSQL 15 or newer is needed; the server is ${db.version}`)
    const fault =
      db.encoding !== 'UTF8'
        ? `encoding ${db.encoding}, which loses Hangul`
        : ['C', 'POSIX'].includes(db.ctype)
          ? `LC_CTYPE ${db.ctype}, in which Hangul is not letters`
          : null
    if (fault)
      throw new Error(
        `database "${db.name}" has ${fault}: use one made with CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0`,
      )
  } finally {
    await client.end()
  }
}
