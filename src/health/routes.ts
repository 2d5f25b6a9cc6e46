import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import { Type } from 'typebox'
import type { Database } from '../db/client.ts'
import { pendingMigrations } from '../db/migrate.ts'
import type { Replicas } from '../db/replicas.ts'
import { isUnreachable } from '../http/errors.ts'
import { json, problems } from '../http/openapi.ts'
import { Problem } from '../http/problem.ts'
import { oneOf, ref } from '../http/schema.ts'
import { metricsReader } from './gather.ts'
import { measureReplicas, ReplicaReadiness, readinessOf } from './replicas.ts'

export const Health = Type.Object(
  { status: Type.String({ examples: ['ok'] }) },
  { $id: 'Health', description: 'The process is alive.' },
)
const SEARCH_STATES = ['ok', 'no-dictionary', 'indexing', 'unknown'] as const
type SearchState = Exclude<(typeof SEARCH_STATES)[number], 'unknown'>

export const Readiness = Type.Object(
  {
    status: oneOf(['ready', 'degraded'], {
      description: '`degraded`: it serves, but not as well as it should.',
      examples: ['ready'],
    }),
    database: oneOf(['ok', 'unreachable'], {
      description:
        '`unreachable`: replicas answer what is read of articles without a key, and nothing is written.',
      examples: ['ok'],
    }),
    migrations: oneOf(['ok', 'unknown'], { examples: ['ok'] }),
    search: oneOf(SEARCH_STATES, {
      description:
        '`no-dictionary`: the dictionary cannot be read, words are compared as written without particles; `indexing`: articles are being indexed anew and some are not found yet.',
      examples: ['ok'],
    }),
    replicas: Type.Array(ref(ReplicaReadiness), {
      description: 'Of the database. The primary answers for those that are not `ok`.',
    }),
  },
  { $id: 'Readiness', description: 'The process can serve.' },
)
export const healthComponents = [Health, ReplicaReadiness, Readiness]

/** Milliseconds for which a primary is waited for where replicas serve readers. */
const PATIENCE = 1_500

/** Without a primary: readers are served by replicas. */
const READERS_ONLY = {
  status: 'degraded',
  database: 'unreachable',
  migrations: 'unknown',
  search: 'unknown',
} as const

/** Probes and metrics. They are not counted against the rate limit. */
export const healthRoutes: FastifyPluginAsyncTypebox<{
  db: Database
  replicas: Replicas | null
  searchState: () => Promise<SearchState>
  findBacklog: () => Promise<Backlog>
  metrics: Registry
}> = async (app, { db, replicas, searchState, findBacklog, metrics: registry }) => {
  const config = { unlimited: true }
  measure(registry, db, findBacklog)
  if (replicas) measureReplicas(registry, replicas)
  const readMetrics = metricsReader(registry)

  app.get(
    '/healthz',
    {
      config,
      logLevel: 'warn',
      schema: {
        operationId: 'getHealth',
        tags: ['service'],
        summary: 'Is the process alive?',
        response: { 200: json('It is', ref(Health)) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { status: 'ok' }
    },
  )

  app.get(
    '/readyz',
    {
      config,
      logLevel: 'warn',
      schema: {
        operationId: 'getReadiness',
        tags: ['service'],
        summary: 'Can it serve?',
        description:
          'Whether the database answers and has every migration of this release; or, while it does not answer, whether a replica is there for readers.',
        response: { 200: json('It can', ref(Readiness)), ...problems(503) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      const readiness = readinessOf(replicas)
      const served = readiness.some(({ condition }) => condition === 'ok')
      const looked = pendingMigrations(db.pool).catch((error: unknown) => {
        if (isUnreachable(error) && served) return null
        throw error
      })
      // A probe does not wait for a primary that hangs.
      const pending = await (served ? Promise.race([looked, sleep(PATIENCE, null, { ref: false })]) : looked)
      if (pending === null) return { ...READERS_ONLY, replicas: readiness }
      if (pending.length > 0)
        throw new Problem(
          'not-ready',
          {
            en: `Migrations are pending: ${pending.join(', ')}.`,
            ko: `적용되지 않은 마이그레이션이 있습니다: ${pending.join(', ')}.`,
          },
          { headers: { 'retry-after': '5' } },
        )
      const search = await searchState()
      const well = search === 'ok' && readiness.every(({ condition }) => condition === 'ok')
      const status = well ? ('ready' as const) : ('degraded' as const)
      return { status, database: 'ok' as const, migrations: 'ok' as const, search, replicas: readiness }
    },
  )

  app.get(
    '/metrics',
    {
      config: { ...config, produces: [registry.contentType.split(';')[0] ?? 'text/plain'] },
      logLevel: 'warn',
      schema: {
        operationId: 'getMetrics',
        tags: ['service'],
        summary: 'Metrics for Prometheus',
        response: {
          200: {
            description: 'Text exposition format',
            content: { 'text/plain': { schema: Type.String() } },
          },
        },
      },
    },
    async (_request, reply) => reply.type(registry.contentType).send(await readMetrics()),
  )
}

/** Webhooks that wait to be sent, and when the oldest of them was to be sent first. */
interface Backlog {
  pending: number
  oldest: Date | null
}

function measure(registry: Registry, { pool }: Database, findBacklog: () => Promise<Backlog>): void {
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'database_connections',
    help: 'Connections of the pool, and requests that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  const oldest = new Gauge({
    name: 'webhook_oldest_pending_seconds',
    aggregator: 'max',
    help: 'Age of the oldest webhook delivery that waits, first or again; 0 where none does',
    registers: [registry],
  })
  new Gauge({
    name: 'webhook_deliveries_pending',
    aggregator: 'max',
    help: 'Webhook deliveries that wait to be sent, first or again',
    registers: [registry],
    async collect() {
      // Without a database the other metrics are what is wanted most.
      const backlog = await findBacklog().catch(() => null)
      this.set(backlog?.pending ?? Number.NaN)
      oldest.set(!backlog ? Number.NaN : backlog.oldest ? (Date.now() - backlog.oldest.getTime()) / 1000 : 0)
    },
  })
}
