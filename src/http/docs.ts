import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { JSON_UTF8 } from './body.ts'

/** `/openapi.json`, `/openapi.yaml` and the reference page at `/docs`, whose assets come with the package. */
export async function serveApiDescription(app: FastifyInstance): Promise<void> {
  let asJson: string | undefined
  let asYaml: string | undefined
  const document = (operationId: string, summary: string, type: string) => ({
    config: { produces: [type] },
    schema: {
      operationId,
      tags: ['service'],
      summary,
      response: { 200: { description: 'The document', content: { [type]: { schema: {} } } } },
    },
  })
  app.get(
    '/openapi.json',
    document('getOpenapiJson', 'The OpenAPI document as JSON', 'application/json'),
    async (_request, reply) => {
      asJson ??= JSON.stringify(app.swagger())
      return reply.type(JSON_UTF8).send(asJson)
    },
  )
  app.get(
    '/openapi.yaml',
    document('getOpenapiYaml', 'The OpenAPI document as YAML', 'application/yaml'),
    async (_request, reply) => {
      asYaml ??= app.swagger({ yaml: true })
      return reply.type('application/yaml; charset=utf-8').send(asYaml)
    },
  )
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Beside the page, wherever a proxy has put it.
    indexPrefix: '.',
    // The plugin's own policy upgrades to HTTPS, which leaves the page blank where the API is served without it.
    staticCSP:
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
    theme: {
      title: 'Gongbo API',
      // The bar is the plugin's advertisement and a field for other people's documents.
      css: [{ filename: 'gongbo.css', content: '.swagger-ui .topbar { display: none }' }],
    },
    uiConfig: { docExpansion: 'list', deepLinking: true, tryItOutEnabled: true, defaultModelsExpandDepth: 0 },
  })
}
