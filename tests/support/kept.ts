import type { InjectOptions, LightMyRequestResponse } from 'fastify'

type Ask = (request: InjectOptions) => Promise<LightMyRequestResponse>

/** Comes back when an application listens, has heard of all writes, and keeps the answer to an address. */
export async function untilKept(url: string, ask: Ask): Promise<void> {
  for (let tries = 0, hits = 0; hits < 5; tries++) {
    if (tries === 1_000) throw new Error(`${url} is not kept`)
    // Requests are counted by address.
    const { headers } = await ask({ url, remoteAddress: `203.0.113.${tries % 250}` })
    hits = headers['cache-status'] === 'gongbo; hit' ? hits + 1 : 0
    await new Promise(next => setTimeout(next, 5))
  }
}
