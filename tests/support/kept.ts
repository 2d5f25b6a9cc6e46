import type { InjectOptions, LightMyRequestResponse } from 'fastify'

type Ask = (request: InjectOptions) => Promise<LightMyRequestResponse>

/** Looks in a row that find an answer kept, some 5 ms apart: what was written before is told of by then, also on a busy machine. */
const LOOKS = 20

/** Comes back when an application listens, has heard of all writes, and keeps the answer to an address. */
export async function untilKept(url: string, ask: Ask): Promise<void> {
  for (let tries = 0, hits = 0; hits < LOOKS; tries++) {
    if (tries === 1_000) throw new Error(`${url} is not kept`)
    // Requests are counted by address.
    const { headers } = await ask({ url, remoteAddress: `203.0.113.${tries % 250}` })
    hits = headers['cache-status'] === 'gongbo; hit' ? hits + 1 : 0
    await new Promise(next => setTimeout(next, 5))
  }
}
