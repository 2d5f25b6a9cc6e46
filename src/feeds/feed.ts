import { pageAddresses, toPage } from '../articles/page.ts'
import { kindLabel } from '../articles/plain.ts'
import type { ListQuery } from '../articles/query.ts'
import type { Presentation } from '../articles/row.ts'
import type { Article } from '../articles/schema.ts'
import type { Page } from '../articles/search.ts'
import { formatInstant } from '../time/seoul.ts'
import { articleIdentity, type Identify } from './identity.ts'
import type { LogHead, Removal } from './store.ts'

/** A page of a list as a feed, before it is written in either form. */

/** Who serves it: what a feed has for its author, and an entry without a ministry. */
export const SERVICE = '공보 (Gongbo)'

export const FEED_FIELDS = [
  ...(['id', 'status', 'kind', 'title', 'subtitles', 'ministry', 'author', 'publishedAt', 'source'] as const),
  ...(['licence', 'tags', 'thumbnailUrl', 'modifiedAt', 'bodyHtml', 'attribution', 'attachments'] as const),
  'deletedAt' as const,
]

export interface FeedEntry {
  identity: string
  article: Pick<Article, (typeof FEED_FIELDS)[number]>
  /** The article here, and the page that people read: at its source where there is one. */
  self: string
  page: string
}

interface FeedTombstone {
  identity: string
  when: string
}

export interface Feed {
  identity: string
  title: string
  updated: string
  /** Where the API is. */
  base: string
  addresses: Record<'self' | 'list' | 'atom' | 'json', string>
  /** Other pages of it. */
  pages: ReturnType<typeof pageAddresses>
  entries: FeedEntry[]
  deleted: FeedTombstone[]
}

export const PATHS = { list: '/v1/articles', atom: '/v1/articles.atom', json: '/v1/articles/feed.json' }
export type Form = 'atom' | 'json'

interface FeedParts {
  page: Page
  /** With `FEED_FIELDS`. */
  query: ListQuery
  presentation: Presentation
  removals: Removal[]
  head: LogHead | null
}

interface FeedPlace {
  form: Form
  base: string
  /** The query as it was asked for, encoded. */
  search: string
  identify: Identify
}

export function toFeed({ page, query, presentation, removals, head }: FeedParts, place: FeedPlace): Feed {
  const { form, base, search, identify } = place
  const list = toPage(page, query, presentation)
  const entries = (list.items as FeedEntry['article'][]).map(article => {
    const self = `${base}${PATHS.list}/${article.id}`
    return {
      identity: articleIdentity(identify, article.id),
      article,
      self,
      page: article.source?.url ?? self,
    }
  })
  const deleted = removals.map(({ id, at }) => ({
    identity: articleIdentity(identify, id),
    when: formatInstant(at),
  }))
  const at = (path: string) => `${base}${path}${search && '?'}${search}`
  return {
    identity: identify(`feeds/${query.fingerprint}`),
    title: titleOf(query),
    updated: latest(
      [...entries.map(({ article }) => article.modifiedAt), ...deleted.map(({ when }) => when)],
      head,
    ),
    base,
    entries,
    deleted,
    addresses: { self: at(PATHS[form]), list: at(PATHS.list), atom: at(PATHS.atom), json: at(PATHS.json) },
    pages: pageAddresses(`${base}${PATHS[form]}`, search, list),
  }
}

/** An empty feed was last changed when anything was. */
const latest = (instants: string[], head: LogHead | null): string =>
  formatInstant(
    new Date(
      instants.length > 0 ? Math.max(...instants.map(text => Date.parse(text))) : (head?.at.getTime() ?? 0),
    ),
  )

/** The conditions of a query in Korean: 공보 · 고용노동부 · 보도자료 · 순환경제 */
function titleOf({ filter, ministries, keywords }: ListQuery): string {
  const bodies = (ministries ?? []).filter(({ why }) => why !== 'predecessor').map(({ name }) => name)
  const { from, to } = filter.published
  const conditions = [
    ...new Set(bodies),
    ...filter.kind.map(kind => kindLabel(kind as Article['kind'])),
    ...[filter.tag, filter.author, filter.source].flat(),
    ...(keywords ? [keywords.q] : []),
    ...(from === null && to === null ? [] : [`${from ?? ''}~${to ?? ''}`]),
  ]
  return ['공보', ...(conditions.length > 0 ? conditions : ['모든 글'])].join(' · ')
}

/** Whom an article is by: the ministry under the name of its day. */
export const authorOf = ({ ministry, author }: FeedEntry['article']): string =>
  ministry?.publishedName ?? author ?? SERVICE
