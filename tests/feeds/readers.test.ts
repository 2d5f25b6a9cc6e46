import { Readable } from 'node:stream'
import { extractFromJson, extractFromXml } from '@extractus/feed-extractor'
import { describe, expect, test } from '@jest/globals'
import feedme from 'feedme'
import FeedParser from 'feedparser'
import { parseAtomFeed, parseJsonFeed } from 'feedsmith'
import { testApp } from '../support/app.ts'
import { anArticle, insertArticles } from '../support/builders.ts'

/** Readers that others have written understand the feeds. */

const { app, db, authorize } = await testApp()
const writer = await authorize('articles:write')
const base = await app.listen({ port: 0, host: '127.0.0.1' })

const TITLES = Array.from(
  { length: 25 },
  (_, i) => `제${i}차 “순환경제” 설명회 & <토론회> 개최… 한글·漢字 😀`,
)
const BODY = '<p>산업통상부는 <strong>순환경제</strong> &lt;설명회&gt;를 열었다.</p>'
const rows = await insertArticles(
  db,
  TITLES.map((title, i) => {
    const { bodyText: _, ...article } = anArticle({
      ...{ title, publishedAt: `2026-01-20T10:00:${String(i).padStart(2, '0')}+09:00`, tags: ['순환경제'] },
      ministry: { name: '산업통상부' },
    })
    return { ...article, bodyHtml: BODY }
  }),
)
const shown = TITLES.slice(2).reverse()
for (const row of rows.slice(0, 2))
  await fetch(`${base}/v1/articles/${row.id}`, { method: 'DELETE', headers: { ...writer, 'if-match': '*' } })
// What an editor's keyboard or an old file may leave in a text, and no XML document may have.
await db.pool.query(
  `UPDATE articles SET title = title || E'\\u0008\\u000b\\uFFFE', body_html = body_html || E'\\u0001' WHERE title LIKE '제24차%'`,
)

const textAt = async (address: string) => {
  // As rss-parser asks, which names the wrong type.
  const response = await fetch(address, { headers: { accept: 'application/rss+xml' } })
  expect(response.status).toBe(200)
  return response.text()
}

interface Read {
  titles: string[]
  bodies: string[]
  authors: string[]
  ids: string[]
  deleted: string[]
  next: string | undefined
}
type Reader = (text: string) => Promise<Read>

/** Every page, by the links as the reader gives them. */
async function walk(address: string, reader: Reader): Promise<Read[]> {
  const pages: Read[] = []
  for (let next: string | undefined = address; next !== undefined; ) {
    const page: Read = await reader(await textAt(next))
    pages.push(page)
    next = page.next
  }
  return pages
}

interface Element {
  '@': Record<string, string>
}
const many = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : ([value].flat() as T[]))

/** feedparser: a stream of items over sax. */
const byFeedparser: Reader = text =>
  new Promise((done, fail) => {
    const items: FeedParser.Item[] = []
    const parser = new FeedParser({})
    parser.on('error', fail)
    parser.on('readable', () => {
      for (let item = parser.read(); item; item = parser.read()) items.push(item)
    })
    parser.on('end', () => {
      const meta = parser.meta as unknown as Record<string, Element | Element[] | undefined>
      done({
        titles: items.map(({ title }) => String(title)),
        bodies: items.map(({ description }) => String(description)),
        authors: items.map(({ author }) => String(author)),
        ids: items.map(({ guid }) => String(guid)),
        deleted: many(meta['at:deleted-entry']).map(entry => entry['@'].ref ?? ''),
        next: many(meta['atom:link']).find(link => link['@'].rel === 'next')?.['@'].href,
      })
    })
    Readable.from([text]).pipe(parser)
  })

type Extra = Record<string, unknown>
interface Link {
  '@_rel': string
  '@_href': string
}

/** feed-extractor, of Atom: over fast-xml-parser, which tells what is no markup of an entry from what is. */
const byExtractor: Reader = async text => {
  const feed = extractFromXml(text, {
    normalization: true,
    descriptionMaxLen: 0,
    getExtraFeedFields: (data: Extra) => ({ links: data.link, deleted: data['at:deleted-entry'] }),
    getExtraEntryFields: (data: Extra) => ({
      body: (data.content as Extra)['#text'],
      author: (data.author as Extra).name,
    }),
  } as never) as unknown as {
    entries: { id: string; title: string; body: string; author: string }[]
    links: Link[]
    deleted?: Extra | Extra[]
  }
  return {
    titles: feed.entries.map(({ title }) => title),
    bodies: feed.entries.map(({ body }) => body),
    authors: feed.entries.map(({ author }) => author),
    ids: feed.entries.map(({ id }) => id),
    deleted: many(feed.deleted).map(entry => String(entry['@_ref'])),
    next: feed.links.find(link => link['@_rel'] === 'next')?.['@_href'],
  }
}

const byFeedsmith: Reader = async text => {
  const feed = parseAtomFeed(text)
  const entries = feed.entries ?? []
  return {
    titles: entries.map(({ title }) => String(title?.value)),
    bodies: entries.map(({ content }) => String(content?.value)),
    authors: entries.map(({ authors }) => String(authors?.[0]?.name)),
    ids: entries.map(({ id }) => String(id)),
    deleted: [],
    next: feed.links?.find(({ rel }) => rel === 'next')?.href,
  }
}

const jsonByFeedsmith: Reader = async text => {
  const feed = parseJsonFeed(text)
  const items = feed.items ?? []
  return {
    titles: items.map(({ title }) => String(title)),
    bodies: items.map(({ content_html }) => String(content_html)),
    authors: items.map(({ authors }) => String(authors?.[0]?.name)),
    ids: items.map(({ id }) => String(id)),
    deleted: [],
    next: feed.next_url,
  }
}

const jsonByExtractor: Reader = async text => {
  const feed = extractFromJson(text, {
    getExtraFeedFields: (data: Extra) => ({ next: data.next_url, own: data._gongbo }),
    getExtraEntryFields: (data: Extra) => ({
      body: data.content_html,
      author: (data.authors as Extra[])[0]?.name,
    }),
  } as never) as unknown as {
    entries: { id: string; title: string; body: string; author: string }[]
    next?: string
    own: { deleted: { id: string }[] }
  }
  return {
    titles: feed.entries.map(({ title }) => title),
    bodies: feed.entries.map(({ body }) => body),
    authors: feed.entries.map(({ author }) => author),
    ids: feed.entries.map(({ id }) => id),
    deleted: feed.own.deleted.map(({ id }) => id),
    next: feed.next,
  }
}

/** Its types speak of a `default` that it does not export. */
const FeedMe = feedme as unknown as typeof feedme.default

/** feedme: a stream over clarinet, which reads JSON by itself and keeps every member; the chunks cut syllables in two. */
const jsonByFeedme: Reader = text =>
  new Promise((done, fail) => {
    const parser = new FeedMe(true)
    parser.on('error', fail)
    parser.on('finish', () => {
      const feed = parser.done() as unknown as {
        items: { id: string; title: string; content_html: string; authors: { name: string }[] }[]
        next_url?: string
        _gongbo: { deleted: { id: string }[] }
      }
      done({
        titles: feed.items.map(({ title }) => title),
        bodies: feed.items.map(({ content_html }) => content_html),
        authors: feed.items.map(({ authors }) => String(authors[0]?.name)),
        ids: feed.items.map(({ id }) => id),
        deleted: feed._gongbo.deleted.map(({ id }) => id),
        next: feed.next_url,
      })
    })
    const bytes = Buffer.from(text)
    const chunks = Array.from({ length: Math.ceil(bytes.length / 1_000) }, (_, i) =>
      bytes.subarray(i * 1_000, (i + 1) * 1_000),
    )
    Readable.from(chunks).pipe(parser)
  })

const READERS: [name: string, path: string, reader: Reader, deleted: number][] = [
  ['feedparser reads the Atom feed', '/v1/articles.atom', byFeedparser, 2],
  ['feed-extractor reads the Atom feed', '/v1/articles.atom', byExtractor, 2],
  ['feedsmith reads the Atom feed, which skips what it does not know', '/v1/articles.atom', byFeedsmith, 0],
  [
    'feedsmith reads the JSON feed, which skips what it does not know',
    '/v1/articles/feed.json',
    jsonByFeedsmith,
    0,
  ],
  ['feed-extractor reads the JSON feed', '/v1/articles/feed.json', jsonByExtractor, 2],
  ['feedme reads the JSON feed', '/v1/articles/feed.json', jsonByFeedme, 2],
]

describe('a reader from npm', () => {
  test.each(READERS)('%s: Korean text, pages and what is gone', async (_name, path, reader, deleted) => {
    const pages = await walk(`${base}${path}?tag=${encodeURIComponent('순환경제')}&pageSize=10`, reader)
    expect(pages.map(({ titles }) => titles.length)).toEqual([10, 10, 3])
    expect(pages.flatMap(({ titles }) => titles.map(title => title.replace(/[\b\v\ufffe]/g, '')))).toEqual(
      shown,
    )
    expect(new Set(pages.flatMap(({ bodies }) => bodies.map(body => body.replace('\u0001', ''))))).toEqual(
      new Set([BODY]),
    )
    expect(new Set(pages.flatMap(({ authors }) => authors))).toEqual(new Set(['산업통상부']))
    expect(pages.map(page => page.deleted.length)).toEqual([deleted, 0, 0])
  })

  test('gets the same identities as any other, of entries and of what is gone', async () => {
    const all = await Promise.all(
      READERS.map(async ([, path, reader]) => reader(await textAt(`${base}${path}?pageSize=100`))),
    )
    expect(new Set(all.map(({ ids }) => ids.join())).size).toBe(1)
    expect(new Set(all.map(({ deleted }) => deleted.join()).filter(Boolean)).size).toBe(1)
  })
})
