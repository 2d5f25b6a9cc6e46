import { koreaKrSource } from '../articles/korea-kr.ts'
import { type ArticleRow, toNewArticle } from '../articles/row.ts'
import type { NewArticle } from '../articles/schema.ts'
import type { SourcedArticle } from '../articles/store.ts'
import { titleKind } from '../articles/title-kind.ts'
import type { Attachment } from '../articles/words.ts'
import { lostInCp949 } from '../text/cp949.ts'
import { nfc } from '../text/nfc.ts'
import { dayOf, formatInstant, startOfDay } from '../time/seoul.ts'
import type { Moment } from './cells.ts'
import { DAY, ORIGIN } from './columns.ts'
import type { FileRecord } from './record.ts'

/** What a row of a CSV file states of an article, by field; null where the cell is empty. */
export type Stated = Map<string, unknown>

type Json = Record<string, unknown>

const COUNTS = ['views', 'comments', 'likes', 'dislikes'] as const

/** The row as a new article, if there is none with its identity. */
export function toArticle(stated: Stated, source?: string): Pick<FileRecord, 'article' | 'counts'> {
  const origin = originOf(stated)
  const value = (field: string) => stated.get(field) ?? undefined
  const publishedAt = releaseOf(stated)
  const status = value('status') ?? 'published'
  const ministry = given({
    code: value('ministry.code'),
    name: value('ministry.name'),
    publishedName: value('ministry.publishedName'),
  })
  const article = given({
    status,
    kind: value('kind') ?? titleKind(String(value('title') ?? '')) ?? 'press-release',
    title: value('title'),
    ...plainFields(stated),
    ministry,
    ...bodyOf(stated),
    publishedAt,
    postedOn: postedOf(stated),
    embargoUntil: instantOf(stated, 'embargoUntil'),
    sourceModifiedAt: instantOf(stated, 'sourceModifiedAt'),
    attribution: value('attribution') ?? origin.attribution,
    source: {
      name: value('source.name') ?? origin.name ?? source,
      externalId: value('source.externalId') ?? origin.externalId,
      url: value('source.url') ?? origin.url ?? null,
    },
  })
  if (!COUNTS.some(name => stated.has(`counts.${name}`))) return { article }
  const count = (name: (typeof COUNTS)[number]) => value(`counts.${name}`) ?? 0
  return {
    article,
    counts: {
      views: count('views'),
      comments: count('comments'),
      likes: count('likes'),
      dislikes: count('dislikes'),
    },
  }
}

/** Without what is undefined; undefined where nothing is left. */
function given(json: Json): Json | undefined {
  const entries = Object.entries(json).filter(([, value]) => value !== undefined)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

const PLAIN = ['author', 'licence', 'thumbnailUrl', 'subtitles', 'tags', 'attachments']
const LISTS = ['subtitles', 'tags', 'attachments']

/** Fields that are taken over as they stand; an empty cell takes them away. */
const plainFields = (stated: Stated): Json =>
  Object.fromEntries(
    PLAIN.filter(field => stated.has(field)).map(field => [
      field,
      stated.get(field) ?? (LISTS.includes(field) ? [] : null),
    ]),
  )

/** HTML where a column has it; the same as text beside it says nothing more. */
function bodyOf(stated: Stated): Json {
  if (stated.get('bodyHtml')) return { bodyHtml: stated.get('bodyHtml') }
  return stated.has('bodyText') || stated.has('bodyHtml') ? { bodyText: stated.get('bodyText') ?? '' } : {}
}

/** A 출처 is an address, the name of a source, or the line that a re-user must print. */
function originOf(stated: Stated): {
  name?: string
  externalId?: string
  url?: string
  attribution?: string
} {
  const origin = stated.get(ORIGIN)
  const address = stated.get('source.url') ?? origin
  const koreaKr = typeof address === 'string' ? koreaKrSource(address.trim()) : null
  if (koreaKr) return koreaKr
  if (typeof origin !== 'string') return {}
  const text = origin.trim()
  if (/^https?:\/\//.test(text)) return { url: text }
  return /^[a-z0-9][a-z0-9.-]{0,99}$/.test(text) ? { name: text } : { attribution: text }
}

const moment = (stated: Stated, field: string) => (stated.get(field) ?? undefined) as Moment | undefined

/** An instant; of a day, its beginning in Seoul. */
function instantOf(stated: Stated, field: string): string | undefined {
  const found = moment(stated, field)
  return found && (found.instant ?? formatInstant(startOfDay(found.day)))
}

const RELEASES = ['publishedAt', DAY, 'postedOn']
/** And of what is published the end of its embargo, at last. */
const DAYS = [...RELEASES, 'embargoUntil']
const isPublished = (stated: Stated) => (stated.get('status') ?? 'published') === 'published'

/**
 * The column that tells the release: its own, the one of both days, else the day of posting. Of what is published the first that
 * says something, and at last the end of its embargo; what waits for that end has no release yet but its own column.
 */
function releaseField(stated: Stated): string | undefined {
  if (stated.get('status') === 'scheduled') return stated.has('publishedAt') ? 'publishedAt' : undefined
  const said = isPublished(stated) ? DAYS.find(field => moment(stated, field)) : undefined
  return said ?? RELEASES.find(field => stated.has(field))
}

/** Of what is published, though its file has columns for it, nobody says when: that is not now. */
export const isUndated = (stated: Stated): boolean =>
  isPublished(stated) && DAYS.some(field => stated.has(field)) && releaseOf(stated) === undefined

/** Where a row has a column for it and nothing in it, there is none. */
function releaseOf(stated: Stated): string | undefined {
  const field = releaseField(stated)
  return field === undefined ? undefined : instantOf(stated, field)
}

const postedOf = (stated: Stated): string | undefined =>
  (moment(stated, 'postedOn') ?? moment(stated, DAY))?.day

/** Characters that Excel keeps of a cell. */
const EXCEL_CELL = 32_767

/** A text as editors see it: white space at the ends of lines and a third line end make no difference. */
const tidy = (text: string) =>
  nfc(text)
    .split('\n')
    .map(line => line.trim())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()

/**
 * How a row changes an article that is here: the fields of its columns, the others stay. So does what a spreadsheet could
 * not save: the hour of a release whose column has days, characters that CP949 lacks, a body beyond the end of a cell,
 * and the mark-up of a body whose text is the same.
 */
export const reviseBy =
  (stated: Stated, cp949: boolean): NonNullable<FileRecord['revise']> =>
  (present, article, kept) => {
    const base = toNewArticle(present)
    const { status, kind, ministry: _, source, publishedAt: __, bodyText, bodyHtml, ...rest } = article
    const same: Same = (field, text, before) =>
      sameText(text, before, cp949, characters => kept({ field, characters }))
    const texts = Object.fromEntries(
      (['title', 'author', 'attribution'] as const).flatMap(field => {
        const before = base[field] ?? null
        return rest[field] !== undefined && same(field, rest[field] ?? null, before) ? [[field, before]] : []
      }),
    )
    const lists = Object.fromEntries(
      (['subtitles', 'tags'] as const).flatMap(field => {
        const after = rest[field]
        const before = base[field] ?? []
        const alike =
          after?.length === before.length && after.every((text, i) => same(field, text, before[i] ?? null))
        return alike ? [[field, before]] : []
      }),
    )
    const revised: NewArticle = {
      ...base,
      ...rest,
      ...texts,
      ...lists,
      ...(rest.attachments && { attachments: attachmentsOf(rest.attachments, base.attachments ?? [], same) }),
      ...(bodyHtml !== undefined && !same('bodyHtml', bodyHtml, present.bodyHtml) && { bodyHtml }),
      status: stated.get('status') ? status : base.status,
      kind: stated.get('kind') ? kind : base.kind,
      ministry: ministryOf(stated, article, base, same),
      publishedAt: publishedOf(stated, article, present, {
        status: stated.get('status') ? status : base.status,
        postedOn: base.postedOn ?? null,
        kept: () => kept({ field: 'publishedAt', characters: [], posted: true }),
      }),
      source: {
        ...source,
        url: stated.has('source.url') || source.url ? (source.url ?? null) : (base.source?.url ?? null),
      },
    }
    if (bodyText !== undefined && !same('bodyText', tidy(bodyText), tidy(present.bodyText))) {
      const { bodyHtml: ___, ...others } = revised
      return { ...others, bodyText }
    }
    return revised
  }

/** Whether a cell of a field says the same as what is here, as far as its file could hold it. */
type Same = (field: string, text: string | null, before: string | null) => boolean

/** Readers of CSV bring all line ends to one. */
const withoutReturns = (text: string | null) => text?.replaceAll(/\r\n?/g, '\n').trim() ?? null

function sameText(
  text: string | null,
  before: string | null,
  cp949: boolean,
  kept: (characters: string[]) => void,
): boolean {
  const [after = null, former = null] = [text, before].map(withoutReturns)
  if (after === former) return true
  if (after === null || former === null) return false
  if (after.length >= EXCEL_CELL - 1 && former.startsWith(after)) {
    kept([])
    return true
  }
  const lost = cp949 ? lostInCp949(after, former) : null
  if (lost) kept(lost)
  return lost !== null
}

/** Files are the same by their addresses: a name that could not be saved stays. */
const attachmentsOf = (
  attachments: Attachment[],
  before: Attachment[],
  same: Same,
): NonNullable<NewArticle['attachments']> =>
  attachments.map((one, i) => {
    const former = before[i]
    const kept = former?.url === one.url && same('attachments', one.name, former.name)
    return kept ? { ...one, name: former.name } : one
  })

/** Another name is another body, whose code and former name the row tells or nobody knows. */
function ministryOf(
  stated: Stated,
  { ministry }: SourcedArticle,
  base: NewArticle,
  same: Same,
): NewArticle['ministry'] {
  const before = base.ministry ?? null
  if (!['ministry.code', 'ministry.name', 'ministry.publishedName'].some(field => stated.has(field)))
    return before
  if (!before || !ministry) return ministry ?? null
  const name = same('ministry.name', ministry.name, before.name) ? before.name : ministry.name
  return name === before.name ? { ...before, ...ministry, name } : ministry
}

/** Whether a cell of the day of posting says what is not here: another day, or an hour that is not that of the release. */
const isNews = ({ day, instant }: Moment, postedOn: string | null, release: Date): boolean =>
  day !== postedOn || (instant !== null && Date.parse(instant) !== release.getTime())

/**
 * A day says nothing against an hour of that day, and another day than that of the release nothing of a draft's. The day of
 * posting is the release of what is new, for want of another; of what is here the release may have come from elsewhere,
 * and boards post days later.
 */
function publishedOf(
  stated: Stated,
  { publishedAt }: SourcedArticle,
  present: ArticleRow,
  { status, postedOn, kept }: { status: string; postedOn: string | null; kept: () => void },
): string | null {
  const before = present.publishedAt
  const field = releaseField(stated)
  const found = field === undefined ? undefined : moment(stated, field)
  const other = field === 'postedOn' || field === 'embargoUntil'
  const untouched = !found || (other && (before !== null || status !== 'published'))
  if (found && before && field === 'postedOn' && isNews(found, postedOn, before)) kept()
  const sameDay = before !== null && found?.instant === null && dayOf(before) === found.day
  if (untouched || sameDay) return before && formatInstant(before)
  return publishedAt ?? null
}
