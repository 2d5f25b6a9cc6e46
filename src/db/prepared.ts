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

/** The rows of each statement. */
export type Results = object[][]

/** Told once of how it went. */
export type Done = (error: Error | null | undefined, results?: Results) => void

export interface Statement {
  /** Empty: it is prepared for this once. */
  name: string
  text: string
  values: unknown[]
}

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
 * Statements that go to the server at once, one after the other; where one fails, those after it are not run. pg sends them as
 * it does its own queries (as pg-cursor's), but they do not ask anew what the columns are: to be told of thirty and to take note
 * of them takes as long as a row of theirs.
 */
export class Prepared implements pg.Submittable {
  /** Set by the client that runs them. */
  callback: Done | undefined
  readonly #statements: readonly Statement[]
  readonly #results: Results
  /** What the columns of each are, where that is known. */
  #described: (Described | undefined)[] = []
  #known: Map<string, Described> | undefined
  /** The one whose answer comes. */
  #at = 0
  #failure: Error | null = null

  constructor(statements: readonly Statement[]) {
    this.#statements = statements
    this.#results = statements.map(() => [])
  }

  get #current(): Statement | undefined {
    return this.#statements[this.#at]
  }

  /** By these pg notes what the connection has parsed. */
  get name(): string | undefined {
    return this.#current?.name
  }
  get text(): string | undefined {
    return this.#current?.text
  }

  submit(to: pg.Connection): void {
    const connection = to as unknown as Connection
    const known = knownOf(connection)
    this.#known = known
    this.#described = this.#statements.map(({ name }) => known.get(name))
    const parsing = new Set<string>()
    connection.stream.cork()
    for (const [i, statement] of this.#statements.entries()) {
      const { name, values } = statement
      if (connection.parsedStatements[name] === undefined && !parsing.has(name)) connection.parse(statement)
      if (name !== '') parsing.add(name)
      connection.bind({ statement: name, values, valueMapper: utils.prepareValue })
      if (!this.#described[i]) connection.describe({ type: 'P', name: '' })
      connection.execute({})
    }
    connection.sync()
    connection.stream.uncork()
  }

  handleRowDescription({ fields }: { fields: pg.FieldDef[] }): void {
    const columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: pg.types.getTypeParser(dataTypeID),
    }))
    this.#describe({ columns, empty: Object.fromEntries(columns.map(({ name }) => [name, null])) })
  }

  #describe(described: Described): void {
    this.#described[this.#at] = described
    if (this.name) this.#known?.set(this.name, described)
  }

  handleDataRow({ fields: texts }: { fields: (string | null)[] }): void {
    const { columns, empty } = this.#described[this.#at] as Described
    try {
      const row = { ...empty }
      for (let i = 0; i < columns.length; i++) {
        const { name, parse } = columns[i] as Column
        const text = texts[i] as string | null
        if (text !== null) row[name] = parse(text)
      }
      this.#results[this.#at]?.push(row)
    } catch (error) {
      this.#failure = error as Error
    }
  }

  handleCommandComplete(): void {
    // One that gives no rows is not described.
    if (!this.#described[this.#at]) this.#describe(NOTHING)
    this.#at++
  }

  handleReadyForQuery(): void {
    this.callback?.(this.#failure, this.#results)
  }

  handleError(error: Error): void {
    this.callback?.(error)
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

const NOTHING: Described = { columns: [], empty: {} }
