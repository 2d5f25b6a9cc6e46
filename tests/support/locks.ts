import pg from 'pg'

/** Does work while another connection holds what `statement` locks, and lets go afterwards. */
export async function whileHeld<T>(
  url: string,
  statement: string,
  work: (holder: pg.Client) => Promise<T>,
): Promise<T> {
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  try {
    await holder.query('BEGIN')
    await holder.query(statement)
    return await work(holder)
  } finally {
    await holder.end()
  }
}

/** Comes back when some connection to this database waits for a lock. */
export async function untilOneWaits(holder: pg.Client): Promise<void> {
  for (;;) {
    const { rowCount } = await holder.query(
      // A snapshot of the statistics lasts as long as the transaction.
      `SELECT FROM pg_stat_clear_snapshot(), pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE NOT l.granted AND a.datname = current_database()`,
    )
    if (rowCount) return
    await new Promise(next => setTimeout(next, 5))
  }
}
