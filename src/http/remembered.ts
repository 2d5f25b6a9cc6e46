import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { encodeUtf8 } from '../text/encoding.ts'
import { JSON_UTF8 } from './body.ts'
import type { AnswerMemory, Kept } from './memory.ts'
import { isCurrent, takesGzip } from './representation.ts'
import { noteSent } from './sent.ts'
import { splitTarget } from './target.ts'
import { RepeatedBody } from './under-way.ts'

/** Answering from memory: before a request is validated where the answer is kept, else with what its route makes. */

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its answers to anonymous readers follow from its address and the database alone, and may be kept. */
    remembered?: boolean
    /** What a request that could write changes, where it is no answer that is kept. */
    changes?: 'counters' | 'nothing'
  }
  interface FastifyRequest {
    /** Where the answer to this request is kept; null where it is not. */
    slot: { memory: AnswerMemory; key: string } | null
  }
  interface FastifyInstance {
    /** What a content delivery network is told of answers to anonymous readers. */
    edge: Record<string, string>
  }
}

/** What a route answers. */
export interface Representation {
  etag: string
  body: string
  type?: string
  headers?: Record<string, string>
  /** Articles whose counters it shows; left out: those of any. */
  shows?: readonly number[]
}

/** Bytes below which compressing gains nothing: they fit into one packet. */
const WORTH_COMPRESSING = 1_400
const compress = promisify(gzip)

/**
 * For how long a network in front may answer by itself, and then while it asks anew (RFC 9213, and the field that came before
 * it); readers go on revalidating. 0: not at all.
 */
export function edgeHeaders(seconds: number): Record<string, string> {
  if (seconds === 0) return {}
  const control = `max-age=${seconds}, stale-while-revalidate=${10 * seconds}`
  return { 'cdn-cache-control': control, 'surrogate-control': control }
}

/** Looks for an answer that is kept, once it is known who asks and which representation is wanted. */
export function rememberAnswers(app: FastifyInstance, memory: AnswerMemory, today: () => string): void {
  app.decorateRequest('slot', null)
  if (memory.limit === 0) return
  forgetAfterWrites(app, memory)
  app.addHook('onRequest', async (request, reply) => {
    if (!request.routeOptions.config.remembered || request.caller !== null) return
    if (!memory.trusted) return memory.onWanted()
    // The reader knows of a change of which nobody has told yet.
    if ((request.position ?? 0) > memory.position) return
    request.slot = { memory, key: `${today()} ${request.accepted} ${normalised(request.url)}` }
    const kept = memory.find(request.slot.key)
    if (kept) return sendKept(request, reply, kept, 'hit')
    // What is kept must not come from a replica that is behind.
    request.position = memory.position
  })
}

/** Forgets what was kept before a request that may have changed it is answered: its sender reads what he wrote. */
function forgetAfterWrites(app: FastifyInstance, memory: AnswerMemory): void {
  app.addHook('onRoute', route => {
    const reads = [route.method].flat().every(method => ['GET', 'HEAD', 'OPTIONS'].includes(method))
    if (reads || route.config?.changes !== undefined) return
    const forget = async (_request: FastifyRequest, reply: FastifyReply) => {
      // What was refused changed nothing; of what failed nobody knows.
      if (reply.statusCode < 400 || reply.statusCode >= 500) memory.told(app.written.position)
    }
    route.onSend = [forget, ...[route.onSend ?? []].flat()]
  })
}

/** The same address, whatever the order of its parameters; that of the values of one counts. */
function normalised(url: string): string {
  const { path, search } = splitTarget(url)
  if (!search.includes('&')) return url
  const name = (pair: string) => pair.split('=', 1)[0] ?? ''
  return `${path}?${search
    .split('&')
    .sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0))
    .join('&')}`
}

/** Answers with what `make` gives, or with what it gave to one who asked the same before. */
export async function sendRemembered(
  request: FastifyRequest,
  reply: FastifyReply,
  make: () => Promise<Representation>,
): Promise<FastifyReply> {
  const { slot } = request
  const made = async () => keep(await make())
  if (!slot) return sendKept(request, reply, await made(), 'fwd=bypass')
  return sendKept(request, reply, await slot.memory.findOrMake(slot.key, made), 'fwd=miss')
}

const keep = ({ etag, body, type, headers, shows }: Representation): Kept => ({
  etag,
  headers: headers ?? {},
  type: type ?? JSON_UTF8,
  body: new RepeatedBody(encodeUtf8(body)),
  gzip: null,
  shows: shows ?? null,
  sent: new Map(),
})

/** Compressed once, by whoever comes first. */
function gzipOf(kept: Kept): Promise<RepeatedBody> {
  kept.gzip ??= compress(kept.body.bytes).then(bytes => new RepeatedBody(bytes))
  return kept.gzip
}

/** Sends it; `status` is what `Cache-Status` (RFC 9211) tells of it. */
async function sendKept(
  request: FastifyRequest,
  reply: FastifyReply,
  kept: Kept,
  status: 'hit' | 'fwd=miss' | 'fwd=bypass',
): Promise<FastifyReply> {
  const { etag, headers, type, body } = kept
  const coded =
    'accept-encoding' in request.headers && body.bytes.length >= WORTH_COMPRESSING && takesGzip(request)
  // What is coded otherwise is another representation.
  if (request.caller === null) reply.headers(request.server.edge)
  reply.headers(headers)
  if (isCurrent(request, reply, { etag: coded ? etag.replace(/"$/, '-gzip"') : etag }))
    return reply.code(304).send()
  reply.type(type).header('cache-status', `gongbo; ${status}`)
  if (coded) reply.header('content-encoding', 'gzip')
  const sent = coded ? await gzipOf(kept) : body
  if (status === 'hit') noteSent(request, reply, kept, sent)
  return reply.send(sent.bytes)
}
