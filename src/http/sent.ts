import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerMemory, Kept, Sent } from './memory.ts'
import { clientOf, type RateLimit } from './rate-limit.ts'
import { asked, type Observe } from './requests.ts'
import { headOf, type RepeatedBody } from './under-way.ts'

/**
 * The short way to an answer that is kept: who asks just as another did is sent the same bytes under the same head, before
 * anything is negotiated or looked up.
 */

declare module 'fastify' {
  interface FastifyRequest {
    /** All by which the answer to an anonymous reader may differ; null where it goes by more than that. */
    manner: string | null
  }
}

/** Fields of an answer that are of its request alone. */
const LIMITS = ['ratelimit', 'ratelimit-policy']
const OWN = ['x-request-id', ...LIMITS]

/** What of a request calls for more than an answer from memory. */
const decidingOf = (headers: IncomingHttpHeaders) =>
  headers.authorization ??
  headers['gongbo-position'] ??
  headers['if-none-match'] ??
  headers['if-modified-since'] ??
  headers['content-length'] ??
  headers['transfer-encoding']

function mannerOf({ method, headers, url }: FastifyRequest, today: string): string | null {
  if (method !== 'GET' || headers.host === undefined || decidingOf(headers) !== undefined) return null
  const { accept = '', 'accept-encoding': coding = '', origin = '' } = headers
  // None of them has a line break in it.
  return `${today}\n${accept}\n${coding}\n${origin}\n${url}`
}

interface ShortWay {
  memory: AnswerMemory
  limit: RateLimit | null
  today: () => string
  observe: Observe
}

/** Register it before what adds fields to answers. */
export function answerAsSent(app: FastifyInstance, { memory, limit, today, observe }: ShortWay): void {
  app.decorateRequest('manner', null)
  if (memory.limit === 0) return
  app.addHook('onRequest', (request, reply, done) => {
    const began = performance.now()
    request.manner = mannerOf(request, today())
    // This node wrote what nobody has told of yet.
    if (request.manner === null || app.written.position > memory.position) return done()
    const sent = memory.findSent(request.manner)
    if (!sent) return done()
    const answer = (told: readonly string[]) => {
      send(request, reply, sent, told)
      observe(asked(request), 200, performance.now() - began)
    }
    if (!limit) return answer([])
    // Who is refused hears of it where all are.
    limit.count(clientOf(request.ip), reply).then(
      () => answer(LIMITS),
      () => done(),
    )
  })
}

/** Sends it with the id of the request, and with those fields of the reply that `told` names. */
function send(request: FastifyRequest, reply: FastifyReply, sent: Sent, told: readonly string[]): void {
  reply.hijack()
  const { raw } = reply
  let own = `x-request-id: ${request.id}\r\n`
  for (const name of told) own += `${name}: ${reply.getHeader(name)}\r\n`
  if (sent.head !== null && sent.body.send(raw, sent.head, own)) return
  const limits = Object.fromEntries(told.map(name => [name, reply.getHeader(name)]))
  raw.writeHead(200, { ...sent.fields, 'x-request-id': request.id, ...limits })
  sent.head ??= headOf(raw, OWN)
  raw.end(sent.body.bytes)
}

/** Notes how an answer from memory goes out, for those who ask in the same manner. */
export function noteSent(request: FastifyRequest, reply: FastifyReply, kept: Kept, body: RepeatedBody): void {
  const { manner, slot } = request
  if (manner === null || !slot) return
  reply.header('content-length', body.bytes.length)
  // Fastify's type has the fields of requests in it, too.
  const fields = { ...(reply.getHeaders() as OutgoingHttpHeaders) }
  for (const name of OWN) delete fields[name]
  slot.memory.noteSent(slot.key, kept, manner, { fields, head: null, body })
}
