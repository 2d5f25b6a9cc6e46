import pg from 'pg'

/** What of pg's own connection is needed here. */
interface Wire {
  on(event: 'readyForQuery', listener: () => void): void
  stream: { destroy(error: Error): void }
}

/** As pg's own `query_timeout` calls it. */
const TIMED_OUT = 'Query read timeout'

/** Whether a statement failed since the server gave no answer. Its connection is broken. */
export const isLate = (error: unknown): error is Error =>
  error instanceof Error && error.message === TIMED_OUT

/** How often in the time that a statement may take it is looked how long the one under way has taken. */
const LOOKS = 4

/**
 * Connections that end where the server has not answered a statement in time: it hangs, or the network does. pg's own
 * `query_timeout` makes a timer for each statement, which cost a third of them: a page of articles outlived two collections of
 * young garbage for it, and was collected with the old.
 * @param limit milliseconds; 0: none
 */
export function watchedClient(limit: number): typeof pg.Client {
  if (limit === 0) return pg.Client
  return class extends pg.Client {
    /** Statements that were asked and not answered, and since when the first of them is under way. */
    #open = 0
    #since = 0

    constructor(config?: string | pg.ClientConfig) {
      super(config)
      const wire = (this as unknown as { connection: Wire }).connection
      const query = this.query.bind(this) as (...given: unknown[]) => unknown
      const watched = (...given: unknown[]): unknown => {
        if (this.#open++ === 0) this.#since = performance.now()
        return query(...given)
      }
      this.query = watched as typeof this.query
      wire.on('readyForQuery', () => {
        this.#open = Math.max(0, this.#open - 1)
        this.#since = performance.now()
      })
      const look = () => {
        if (this.#open > 0 && performance.now() - this.#since > limit)
          wire.stream.destroy(new Error(TIMED_OUT))
      }
      const looking = setInterval(look, Math.max(1, limit / LOOKS)).unref()
      this.once('end', () => clearInterval(looking))
    }
  }
}
