import { koreaKrKind, koreaKrSource } from '../articles/korea-kr.ts'
import type { NewArticle } from '../articles/schema.ts'
import type { SourcedArticle } from '../articles/store.ts'
import { titleKind } from '../articles/title-kind.ts'
import type { Attachment } from '../articles/words.ts'
import { withoutFooterHtml, withoutFooterText } from '../text/licence-footer.ts'
import { sanitiseHtml } from '../text/sanitise.ts'
import { formatInstant, parseInstant } from '../time/seoul.ts'
import type { Element } from './open-api-answer.ts'
import { decodeEntities, plainLine, plainLines, plainText } from './open-api-text.ts'

/** A NewsItem of the Open API, read; and the article that it becomes. */
export interface NewsItem {
  /** `newsId` at korea.kr: the identity. */
  id: string
  /** Grows with each correction. */
  revision: number
  modifiedAt: Date | null
  approvedAt: Date
  embargoUntil: Date | null
  content: Omit<SourcedArticle, 'status' | 'publishedAt' | 'embargoUntil' | 'sourceModifiedAt'>
}

/** What cannot be read of an item, in words for a report. */
export class ItemFault extends Error {}

const fault = (text: string): never => {
  throw new ItemFault(text)
}

/** The id of an item, also of one that can otherwise not be read; null where it has none. */
export const itemId = (item: Element): string | null =>
  /^\s*([1-9]\d{0,19})\s*$/.exec(item.children.find(({ name }) => name === 'NewsItemId')?.text ?? '')?.[1] ??
  null

/** When an item was approved, also of one that can otherwise not be read; null where that cannot be told. */
export function approvalOf(item: Element): Date | null {
  const text = item.children.find(({ name }) => name === 'ApproveDate')?.text.trim() ?? ''
  return koreanInstant(text)
}

/**
 * Reads an item whole. Nothing is guessed or left out: a field that is not what it should be refuses the item.
 * @throws ItemFault that names the field.
 */
export function readItem(item: Element): NewsItem {
  if (!item.closed) fault('<NewsItem> does not end')
  for (const field of item.children) {
    if (!field.closed) fault(`<${field.name}> does not end`)
    if (field.children.length > 0) fault(`<${field.name}> holds elements (<${field.children[0]?.name}>)`)
    if (field.text.includes('\ufffd')) fault(`${field.name} holds bytes that are not UTF-8`)
  }
  const all = (name: string) =>
    item.children.filter(field => field.name === name).map(({ text }) => text.trim())
  const one = (name: string) => {
    const [text = '', ...more] = all(name)
    return more.length > 0 ? fault(`${name} stands there ${more.length + 1} times`) : text
  }
  const id = itemId(item) ?? fault(`NewsItemId is no number: ${quoted(one('NewsItemId'))}`)
  const title = plainLine(one('Title')) || fault('Title is empty')
  const url = sourceUrl(one('OriginalUrl'), id)
  const ministry = plainLine(one('MinisterCode'))
  const { licence, ...body } = bodyOf(one('ContentsType'), one('DataContents'))
  const status = one('ContentsStatus')
  if (!['', 'I', 'U'].includes(status)) fault(`ContentsStatus is neither I nor U: ${quoted(status)}`)
  return {
    id,
    revision: revisionOf(one('ModifyId')),
    modifiedAt: instant(one('ModifyDate'), 'ModifyDate'),
    approvedAt: instant(one('ApproveDate'), 'ApproveDate') ?? fault('ApproveDate is empty'),
    embargoUntil: instant(one('EmbargoDate'), 'EmbargoDate'),
    content: {
      kind: kindOf(one('GroupingCode'), title, url),
      title,
      subtitles: ['SubTitle1', 'SubTitle2', 'SubTitle3'].flatMap(name => plainLines(one(name))),
      ...body,
      ministry: ministry ? { name: ministry } : null,
      source: { name: 'korea.kr', externalId: id, url },
      licence: koglOf(one('KoglType')) ?? licence,
      thumbnailUrl: one('ThumbnailUrl') ? address(one('ThumbnailUrl'), 'ThumbnailUrl') : null,
      attachments: attachmentsOf(all('FileName'), all('FileUrl')),
    },
  }
}

/**
 * The item as an article at an instant. It is released when it is approved, or where its embargo ends later, then: until
 * that it is scheduled.
 */
export function articleOf(
  { approvedAt, embargoUntil, modifiedAt, content }: NewsItem,
  now: Date,
): SourcedArticle {
  const release = embargoUntil && embargoUntil > approvedAt ? embargoUntil : approvedAt
  const out = release <= now
  return {
    ...content,
    status: out ? 'published' : 'scheduled',
    publishedAt: out ? formatInstant(release) : null,
    embargoUntil: out ? embargoUntil && formatInstant(embargoUntil) : formatInstant(release),
    sourceModifiedAt: modifiedAt && formatInstant(modifiedAt),
  }
}

const quoted = (text: string) => `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`

/** `MM/DD/YYYY HH24:MI:SS` in Korean time; null where it is not that. */
function koreanInstant(text: string): Date | null {
  const match = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}:\d{2})$/.exec(text)
  return match && parseInstant(`${match[3]}-${match[1]}-${match[2]}T${match[4]}+09:00`)
}

const instant = (text: string, field: string): Date | null =>
  text === ''
    ? null
    : (koreanInstant(text) ?? fault(`${field} is not MM/DD/YYYY HH24:MI:SS: ${quoted(text)}`))

const revisionOf = (text: string): number =>
  text === '' ? 0 : /^\d{1,15}$/.test(text) ? Number(text) : fault(`ModifyId is no number: ${quoted(text)}`)

const GROUPS: Record<string, NewArticle['kind']> = {
  brief: 'press-release',
  policy: 'policy-news',
  fact: 'fact-check',
  visual: 'visual',
  card: 'visual',
}

/** The group, told closer by the title's prefix where the group is a wide one; without a group the address tells. */
function kindOf(group: string, title: string, url: string | null): NewArticle['kind'] {
  const source = url && koreaKrSource(url)
  const wide = GROUPS[group.toLowerCase()] ?? (source ? koreaKrKind(source) : 'other')
  if (wide === 'fact-check' || wide === 'visual') return wide
  return titleKind(title) ?? wide
}

const koglOf = (text: string): SourcedArticle['licence'] =>
  text === ''
    ? null
    : /^[1-4]$/.test(text)
      ? (`kogl-${text}` as NonNullable<SourcedArticle['licence']>)
      : fault(`KoglType is neither 1 to 4 nor empty: ${quoted(text)}`)

/** The page without search context; it must be this item's. */
function sourceUrl(text: string, id: string): string | null {
  if (text === '') return null
  const given = address(text, 'OriginalUrl')
  const known = koreaKrSource(given)
  const { hostname, pathname, searchParams } = new URL(given)
  const newsId = known?.externalId ?? searchParams.get('newsId')
  if (newsId !== id) fault(`OriginalUrl is of another item: ${quoted(text)}`)
  if (known) return known.url
  if (!/(^|\.)korea\.kr$/.test(hostname)) fault(`OriginalUrl is not at korea.kr: ${quoted(text)}`)
  return `https://www.korea.kr${pathname}?newsId=${id}`
}

/** Absolute, percent-encoded; one without a host is korea.kr's. */
function address(text: string, field: string): string {
  const decoded = decodeEntities(text).trim()
  if (!/^(?:https?:\/)?\//i.test(decoded) || !URL.canParse(decoded, 'https://www.korea.kr'))
    return fault(`${field} is no address: ${quoted(text)}`)
  return new URL(decoded, 'https://www.korea.kr').href
}

function attachmentsOf(names: string[], urls: string[]): Attachment[] {
  if (names.length !== urls.length)
    fault(`${names.length} times FileName, but ${urls.length} times FileUrl: they are pairs`)
  return names.flatMap((text, i) => {
    const name = plainLine(text)
    const url = urls[i] ?? ''
    if (!name && !url) return []
    if (!url) fault(`FileName ${quoted(name)} has no FileUrl`)
    if (!name) fault(`FileUrl ${quoted(url)} has no FileName`)
    return [{ name, url: address(url, 'FileUrl') }]
  })
}

function bodyOf(type: string, contents: string): Pick<NewArticle, 'bodyHtml' | 'bodyText' | 'licence'> {
  if (type !== 'H' && type !== 'T') fault(`ContentsType is neither H nor T: ${quoted(type)}`)
  const { body, type: kogl } =
    type === 'H' ? withoutFooterHtml(sanitiseHtml(contents)) : withoutFooterText(plainText(contents))
  const licence = kogl === null ? null : (`kogl-${kogl}` as const)
  return type === 'H' ? { bodyHtml: body, licence } : { bodyText: body, licence }
}
