import pg from 'pg'
import utils from 'pg/lib/utils.js'

/** Prepared statements of pg that are described once on each connection. */

/** What a column is called, and how its text is read. */
interface Column {
  name: string
  parse: (text: string) => unknown
}

interface Described {
  columns: Column[]
  /** A row without a value. */
  empty: Record<string, unknown>
}

/** What the statements of a connection give, by their names. PostgreSQL keeps to it: what changes, it refuses to run. */
const described = new WeakMap<Connection, Map<string, Described>>()

/** Told once of how it went. */
export type Done<T> = (error: Error | null | undefined, result?: { rows: T[] }) => void

/** A connection as pg itself uses it. */
interface Connection {
  stream: pg.Connection['stream']
  parsedStatements: Record<string, string>
  parse(statement: { name: string; text: string }): void
  bind(portal: { statement: string; values: unknown[]; valueMapper(value: unknown): unknown }): void
  describe(what: { type: 'P'; name: string }): void
  execute(portal: object): void
  sync(): void
}

function knownOf(connection: Connection): Map<string, Described> {
  const known = described.get(connection) ?? new Map()
  described.set(connection, known)
  return known
}

/**
 * A statement that pg sends as it does its own queries (as pg-cursor's), but without asking anew what the columns are: to be
 * told of thirty and to take note of them takes as long as a row of theirs.
 */
export class Prepared<T> implements pg.Submittable {
  readonly name: string
  readonly text: string
  /** Set by the client that runs it. */
  callback: Done<T> | undefined
  readonly #values: unknown[]
  readonly #rows: T[] = []
  #known: Map<string, Described> | undefined
  #described: Described | undefined
  #failure: Error | null = null

  constructor(name: string, text: string, values: unknown[]) {
    this.name = name
    this.text = text
    this.#values = values
  }

  submit(to: pg.Connection): void {
    const connection = to as unknown as Connection
    this.#known = knownOf(connection)
    this.#described = this.#known.get(this.name)
    connection.stream.cork()
    if (connection.parsedStatements[this.name] === undefined) connection.parse(this)
    connection.bind({ statement: this.name, values: this.#values, valueMapper: utils.prepareValue })
    if (!this.#described) connection.describe({ type: 'P', name: '' })
    connection.execute({})
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({ fields }: { fields: pg.FieldDef[] }): void {
    const columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: pg.types.getTypeParser(dataTypeID),
    }))
    const empty = Object.fromEntries(columns.map(({ name }) => [name, null]))
    this.#described = { columns, empty }
    this.#known?.set(this.name, this.#described)
  }

  handleDataRow({ fields: texts }: { fields: (string | null)[] }): void {
    const { columns, empty } = this.#described as Described
    try {
      const row = { ...empty }
      for (let i = 0; i < columns.length; i++) {
        const { name, parse } = columns[i] as Column
        const text = texts[i] as string | null
        if (text !== null) row[name] = parse(text)
      }
      this.#rows.push(row as T)
    } catch (error) {
      this.#failure = error as Error
    }
  }

  handleReadyForQuery(): void {
    this.callback?.(this.#failure, { rows: this.#rows })
  }

  handleError(error: Error): void {
    this.callback?.(error)
  }

  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}
