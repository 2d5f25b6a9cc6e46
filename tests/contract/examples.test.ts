import { expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { loadSamples } from '../../src/imports/samples.ts'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

const { app, db, call, authorize, clock } = await testApp()
// The samples end in 2026: periods of the examples must find them in any year.
clock.at = new Date('2026-11-22T00:00:00Z')
const headers = await authorize('admin')
await loadSamples(db, true)
await insertArticles(db, [anArticle({ source: { name: 'korea.kr', externalId: '156576172' } })])

interface Parameter {
  name: string
  in: 'query' | 'path' | 'header'
  required?: boolean
  example?: unknown
  schema?: { type?: string; format?: string }
}
interface Operation {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: { $ref: string } }> }
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { examples?: unknown[] }> }
}
const document = JSON.parse(JSON.stringify(app.swagger())) as Document

const exampleOf = ({ example }: Parameter) => example
const pathOf = (template: string, { parameters = [] }: Operation) =>
  parameters
    .filter(p => p.in === 'path')
    .reduce((path, p) => path.replace(`{${p.name}}`, encodeURIComponent(String(exampleOf(p)))), template)

const reads = Object.entries(document.paths).flatMap(([template, { get }]) =>
  get && !/\/(keys|imports|exports|webhooks)\/\{/.test(template)
    ? [[get.operationId, pathOf(template, get), get] as const]
    : [],
)

test.each(reads)('%s: every example of a parameter works', async (_name, path, { parameters = [] }) => {
  const queryOf = (...given: Parameter[]) =>
    given
      .flatMap(p => [exampleOf(p)].flat().map(value => `${p.name}=${encodeURIComponent(String(value))}`))
      .join('&')
  const inQuery = parameters.filter(p => p.in === 'query' && exampleOf(p) !== undefined)
  const required = inQuery.filter(p => p.required)
  expect((await call({ url: `${path}?${queryOf(...required)}`, headers })).statusCode).toBe(200)
  for (const parameter of inQuery) {
    const query = queryOf(...new Set([...required, parameter]))
    const response = await call({ url: `${path}?${query}`, headers })
    expect([query, response.statusCode]).toEqual([query, 200])
  }
})

const BEYOND: [kind: string, values: string[]][] = [
  ['integer', ['2147483648', '100000000000000000000', '-1', '1e999']],
  ['uuid', ['urn:uuid:0b4f6a3e-3f0e-4c55-9d5c-0d3c2f6f1a77', '0b4f6a3e3f0e4c559d5c0d3c2f6f1a77']],
]
test.each(
  Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      (operation.parameters ?? []).flatMap(parameter => {
        const { type = '', format = '' } = parameter.schema ?? {}
        const values = BEYOND.find(([kind]) => kind === type || kind === format)?.[1]
        const asked = parameter.in === 'path' || (parameter.in === 'query' && method === 'get')
        return values && asked ? [{ method, template, operation, parameter, values }] : []
      }),
    ),
  ),
)(
  '$operation.operationId: $parameter.name has bounds that hold',
  async ({ method, template, operation, parameter, values }) => {
    for (const value of values) {
      const { parameters = [] } = operation
      const given = parameters.map(one => (one === parameter ? { ...one, example: value } : one))
      const path = pathOf(template, { ...operation, parameters: given })
      const url = parameter.in === 'query' ? `${path}?${parameter.name}=${value}` : path
      const refused = await call({
        ...{ method: method.toUpperCase() as 'GET', url },
        headers: { ...headers, 'if-match': '*' },
      })
      expect([url, refused.statusCode]).toEqual([url, 400])
      expect(refused.json().errors.map((error: { parameter: string }) => error.parameter)).toContain(
        parameter.name,
      )
    }
  },
)

test('the examples of the list make sense together: a reference page fills them all in', async () => {
  const { parameters = [] } = reads.find(([name]) => name === 'listArticles')?.[2] ?? {}
  const query = new URLSearchParams(
    parameters
      .filter(p => p.in === 'query' && exampleOf(p) !== undefined)
      .map((p): [string, string] => [p.name, String([exampleOf(p)].flat()[0])]),
  )
  const { total } = (await call(`/v1/articles?${query}`)).json()
  expect(total).toBeGreaterThan(0)
})

test('every example of a body is what it is an example of, and is accepted', async () => {
  const ajv = new Ajv2020({ strict: false })
  ;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
  ajv.addSchema({ $id: 'api', ...document })
  for (const [name, { examples = [] }] of Object.entries(document.components.schemas))
    for (const example of examples) {
      const validate = ajv.compile({ $ref: `api#/components/schemas/${name}` })
      expect([name, validate(example), validate.errors]).toEqual([name, true, null])
    }

  const bodyOf = (operation: Operation | undefined) => {
    const ref =
      Object.values(operation?.requestBody?.content ?? {})[0]
        ?.schema.$ref.split('/')
        .at(-1) ?? ''
    return document.components.schemas[ref]?.examples?.[0] as object
  }
  const created = await call({
    method: 'POST',
    url: '/v1/articles',
    headers,
    payload: bodyOf(document.paths['/v1/articles']?.post),
  })
  expect(created.statusCode).toBe(201)
  const patched = await call({
    method: 'PATCH',
    url: String(created.headers.location),
    headers: {
      ...headers,
      'if-match': String(created.headers.etag),
      'content-type': 'application/merge-patch+json',
    },
    payload: JSON.stringify(bodyOf(document.paths['/v1/articles/{id}']?.patch)),
  })
  expect(patched.statusCode).toBe(200)
  const key = await call({
    method: 'POST',
    url: '/v1/keys',
    headers,
    payload: bodyOf(document.paths['/v1/keys']?.post),
  })
  expect(key.statusCode).toBe(201)
  const reaction = await call({
    method: 'PUT',
    url: `${created.headers.location}/reactions`,
    payload: bodyOf(document.paths['/v1/articles/{id}/reactions']?.put),
  })
  expect(reaction.statusCode).toBe(200)
})
