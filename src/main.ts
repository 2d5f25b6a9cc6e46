import cluster from 'node:cluster'
import { join } from 'node:path'
import closeWithGrace from 'close-with-grace'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { publishDue } from './articles/embargo.ts'
import { keepDuplicates } from './articles/store-duplicates.ts'
import { keepIndex } from './articles/store-index.ts'
import { keepTotals } from './articles/store-totals.ts'
import { changeSignal } from './changes/store-signal.ts'
import { takeNoArguments, UsageError } from './commands/command.ts'
import { type Config, listOf, loadConfig } from './config.ts'
import { type Database, openDatabase } from './db/client.ts'
import { assertHangul } from './db/hangul.ts'
import { migrate } from './db/migrate.ts'
import { type Provided, provideDatabase } from './db/provide.ts'
import { Replicas, type ReplicasOptions } from './db/replicas.ts'
import { gatherMetrics } from './health/gather.ts'
import { tuneHeap } from './heap.ts'
import { countForWorkers } from './http/rate-limit.ts'
import { loadSamples } from './imports/samples.ts'
import { sweepSpool } from './imports/spool.ts'
import { listUnfinished } from './imports/store-jobs.ts'
import { ensureDevelopmentKey } from './keys/development.ts'
import { registryReader } from './ministries/store.ts'
import { sweep } from './retention.ts'
import { ANALYSIS_VERSION } from './search/analysis.ts'
import { claimIndex } from './search/store.ts'
import { every } from './time/every.ts'
import { startSending } from './webhooks/sender.ts'
import { sendingOptions } from './webhooks/settings.ts'
import { deliveryQueue } from './webhooks/store-queue.ts'
import { SIGNALS, startWorkers, stopWithOthers } from './workers.ts'

/** What the database may take to stop, beyond the time of requests and that of webhooks. */
const DATABASE_STOP_MS = 60_000

/** config → database → app → listen → graceful close. */
async function start(config: Config): Promise<void> {
  /** What is to be ended, the last begun first. */
  const ends: (() => unknown)[] = []
  const stop = () => endAll(ends)
  try {
    const early: string[] = []
    let tell = (message: string): void => void early.push(message)
    const server = await provideDatabase(config, message => tell(message))
    ends.push(() => server.stop())
    const options = {
      poolSize: config.DATABASE_POOL,
      statementTimeout: config.STATEMENT_TIMEOUT_MS,
      longestTimeout: config.SEARCH_TIMEOUT_MS,
      onError: (error: Error) => app.log.warn({ err: error }, 'a database connection was lost'),
    }
    const db = openDatabase({ ...options, url: server.url })
    ends.push(() => db.close())
    const replicas = openReplicas(config, { ...options, primary: db }, (name, { condition }) =>
      condition === 'ok'
        ? app.log.info(`reads go to the replica ${name}`)
        : app.log.warn(`no reads go to the replica ${name}: ${condition}`),
    )
    ends.push(() => replicas?.close())
    const app = await buildApp({ config, db, replicas, logger: loggerOf(config) })
    ends.push(() => closeWithin(app, config.SHUTDOWN_TIMEOUT_MS))
    // A start that fails ends by itself, with its own exit status.
    ends.push(stopOnSignals(config, app.log, stop))
    tell = message => app.log.info(message)
    early.forEach(tell)
    if (!cluster.isWorker) await prepare(config, server, db, app.log)
    const told = (what: string) => (error: unknown) => app.log.warn({ err: error }, `${what} failed`)
    if (replicas) {
      await replicas.look()
      ends.push(every(1_000, () => replicas.look(), told('looking at the replicas')))
    }
    const address = await listen(app, config)
    ends.push(every(5_000, () => publishDue(db, new Date()), told('publishing what is due')))
    ends.push(every(1_000, () => keepIndex(db), told('the upkeep of the search index')))
    ends.push(every(1_000, () => keepDuplicates(db), told('the upkeep of duplicates')))
    ends.push(every(1_000, () => keepTotals(db), told('adding up the totals')))
    const spool = join(config.DATA_DIR, 'imports')
    const takeAway = async () => {
      await sweepSpool(spool, ids => listUnfinished(db, ids))
      const onError = (error: unknown, what: string) => told(`sweeping ${what}`)(error)
      const swept = await sweep(db, config, { onError })
      if (Object.keys(swept).length > 0) app.log.info({ swept }, 'swept')
    }
    ends.push(every(config.SWEEP_MINUTES * 60_000, takeAway, told('sweeping what has expired')))
    ends.push(startWebhooks(db, config, told('sending webhooks')))
    app.log.info(`articles at ${address}/v1/articles, the reference at ${address}/docs`)
  } catch (error) {
    // Why it failed to start says more than what then failed to end.
    await stop().catch(() => {})
    throw error
  }
}

/** @throws Error that names the settings which the system refuses: a port that is taken, an address that is not of this machine. */
function listen(app: FastifyInstance, { HOST, PORT }: Config): Promise<string> {
  return app.listen({ port: PORT, host: HOST }).catch(error => {
    throw new Error(`cannot listen on HOST ${HOST}, PORT ${PORT}: ${error.message}`, { cause: error })
  })
}

/** Ends all of it, the last begun first; what fails keeps nothing else from ending. @throws the first failure */
async function endAll(ends: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (const end of ends.splice(0).reverse())
    try {
      await end()
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
}

/** What is done once, before anybody answers: the schema, and what a first start needs. */
async function prepare(
  config: Config,
  server: Provided,
  db: Database,
  log: FastifyBaseLogger,
): Promise<void> {
  await assertHangul(server.url)
  for (const name of await migrate(server.url)) log.info(`migrated: ${name}`)
  await claimIndex(db, ANALYSIS_VERSION)
  const samples = await loadSamples(
    db,
    config.SAMPLES === 'on' || (config.SAMPLES === 'auto' && server.embedded),
  )
  if (samples > 0) log.info(`loaded ${samples} sample articles`)
  if (server.embedded)
    log.info(`the development key is in ${await ensureDevelopmentKey(db, config.DATA_DIR)}`)
}

/** The first process of several: it has the embedded database, prepares it, and starts the others. */
async function lead(config: Config): Promise<void> {
  const { log } = Fastify({ logger: loggerOf(config) })
  const ends: (() => unknown)[] = []
  const stop = () => endAll(ends)
  try {
    const server = await provideDatabase(config, message => log.info(message))
    ends.push(() => server.stop(), stopOnSignals(config, log, stop))
    const db = openDatabase({ url: server.url, poolSize: 2, statementTimeout: config.STATEMENT_TIMEOUT_MS })
    await prepare(config, server, db, log).finally(() => db.close())
    gatherMetrics()
    countForWorkers()
    const workers = await startWorkers(config.WORKERS, { DATABASE_URL: server.url }, (pid, how) =>
      log.error(`the worker ${pid} ended (${how}) and is replaced`),
    )
    ends.push(() => workers.stop())
    log.info(`${config.WORKERS} workers answer`)
  } catch (error) {
    // Why it failed to start says more than what then failed to end.
    await stop().catch(() => {})
    throw error
  }
}

/** Stops gracefully on signals and unexpected errors, and gives what ends that. */
function stopOnSignals(config: Config, log: FastifyBaseLogger, stop: () => Promise<void>): () => void {
  const { isWorker } = cluster
  const delay = 2 * config.SHUTDOWN_TIMEOUT_MS + DATABASE_STOP_MS
  const graceful = closeWithGrace(
    { delay, logger: false, skip: isWorker ? [...SIGNALS] : [] },
    async ({ signal, err }) => {
      if (err) log.fatal({ err }, 'stopping after an unexpected error')
      else log.info(`stopping${signal ? ` on ${signal}` : ''}: requests in flight are finished first`)
      await stop()
    },
  )
  if (isWorker) stopWithOthers(() => graceful.close())
  return () => graceful.uninstall()
}

/** The replicas that the settings name; null where they name none. */
function openReplicas(
  { DATABASE_REPLICA_URLS, REPLICA_MAX_LAG_MS }: Config,
  options: Omit<ReplicasOptions, 'urls' | 'maxLag' | 'onChange'>,
  onChange: ReplicasOptions['onChange'],
): Replicas | null {
  const urls = listOf(DATABASE_REPLICA_URLS)
  return urls.length === 0 ? null : new Replicas({ ...options, urls, maxLag: REPLICA_MAX_LAG_MS, onChange })
}

/** Lets requests in flight finish, and cuts those that take longer than `ms`. */
async function closeWithin(app: FastifyInstance, ms: number): Promise<void> {
  const cut = setTimeout(() => {
    app.log.warn(`cutting what is not finished ${ms} ms after the stop`)
    app.server.closeAllConnections()
  }, ms)
  await app.close()
  clearTimeout(cut)
}

/** Begins to send webhooks, and gives what ends it. */
function startWebhooks(db: Database, config: Config, onError: (error: unknown) => void): () => Promise<void> {
  const options = sendingOptions(config, { db, registry: registryReader(db), now: () => new Date() })
  const { expireInSeconds } = options
  const signal = changeSignal(db, { onError })
  const queue = deliveryQueue(db, { expireInSeconds, lookInSeconds: 7, onError })
  const sender = startSending({ ...options, queue, signal, onError })
  return async () => {
    await signal.close()
    await sender.stop(config.SHUTDOWN_TIMEOUT_MS)
  }
}

/** Lines of JSON; for a terminal, lines for people. */
const loggerOf = ({ LOG_LEVEL }: Config) => ({
  level: LOG_LEVEL,
  ...(process.stdout.isTTY && {
    transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } },
  }),
})

try {
  takeNoArguments()
  tuneHeap()
  const config = loadConfig()
  await (config.WORKERS > 1 && cluster.isPrimary ? lead(config) : start(config))
} catch (error) {
  process.stderr.write(`gongbo: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
  // The channel to the first process would keep it.
  if (cluster.isWorker) process.exit()
}
