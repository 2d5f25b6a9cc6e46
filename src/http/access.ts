import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { clientOf, type RateLimit } from './rate-limit.ts'

/** Who asks, how often, and whether they may. */

export const SCOPES = ['articles:read', 'articles:write', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export interface Caller {
  /** The key's public id. */
  id: string
  scopes: readonly string[]
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The API key that came with the request, or null for an anonymous reader. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** What a key must allow for this route; anybody may call it where it says nothing. */
    scope?: Scope
    /** Neither limited nor asked for a key: probes and metrics. */
    unlimited?: boolean
  }
}

/** `admin` allows everything, `articles:write` also to read what is hidden. */
export function allows(caller: Caller | null, scope: Scope): boolean {
  if (caller === null) return false
  const has = (name: Scope) => caller.scopes.includes(name)
  return has(scope) || has('admin') || (scope === 'articles:read' && has('articles:write'))
}

const challenge = (error?: string) => ({
  'www-authenticate': `Bearer realm="gongbo"${error ? `, error="${error}"` : ''}`,
})

/** @throws Problem 401 without a key, 403 with one that does not allow it. */
export function requireScope(request: FastifyRequest, scope: Scope): void {
  if (allows(request.caller, scope)) return
  throw request.caller === null
    ? new Problem(
        'unauthorized',
        {
          en: `Send "Authorization: Bearer <key>" with a key of scope ${scope}.`,
          ko: `${scope} 권한이 있는 키를 "Authorization: Bearer <key>" 헤더로 보내십시오.`,
        },
        { headers: challenge() },
      )
    : new Problem(
        'forbidden',
        { en: `This needs a key of scope ${scope}.`, ko: `${scope} 권한이 있는 키가 필요합니다.` },
        { headers: challenge('insufficient_scope') },
      )
}

const badKey = () =>
  new Problem(
    'unauthorized',
    {
      en: 'The API key is unknown, expired or revoked.',
      ko: '알 수 없거나 만료되었거나 폐기된 API 키입니다.',
    },
    { headers: challenge('invalid_token') },
  )

interface AccessOptions {
  /** The caller of a bearer token, or null where the token is not (or no longer) valid. */
  findCaller: (token: string) => Promise<Caller | null>
  limit: RateLimit | null
}

export function controlAccess(app: FastifyInstance, { findCaller, limit }: AccessOptions): void {
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request, reply) => {
    const { scope, unlimited } = request.routeOptions.config
    // Probes must not wait for the database, nor fail with a key that was meant for others.
    if (unlimited) return
    const { authorization } = request.headers
    const token = authorization === undefined ? null : /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
    const client = limit ? clientOf(request.ip) : ''
    if (token) await limit?.assertFewFailures(client, reply)
    const caller = token ? await findCaller(token) : null
    await limit?.count(caller?.id ?? client, reply)
    if (authorization !== undefined && caller === null) {
      await limit?.countFailure(client)
      throw badKey()
    }
    request.caller = caller
    if (scope !== undefined) requireScope(request, scope)
  })
}
