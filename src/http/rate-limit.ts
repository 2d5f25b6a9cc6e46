import cluster from 'node:cluster'
import { isIPv6 } from 'node:net'
import type { FastifyReply } from 'fastify'
import {
  type RateLimiterAbstract,
  RateLimiterCluster,
  RateLimiterClusterMaster,
  RateLimiterMemory,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import { Problem } from './problem.ts'

const WINDOW_SECONDS = 60

export interface RateLimit {
  /**
   * Counts a request of a client and tells it where it stands, in the fields of
   * draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy: "minute";q=600;w=60` and
   * `RateLimit: "minute";r=<left>;t=<seconds to the new window>`. @throws Problem 429 with `Retry-After` in seconds.
   */
  count(client: string, reply: FastifyReply): Promise<void>
  /** Counts a wrong key of an address. */
  countFailure(address: string): Promise<void>
  /** Refuses an address that has tried too many wrong keys, before another one is looked up. @throws Problem 429. */
  assertFewFailures(address: string, reply: FastifyReply): Promise<void>
}

/** Keeps the counts of all workers. In the first process, before it starts them. */
export function countForWorkers(): void {
  new RateLimiterClusterMaster()
}

const limiter = (keyPrefix: string, points: number): RateLimiterAbstract => {
  const options = { keyPrefix, points, duration: WINDOW_SECONDS }
  return cluster.isWorker ? new RateLimiterCluster(options) : new RateLimiterMemory(options)
}

/** Limits by the minute, counted on this machine alone, over all its workers; null for 0, which is none. */
export function rateLimit(perMinute: number): RateLimit | null {
  if (perMinute === 0) return null
  const requests = limiter('requests', perMinute)
  const failures = limiter('failures', perMinute)
  const consume = (limiter: RateLimiterAbstract, client: string) =>
    limiter.consume(client).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused
      throw refused
    })
  const secondsOf = (state: RateLimiterRes) => Math.ceil(state.msBeforeNext / 1000)
  const tell = (state: RateLimiterRes, reply: FastifyReply) => {
    reply.header('ratelimit-policy', `"minute";q=${perMinute};w=${WINDOW_SECONDS}`)
    reply.header('ratelimit', `"minute";r=${Math.max(0, state.remainingPoints)};t=${secondsOf(state)}`)
  }
  return {
    async count(client, reply) {
      const state = await consume(requests, client)
      tell(state, reply)
      if (state.consumedPoints > perMinute) throw tooMany(perMinute, secondsOf(state))
    },
    async countFailure(address) {
      await consume(failures, address)
    },
    async assertFewFailures(address, reply) {
      const state = await failures.get(address)
      if (state === null || state.consumedPoints < perMinute) return
      tell(state, reply)
      throw tooMany(perMinute, secondsOf(state))
    },
  }
}

const tooMany = (perMinute: number, seconds: number) =>
  new Problem(
    'too-many-requests',
    {
      en: `${perMinute} requests a minute are allowed; go on in ${seconds} s.`,
      ko: `분당 ${perMinute}회까지 요청할 수 있습니다. ${seconds}초 뒤에 다시 시도하십시오.`,
    },
    { headers: { 'retry-after': String(seconds) } },
  )

/** Whom an address counts as: itself, or of IPv6 the /64 network, of which one subscriber has all addresses. */
export function clientOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? []
  const before = head.split(':').filter(Boolean)
  const after = tail.split(':').filter(Boolean)
  const groups = [
    ...before,
    ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'),
    ...after,
  ]
  // An IPv4 address in hexadecimal clothes.
  if (/^(0+:){5}ffff$/i.test(groups.slice(0, 6).join(':'))) return groups.slice(6).join(':')
  return `${groups
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
