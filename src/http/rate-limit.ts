import type { FastifyReply } from 'fastify'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { Problem } from './problem.ts'

const WINDOW_SECONDS = 60

export type RateLimit = (client: string, reply: FastifyReply) => Promise<void>

/**
 * Counts a request of a client, and tells it where it stands in the fields of draft-ietf-httpapi-ratelimit-headers-10:
 * `RateLimit-Policy: "minute";q=600;w=60` and `RateLimit: "minute";r=<left>;t=<seconds to the new window>`.
 * The count is this process's own. The returned function throws Problem 429 with `Retry-After` (seconds).
 */
export function rateLimit(perMinute: number): RateLimit {
  if (perMinute === 0) return async () => {}
  const limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS })
  return async (client, reply) => {
    const state = await limiter.consume(client).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused
      throw refused
    })
    const seconds = Math.ceil(state.msBeforeNext / 1000)
    reply.header('ratelimit-policy', `"minute";q=${perMinute};w=${WINDOW_SECONDS}`)
    reply.header('ratelimit', `"minute";r=${Math.max(0, state.remainingPoints)};t=${seconds}`)
    if (state.consumedPoints > perMinute)
      throw new Problem(
        'too-many-requests',
        {
          en: `${perMinute} requests a minute are allowed; go on in ${seconds} s.`,
          ko: `분당 ${perMinute}회까지 요청할 수 있습니다. ${seconds}초 뒤에 다시 시도하십시오.`,
        },
        { headers: { 'retry-after': String(seconds) } },
      )
  }
}
