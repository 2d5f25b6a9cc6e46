import type { Metric, Registry } from 'prom-client'
import type { Observe } from '../http/requests.ts'

const NAME = 'http_request_duration_seconds'
/** What buckets hold at most, in seconds; the last one holds all that took longer. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Series {
  method: string
  route: string
  status: number
  /** How many are in each bucket alone. */
  counts: number[]
  /** Seconds. */
  sum: number
}

/** As prom-client tells a histogram: a bucket has all that took no longer. */
function valuesOf({ method, route, status, counts, sum }: Series) {
  const labels = { method, route, status: String(status) }
  let below = 0
  const buckets = counts.map((count, i) => {
    below += count
    return { labels: { le: BOUNDS[i] ?? '+Inf', ...labels }, value: below, metricName: `${NAME}_bucket` }
  })
  return [
    ...buckets,
    { labels, value: sum, metricName: `${NAME}_sum` },
    { labels, value: below, metricName: `${NAME}_count` },
  ]
}

/**
 * How long requests take as a metric: seconds, by method, route pattern and status. Counted here and told to prom-client when it
 * is asked: its own histogram writes out the three labels for each request to find where they are counted, a twentieth of what a
 * kept answer takes.
 */
export function durationsIn(registry: Registry): Observe {
  const byRoute = new Map<string, Series[]>()
  const seriesOf = (method: string, route: string, status: number): Series => {
    const some = byRoute.get(route)
    const found = some?.find(one => one.status === status && one.method === method)
    if (found) return found
    const counts = new Array<number>(BOUNDS.length + 1).fill(0)
    const one: Series = { method, route, status, counts, sum: 0 }
    if (some) some.push(one)
    else byRoute.set(route, [one])
    return one
  }
  const told = {
    name: NAME,
    help: 'Time from the request to the end of its answer, by route pattern',
    type: 'histogram',
    aggregator: 'sum',
  }
  const metric = {
    ...told,
    get: async () => ({ ...told, values: [...byRoute.values()].flat().flatMap(valuesOf) }),
  }
  // The registry asks nothing else of a metric, which its type does not say.
  registry.registerMetric(metric as unknown as Metric)
  return ({ method, route }, status, ms) => {
    const seconds = ms / 1000
    const one = seriesOf(method, route, status)
    let bucket = 0
    while (seconds > (BOUNDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    one.counts[bucket] = (one.counts[bucket] as number) + 1
    one.sum += seconds
  }
}
