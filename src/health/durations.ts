import { Histogram, type Registry } from 'prom-client'
import type { Observe } from '../http/requests.ts'

/** How long requests take as a metric: seconds, by method, route pattern and status. */
export function durationsIn(registry: Registry): Observe {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer, by route pattern',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  return ({ method, route }, status, ms) =>
    duration.observe({ method, route, status: String(status) }, ms / 1000)
}
