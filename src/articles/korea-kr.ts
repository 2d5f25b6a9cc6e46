import type { NewArticle } from './schema.ts'

/** What an address at korea.kr tells of the article that it leads to. */

/** An article's identity at korea.kr: its `newsId`, and the address of its page with nothing else in the query. */
interface KoreaKrSource {
  name: 'korea.kr'
  externalId: string
  url: string
}

const HOSTS = ['korea.kr', 'www.korea.kr', 'm.korea.kr']
const PAGE = /^(\/(?:briefing|news|multi)\/\w*View\.do)(?:;[^/]*)?$/
// Addresses copied out of XML or HTML still say `&amp;newsId=`.
const NEWS_ID = /^(?:amp;)*newsid$/i

export const isKoreaKr = ({ protocol, hostname }: URL): boolean =>
  /^https?:$/.test(protocol) && HOSTS.includes(hostname)

/** The `newsId` in the query of an address, whatever stands around it; null where there is none. */
export function newsIdOf({ searchParams }: URL): string | null {
  for (const [name, value] of searchParams)
    if (NEWS_ID.test(name) && /^\d{1,20}$/.test(value.trim())) return value.trim()
  return null
}

/**
 * Reduces any address of an article at korea.kr to its identity: http or https, desktop or mobile host, any
 * `…View.do` page of `/briefing/`, `/news/` or `/multi/`, whatever search context the reader's query carries along.
 * Null where the address is not one of an article at korea.kr.
 */
export function koreaKrSource(address: string): KoreaKrSource | null {
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  const path = PAGE.exec(url.pathname)?.[1]
  const newsId = newsIdOf(url)
  if (!isKoreaKr(url) || !path || !newsId) return null
  return { name: 'korea.kr', externalId: newsId, url: `https://www.korea.kr${path}?newsId=${newsId}` }
}

/** What an article at korea.kr is, as far as the page of its address tells; `other` where that tells nothing. */
export function koreaKrKind({ url }: KoreaKrSource): NewArticle['kind'] {
  const { pathname } = new URL(url)
  if (pathname === '/briefing/pressReleaseView.do') return 'press-release'
  if (pathname.startsWith('/news/')) return 'policy-news'
  return pathname.startsWith('/multi/') ? 'visual' : 'other'
}
