import type { FastifyRequest } from 'fastify'
import { requireScope } from '../http/access.ts'
import { dayOf } from '../time/seoul.ts'
import { type ArticleQuery, decideQuery, type ListQuery } from './query.ts'
import type { ArticleRouteOptions } from './routes-answer.ts'
import { isPublic } from './search.ts'
import { takeInMinistries } from './store-ministries.ts'
import { assertKept } from './store-revisions.ts'

/** What the routes of lists share: from the parameters to a query that the caller may ask. */

/** With the bodies that the list takes in. @throws Problem 400; 401 or 403 for what is not public; 410 */
export async function decideList(
  request: FastifyRequest,
  query: ArticleQuery,
  { db, registry, now }: Pick<ArticleRouteOptions, 'db' | 'registry' | 'now'>,
): Promise<ListQuery> {
  const asked = decideQuery(query, now())
  if (!isPublic(asked.filter) || asked.asOf) requireScope(request, 'articles:read')
  if (asked.asOf) await assertKept(db, asked.asOf)
  return takeInMinistries(db, await registry.current(), asked, dayOf(now()))
}

/** `fields=id,title` is what people type; the document says array. */
export const splitParameter = (name: string) => async (request: FastifyRequest) => {
  const query = request.query as Record<string, string | string[] | undefined>
  const given = query[name]
  if (given !== undefined) query[name] = [given].flat().flatMap(part => part.split(','))
}
