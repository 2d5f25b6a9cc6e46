import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Database } from '../db/client.ts'
import { allows } from '../http/access.ts'
import { JSON_TYPE, JSON_UTF8 } from '../http/body.ts'
import { versionEtag } from '../http/conditional.ts'
import { HEADERS, json } from '../http/openapi.ts'
import { tellPosition } from '../http/position.ts'
import { Problem } from '../http/problem.ts'
import { digest } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { nameShown } from '../ministries/names.ts'
import type { RegistryReader } from '../ministries/store.ts'
import { dayOf, startOfDay } from '../time/seoul.ts'
import { VERSION } from '../version.ts'
import type { toPage } from './page.ts'
import type { ArticleQuery } from './query-schema.ts'
import { type ArticleRow, type Neighbours, type Presentation, toArticle } from './row.ts'
import { Article, type ArticleSummary } from './schema.ts'
import type { Page } from './search.ts'
import type { By } from './store.ts'
import { type ReadRow, readWritten } from './store-read.ts'
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
    Object.fromEntries(
      ['ETag' as const, 'Gongbo-Position' as const, ...more].map(name => [name, HEADERS[name]]),
    ),
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
  return { now: at, newSince: newDays > 0 ? startOfDay(today, 1 - newDays) : null, nameOf }
}

/** Of a past state: what stood beside it then is not told. */
export const NO_NEIGHBOURS: Neighbours = { previous: null, next: null }

/** What a row is at this version. Identities and versions may begin anew where a database does. */
const stateOf = ({ id, version, modifiedAt }: Pick<ArticleRow, 'id' | 'version' | 'modifiedAt'>) =>
  `${id} ${version} ${modifiedAt.getTime()}`

/**
 * An article as it is answered, and its ETag: of its version, which has just one text, and of what it is shown with besides.
 * Counters do not move it: they are no part of what a writer has read.
 */
export function articleAnswer(row: ReadRow, presentation: Presentation) {
  const { previous, next } = row
  const article = toArticle(row, { previous, next }, presentation)
  const { isNew, ministry } = article
  return {
    article,
    etagFor: (type: string) =>
      versionEtag(
        row.version,
        digest(JSON.stringify([type, VERSION, stateOf(row), isNew, ministry?.name, previous, next])),
      ),
  }
}

/** A page as it is sent, and its ETag, made in the same way, but of the counters that it shows, too. */
export function pageAnswer({ rows }: Page, list: ReturnType<typeof toPage>) {
  const items = rows.map((row, i) => {
    const { number, isNew, ministry, highlight, duplicates, counts } = list.items[
      i
    ] as Partial<ArticleSummary>
    const counted = counts ? `${counts.comments} ${counts.views} ${counts.likes} ${counts.dislikes}` : ''
    const marks = highlight === undefined ? '' : JSON.stringify(highlight)
    return `${stateOf(row)} ${number} ${isNew} ${duplicates} ${counted} ${marks} ${ministry?.name}`
  })
  return {
    etag: `W/"${digest(JSON.stringify([VERSION, { ...list, items }]))}"`,
    body: JSON.stringify(list),
  }
}

const called = (what: string) => (/^\d+$/.test(what) ? `${what}번 글` : `${what}에 해당하는 글`)

export const noArticle = (what: string) =>
  new Problem('not-found', { en: `There is no article ${what}.`, ko: `${called(what)}이 없습니다.` })

/** @throws Problem 404, or 410 for what was public and is deleted; key holders may see both. */
export function assertReadable<T extends Pick<ArticleRow, 'status' | 'deletedAt'>>(
  request: FastifyRequest,
  row: T | null,
  what: string,
): T {
  if (!row) throw noArticle(what)
  if (allows(request.caller, 'articles:read')) return row
  if (row.status !== 'published') throw noArticle(what)
  if (row.deletedAt !== null)
    throw new Problem('gone', { en: `Article ${what} was deleted.`, ko: `${called(what)}은 삭제되었습니다.` })
  return row
}

/** Who writes with a request, and when; its answer tells where the write stands. */
export const writerOf = (request: FastifyRequest, reply: FastifyReply, now: Date): By => ({
  actor: `key:${request.caller?.id}`,
  now,
  onCommit: tellPosition(reply),
})

type WrittenOptions = Pick<ArticleRouteOptions, 'db' | 'registry' | 'now' | 'newDays'>

/** The answer of what was written: the article as it stands now. */
export async function writtenAnswer(row: ArticleRow, options: WrittenOptions) {
  const [presentation, written] = await Promise.all([present(options), readWritten(options.db, row)])
  return articleAnswer(written, presentation)
}

/** Answers a write with the article. */
export async function sendWritten(
  reply: FastifyReply,
  row: ArticleRow,
  options: WrittenOptions,
  status = 200,
): Promise<FastifyReply> {
  const { article, etagFor } = await writtenAnswer(row, options)
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
