import type { FastifyRequest } from 'fastify'
import type { Database } from '../db/client.ts'
import { requireScope } from '../http/access.ts'
import { dayOf } from '../time/seoul.ts'
import { decideQuery, isPublic, type ListQuery } from './query.ts'
import type { ArticleQuery } from './query-schema.ts'
import type { ArticleRouteOptions } from './routes-answer.ts'
import { takeInMinistries } from './store-ministries.ts'
import { assertKept } from './store-revisions.ts'

/** What the routes of lists share: from the parameters to a query that the caller may ask. */

/** That the caller may ask for a list, and that what it shows is still kept. @throws Problem 401 or 403; 410 */
export async function assertMayList(
  request: FastifyRequest,
  db: Database,
  { filter, asOf }: Pick<ListQuery, 'filter' | 'asOf'>,
): Promise<void> {
  if (!isPublic(filter) || asOf) requireScope(request, 'articles:read')
  if (asOf) await assertKept(db, asOf)
}

/** With the bodies that the list takes in. @throws Problem 400; 401 or 403 for what is not public; 410 */
export async function decideList(
  request: FastifyRequest,
  query: ArticleQuery,
  { db, registry, now }: Pick<ArticleRouteOptions, 'db' | 'registry' | 'now'>,
): Promise<ListQuery> {
  const asked = decideQuery(query, now())
  await assertMayList(request, db, asked)
  return takeInMinistries(db, await registry.current(), asked, dayOf(now()))
}

/** `fields=id,title` is what people type; the document says array. */
export const splitParameter = (name: string) => async (request: FastifyRequest) => {
  const query = request.query as Record<string, string | string[] | undefined>
  const given = query[name]
  if (given !== undefined) query[name] = [given].flat().flatMap(part => part.split(','))
}
