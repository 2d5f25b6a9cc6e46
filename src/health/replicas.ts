import { Counter, Gauge, type Registry } from 'prom-client'
import { type Static, Type } from 'typebox'
import { REPLICA_CONDITIONS } from '../db/replica.ts'
import type { Replicas } from '../db/replicas.ts'
import { nullable, oneOf } from '../http/schema.ts'

/** What probes and metrics tell of replicas. They are numbered in the order of the setting: their addresses are nobody's business. */

export const ReplicaReadiness = Type.Object(
  {
    replica: Type.Integer({
      minimum: 1,
      description: 'Its place in `DATABASE_REPLICA_URLS`.',
      examples: [1],
    }),
    condition: oneOf(REPLICA_CONDITIONS, {
      description:
        'Only `ok` gets reads. `lagging`: behind by more than `REPLICA_MAX_LAG_MS`; `not-a-standby`: it was promoted, or is no streaming replica.',
      examples: ['ok'],
    }),
    lagMs: nullable(
      Type.Integer({
        minimum: 0,
        description: 'Milliseconds by which it is behind at most; null where that is not known.',
        examples: [0],
      }),
    ),
  },
  { $id: 'ReplicaReadiness' },
)
export type ReplicaReadiness = Static<typeof ReplicaReadiness>

export const readinessOf = (replicas: Pick<Replicas, 'states'> | null): ReplicaReadiness[] =>
  (replicas?.states() ?? []).map(({ condition, lag }, i) => ({
    replica: i + 1,
    condition,
    lagMs: lag && Math.round(lag),
  }))

export function measureReplicas(registry: Registry, replicas: Pick<Replicas, 'states' | 'reads'>): void {
  const registers = [registry]
  const labelNames = ['replica']
  new Gauge({
    name: 'database_replica_up',
    help: 'Whether a replica gets reads',
    labelNames,
    registers,
    aggregator: 'min',
    collect() {
      for (const [i, { condition }] of replicas.states().entries())
        this.set({ replica: i + 1 }, condition === 'ok' ? 1 : 0)
    },
  })
  new Gauge({
    name: 'database_replica_lag_seconds',
    help: 'Time by which a replica is behind, at most; NaN where that is not known',
    labelNames,
    registers,
    aggregator: 'max',
    collect() {
      for (const [i, { lag }] of replicas.states().entries())
        this.set({ replica: i + 1 }, lag === null ? Number.NaN : lag / 1000)
    },
  })
  new Counter({
    name: 'article_reads_total',
    help: 'Reads of articles by where they were answered from; "instead": a replica failed',
    labelNames: ['from'],
    registers,
    collect() {
      this.reset()
      for (const [from, n] of Object.entries(replicas.reads)) this.inc({ from }, n)
    },
  })
}
