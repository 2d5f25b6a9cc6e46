import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AnswerMemory, Kept, Sent } from './memory.ts'
import { clientOf, type RateLimit } from './rate-limit.ts'

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

/** Fields of a request that call for more than an answer from memory. */
const DECIDING = [
  'authorization',
  'gongbo-position',
  'if-none-match',
  'if-modified-since',
  'content-length',
  'transfer-encoding',
]

/** Fields of an answer that are of its request alone. */
const OWN = ['x-request-id', 'ratelimit', 'ratelimit-policy']

function mannerOf({ method, headers, url }: FastifyRequest, today: string): string | null {
  if (method !== 'GET' || DECIDING.some(name => headers[name] !== undefined)) return null
  const { accept = '', 'accept-encoding': coding = '', origin = '' } = headers
  // None of them has a line break in it.
  return `${today}\n${accept}\n${coding}\n${origin}\n${url}`
}

interface ShortWay {
  memory: AnswerMemory
  limit: RateLimit | null
  today: () => string
}

/** Register it before what adds fields to answers, and after what tells each request its own. */
export function answerAsSent(app: FastifyInstance, { memory, limit, today }: ShortWay): void {
  app.decorateRequest('manner', null)
  if (memory.limit === 0) return
  app.addHook('onRequest', (request, reply, done) => {
    request.manner = mannerOf(request, today())
    // This node wrote what nobody has told of yet.
    if (request.manner === null || app.written.position > memory.position) return done()
    const sent = memory.findSent(request.manner)
    if (!sent) return done()
    if (!limit) return send(reply, sent)
    // Who is refused hears of it where all are.
    limit.count(clientOf(request.ip), reply).then(
      () => send(reply, sent),
      () => done(),
    )
  })
}

function send(reply: FastifyReply, { head, body }: Sent): void {
  reply.hijack()
  const fields = [...head]
  for (const name of OWN) {
    const value = reply.getHeader(name)
    if (value !== undefined) fields.push(name, value)
  }
  reply.raw.writeHead(200, fields)
  reply.raw.end(body)
}

/** Notes how an answer from memory goes out, for those who ask in the same manner. */
export function noteSent(request: FastifyRequest, reply: FastifyReply, kept: Kept, body: Buffer): void {
  const { manner, slot } = request
  if (manner === null || !slot) return
  reply.header('content-length', body.length)
  // Fastify's type has the fields of requests in it, too.
  const fields = Object.entries(reply.getHeaders() as OutgoingHttpHeaders)
  const head = fields.flatMap(([name, value]) =>
    value === undefined || OWN.includes(name) ? [] : [name, value],
  )
  slot.memory.noteSent(slot.key, kept, manner, { head, body })
}
