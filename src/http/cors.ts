import cors from '@fastify/cors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { listOf } from '../config.ts'
import { addVary } from './problem.ts'

/** Which sites may read answers in a browser, and which fields of them. */

/** All of them: nobody is allowed credentials of a browser's, with which `*` would mean nothing. */
const EXPOSED = '*'

/** @param origins `CORS_ORIGINS` in config.ts */
export async function allowOrigins(app: FastifyInstance, origins: string): Promise<void> {
  await app.register(cors, {
    origin: origins === '*' ? '*' : listOf(origins),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
    strictPreflight: false,
  })
}

/** The same for an answer that comes before any hook. @param origins `CORS_ORIGINS` in config.ts */
export function allowOrigin(origins: string, request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers
  if (origins !== '*') addVary(reply, 'Origin')
  const allowed = origins === '*' ? '*' : listOf(origins).find(one => one === origin)
  if (allowed === undefined) return
  reply.headers({
    'access-control-allow-origin': allowed,
    'access-control-expose-headers': EXPOSED,
  })
}
