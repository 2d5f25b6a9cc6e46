import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'

/**
 * Migrations in Prisma's folder format, applied by Prisma's own engine as WebAssembly: the native one is a download
 * from Prisma's server, which a closed network does not reach. The `_prisma_migrations` table is the very one that
 * Prisma's CLI reads.
 */

const FOLDER = fileURLToPath(new URL('../../prisma/', import.meta.url))
const FILTERS = { externalTables: [], externalEnums: [] }

/** TypeScript knows WebAssembly only with the DOM's types. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(module: object, imports: object): Promise<{ exports: { __wbindgen_start(): void } }>
}

/** Session-level advisory lock that only one migrating process holds ("gong" in ASCII). */
const LOCK = 0x676f6e67

let migrations: Promise<MigrationList> | undefined

/** This release's migrations, read once: they do not change under a running process, and probes ask for them. */
function readMigrations(): Promise<MigrationList> {
  migrations ??= readFolder()
  return migrations
}

async function readFolder(): Promise<MigrationList> {
  const entries = await readdir(`${FOLDER}migrations`, { withFileTypes: true })
  const names = entries
    .filter(e => e.isDirectory())
    .map(e => e.name)
    .sort()
  return {
    baseDir: `${FOLDER}migrations`,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(`${FOLDER}migrations/migration_lock.toml`, 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async path => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(`${FOLDER}migrations/${path}/migration.sql`, 'utf8'),
          },
        },
      })),
    ),
  }
}

/**
 * The adapter for the engine, mended in two places: it splits scripts at every semicolon, which breaks function
 * bodies and leaves half a migration behind when one fails (sent whole, PostgreSQL runs a script as one transaction);
 * and it has no name for PostgreSQL's one-byte "char", which the engine reads from the catalogue to compare schemas.
 */
function engineAdapter(pool: pg.Pool, scriptFailed: (message: string) => void): PrismaPg {
  const factory = new PrismaPg(pool)
  const connect = factory.connect.bind(factory)
  factory.connect = async () => {
    const adapter = await connect()
    const oneByte: number[] = []
    const client = {
      query: async (config: pg.QueryArrayConfig) => {
        const result = await pool.query(config)
        oneByte.length = 0
        result.fields.forEach((field, i) => {
          if (field.dataTypeID === pg.types.builtins.CHAR) {
            field.dataTypeID = pg.types.builtins.BPCHAR
            oneByte.push(i)
          }
        })
        return result
      },
    }
    Object.defineProperty(adapter, 'client', { value: client })
    const queryRaw = adapter.queryRaw.bind(adapter)
    adapter.queryRaw = async query => {
      const result = await queryRaw(query)
      for (const i of oneByte) result.columnTypes[i] = ColumnTypeEnum.Character
      return result
    }
    adapter.executeScript = async script => {
      await pool.query(script).catch((error: Error) => {
        scriptFailed(error.message)
        throw error
      })
    }
    return adapter
  }
  return factory
}

interface Bindings {
  __wbg_set_wasm(exports: object): void
  SchemaEngine: typeof SchemaEngine
}

/** Instantiated by hand: the package imports its .wasm as a module, which Node does only behind a flag. Once a process. */
async function loadEngine(): Promise<Bindings> {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const path = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const module = await WebAssembly.compile(await readFile(path.replace(/\.js$/, '.wasm')))
  // The engine sets a timer of 10 s for its lock and never clears it: it must not keep a finished process alive.
  const imports: Record<string, unknown> = { ...glue }
  for (const [name, set] of Object.entries(imports))
    if (name.startsWith('__wbg_setTimeout'))
      imports[name] = (...args: unknown[]) => (set as (...args: unknown[]) => NodeJS.Timeout)(...args).unref()
  const { exports } = await WebAssembly.instantiate(module, { './schema_engine_bg.js': imports })
  const bindings = glue as unknown as Bindings
  bindings.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
  return bindings
}
let loaded: Promise<Bindings> | undefined

async function withEngine<T>(url: string, run: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  loaded ??= loadEngine()
  const bindings = await loaded
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  try {
    const schema = await readFile(`${FOLDER}schema.prisma`, 'utf8')
    let scriptFault = ''
    const engine = await bindings.SchemaEngine.new(
      { datamodels: [['schema.prisma', schema]] },
      () => {},
      bindMigrationAwareSqlAdapterFactory(
        engineAdapter(pool, message => {
          scriptFault = message
        }),
      ),
    )
    try {
      return await run(engine).catch((error: Error) => {
        // The engine tells which migration, PostgreSQL what was wrong with it.
        const name = /migration_name="([^"]+)"/.exec(error.message)?.[1]
        throw scriptFault ? new Error(`migration ${name} failed: ${scriptFault}`, { cause: error }) : error
      })
    } finally {
      engine.free()
    }
  } finally {
    await pool.end()
  }
}

/**
 * Applies what is not applied yet, one process at a time, and names it.
 * @throws where a migration fails, an applied one was edited, or one failed before and needs a person.
 */
export async function migrate(url: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: url })
  await lock.connect()
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [LOCK])
    const migrationsList = await readMigrations()
    await assertUnedited(lock, migrationsList)
    if ((await pendingMigrations(lock)).length === 0) return []
    return await withEngine(
      url,
      async engine =>
        (await engine.applyMigrations({ migrationsList, filters: FILTERS })).appliedMigrationNames,
    )
  } finally {
    await lock.end()
  }
}

interface Applied {
  migration_name: string
  checksum: string
  finished: boolean
}

/** What `_prisma_migrations` says; nothing where there is no such table. */
async function appliedMigrations(db: Pick<pg.Client, 'query'>): Promise<Applied[]> {
  const { rows } = await db.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  )
  if (!rows[0]?.exists) return []
  const applied = await db.query<Applied>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  )
  return applied.rows
}

async function assertUnedited(db: pg.Client, { migrationDirectories }: MigrationList): Promise<void> {
  const checksums = new Map(
    migrationDirectories.map(({ path, migrationFile: { content } }) => [
      path,
      createHash('sha256')
        .update(content.tag === 'ok' ? content.value : '')
        .digest('hex'),
    ]),
  )
  const edited = (await appliedMigrations(db))
    .filter(
      ({ migration_name, checksum, finished }) =>
        finished && checksum !== (checksums.get(migration_name) ?? checksum),
    )
    .map(({ migration_name }) => migration_name)
  if (edited.length > 0) throw new Error(`applied migrations were edited since: ${edited.join(', ')}`)
}

/** Migrations of this release that the database has not finished, in their order. */
export async function pendingMigrations(db: Pick<pg.Client, 'query'>): Promise<string[]> {
  const { migrationDirectories } = await readMigrations()
  const applied = await appliedMigrations(db)
  const finished = new Set(applied.filter(row => row.finished).map(row => row.migration_name))
  return migrationDirectories.map(({ path }) => path).filter(path => !finished.has(path))
}

/** The SQL that would make the database what schema.prisma says; empty where they agree. */
export async function schemaDrift(url: string): Promise<string> {
  const content = await readFile(`${FOLDER}schema.prisma`, 'utf8')
  const schema = { files: [{ path: 'schema.prisma', content }] }
  return withEngine(url, async engine => {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', ...schema, configDir: '.' },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters: FILTERS,
    })
    return exitCode === 0 ? '' : (stdout ?? 'schema and database differ')
  })
}
