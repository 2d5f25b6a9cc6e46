import { type TSchema, Type } from 'typebox'
import { PROBLEM_TYPE, PROBLEMS, ProblemDetails } from './problem.ts'
import { ref } from './schema.ts'

/** What routes say of themselves in the OpenAPI document. */

/** Response entries for problems, to spread into a route's responses. */
export const problems = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map(status => [
      status,
      { description: titleOf(status), content: { [PROBLEM_TYPE]: { schema: ref(ProblemDetails) } } },
    ]),
  )

/** What a status of a problem may mean. */
export const titleOf = (status: number) =>
  Object.values(PROBLEMS)
    .filter(problem => problem.status === status)
    .map(problem => problem.en)
    .join(', or: ')

/** For routes that anybody may call and that show more to a key. */
export const OPTIONAL_KEY: { [scheme: string]: string[] }[] = [{}, { key: [] }]

/** A successful JSON response. */
export const json = (description: string, schema: TSchema, headers?: Record<string, TSchema>) => ({
  description,
  ...(headers && { headers }),
  content: { 'application/json': { schema } },
})

const text = (description: string, example?: string) =>
  Type.String({ description, ...(example !== undefined && { examples: [example] }) })

/** Response headers that more than one route has. */
export const HEADERS = {
  ETag: text(
    'Validator of this representation, for If-None-Match and, of what can be written, If-Match.',
    '"3.kq2Jc0mJ9w3xTtXZ"',
  ),
  'Cache-Control': text('Readers may keep it and must revalidate.', 'public, no-cache'),
  Vary: text('What the answer depends on.', 'Accept, Authorization'),
  Link: text('First, previous and next page (RFC 8288).', '</v1/articles?page=2>; rel="next"'),
  Location: text('Where it is.', '/v1/articles/21'),
  'Content-Location': text('Its address by its identity here.', '/v1/articles/21'),
  'Gongbo-Position': text(
    'The place of this write. A read that brings it along as `Gongbo-Position` is not older, on any node; its text means nothing else.',
    '4711',
  ),
}

/** Of answers that a reader may keep and ask about again, and of the answer that his copy is fresh. */
export const CACHEABLE = {
  ETag: HEADERS.ETag,
  'Cache-Control': HEADERS['Cache-Control'],
  Vary: HEADERS.Vary,
}
export const FRESH = { description: 'The reader’s copy is fresh', headers: { ETag: HEADERS.ETag } }

export const ifMatchOf = (description: string) =>
  Type.Optional(Type.String({ description, examples: ['"1.kq2Jc0mJ9w3xTtXZ"'] }))

/** The parameter of writes that replace something. */
export const IfMatch = Type.Object({
  'if-match': ifMatchOf('The ETag that was last read. Without it 428, with a stale one 412.'),
})
