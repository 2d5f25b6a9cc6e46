import { afterAll, expect, test } from '@jest/globals'
import { Type } from 'typebox'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { HEADERS } from '../../src/http/openapi.ts'
import { Problem } from '../../src/http/problem.ts'
import { testApp } from '../support/app.ts'
import { contract } from '../support/contract.ts'

const { db } = await testApp()
const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
afterAll(() => app.close())

test('an answer without a header that the document promises fails a test, of a problem too', async () => {
  const schema = (operationId: string) => ({
    operationId,
    querystring: Type.Object({ tag: Type.Optional(Type.String()) }),
    response: { 204: { description: 'ok', headers: { ETag: HEADERS.ETag, Vary: HEADERS.Vary } } },
  })
  app.get('/tagged', { schema: schema('tagged') }, async (request, reply) => {
    if ((request.query as { tag?: string }).tag) reply.header('etag', '"1"')
    return reply.header('vary', 'Accept').code(204).send()
  })
  app.get('/away', { schema: schema('away') }, async () => {
    throw new Problem('service-unavailable', { en: 'away', ko: '없음' })
  })
  const call = await contract(app)
  expect((await call('/tagged?tag=1')).statusCode).toBe(204)
  for (const method of ['GET', 'HEAD'] as const)
    await expect(call({ method, url: '/tagged' })).rejects.toThrow(/promises ETag$/)
  await expect(call('/away')).rejects.toThrow(/503: the document promises Retry-After$/)
})
