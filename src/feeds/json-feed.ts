import { kindLabel } from '../articles/plain.ts'
import { authorOf, type Feed, type FeedEntry, SERVICE } from './feed.ts'
import type { JsonFeed, JsonFeedItem } from './schema.ts'

/** A feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/); what it has no field for stands in `_gongbo`. */

export const JSON_FEED = 'application/feed+json'
/** What the format must have of a file whose type is not known. */
const ANY_FILE = 'application/octet-stream'

export function feedToJson({ title, base, addresses, pages, entries, deleted, ...feed }: Feed): string {
  const next = pages.get('next')
  const previous = pages.get('prev')
  const document: JsonFeed = {
    version: 'https://jsonfeed.org/version/1.1',
    title,
    home_page_url: addresses.list,
    feed_url: addresses.self,
    ...(next !== undefined && { next_url: next }),
    language: 'ko',
    authors: [{ name: SERVICE, ...(base && { url: base }) }],
    items: entries.map(toItem),
    _gongbo: {
      id: feed.identity,
      updated: feed.updated,
      first_url: pages.get('first') ?? addresses.self,
      ...(previous !== undefined && { previous_url: previous }),
      deleted: deleted.map(({ identity, when }) => ({ id: identity, when })),
    },
  }
  return JSON.stringify(document)
}

function toItem({ identity, article, page }: FeedEntry): JsonFeedItem {
  const { ministry, kind, status, licence, attribution } = article
  return {
    id: identity,
    url: page,
    title: article.title,
    content_html: article.bodyHtml,
    ...(article.subtitles.length > 0 && { summary: article.subtitles.join('\n') }),
    ...(article.thumbnailUrl && { image: article.thumbnailUrl }),
    ...(article.publishedAt && { date_published: article.publishedAt }),
    date_modified: article.modifiedAt,
    authors: [{ name: authorOf(article) }],
    tags: [kindLabel(kind), ...article.tags],
    language: 'ko',
    attachments: article.attachments.map(({ name, url, mediaType, size }) => ({
      url,
      mime_type: mediaType ?? ANY_FILE,
      title: name,
      ...(typeof size === 'number' && { size_in_bytes: size }),
    })),
    // Of the ministry what no renaming changes: names of today would move a feed without a change.
    _gongbo: { id: article.id, kind, status, ministryCode: ministry?.code ?? null, licence, attribution },
  }
}
