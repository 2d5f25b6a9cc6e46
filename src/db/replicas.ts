import { AsyncLocalStorage } from 'node:async_hooks'
import { type Database, type DatabaseOptions, openDatabase } from './client.ts'
import { Timeline } from './lag.ts'
import { Replica, type ReplicaState, Watch } from './replica.ts'

/**
 * Streaming replicas for reads. Which of them is well and what it has is found out by a look about once a second; whoever
 * reads is given one of these, or none, and then reads from the primary.
 */

export interface ReplicasOptions extends Omit<DatabaseOptions, 'url'> {
  urls: string[]
  primary: Database
  /** Milliseconds by which a replica may be behind. */
  maxLag: number
  /** Told when a replica becomes another than it was. */
  onChange?: (name: string, state: ReplicaState) => void
}

/** A replica that was chosen for one reader. */
export interface Chosen {
  name: string
  /** Runs reads: whatever they ask of `Replicas.db` is asked of this replica. */
  read<T>(work: () => Promise<T>): Promise<T>
  /** The primary is asked instead. `lost`: it could not be reached, and gets no reads until a look finds it well. */
  failed(lost: boolean): void
}

/** Milliseconds after which it is looked whether a replica has what a reader wants by now. */
const SOON = 50

const WAL = `SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 AS place`

export class Replicas {
  /** The primary, but within `Chosen.read` the replica. */
  readonly db: Database
  /** How many readers were answered from where. */
  readonly reads = { primary: 0, replica: 0, instead: 0 }
  readonly #replicas: Replica[]
  readonly #reader = new AsyncLocalStorage<Database>()
  readonly #timeline = new Timeline()
  readonly #primary: Watch
  readonly #maxLag: number
  #turn = 0
  #looking: Promise<void> | null = null
  #soon: NodeJS.Timeout | null = null

  constructor({ urls, primary, maxLag, onChange = () => {}, ...options }: ReplicasOptions) {
    this.#maxLag = maxLag
    this.#primary = new Watch(primary)
    this.#replicas = urls.map(
      url => new Replica(new URL(url).host, openDatabase({ ...options, url }), onChange),
    )
    const current = () => this.#reader.getStore() ?? primary
    this.db = {
      get pool() {
        return current().pool
      },
      get prisma() {
        return current().prisma
      },
      connect: settings => current().connect(settings),
      close: () => primary.close(),
    }
  }

  /** Looks at all of them; what a clock calls. Without an answer of the primary they are judged by what it said last. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const at = performance.now()
    const primary = await this.#primary.ask<{ place: number }>(WAL).catch(() => null)
    if (primary) this.#timeline.note(at, primary.place)
    await Promise.all(this.#replicas.map(replica => replica.look(this.#timeline, this.#maxLag)))
  }

  /**
   * The replica with the fewest readers, in turn where they have as many, of those that are well and have reached a place in
   * the log of changes; null where there is none.
   */
  choose(position: number | null): Chosen | null {
    this.#turn++
    let best: Replica | null = null
    for (let i = 0; i < this.#replicas.length; i++) {
      const replica = this.#replicas[(this.#turn + i) % this.#replicas.length] as Replica
      const { condition, position: reached } = replica.state
      const fit = condition === 'ok' && (reached ?? -1) >= (position ?? 0)
      if (fit && (best === null || replica.reading < best.reading)) best = replica
    }
    if (best) return this.#chosen(best)
    this.reads.primary++
    if (position !== null && Number.isFinite(position)) this.#lookSoon()
    return null
  }

  /** What was written a moment ago is there in some milliseconds, and the clock would only tell in a second. */
  #lookSoon(): void {
    this.#soon ??= setTimeout(async () => {
      await this.look()
      this.#soon = null
    }, SOON).unref()
  }

  #chosen(replica: Replica): Chosen {
    return {
      name: replica.name,
      read: async work => {
        this.reads.replica++
        replica.reading++
        try {
          return await this.#reader.run(replica.db, work)
        } finally {
          replica.reading--
        }
      },
      failed: lost => {
        this.reads.replica--
        this.reads.instead++
        if (lost) replica.putAside()
      },
    }
  }

  /** How each of them is, in the order of the setting. */
  states(): (ReplicaState & { reading: number })[] {
    return this.#replicas.map(({ state, reading }) => ({ ...state, reading }))
  }

  async close(): Promise<void> {
    if (this.#soon) clearTimeout(this.#soon)
    await this.#looking
    this.#primary.close()
    await Promise.all(this.#replicas.map(replica => replica.close()))
  }
}
