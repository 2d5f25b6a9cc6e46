import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** Which sites may read answers in a browser, and which fields of them. */

const EXPOSED = [
  'ETag',
  'Link',
  'Location',
  'Content-Location',
  'Content-Disposition',
  'Gongbo-Export',
  'Gongbo-Position',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Idempotent-Replayed',
  'X-Request-Id',
  'WWW-Authenticate',
  'Allow',
  'Accept-Patch',
  'Accept-Post',
  'Cache-Status',
]

/** @param origins `CORS_ORIGINS` in config.ts */
export async function allowOrigins(app: FastifyInstance, origins: string): Promise<void> {
  await app.register(cors, {
    origin: origins === '*' ? '*' : origins.split(',').map(origin => origin.trim()),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
    strictPreflight: false,
  })
}
