import { searchArticles } from '../articles/list.ts'
import { linkHeader } from '../articles/page.ts'
import { decideQuery, isPublic, type ListQuery } from '../articles/query.ts'
import type { ArticleQuery } from '../articles/query-schema.ts'
import { type AnswerInForm, type ArticleRouteOptions, present } from '../articles/routes-answer.ts'
import { assertMayList } from '../articles/routes-list.ts'
import { takeInMinistries } from '../articles/store-ministries.ts'
import { badParameter } from '../http/problem.ts'
import { digest, isCurrent, sendCacheable } from '../http/representation.ts'
import { baseOf, splitTarget } from '../http/target.ts'
import { dayOf } from '../time/seoul.ts'
import { ATOM, feedToAtom } from './atom.ts'
import { FEED_FIELDS, type Feed, type Form, toFeed } from './feed.ts'
import { type Identify, identifier } from './identity.ts'
import { feedToJson, JSON_FEED } from './json-feed.ts'
import { findInstallation, findLogHead, listRemovals } from './store.ts'
import { findValidators } from './validator.ts'

/** How a list is answered as a feed, by whatever address it was asked for. */

type FeedRouteOptions = ArticleRouteOptions & {
  /** See `SEARCH_TIMEOUT_MS` in config.ts. */
  searchTimeout: number
}

export type FeedAnswers = Record<Form, AnswerInForm>

/** Seconds for which caches may answer those who poll. */
const MAX_AGE = 60

const WRITERS: Record<Form, { type: string; write: (feed: Feed) => string }> = {
  atom: { type: ATOM, write: feedToAtom },
  json: { type: JSON_FEED, write: feedToJson },
}

export function feedAnswers(options: FeedRouteOptions): FeedAnswers {
  const { db, registry, publicUrl, now, searchTimeout } = options
  let installation: Identify | undefined
  const identity = async () => {
    installation ??= identifier(await findInstallation(db))
    return installation
  }

  const read = async (query: ListQuery, place: Omit<Parameters<typeof toFeed>[1], 'identify'>) => {
    const head = await findLogHead(db, query.filter)
    const page = await searchArticles(db, query, { timeout: searchTimeout })
    const removals = tellsRemovals(query) ? await listRemovals(db, query.filter) : []
    const parts = { page, query, removals, head, presentation: await present(options, query.asOf) }
    return toFeed(parts, { ...place, identify: await identity() })
  }

  const answerAs =
    (form: Form): AnswerInForm =>
    async (request, reply, given) => {
      const asked = decideFeed(given, now())
      await assertMayList(request, db, asked)
      const known = await registry.current()
      const query = await takeInMinistries(db, known, asked, dayOf(now()))
      const base = baseOf(request, publicUrl)
      const age = request.caller === null ? { maxAge: MAX_AGE } : {}
      const validators = await findValidators(db, query, { now: now(), registry: known, form: [form, base] })
      if (validators && isCurrent(request, reply, { ...validators, ...age })) return reply.code(304).send()
      const { type, write } = WRITERS[form]
      // As it was typed it may hold what no address may.
      const search = new URLSearchParams(splitTarget(request.url).search).toString()
      const feed = await read(query, { form, base, search })
      const body = write(feed)
      reply.header('link', linkHeader(feed.pages))
      if (validators) return reply.type(`${type}; charset=utf-8`).send(body)
      const etag = `W/"${digest(body)}"`
      return sendCacheable(request, reply, { etag, body, type: `${type}; charset=utf-8`, ...age })
    }
  return { atom: answerAs('atom'), json: answerAs('json') }
}

/** A feed begins at the beginning of its list and is not counted, unless a numbered page is asked for. */
function decideFeed(given: ArticleQuery, now: Date): ListQuery {
  for (const name of ['fields', 'highlight'] as const)
    if (given[name] !== undefined)
      throw badParameter(
        name,
        'not of a feed, whose entries are whole',
        '피드에는 쓸 수 없습니다. 항목은 언제나 전체입니다',
      )
  const query = decideQuery({ ...given, fields: [...FEED_FIELDS] }, now)
  return given.page === undefined && given.cursor === undefined ? { ...query, at: { cursor: null } } : query
}

/** Those who read on have had them, and of what was never public nobody is told that it is gone. */
const tellsRemovals = ({ at, filter, asOf }: ListQuery) =>
  isPublic(filter) && asOf === null && ('cursor' in at ? at.cursor === null : at.page === 1)
