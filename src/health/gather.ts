import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'

/**
 * Metrics of all workers: the one that is asked asks the first process, which asks them all. What a worker counted that has ended
 * is kept, as far as it was told: counters never fall.
 */

type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/**
 * `wanted`: of a worker, for its reader. `tell`: each worker is to tell its own. `told`: a worker's own. `all`: the sum, for the one that
 * asked; null where it cannot be had.
 */
type Message =
  | { type: 'gongbo:metrics'; kind: 'wanted' | 'tell'; id: number }
  | { type: 'gongbo:metrics'; kind: 'told'; id: number; metrics: Metrics }
  | { type: 'gongbo:metrics'; kind: 'all'; id: number; text: string | null }
const isMessage = (message: unknown): message is Message =>
  (message as { type?: unknown } | null)?.type === 'gongbo:metrics'

/** Milliseconds after which nobody waits any more for a worker that tells nothing. */
const PATIENCE = 5_000

const sumOf = (metrics: Metrics[]) => AggregatorRegistry.aggregate(metrics)

/** What is not known is null in JSON. */
const asNumbers = (metric: Metrics[number]): Metrics[number] =>
  ({
    ...metric,
    values: metric.values.map(one => ({ ...one, value: (one.value as number | null) ?? Number.NaN })),
  }) as Metrics[number]

/** What only grows. */
const counted = (metrics: Metrics): Metrics => metrics.filter(({ type }) => String(type) !== 'gauge')

/** In the first process, before it starts workers. */
export function gatherMetrics(): void {
  const latest = new Map<number, Metrics>()
  let ended: Metrics = []
  let last = 0
  const rounds = new Map<number, { open: Set<number>; done: () => void }>()
  const close = (worker: Worker, round: number) => {
    const { open, done } = rounds.get(round) ?? {}
    open?.delete(worker.id)
    if (open?.size === 0) done?.()
  }
  const gather = async (): Promise<string> => {
    const id = ++last
    const workers = Object.values(cluster.workers ?? {}).filter(worker => worker?.isConnected())
    await new Promise<void>(done => {
      rounds.set(id, { open: new Set(workers.map(worker => worker?.id ?? 0)), done })
      setTimeout(done, PATIENCE).unref()
      for (const worker of workers) worker?.send({ type: 'gongbo:metrics', kind: 'tell', id })
    })
    rounds.delete(id)
    return sumOf([...latest.values(), ended]).metrics()
  }
  cluster.on('message', (worker, message: unknown) => {
    if (!isMessage(message)) return
    const { id, kind } = message
    if (kind === 'told') {
      latest.set(worker.id, message.metrics.map(asNumbers))
      close(worker, id)
    }
    if (kind !== 'wanted') return
    const answer = (text: string | null) =>
      worker.isConnected() && worker.send({ type: 'gongbo:metrics', kind: 'all', id, text })
    gather().then(answer, () => answer(null))
  })
  cluster.on('exit', worker => {
    const own = latest.get(worker.id)
    latest.delete(worker.id)
    for (const round of rounds.keys()) close(worker, round)
    if (own) keep(own)
  })
  /** One after the other. */
  let keeping = Promise.resolve()
  const keep = (own: Metrics) => {
    keeping = keeping.then(async () => {
      ended = await sumOf([ended, counted(own)]).getMetricsAsJSON()
    })
  }
}

/** What reads the metrics: of this process, or as a worker those of all; where they cannot be had, its own. */
export function metricsReader(registry: Registry): () => Promise<string> {
  if (!cluster.isWorker) return () => registry.metrics()
  const waiting = new Map<number, (text: string | null) => void>()
  process.on('message', message => {
    if (!isMessage(message)) return
    const { id, kind } = message
    if (kind === 'all') waiting.get(id)?.(message.text)
    if (kind === 'tell')
      registry
        .getMetricsAsJSON()
        .then(metrics => process.send?.({ type: 'gongbo:metrics', kind: 'told', id, metrics }))
        // Who asked waits no longer than for a worker that is gone.
        .catch(() => {})
  })
  let last = 0
  return async () => {
    const id = ++last
    const asked = new Promise<string | null>(done => waiting.set(id, done))
    process.send?.({ type: 'gongbo:metrics', kind: 'wanted', id })
    const text = await asked
    waiting.delete(id)
    return text ?? registry.metrics()
  }
}
