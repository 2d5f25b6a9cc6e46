import type { Socket } from 'node:net'
import type pg from 'pg'
import type { Database } from './client.ts'
import type { Timeline } from './lag.ts'

/** One streaming replica: how well it is, and what it is used for at the moment. */

/** `not-a-standby`: it was promoted, or never was one, so nothing tells what it has. */
export const REPLICA_CONDITIONS = ['ok', 'unreachable', 'not-a-standby', 'lagging'] as const
type ReplicaCondition = (typeof REPLICA_CONDITIONS)[number]

export interface ReplicaState {
  condition: ReplicaCondition
  /** Milliseconds by which it was behind at the last look, at most; null where that is not known. */
  lag: number | null
  /** The place in the log of changes that it has reached; null where that is not known. */
  position: number | null
}

const UNREACHABLE: ReplicaState = { condition: 'unreachable', lag: null, position: null }

/** Milliseconds after which a look has failed: a server that hangs does not refuse anything. */
export const LOOK_MS = 2_000

interface Looked {
  standby: boolean
  replayed: number | null
  position: number
}
const LOOK = `SELECT pg_is_in_recovery() AS standby, (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::float8 AS replayed,
  (SELECT coalesce(max(seq), 0) FROM changes)::float8 AS position`

export class Replica {
  state: ReplicaState = UNREACHABLE
  /** Requests that read from it now. */
  reading = 0
  readonly name: string
  readonly db: Database
  readonly #onChange: (name: string, state: ReplicaState) => void
  readonly #clients = new Set<pg.PoolClient>()
  #told: ReplicaCondition | null = null
  #failures = 0
  readonly #watch: Watch

  constructor(name: string, db: Database, onChange: (name: string, state: ReplicaState) => void) {
    this.name = name
    this.db = db
    this.#onChange = onChange
    db.pool.on('connect', client => this.#clients.add(client))
    db.pool.on('remove', client => this.#clients.delete(client))
    this.#watch = new Watch(db, () => this.putAside())
  }

  /** Looks how it is, and judges it by what was seen of the primary. Fails never. */
  async look(primary: Timeline, maxLag: number): Promise<void> {
    try {
      const { standby, replayed, position } = await this.#watch.ask<Looked>(LOOK)
      const lag = primary.lagAt(replayed ?? -1)
      const behind = lag > maxLag ? 'lagging' : 'ok'
      this.#failures = 0
      this.#become({
        condition: standby ? behind : 'not-a-standby',
        position,
        lag: Number.isFinite(lag) ? lag : null,
      })
    } catch {
      this.putAside()
      // The first may be a server that was busy: its readers have their answers soon.
      if (++this.#failures > 1) this.#cut()
    }
  }

  /** It gets no reads until a look finds it well. */
  putAside(): void {
    this.#become(UNREACHABLE)
  }

  async close(): Promise<void> {
    this.#watch.close()
    await this.db.close()
  }

  #become(state: ReplicaState): void {
    this.state = state
    if (this.#told !== state.condition) this.#onChange(this.name, state)
    this.#told = state.condition
  }

  /**
   * Breaks its connections, so that nobody waits for answers of a server that hangs: the network may not tell for minutes.
   * Their sockets, since the pool would hand out clients again that were ended without its knowledge.
   */
  #cut(): void {
    for (const client of this.#clients)
      (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
  }
}

/** A connection for looks alone, which no reader holds up. Its end is the first that is heard of a server that dies. */
export class Watch {
  readonly #db: Pick<Database, 'connect'>
  readonly #onEnd: () => void
  #client: Promise<pg.Client> | null = null

  constructor(db: Pick<Database, 'connect'>, onEnd: () => void = () => {}) {
    this.#db = db
    this.#onEnd = onEnd
  }

  /** The one row of a statement. @throws what the database says, or that it said nothing within `LOOK_MS`. */
  async ask<T extends object>(statement: string): Promise<T> {
    this.#client ??= this.#open()
    try {
      const { rows } = await (await this.#client).query<T>(statement)
      return rows[0] as T
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    const former = this.#client
    this.#client = null
    former?.then(client => client.end()).catch(() => {})
  }

  #open(): Promise<pg.Client> {
    const settings = { connectionTimeoutMillis: LOOK_MS, query_timeout: LOOK_MS }
    const opened = this.#db.connect(settings).then(client => {
      client.once('end', () => {
        if (this.#client !== opened) return
        this.#client = null
        this.#onEnd()
      })
      return client
    })
    return opened
  }
}
