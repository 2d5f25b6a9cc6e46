import type { Prisma } from '../db/client.ts'
import { dayOf, formatInstant, formatInstantOrNull, ofDate } from '../time/seoul.ts'
import { type Article, type ArticleSummary, type Field, isDetail, type NewArticle } from './schema.ts'
import type { Attachment, Counts } from './words.ts'

/** Rows as JSON: the one place where columns become the contract's names. */

export type ArticleRow = Prisma.ArticleGetPayload<{ include: { counts: true } }>

/** A `date` column comes as midnight in UTC, whatever the zone of the process. */
const day = (date: Date | null) => (date === null ? null : ofDate(date))

export const countsOf = ({ counts }: Pick<ArticleRow, 'counts'>): Counts => ({
  comments: counts?.sourceComments ?? 0,
  views: counts?.totalViews ?? 0,
  likes: (counts?.likes ?? 0) + (counts?.sourceLikes ?? 0),
  dislikes: (counts?.dislikes ?? 0) + (counts?.sourceDislikes ?? 0),
})

export interface Presentation {
  now: Date
  /** From when on an article counts as new; null where none does. */
  newSince: Date | null
  /** What the ministry with a code is called today; null where there is none. */
  nameOf: (code: string) => string | null
}

function isNew(publishedAt: Date | null, { now, newSince }: Presentation): boolean {
  if (newSince === null || publishedAt === null) return false
  const at = publishedAt.getTime()
  return at <= now.getTime() && at >= newSince.getTime()
}

/**
 * The fields of every article, written out at once: to put twenty more into an object that is there takes ten times as long, and
 * to write it as JSON then twice as long. `number` is undefined, which JSON leaves out, where there is no list.
 */
function common<N extends number | null | undefined>(row: ArticleRow, presentation: Presentation, number: N) {
  const { ministryCode: code, ministryPublishedName: publishedName } = row
  const name = (code === null ? null : presentation.nameOf(code)) ?? row.ministryName
  return {
    number,
    id: row.id,
    version: row.version,
    status: row.status as ArticleSummary['status'],
    kind: row.kind as ArticleSummary['kind'],
    title: row.title,
    subtitles: row.subtitles,
    ministry: name === null ? null : { code, name, publishedName: publishedName ?? name },
    author: row.author,
    publishedAt: formatInstantOrNull(row.publishedAt),
    publishedOn: row.publishedAt === null ? null : dayOf(row.publishedAt),
    postedOn: day(row.postedOn),
    source:
      row.source === null || row.externalId === null
        ? null
        : { name: row.source, externalId: row.externalId, url: row.sourceUrl },
    licence: row.licence as ArticleSummary['licence'],
    tags: row.tags,
    thumbnailUrl: row.thumbnailUrl,
    counts: countsOf(row),
    isNew: isNew(row.publishedAt, presentation),
    modifiedAt: formatInstant(row.modifiedAt),
  }
}

const detail = (row: ArticleRow) => ({
  bodyHtml: row.bodyHtml,
  bodyText: row.bodyText,
  attribution: row.attribution,
  attachments: row.attachments as Attachment[],
  embargoUntil: formatInstantOrNull(row.embargoUntil),
  sourceModifiedAt: formatInstantOrNull(row.sourceModifiedAt),
  recordedAt: formatInstant(row.recordedAt),
  deletedAt: formatInstantOrNull(row.deletedAt),
})

export const toSummary = (
  row: ArticleRow,
  number: number | null,
  presentation: Presentation,
): ArticleSummary => common(row, presentation, number)

export type Neighbours = Pick<Article, 'previous' | 'next'>

/** Object.assign: to spread so many fields anew takes twenty times as long. */
export const toArticle = (row: ArticleRow, neighbours: Neighbours, presentation: Presentation): Article =>
  Object.assign(common(row, presentation, undefined), detail(row), neighbours)

/** Just the fields that were asked for, in the order of the contract. */
export function toSparse(
  row: ArticleRow,
  number: number | null,
  presentation: Presentation,
  fields: readonly Field[],
) {
  const summary = toSummary(row, number, presentation)
  const whole = fields.some(isDetail) ? Object.assign(summary, detail(row)) : summary
  return Object.fromEntries(Object.entries(whole).filter(([field]) => fields.includes(field as Field)))
}

/** What a writer would have sent to get this row: the ground of a merge patch. */
export function toNewArticle(row: ArticleRow): NewArticle {
  const {
    status,
    kind,
    title,
    subtitles,
    ministry,
    author,
    publishedAt,
    postedOn,
    source,
    licence,
    tags,
    thumbnailUrl,
  } = common(row, { now: new Date(0), newSince: null, nameOf: () => null }, undefined)
  const { bodyHtml, attribution, attachments, embargoUntil, sourceModifiedAt } = detail(row)
  return {
    status,
    kind,
    title,
    subtitles,
    bodyHtml,
    ministry,
    author,
    publishedAt,
    embargoUntil,
    postedOn,
    source,
    sourceModifiedAt,
    licence,
    attribution,
    tags,
    thumbnailUrl,
    attachments,
  }
}
