import { kindLabel, licenceLabel, licenceUrl } from '../articles/plain.ts'
import { VERSION } from '../version.ts'
import { authorOf, type Feed, type FeedEntry, SERVICE } from './feed.ts'
import { writeXml, type XmlElement } from './xml.ts'

/** A feed as Atom (RFC 4287), in pages (RFC 5005) and with deleted entries (RFC 6721). */

export const ATOM = 'application/atom+xml'

const link = (rel: string, href: string | null, more: { [name: string]: string } = {}): XmlElement[] =>
  href === null ? [] : [{ '@rel': rel, '@href': href, ...more }]

export const feedToAtom = ({
  identity,
  title,
  updated,
  base,
  addresses,
  pages,
  entries,
  deleted,
}: Feed): string =>
  writeXml({
    feed: {
      '@xmlns': 'http://www.w3.org/2005/Atom',
      '@xmlns:at': 'http://purl.org/atompub/tombstones/1.0',
      '@xmlns:app': 'http://www.w3.org/2007/app',
      '@xml:lang': 'ko',
      id: identity,
      title,
      updated,
      author: { name: SERVICE, ...(base && { uri: base }) },
      generator: { '@version': VERSION, '#text': 'Gongbo' },
      link: [
        ...link('self', addresses.self, { '@type': ATOM }),
        ...link('alternate', addresses.list, { '@type': 'application/json' }),
        ...link('alternate', addresses.json, { '@type': 'application/feed+json' }),
        ...[...pages].flatMap(([rel, href]) => link(rel === 'prev' ? 'previous' : rel, href)),
      ],
      'at:deleted-entry': deleted.map(({ identity, when }) => ({ '@ref': identity, '@when': when })),
      entry: entries.map(toEntry),
    },
  })

function toEntry({ identity, article, self, page }: FeedEntry): XmlElement {
  const { licence, attribution } = article
  const rights = [attribution, licence && licenceLabel(licence)].filter(Boolean).join(' ')
  return {
    id: identity,
    title: article.title,
    updated: article.modifiedAt,
    ...(article.publishedAt && { published: article.publishedAt }),
    author: { name: authorOf(article) },
    category: [
      { '@term': article.kind, '@label': kindLabel(article.kind) },
      ...article.tags.map(tag => ({ '@term': tag })),
    ],
    link: [
      ...link('alternate', page, { '@type': 'text/html' }),
      ...link('self', self, { '@type': 'application/json' }),
      ...link('license', licence && licenceUrl(licence)),
      ...article.attachments.flatMap(({ name, url, mediaType, size }) =>
        link('enclosure', url, {
          '@title': name,
          ...(mediaType && { '@type': mediaType }),
          ...(typeof size === 'number' && { '@length': String(size) }),
        }),
      ),
    ],
    ...(rights && { rights }),
    ...(article.subtitles.length > 0 && { summary: article.subtitles.join('\n') }),
    content: { '@type': 'html', '#text': article.bodyHtml },
    // RFC 5023, section 13: what is not public yet, or no more.
    ...(isOpen(article) ? {} : { 'app:control': { 'app:draft': 'yes' } }),
  }
}

const isOpen = ({ status, deletedAt }: FeedEntry['article']) => status === 'published' && deletedAt === null
