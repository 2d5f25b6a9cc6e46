import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Database } from '../db/client.ts'
import { allows } from '../http/access.ts'
import { JSON_TYPE, JSON_UTF8 } from '../http/body.ts'
import { versionEtag } from '../http/conditional.ts'
import { HEADERS, json } from '../http/openapi.ts'
import { Problem } from '../http/problem.ts'
import { digest } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { nameShown } from '../ministries/names.ts'
import type { RegistryReader } from '../ministries/store.ts'
import { dayOf } from '../time/seoul.ts'
import type { ArticleQuery } from './query.ts'
import { type ArticleRow, type Neighbours, type Presentation, toArticle } from './row.ts'
import { Article } from './schema.ts'
import { findNeighbours } from './store.ts'
import { SOURCE } from './words.ts'

/** What the routes of one article share: its address, its answer, and why there is none. */

export interface ArticleRouteOptions {
  db: Database
  registry: RegistryReader
  /** See `NEW_DAYS` and `PUBLIC_URL` in config.ts. */
  newDays: number
  publicUrl: string
  /** The clock, which tests may turn. */
  now: () => Date
}

/** Answers with a list in another form than JSON. */
export type AnswerInForm = (
  request: FastifyRequest,
  reply: FastifyReply,
  query: ArticleQuery,
) => Promise<FastifyReply>

export const ArticleId = Type.Object({
  id: Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    description: 'The article’s identity here.',
    examples: [21],
  }),
})
export const SourceIdentity = Type.Object({ source: SOURCE.name, externalId: SOURCE.externalId })
/** A response with the article as it was written. */
export const written = (description: string, ...more: (keyof typeof HEADERS)[]) =>
  json(
    description,
    ref(Article),
    Object.fromEntries(['ETag' as const, ...more].map(name => [name, HEADERS[name]])),
  )

/** How articles are shown at a moment: now, unless it is told. */
export async function present(
  { registry, now, newDays }: Pick<ArticleRouteOptions, 'registry' | 'now' | 'newDays'>,
  moment: Date | null = null,
): Promise<Presentation> {
  const { bodies } = await registry.current()
  const at = moment ?? now()
  const today = dayOf(at)
  const nameOf = (code: string) => {
    const body = bodies.get(code)
    return body ? nameShown(body, today).name : null
  }
  return { now: at, newDays, nameOf }
}

/** Of a past state: what stood beside it then is not told. */
export const NO_NEIGHBOURS: Neighbours = { previous: null, next: null }

/** An article as it is answered, and its ETag. Counters move neither: they are left out of the digest. */
export async function articleAnswer(
  db: Parameters<typeof findNeighbours>[0],
  row: ArticleRow,
  presentation: Presentation,
  neighbours: Neighbours | null = null,
) {
  const article = toArticle(row, neighbours ?? (await findNeighbours(db, row)), presentation)
  const withoutCounts = JSON.stringify({ ...article, counts: undefined })
  return {
    article,
    etagFor: (type: string) => versionEtag(row.version, digest(`${type} ${withoutCounts}`)),
  }
}

/** Of a list: counters do not move it, so it is a weak one. */
export const listEtag = (body: object): string =>
  `W/"${digest(JSON.stringify(body, (name, value) => (name === 'counts' ? undefined : value)))}"`

export const noArticle = (what: string) =>
  new Problem('not-found', { en: `There is no article ${what}.`, ko: `${what}에 해당하는 글이 없습니다.` })

/** @throws Problem 404, or 410 for what was public and is deleted; key holders may see both. */
export function assertReadable(request: FastifyRequest, row: ArticleRow | null, what: string): ArticleRow {
  if (!row) throw noArticle(what)
  if (allows(request.caller, 'articles:read')) return row
  if (row.status !== 'published') throw noArticle(what)
  if (row.deletedAt !== null)
    throw new Problem('gone', { en: `Article ${what} was deleted.`, ko: `${what} 글은 삭제되었습니다.` })
  return row
}

/** Answers a write with the article as it stands now. */
export async function sendWritten(
  reply: FastifyReply,
  row: ArticleRow,
  options: Pick<ArticleRouteOptions, 'db' | 'registry' | 'now' | 'newDays'>,
  status = 200,
): Promise<FastifyReply> {
  const { article, etagFor } = await articleAnswer(options.db, row, await present(options))
  return reply
    .code(status)
    .headers({ etag: etagFor(JSON_TYPE), 'cache-control': 'no-store' })
    .type(JSON_UTF8)
    .send(JSON.stringify(article))
}

export const deleted = (id: number) =>
  new Problem('gone', {
    en: `Article ${id} was deleted; POST /v1/articles/${id}/restore brings it back.`,
    ko: `${id}번 글은 삭제되었습니다. POST /v1/articles/${id}/restore로 복원할 수 있습니다.`,
  })
