import { Type } from 'typebox'
import { ArticleQuery } from '../articles/query.ts'

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
