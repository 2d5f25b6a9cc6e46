import { koreaKrKind, koreaKrSource } from '../articles/korea-kr.ts'
import type { NewArticle } from '../articles/schema.ts'
import type { Counts } from '../articles/words.ts'
import { nfc } from '../text/nfc.ts'
import { formatInstant, isDay, startOfDay } from '../time/seoul.ts'

/** An article as a saved page tells it, ready to be written, with what the page tells beside it. */
export interface ImportedArticle {
  /** The line of the file on which it starts, from 1. */
  line: number
  article: NewArticle
  /** Counters at the board. A row tells its views only; the others are 0. */
  counts: Counts
  /** The board's running number (번호); null for the article above the list, which shows none. */
  number: number | null
  /** Whether the row carries the `New` badge; null for the article above the list. */
  isNew: boolean | null
}

/** A saved page of a board: one article, and under it a page of the board's list. */
export interface BoardPage {
  board: string
  detail: ImportedArticle
  rows: ImportedArticle[]
}

/** A line (from 1) of a saved page that is not what the layout has in its place. */
export class ImportError extends Error {
  readonly line: number
  readonly expected: string

  constructor({ line, text }: Line, expected: string) {
    const letters = [...text]
    const found = letters.length > 60 ? `${letters.slice(0, 60).join('')}…` : text
    super(`line ${line}: expected "${expected}", found ${found ? `"${found}"` : 'the end of the file'}`)
    this.name = 'ImportError'
    this.line = line
    this.expected = expected
  }
}

interface Line {
  line: number
  text: string
}

const MINISTRY = /^담당부서\s*:\s*(\S.*)$/
const AUTHOR = /^(?:[•*-]\s+)?([^•*\s-].*)$/
const COUNT = /^(?:[•*-]\s+)?(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})$/
const PRINT = /^(?:[•*-]\s+)?(Print)$/
const STATUS = /^(?:[•*-]\s+)?상태\s*:\s*(노출|비노출)$/
const POSTED = /^(?:[•*-]\s+)?((?:\d{4}-)?\d{2}-\d{2})$/
const ATTRIBUTION = /^\((\S|\S.*\S)\s*,\s*(\d{4})\.\s*(\d{1,2})\.\s*(\d{1,2})\.?\s*\)$/
const BOARD = /^((?!https?:|\().*)$/
const HEADER = /^번호\s+제목\s+글쓴이\s+날짜\s+조회수$/
const ROW =
  /^([1-9]\d{0,8})\s+(\S|\S.*\S)\s+(?!New\s)(\S+)\s+(\d{4}-\d{2}-\d{2})\s+(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})$/

/** How many lines that are not blank stand above the body. */
const HEAD = 10

/**
 * Reads a saved page of a board such as "ESG 정책뉴스": the article, then the list, in the layout of
 * `tests/imports/board-page.txt`. A byte order mark, the kind of line ends, blank lines, outer spaces and no-break
 * spaces don't matter; what comes out is in NFC.
 *
 * - Days are days in Seoul. The article is released at the start of its attribution's day, a row at the start of its own.
 * - A posting day without a year is the first such day on or after the day of release.
 * - Blank lines part the paragraphs of the body; single line ends within a paragraph stay.
 * - A title that itself ends in the word New cannot be told from one with the badge: it is taken for the badge.
 * - A list without rows is fine as long as its header stands there.
 *
 * @throws ImportError at a line that is not what the layout has in its place, nothing being skipped; at a day that
 * the calendar does not have; at a number that stands twice; and where the body, the attribution (which dates the
 * article) or the address at korea.kr (which identifies it) is missing.
 */
export function parseBoardPage(text: string): BoardPage {
  const all = nfc(text)
    .replaceAll('\u00a0', ' ')
    .replaceAll(/[\u200b\ufeff]/g, '')
    .split(/\r\n?|\n/)
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
  const end = { line: all.length, text: '' }
  const lines = all.filter(line => line.text !== '')
  const head = parseHead(index => lines[index] ?? end)
  const at = lines.findIndex((line, index) => index >= HEAD && HEADER.test(line.text))
  const header = lines[at] ?? fail(end, '번호 제목 글쓴이 날짜 조회수')
  const { board, released, ...tail } = parseTail(lines.slice(HEAD, at), header)
  const detail: ImportedArticle = {
    line: head.title.line,
    article: {
      status: head.status,
      kind: koreaKrKind(tail.source),
      title: head.title.text,
      bodyText: tail.bodyText,
      ministry: { name: head.ministry, publishedName: tail.publishedName },
      author: head.author,
      publishedAt: startOf(released),
      postedOn: postedDay(head.posted, released),
      source: tail.source,
      attribution: tail.attribution,
    },
    counts: head.counts,
    number: null,
    isNew: null,
  }
  return { board, detail, rows: parseRows(lines.slice(at + 1)) }
}

/** What stands above the body; read in its order, so that the first wrong line is the one that is named. */
function parseHead(at: (index: number) => Line) {
  const count = (index: number, of: string) => toCount(read(at(index), COUNT, `• <number of ${of}>`))
  const title = at(0).text ? at(0) : fail(at(0), '<title>')
  const ministry = read(at(1), MINISTRY, '담당부서 : <ministry>')
  const author = read(at(2), AUTHOR, '• <author>')
  const counts = {
    comments: count(3, 'comments'),
    views: count(4, 'views'),
    likes: count(5, 'likes'),
    dislikes: count(6, 'dislikes'),
  }
  read(at(7), PRINT, '• Print')
  const shown = read(at(8), STATUS, '• 상태: 노출|비노출') === '노출'
  const posted = { line: at(9).line, text: read(at(9), POSTED, '• MM-DD') }
  return { title, ministry, author, counts, status: shown ? 'published' : 'hidden', posted } as const
}

/** The body and the three lines between it and the list's header, which are told by where they stand. */
function parseTail(lines: Line[], header: Line) {
  const [boardLine = header, addressLine = header, attributionLine = header] = lines.slice(-3).reverse()
  const board = read(boardLine, BOARD, '<name of the board>')
  const expected = '<address of an article at korea.kr>'
  const source = koreaKrSource(addressLine.text) ?? fail(addressLine, expected)
  const [publishedName = '', year, month = '', date = ''] = match(
    attributionLine,
    ATTRIBUTION,
    '(<ministry>, YYYY.MM.DD)',
  )
  const released = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  if (!isDay(released)) fail(attributionLine, '(<ministry>, <day of the calendar>)')
  const body = lines.slice(0, -3)
  if (body.length === 0) fail(attributionLine, '<paragraph of the body>')
  const bodyText = body.reduce((text, { line, text: next }, index) => {
    const previous = body[index - 1]?.line
    return previous === undefined ? next : `${text}${line === previous + 1 ? '\n' : '\n\n'}${next}`
  }, '')
  return { board, source, released, publishedName, attribution: attributionLine.text, bodyText }
}

/** The day on which an article was posted; the search ends because at most eight years part two 29ths of February. */
function postedDay(posted: Line, released: string): string {
  if (isDay(posted.text)) return posted.text
  for (let year = Number(released.slice(0, 4)), last = year + 8; year <= last; year++) {
    const day = `${year}-${posted.text}`
    if (day >= released && isDay(day)) return day
  }
  return fail(posted, '<day of the calendar>')
}

function parseRows(lines: Line[]): ImportedArticle[] {
  const seen = new Map<string, number>()
  return lines.map(line => {
    const [number = '', name = '', author = '', day = '', views = ''] = match(
      line,
      ROW,
      '<number> <title> [New] <author> YYYY-MM-DD <views>',
    )
    if (!isDay(day)) fail(line, '<number> <title> [New] <author> <day of the calendar> <views>')
    const before = seen.get(number)
    if (before !== undefined) fail(line, `<a number other than that of line ${before}>`)
    seen.set(number, line.line)
    const title = name.replace(/\s+New$/, '')
    return {
      line: line.line,
      article: {
        status: 'published',
        kind: 'press-release',
        title,
        author,
        publishedAt: startOf(day),
        postedOn: day,
        source: { name: 'kpc-esg-board', externalId: number, url: null },
      },
      counts: { comments: 0, views: toCount(views), likes: 0, dislikes: 0 },
      number: Number(number),
      isNew: title !== name,
    }
  })
}

/** What the groups of a pattern hold. */
function match(line: Line, pattern: RegExp, expected: string): string[] {
  return pattern.exec(line.text)?.slice(1) ?? fail(line, expected)
}

function read(line: Line, pattern: RegExp, expected: string): string {
  return match(line, pattern, expected)[0] ?? ''
}

function fail(line: Line, expected: string): never {
  throw new ImportError(line, expected)
}

const toCount = (text: string) => Number(text.replaceAll(',', ''))
const startOf = (day: string) => formatInstant(startOfDay(day))
