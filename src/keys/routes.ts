import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Database } from '../db/client.ts'
import { HEADERS, json, problems } from '../http/openapi.ts'
import { badBody, Problem } from '../http/problem.ts'
import { keepNothing } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { parseInstant } from '../time/seoul.ts'
import { ApiKey, ApiKeyList, CreatedApiKey, NewApiKey } from './schema.ts'
import { findKey, insertKey, listKeys, revokeKey, toApiKey } from './store.ts'

const Params = Type.Object({
  id: Type.String({
    pattern: '^[0-9a-f]{12}$',
    description: 'The key’s public part.',
    examples: ['5f0c3a9b7d21'],
  }),
})

/** @throws Problem 404 where there is no such key. */
function present(row: Awaited<ReturnType<typeof findKey>>, id: string): ApiKey {
  if (row) return toApiKey(row)
  throw new Problem('not-found', { en: `There is no key ${id}.`, ko: `ID가 ${id}인 키가 없습니다.` })
}

/** `/v1/keys`: API keys, for holders of an `admin` key. */
export const keyRoutes: FastifyPluginAsyncTypebox<{ db: Database; publicUrl: string }> = async (
  app,
  { db, publicUrl },
) => {
  const config = { scope: 'admin' } as const
  keepNothing(app)

  app.get(
    '/keys',
    {
      config,
      schema: {
        operationId: 'listKeys',
        tags: ['keys'],
        summary: 'List the API keys',
        response: { 200: json('All keys', ref(ApiKeyList)) },
      },
    },
    async () => ({ items: (await listKeys(db)).map(toApiKey) }),
  )

  app.post(
    '/keys',
    {
      config,
      schema: {
        operationId: 'createKey',
        tags: ['keys'],
        summary: 'Make an API key',
        description: 'The answer shows the key this once.',
        body: ref(NewApiKey),
        response: { 201: json('The key', ref(CreatedApiKey), { Location: HEADERS.Location }) },
      },
    },
    async (request, reply) => {
      const { name, scopes, expiresAt = null } = request.body
      const expiry = expiresAt === null ? null : (parseInstant(expiresAt) ?? new Date(0))
      if (expiry !== null && expiry <= new Date())
        throw badBody('/expiresAt', 'must lie in the future', '미래의 시각이어야 합니다')
      const { key, row } = await insertKey(db, { name, scopes, expiresAt: expiry })
      return reply
        .code(201)
        .header('location', `${publicUrl}/v1/keys/${row.id}`)
        .send({ ...toApiKey(row), key })
    },
  )

  app.get(
    '/keys/self',
    {
      // Any key may.
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'getOwnKey',
        tags: ['keys'],
        summary: 'Read the API key that asks',
        description: 'What it may do, and until when: what a screen for editors goes by.',
        response: { 200: json('The key, without its secret', ref(ApiKey)) },
      },
    },
    async ({ caller }) => {
      const id = caller?.id ?? ''
      return present(await findKey(db, id), id)
    },
  )

  app.get(
    '/keys/:id',
    {
      config,
      schema: {
        operationId: 'getKey',
        tags: ['keys'],
        summary: 'Read one API key',
        params: Params,
        response: { 200: json('The key, without its secret', ref(ApiKey)), ...problems(404) },
      },
    },
    async request => present(await findKey(db, request.params.id), request.params.id),
  )

  app.delete(
    '/keys/:id',
    {
      config,
      schema: {
        operationId: 'revokeKey',
        tags: ['keys'],
        summary: 'Revoke an API key',
        description: 'From now on the key opens nothing. It stays in the list.',
        params: Params,
        response: { 200: json('The revoked key', ref(ApiKey)), ...problems(404) },
      },
    },
    async request => present(await revokeKey(db, request.params.id), request.params.id),
  )
}
