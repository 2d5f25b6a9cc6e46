import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { badHeader } from './problem.ts'

/** What is told of each request: its id to the caller, a line to the log. */

/** A caller's own id where it is harmless in a log, else a new one. */
export const requestId = (header: string | string[] | undefined): string =>
  typeof header === 'string' && /^[\w.:-]{1,100}$/.test(header) ? header : randomUUID()

/** Without the secret of a key that somebody put into the address by mistake, whole or without its beginning. */
export const withoutKeys = (url: string): string => url.replace(/([0-9a-f]{12}(?:_|%5f))[\w%-]+/gi, '$1…')

/** One line a request where there is a log, without secrets; the id goes back to the caller. */
export function tellRequests(app: FastifyInstance, { logged }: { logged: boolean }): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
    const nameless = request.headers.host === undefined && request.raw.httpVersion === '1.1'
    done(nameless ? badHeader('Host', 'is missing', '빠져 있습니다') : undefined)
  })
  if (!logged) return
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        url: withoutKeys(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        key: request.caller?.id,
      },
      'request',
    )
    done()
  })
}
