import AjvCompiler from '@fastify/ajv-compiler'

type Route = { schema: never; httpPart?: string }

const OPTIONS = {
  removeAdditional: false,
  useDefaults: false,
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
}
/** As PostgreSQL takes it, and the format means: ajv-formats lets `urn:uuid:` stand before it. */
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i
const onCreate = (ajv: { addFormat(name: string, format: RegExp): unknown }) => ajv.addFormat('uuid', UUID)

/**
 * What compiles the schemas of requests. Query and path come as text and are coerced; a body says what it means and is taken
 * at its word. Fastify asks for a compiler for each plugin: those with the same components share one.
 */
export function validators() {
  const build = AjvCompiler()
  return (components: never) => {
    const compiler = (coerceTypes: false | 'array') =>
      // strictNumbers would let 1e999 pass: Ajv then compares no limit with what is not finite.
      build(components, {
        customOptions: { ...OPTIONS, coerceTypes, strictNumbers: coerceTypes === false },
        onCreate,
      })
    const strict = compiler(false)
    const coercing = compiler('array')
    return (route: Route) => (route.httpPart === 'body' ? strict(route) : coercing(route))
  }
}
