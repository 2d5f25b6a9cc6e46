import { Prisma, type Query } from '../db/client.ts'
import { encodeUtf8 } from '../text/encoding.ts'
import { type ArticleContent, COLUMNS } from './content.ts'
import type { ArticleRow } from './row.ts'
import { isPublicRow } from './store-log.ts'
import { type Beside, NEIGHBOURS, type ReadRow, toNeighbours } from './store-read.ts'

/** New articles as rows, with their counters, in one statement. Hundreds of them: store-copy.ts. */

/** Counts as the source has them, beside those that are counted here. */
export type SourceCounts = Record<'views' | 'comments' | 'likes' | 'dislikes', number>

export const sourceCounts = ({
  views = 0,
  comments = 0,
  likes = 0,
  dislikes = 0,
}: Partial<SourceCounts>) => ({
  sourceViews: views,
  sourceComments: comments,
  sourceLikes: likes,
  sourceDislikes: dislikes,
})
export type CountColumns = ReturnType<typeof sourceCounts>

/** The source's counts as columns, where they are not what is here; else null. */
export function movedCounts(present: ArticleRow, counts: SourceCounts | undefined): CountColumns | null {
  if (!counts || !present.counts) return null
  const moved = sourceCounts(counts)
  const here = present.counts
  return Object.entries(moved).some(([name, n]) => here[name as keyof CountColumns] !== n) ? moved : null
}

export interface NewRow {
  content: ArticleContent
  counts: CountColumns
}

/** A new row and the instant of its record. */
export interface RecordedRow extends NewRow {
  now: Date
}

const { sql, raw } = Prisma

const fields = Object.entries(COLUMNS)
const NAMES = raw(fields.map(([, [column]]) => column).join(', '))
const VALUES = raw(fields.map(([field]) => `r."${field}"`).join(', '))
/** Of a list of rows in JSON. */
export const TYPES = fields.map(([field, [, type]]) => `"${field}" ${type}`).join(', ')
export const COUNT_TYPES = '"sourceViews" int, "sourceComments" int, "sourceLikes" int, "sourceDislikes" int'

/** What the database has made of a new row. `attachments`: JSON with its keys in the order in which they are read. */
export type Inserted = Pick<ArticleRow, 'id' | 'listedAt' | 'attachments'>

/**
 * A new article as it stands, from what the database has made of it. Written out: to add ten fields to a copy of twenty takes
 * 11 µs and 9 kB.
 */
export const insertedRow = (
  { content, counts, now }: RecordedRow,
  { id, listedAt, attachments }: Inserted,
): CountedRow => ({
  id,
  version: 1,
  status: content.status,
  kind: content.kind,
  title: content.title,
  subtitles: content.subtitles,
  bodyHtml: content.bodyHtml,
  bodyText: content.bodyText,
  ministryCode: content.ministryCode,
  ministryName: content.ministryName,
  ministryPublishedName: content.ministryPublishedName,
  author: content.author,
  publishedAt: content.publishedAt,
  embargoUntil: content.embargoUntil,
  postedOn: content.postedOn,
  listedAt,
  source: content.source,
  externalId: content.externalId,
  sourceUrl: content.sourceUrl,
  sourceModifiedAt: content.sourceModifiedAt,
  licence: content.licence,
  attribution: content.attribution,
  tags: content.tags,
  thumbnailUrl: content.thumbnailUrl,
  attachments,
  recordedAt: now,
  modifiedAt: now,
  deletedAt: null,
  counts: {
    articleId: id,
    ...{ views: 0, likes: 0, dislikes: 0, totalViews: counts.sourceViews },
    ...counts,
  },
})

/** An article just inserted has counters. */
type CountedRow = ArticleRow & { counts: NonNullable<ArticleRow['counts']> }

/** Inserts articles whose identities the caller has made sure of, and gives `selected` of each in their order. */
function insertion(rows: readonly RecordedRow[], selected: Prisma.Sql): Prisma.Sql {
  const contents = encodeUtf8(JSON.stringify(rows.map(({ content }) => content)))
  const rest = JSON.stringify(rows.map(({ counts, now }) => ({ ...counts, now })))
  return sql`
    WITH r AS MATERIALIZED (
      SELECT nextval('articles_id_seq')::int AS id, given.* FROM (
        SELECT * FROM ROWS FROM (
          jsonb_to_recordset(${contents}::text::jsonb) AS (${raw(TYPES)}),
          jsonb_to_recordset(${rest}::jsonb) AS (now timestamptz, ${raw(COUNT_TYPES)})) WITH ORDINALITY
        ORDER BY ordinality) AS given
    ), written AS (
      INSERT INTO articles (id, ${NAMES}, recorded_at, modified_at) SELECT id, ${VALUES}, now, now FROM r
      RETURNING id, listed_at, attachments
    ), counted AS (
      INSERT INTO article_counts (article_id, source_views, source_comments, source_likes, source_dislikes)
      SELECT id, "sourceViews", "sourceComments", "sourceLikes", "sourceDislikes" FROM r
    )
    SELECT ${selected} FROM written a ORDER BY id`
}

const INSERTED = sql`id, listed_at AS "listedAt", attachments`

/** Inserts articles whose identities the caller has made sure of; what comes back is in their order. */
export const insertRows = (query: Query, rows: readonly RecordedRow[]): Promise<Inserted[]> =>
  query(insertion(rows, INSERTED))

/** The same with what stands beside each, the others among them. */
export async function insertReadRows(query: Query, rows: readonly RecordedRow[]): Promise<ReadRow[]> {
  const inserted = await query<Inserted & Beside>(insertion(rows, sql`${INSERTED}, ${NEIGHBOURS}`))
  // The statement sees what was there before it.
  const written = rows.map((row, i) => insertedRow(row, inserted[i] as Inserted))
  const mates = written.filter(isPublicRow).map(toMate).sort(compareMates)
  return written.map((row, i) => {
    const { previous, next } = inserted[i] as Beside
    const own = toMate(row)
    const before = mates.findLast(mate => compareMates(mate, own) < 0)
    const after = mates.find(mate => compareMates(mate, own) > 0)
    const beside = {
      previous: before && (!previous || compareMates(previous, before) < 0) ? before : previous,
      next: after && (!next || compareMates(next, after) > 0) ? after : next,
    }
    return Object.assign(row, toNeighbours(beside))
  })
}

type Mate = NonNullable<Beside['next']>

const toMate = ({ id, title, listedAt }: ArticleRow): Mate => ({ id, title, publishedAt: listedAt.getTime() })

/** In the order of the list, the earliest first. What is public was published when it is listed. */
const compareMates = (a: Mate, b: Mate) => (a.publishedAt ?? 0) - (b.publishedAt ?? 0) || a.id - b.id
