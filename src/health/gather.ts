import cluster from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'

/** Metrics of all workers: the one that is asked asks the first process, which asks them all. */

const METRICS = 'gongbo:metrics'
interface Message {
  type: typeof METRICS
  id: number
  text: string | null
}
const isMessage = (message: unknown): message is Message =>
  (message as { type?: unknown } | null)?.type === METRICS

/** In the first process, before it starts workers. */
export function gatherMetrics(): void {
  const all = new AggregatorRegistry()
  cluster.on('message', (worker, message: unknown) => {
    if (!isMessage(message)) return
    const answer = (text: string | null) =>
      worker.isConnected() && worker.send({ type: METRICS, id: message.id, text })
    all.clusterMetrics().then(answer, () => answer(null))
  })
}

/** What reads the metrics: of this process, or as a worker those of all; where they cannot be had, its own. */
export function metricsReader(registry: Registry): () => Promise<string> {
  if (!cluster.isWorker) return () => registry.metrics()
  new AggregatorRegistry()
  AggregatorRegistry.setRegistries(registry)
  const waiting = new Map<number, (text: string | null) => void>()
  process.on('message', message => {
    if (isMessage(message)) waiting.get(message.id)?.(message.text)
  })
  let last = 0
  return async () => {
    const id = ++last
    const asked = new Promise<string | null>(done => waiting.set(id, done))
    process.send?.({ type: METRICS, id, text: null })
    const text = await asked
    waiting.delete(id)
    return text ?? registry.metrics()
  }
}
