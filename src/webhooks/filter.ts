import { type TSchema, Type } from 'typebox'
import { decideQuery } from '../articles/query.ts'
import { ArticleQuery } from '../articles/query-schema.ts'
import { badParameter, Problem } from '../http/problem.ts'
import { type SchemaError, validationProblem } from '../http/validation.ts'
import { nfc } from '../text/nfc.ts'

/** The filter of an endpoint: which articles, as the query of a list says it. */

/** Parameters that say how a list is shown or when it is read, and nothing of what belongs to it. */
const SHOWN = ['sort', 'page', 'pageSize', 'cursor', 'fields', 'highlight', 'duplicates', 'asOf']
const { properties } = ArticleQuery
export const FilterQuery = Type.Object(
  Object.fromEntries(Object.entries(properties).filter(([name]) => !SHOWN.includes(name))) as Record<
    string,
    TSchema
  >,
  { additionalProperties: false },
)

/** An Ajv function of the application: it coerces as it does for the query of a list. */
type Validate = ((value: unknown) => unknown) & { errors?: SchemaError[] | null }

/**
 * The parameters of a query string, held to the rules of lists but for those that no article belongs by.
 * @throws Problem 400 that names the culprit within `/query`.
 */
export function parseFilter(text: string, validate: Validate, now: Date): ArticleQuery {
  const parameters = new URLSearchParams(text.replace(/^\?/, ''))
  const given: Record<string, unknown> = Object.fromEntries(
    [...new Set(parameters.keys())].map(name => {
      const values = parameters.getAll(name).map(value => nfc(value))
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
  try {
    for (const name of SHOWN)
      if (name in given)
        throw badParameter(
          name,
          'says nothing about which articles are meant: leave it out',
          '어떤 글인지를 정하는 매개변수가 아닙니다. 빼십시오',
        )
    for (const [name, value] of Object.entries(given)) {
      if (String(value).includes('\ufffd')) throw badParameter(name, 'is not UTF-8', 'UTF-8이 아닙니다')
      if (String(value).includes('\0'))
        throw badParameter(name, 'must not contain a NUL character', 'NUL 문자를 포함할 수 없습니다')
    }
    if (!validate(given)) throw validationProblem(validate.errors ?? [], 'querystring', given)
    decideQuery(given as ArticleQuery, now)
    return given as ArticleQuery
  } catch (error) {
    throw pointed(error)
  }
}

/** What is wrong with a parameter is wrong with `/query` of the body. */
function pointed(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'invalid-parameter') return error
  const { detail, faults } = error
  return new Problem(
    'invalid-body',
    { en: `/query: ${detail.en}`, ko: `/query: ${detail.ko}` },
    {
      faults: faults.map(({ parameter, detail, ...rest }) => ({
        ...rest,
        pointer: '/query',
        detail: { en: `${parameter}: ${detail.en}`, ko: `${parameter}: ${detail.ko}` },
      })),
    },
  )
}

/** Tells what is wrong with a query as what is wrong with the body that holds it. */
export async function withinQuery<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw pointed(error)
  }
}

/** Letters stay readable; whatever means something in a query is escaped. */
const escapeValue = (value: string) => value.replace(/[^\p{L}\p{N}\-._~:*]/gu, encodeURIComponent)

/** The parameters as the query of a list, in an order of their own. */
export const toText = (query: ArticleQuery): string =>
  Object.keys(properties)
    .flatMap(name => {
      const value = query[name as keyof ArticleQuery]
      return value === undefined ? [] : [value].flat().map(one => `${name}=${escapeValue(String(one))}`)
    })
    .join('&')
