import { appendFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'

/**
 * An `inject` that fails on any answer that the OpenAPI document does not describe: a status, a media type, the absence
 * of a header that it names, or a body. Objects are closed for the comparison, so a field too many fails as well.
 */
export type Call = (request: InjectOptions | string) => Promise<LightMyRequestResponse>

interface Response {
  $ref?: string
  headers?: Record<string, object>
  content?: Record<string, { schema: object }>
}
interface Document {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, Response> }>>
  components: { schemas: Record<string, object>; responses: Record<string, Response> }
}

/** Notes that a status of an operation was met, for the teardown to tell which ones no test produces. */
function note(met: string): void {
  if (noted.has(met)) return
  noted.add(met)
  if (process.env.GONGBO_TEST_MET) appendFileSync(process.env.GONGBO_TEST_MET, `${met}\n`)
}
const noted = new Set<string>()

export async function contract(app: FastifyInstance): Promise<Call> {
  await app.ready()
  const document = JSON.parse(JSON.stringify(app.swagger())) as Document
  for (const schema of Object.values(document.components.schemas)) close(schema)
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
  ajv.addSchema({ $id: 'api', ...document })
  // Ajv keeps for ever what it compiled, and knows it again by the object alone.
  const validators = new Map<string, ValidateFunction>()
  const validatorOf = (ref: string): ValidateFunction => {
    const validate = validators.get(ref) ?? ajv.compile({ $ref: ref })
    validators.set(ref, validate)
    return validate
  }

  return async request => {
    const options = typeof request === 'string' ? { url: request } : request
    const response = await app.inject(options)
    const method = (options.method ?? 'GET').toLowerCase()
    const path = String(options.url).split('?')[0] ?? ''
    const where = `${method.toUpperCase()} ${path} → ${response.statusCode}`
    const { operationId, answer, pointer } = describedBy(document, method, path, response.statusCode, where)
    note(`${operationId} ${response.statusCode}`)
    const missing = Object.keys(answer.headers ?? {}).filter(
      name => response.headers[name.toLowerCase()] === undefined,
    )
    if (missing.length > 0) throw new Error(`${where}: the document promises ${missing.join(', ')}`)
    if (method === 'head') return response

    const type = String(response.headers['content-type'] ?? '').split(';')[0] ?? ''
    const types = Object.keys(answer.content ?? {})
    if (types.length === 0) {
      if (response.body !== '')
        throw new Error(`${where}: a body that the document does not describe: ${response.body}`)
      return response
    }
    if (!types.includes(type))
      throw new Error(`${where}: media type "${type}", but the document says ${types.join(', ')}`)
    if (!/[/+]json$/.test(type)) return response
    const validate = validatorOf(`api#${pointer}/content/${type.replaceAll('/', '~1')}/schema`)
    const coded = response.headers['content-encoding'] === 'gzip'
    const body = coded ? gunzipSync(response.rawPayload).toString() : response.body
    if (!validate(JSON.parse(body)))
      throw new Error(`${where}: ${ajv.errorsText(validate.errors)} in ${body.slice(0, 2000)}`)
    return response
  }
}

function describedBy(document: Document, method: string, path: string, status: number, where: string) {
  const template = Object.keys(document.paths)
    .filter(t => new RegExp(`^${t.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path))
    .sort((a, b) => a.split('{').length - b.split('{').length)[0]
  const operation = template && document.paths[template]?.[method === 'head' ? 'get' : method]
  if (!operation) {
    // What the document's introduction says of every address that it does not list.
    const expected = template ? 405 : 404
    if (status !== expected && status !== 401 && status !== 429 && status !== 400)
      throw new Error(`${where}: expected ${expected} for an operation that is not documented`)
    return {
      operationId: 'none',
      answer: document.components.responses.Problem400 as Response,
      pointer: '/components/responses/Problem400',
    }
  }
  const answer = operation.responses[status]
  if (!answer) throw new Error(`${where}: status ${status} is not documented for ${operation.operationId}`)
  const { operationId } = operation
  if (answer.$ref) {
    const name = answer.$ref.split('/').at(-1) ?? ''
    return {
      operationId,
      answer: document.components.responses[name] as Response,
      pointer: answer.$ref.slice(1),
    }
  }
  const escaped = template.replaceAll('~', '~0').replaceAll('/', '~1')
  const pointer = `/paths/${encodeURIComponent(escaped)}/${method}/responses/${status}`
  return { operationId, answer, pointer }
}

/** Closes an object schema and those within it against fields that it does not name. */
function close(schema: unknown): void {
  if (schema === null || typeof schema !== 'object') return
  const node = schema as Record<string, unknown>
  if (node.properties !== undefined) node.additionalProperties ??= false
  Object.values(node).forEach(close)
}
