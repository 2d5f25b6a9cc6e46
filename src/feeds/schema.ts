import { type Static, Type } from 'typebox'
import { ArticleQuery } from '../articles/query-schema.ts'
import { Article } from '../articles/schema.ts'
import { MINISTRY } from '../articles/words.ts'
import { Instant, ref } from '../http/schema.ts'

/** The contract of feeds. */

/** A list's parameters, but those that say how its items are shown: entries of a feed are whole. */
export const FeedQuery = Type.Omit(ArticleQuery, ['fields', 'highlight'], { additionalProperties: false })

export const AtomFeed = Type.String({
  description:
    'Atom (RFC 4287) in pages (RFC 5005): links `first`, `previous`, `next`. On the first page `at:deleted-entry` (RFC 6721) for what is not public any more. An entry has the ministry as published for its author, kind and tags as categories, the body as HTML, files as enclosures.',
  examples: [
    `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="ko">
 <id>urn:uuid:7c3f0d2e-5b1a-8c44-9d0e-2f6a1b8c9d01</id>
 <title>공보 · 고용노동부</title>
 <updated>2026-01-23T09:30:00+09:00</updated>
 <author><name>공보 (Gongbo)</name></author>
 <link rel="self" href="https://api.example.go.kr/v1/articles.atom?ministry=A00001" type="application/atom+xml"/>
 <at:deleted-entry ref="urn:uuid:91b0c6de-0a4f-8d21-a3c5-6e7f80912a3b" when="2026-01-22T18:00:00+09:00"/>
 <entry>
  <id>urn:uuid:0d9c8b7a-6f5e-8d4c-b3a2-918070605040</id>
  <title>고용노동부, 새해 안전 점검 시작</title>
  <updated>2026-01-20T10:00:00+09:00</updated>
  <published>2026-01-20T10:00:00+09:00</published>
  <author><name>고용노동부</name></author>
  <category term="press-release" label="보도자료"/>
  <content type="html">&lt;p&gt;본문입니다.&lt;/p&gt;</content>
 </entry>
</feed>`,
  ],
})

export const OpmlDocument = Type.String({
  description: 'OPML 2.0: an outline for each kind of body, and in it one for each with its `xmlUrl`.',
  examples: [
    `<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0">
 <head><title>공보: 기관별 피드</title></head>
 <body>
  <outline text="부">
   <outline type="rss" text="고용노동부" xmlUrl="https://api.example.go.kr/v1/articles.atom?ministry=A00001"/>
  </outline>
 </body>
</opml>`,
  ],
})

const text = (description: string, example?: string) =>
  Type.String({ description, ...(example !== undefined && { examples: [example] }) })
const optional = (description: string, example?: string) => Type.Optional(text(description, example))
const IDENTITY = text(
  'The same in every feed, wherever the API is reached; in Atom too.',
  'urn:uuid:0d9c8b7a-6f5e-8d4c-b3a2-918070605040',
)
const Author = Type.Object({ name: text('A name.', '고용노동부'), url: optional('An address.') })
const { id, kind, status, licence, attribution } = Article.properties

export const JsonFeedItem = Type.Object(
  {
    id: IDENTITY,
    url: text(
      'The page that people read: at its source, else here.',
      'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172',
    ),
    title: text('The title as published.', '고용노동부, 새해 안전 점검 시작'),
    content_html: text('The body, sanitised.', '<p>본문입니다.</p>'),
    summary: optional('The subtitles, one a line.'),
    image: optional('A picture for lists.'),
    date_published: Type.Optional(Instant('The instant of release. Left out of drafts.')),
    date_modified: Instant('When it last changed here.'),
    authors: Type.Array(Author, {
      description: 'The ministry under the name of its day, else who wrote it.',
    }),
    tags: Type.Array(Type.String(), {
      description: 'Its kind in Korean, then its tags.',
      examples: [['보도자료', '순환경제']],
    }),
    language: text('Always Korean.', 'ko'),
    attachments: Type.Array(
      Type.Object({
        url: text('Where the file is.'),
        mime_type: text('Its type, `application/octet-stream` where that is not known.'),
        title: text('Its name.', '보도자료.hwpx'),
        size_in_bytes: Type.Optional(Type.Integer({ minimum: 0, description: 'Bytes, where known.' })),
      }),
      { description: 'Files, in their order.' },
    ),
    _gongbo: Type.Object(
      { id, kind, status, ministryCode: MINISTRY.code, licence, attribution },
      { description: 'What JSON Feed has no field for.' },
    ),
  },
  { $id: 'JsonFeedItem', description: 'An article in a JSON feed.' },
)
export type JsonFeedItem = Static<typeof JsonFeedItem>

export const JsonFeed = Type.Object(
  {
    version: text('The version of the format.', 'https://jsonfeed.org/version/1.1'),
    title: text('The conditions of the query.', '공보 · 고용노동부'),
    home_page_url: text('The list that it is a feed of.'),
    feed_url: text('Its own address.'),
    next_url: optional('The next page; left out on the last one.'),
    language: text('Always Korean.', 'ko'),
    authors: Type.Array(Author, { description: 'Who serves it.' }),
    items: Type.Array(ref(JsonFeedItem)),
    _gongbo: Type.Object(
      {
        id: IDENTITY,
        updated: Instant('When something in it last changed.'),
        first_url: text('The first page.'),
        previous_url: optional('The page before; left out on the first one.'),
        deleted: Type.Array(Type.Object({ id: IDENTITY, when: Instant('Since when.') }), {
          description: 'On the first page: what is not public any more, the latest first, 100 at most.',
        }),
      },
      { description: 'What JSON Feed has no field for.' },
    ),
  },
  { $id: 'JsonFeed', description: 'A page of a list as JSON Feed 1.1.' },
)
export type JsonFeed = Static<typeof JsonFeed>

export const feedComponents = [JsonFeedItem, JsonFeed]
