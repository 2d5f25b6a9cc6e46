import { assertDayAt } from '../http/days.ts'
import { badBody } from '../http/problem.ts'
import type { Registry } from '../ministries/registry.ts'
import { htmlToText, textToHtml } from '../text/html-text.ts'
import { plainText } from '../text/plain-html.ts'
import { sanitiseAny } from '../text/sanitise.ts'
import { dayOf, FIRST_DAY, formatInstant, LAST_DAY, parseInstant, toDate } from '../time/seoul.ts'
import { type Days, type Issuer, issuerOf, NOBODY } from './issuer.ts'
import { MAX_BODY, type NewArticle } from './schema.ts'
import type { Attachment } from './words.ts'

/** The columns that a writer decides. */
export interface ArticleContent extends Issuer {
  status: string
  kind: string
  title: string
  subtitles: string[]
  bodyHtml: string
  bodyText: string
  author: string | null
  source: string | null
  externalId: string | null
  sourceUrl: string | null
  sourceModifiedAt: Date | null
  embargoUntil: Date | null
  publishedAt: Date | null
  postedOn: Date | null
  licence: string | null
  attribution: string | null
  tags: string[]
  thumbnailUrl: string | null
  attachments: Attachment[]
}

/** Columns that a writer decides, with their types, as a list of rows in JSON carries them. */
export const COLUMNS: Record<keyof ArticleContent, [column: string, type: string]> = {
  status: ['status', 'text'],
  kind: ['kind', 'text'],
  title: ['title', 'text'],
  subtitles: ['subtitles', 'text[]'],
  bodyHtml: ['body_html', 'text'],
  bodyText: ['body_text', 'text'],
  ministryCode: ['ministry_code', 'text'],
  ministryName: ['ministry_name', 'text'],
  ministryPublishedName: ['ministry_published_name', 'text'],
  author: ['author', 'text'],
  source: ['source', 'text'],
  externalId: ['external_id', 'text'],
  sourceUrl: ['source_url', 'text'],
  sourceModifiedAt: ['source_modified_at', 'timestamptz'],
  embargoUntil: ['embargo_until', 'timestamptz'],
  publishedAt: ['published_at', 'timestamptz'],
  postedOn: ['posted_on', 'date'],
  licence: ['licence', 'text'],
  attribution: ['attribution', 'text'],
  tags: ['tags', 'text[]'],
  thumbnailUrl: ['thumbnail_url', 'text'],
  attachments: ['attachments', 'jsonb'],
}

/** The instant by which an article is listed, as the column `listed_at` is generated. */
export const listingOf = (
  { publishedAt, embargoUntil }: Pick<ArticleContent, 'publishedAt' | 'embargoUntil'>,
  recordedAt: Date,
): Date => publishedAt ?? embargoUntil ?? recordedAt

function instant(text: string | null | undefined, pointer: string): Date | null {
  if (text === null || text === undefined) return null
  const date = parseInstant(text)
  if (date === null)
    throw badBody(
      pointer,
      `must be an instant from ${FIRST_DAY} to ${LAST_DAY}, with an offset`,
      `${FIRST_DAY}부터 ${LAST_DAY}까지의 시간대가 있는 시각이어야 합니다`,
    )
  return date
}

function day(text: string | null | undefined, pointer: string): Date | null {
  if (text === null || text === undefined) return null
  return toDate(assertDayAt(pointer, text))
}

/**
 * A body is written as HTML or as text; the other is made from it. A body of nothing but white space is none. What is kept
 * is no longer than what may be sent, but for one that is there already.
 */
function bodies({ bodyHtml, bodyText }: NewArticle, former: string | undefined): Bodies {
  if (bodyHtml !== undefined && bodyText !== undefined)
    throw badBody(
      '/bodyText',
      'give bodyHtml or bodyText, not both',
      'bodyHtml과 bodyText 중 하나만 보내십시오',
    )
  const given = bodyHtml ?? textToHtml(bodyText ?? '')
  const plain = plainText(given)
  const html = plain === null ? sanitiseAny(given) : given
  const length = html.length > MAX_BODY && html !== former ? [...html].length : 0
  if (length > MAX_BODY)
    throw badBody(
      bodyHtml === undefined ? '/bodyText' : '/bodyHtml',
      `must have ${MAX_BODY} characters or fewer as the HTML that is kept, and has ${length}`,
      `저장되는 HTML이 ${MAX_BODY}자 이하여야 하는데 ${length}자입니다`,
    )
  return { bodyHtml: html, bodyText: plain ?? htmlToText(html) }
}

const trimmed = (text: string) => text.trim()

/** A clock a little ahead of ours is no reason to refuse what was published just now. */
const CLOCK_SKEW = 60_000

type Bodies = Pick<ArticleContent, 'bodyHtml' | 'bodyText'>

/** The version before. */
export type Former = Issuer &
  Pick<ArticleContent, 'status' | 'publishedAt' | 'embargoUntil' | 'bodyHtml'> & {
    /** The days of which its ministry has a name, where the writer says nothing of the ministry: another release has its own. */
    named?: Days['former']
  }

/** The days of which the ministry of an article has a name, unless another one was given: its release, or those of a draft. */
export function namedOn({
  publishedAt,
  embargoUntil,
  recordedAt,
  modifiedAt,
}: Pick<ArticleContent, 'publishedAt' | 'embargoUntil'> & Record<'recordedAt' | 'modifiedAt', Date>): {
  named: NonNullable<Former['named']>
} {
  const release = publishedAt ?? embargoUntil
  return { named: { from: dayOf(release ?? recordedAt), to: dayOf(release ?? modifiedAt) } }
}

/**
 * An article as its columns; one without a ministry needs no registry. Of the version before, a published article keeps the
 * release where none is given, and a scheduled one its embargo, also in the seconds between its end and the clock that
 * publishes. @throws Problem 400 that points at what contradicts itself.
 */
export function toContent(
  article: NewArticle,
  now: Date,
  registry: Registry | null,
  former: Former | null = null,
): ArticleContent {
  const publishedAt = instant(article.publishedAt, '/publishedAt')
  const embargoUntil = instant(article.embargoUntil, '/embargoUntil')
  if (publishedAt !== null && publishedAt.getTime() > now.getTime() + CLOCK_SKEW)
    throw badBody(
      '/publishedAt',
      `lies in the future (now is ${formatInstant(now)}): use status "scheduled" with embargoUntil`,
      `미래의 시각입니다(현재 ${formatInstant(now)}). status를 "scheduled"로 하고 embargoUntil을 쓰십시오`,
    )
  if (article.status === 'scheduled') {
    if (embargoUntil === null)
      throw badBody(
        '/embargoUntil',
        'is needed for status "scheduled"',
        'status가 "scheduled"이면 필요합니다',
      )
    const waits = former?.status === 'scheduled' && embargoUntil.getTime() === former.embargoUntil?.getTime()
    if (embargoUntil <= now && !waits)
      throw badBody(
        '/embargoUntil',
        `has passed (now is ${formatInstant(now)}): use status "published"`,
        `이미 지난 시각입니다(현재 ${formatInstant(now)}). status를 "published"로 하십시오`,
      )
    if (publishedAt !== null)
      throw badBody(
        '/publishedAt',
        'a scheduled article has none yet: send null',
        '예약 글에는 publishedAt이 없어야 합니다. null로 보내십시오',
      )
  }
  if (article.status === 'published' && embargoUntil !== null && embargoUntil > now)
    throw badBody(
      '/embargoUntil',
      'has not passed: use status "scheduled", or send null to publish now',
      '아직 지나지 않은 시각입니다. status를 "scheduled"로 하거나, 지금 공개하려면 null로 보내십시오',
    )
  const { ministry, source } = article
  const released = publishedAt ?? (article.status === 'published' ? (former?.publishedAt ?? now) : null)
  const days = {
    release: dayOf(listingOf({ publishedAt: released, embargoUntil }, now)),
    today: dayOf(now),
    // A draft has no release that could move, unless it just lost one.
    ...(former?.named &&
      (released ?? embargoUntil ?? former.publishedAt ?? former.embargoUntil) && { former: former.named }),
  }
  const { bodyHtml, bodyText } = bodies(article, former?.bodyHtml)
  const issuer = ministry && registry ? issuerOf(ministry, registry, days, former) : NOBODY
  const { ministryCode, ministryName, ministryPublishedName } = issuer
  // Written out: to add fields behind a spread takes many times as long (bench/README.md).
  return {
    status: article.status,
    kind: article.kind,
    title: article.title.trim(),
    subtitles: (article.subtitles ?? []).map(trimmed),
    bodyHtml,
    bodyText,
    ministryCode,
    ministryName,
    ministryPublishedName,
    author: article.author?.trim() ?? null,
    source: source?.name ?? null,
    externalId: source?.externalId ?? null,
    sourceUrl: source?.url ?? null,
    sourceModifiedAt: instant(article.sourceModifiedAt, '/sourceModifiedAt'),
    embargoUntil,
    publishedAt: released,
    postedOn: day(article.postedOn, '/postedOn'),
    licence: article.licence ?? null,
    attribution: article.attribution?.trim() ?? null,
    tags: [...new Set((article.tags ?? []).map(trimmed))],
    thumbnailUrl: article.thumbnailUrl ?? null,
    attachments: (article.attachments ?? []).map(({ name, url, mediaType = null, size = null }) => ({
      name,
      url,
      mediaType,
      // JSON has a negative zero, the database has none.
      size: size === null ? null : size + 0,
    })),
  }
}
