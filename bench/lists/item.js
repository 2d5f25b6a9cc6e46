/** An item of a list as Gongbo answers it, from its columns: what both of the other servers answer too. */

export const COLUMNS = `a.id, a.version, a.status, a.kind, a.title, a.subtitles, a.ministry_code, a.ministry_name,
  a.ministry_published_name, a.author, a.source, a.external_id, a.source_url, a.source_modified_at, a.embargo_until,
  a.published_at, a.posted_on, a.licence, a.attribution, a.tags, a.thumbnail_url, a.attachments, a.recorded_at, a.modified_at,
  c.views, c.likes, c.dislikes, c.source_comments, c.source_likes, c.source_dislikes, c.total_views`

const seoul = instant =>
  instant === null ? null : `${new Date(instant.getTime() + 9 * 3_600_000).toISOString().slice(0, 19)}+09:00`
const day = instant => (instant === null ? null : seoul(instant).slice(0, 10))

export const toItem = row => ({
  id: row.id,
  version: row.version,
  status: row.status,
  kind: row.kind,
  title: row.title,
  subtitles: row.subtitles,
  ministry:
    row.ministry_name === null
      ? null
      : { code: row.ministry_code, name: row.ministry_name, publishedName: row.ministry_published_name },
  author: row.author,
  publishedAt: seoul(row.published_at),
  publishedOn: day(row.published_at),
  postedOn: day(row.posted_on),
  source: row.source === null ? null : { name: row.source, externalId: row.external_id, url: row.source_url },
  licence: row.licence,
  tags: row.tags,
  thumbnailUrl: row.thumbnail_url,
  counts: {
    comments: row.source_comments,
    views: row.total_views,
    likes: row.likes + row.source_likes,
    dislikes: row.dislikes + row.source_dislikes,
  },
  isNew: false,
})

const text = { type: 'string' }
const textOrNull = { type: ['string', 'null'] }
const int = { type: 'integer' }
const object = (properties, nullable = false) => ({
  type: nullable ? ['object', 'null'] : 'object',
  properties,
  required: Object.keys(properties),
})
const texts = { type: 'array', items: text }

/** For fast-json-stringify. */
export const ITEM = object({
  id: int,
  version: int,
  status: text,
  kind: text,
  title: text,
  subtitles: texts,
  ministry: object({ code: textOrNull, name: text, publishedName: textOrNull }, true),
  author: textOrNull,
  publishedAt: textOrNull,
  publishedOn: textOrNull,
  postedOn: textOrNull,
  source: object({ name: text, externalId: text, url: textOrNull }, true),
  licence: textOrNull,
  tags: texts,
  thumbnailUrl: textOrNull,
  counts: object({ comments: int, views: int, likes: int, dislikes: int }),
  isNew: { type: 'boolean' },
})
export const PAGE = object({
  items: { type: 'array', items: ITEM },
  total: { type: ['integer', 'null'] },
  page: { type: ['integer', 'null'] },
})
export const DETAIL = object({ ...ITEM.properties, bodyHtml: text, bodyText: text })
