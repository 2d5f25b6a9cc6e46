import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AggregatorRegistry, Histogram, Registry } from 'prom-client'
import { durationsIn } from '../../src/health/durations.ts'

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The same as a histogram of prom-client counts it. */
function byPromClient(registry: Registry) {
  const histogram = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer, by route pattern',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  })
  return (asked: { method: string; route: string }, status: number, ms: number) =>
    histogram.observe({ ...asked, status: String(status) }, ms / 1000)
}

const request = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  route: fc.constantFrom('/v1/articles', '/v1/articles/:id', 'unknown', '/a"\\b'),
  status: fc.constantFrom(200, 404, 500),
  // Bounds themselves, too: a bucket has what took just as long.
  ms: fc.oneof(
    fc.constantFrom(0, ...BUCKETS.map(seconds => seconds * 1000)),
    fc.double({ min: 0, max: 60_000, noNaN: true }),
  ),
})

test('durations are told as prom-client tells a histogram of them, of one process and of several', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 40 }), async requests => {
      const [own, theirs] = [new Registry(), new Registry()]
      const [observe, expected] = [durationsIn(own), byPromClient(theirs)]
      for (const { method, route, status, ms } of requests) {
        observe({ method, route }, status, ms)
        expected({ method, route }, status, ms)
      }
      const sorted = (text: string) => text.split('\n').sort()
      const aggregated = async (registry: Registry) => {
        const metrics = await registry.getMetricsAsJSON()
        return sorted(await AggregatorRegistry.aggregate([metrics, metrics]).metrics())
      }
      expect(sorted(await own.metrics())).toEqual(sorted(await theirs.metrics()))
      expect(await aggregated(own)).toEqual(await aggregated(theirs))
    }),
  )
})
