import type { Analyser } from '../text/analyser/analyse.ts'
import type { Token } from '../text/analyser/tokens.ts'
import { sumsOf } from './amounts.ts'

/**
 * A document as the lexemes that it is found by. Five kinds share one tsvector: morphemes (`탄소`) and stems
 * (`=탄소중립`) with their positions; without positions pairs of neighbouring morphemes (`~탄소중립`), all of the title
 * once more (`^탄소`, `^=탄소중립`, `^~탄소중립`), and what lists filter by (`@kind:press-release`). The title weighs A,
 * subtitles B, tags C, the body D.
 */

export interface SearchDocument {
  title: string
  subtitles: readonly string[]
  tags: readonly string[]
  body: string
  /** What lists filter by: `kind:press-release`. */
  filters: readonly string[]
  listedAt: Date
}

export interface SearchTerms {
  /** How many the text has. */
  morphemes: number
  stems: number
  /** As PostgreSQL reads a tsvector. */
  terms: string
}

/** Goes up when the same tokens make other lexemes. */
export const DOCUMENT_RULES = 4

export const stemTerm = (stem: string): string => `=${stem}`
export const pairTerm = (pair: string): string => `~${pair}`
export const titleTerm = (term: string): string => `^${term}`
export const filterTerm = (filter: string): string => `@${filter}`

/** A month of UTC, such as `2026-01`, and a year as filters and as terms; see spans.ts. */
const monthFilter = (month: string): string => `month:${month}`
const yearFilter = (year: string): string => `year:${year}`
export const monthTerm = (month: string): string => filterTerm(monthFilter(month))
export const yearTerm = (year: string): string => filterTerm(yearFilter(year))
const spansOf = (listedAt: Date): string[] => {
  const day = listedAt.toISOString()
  return [monthFilter(day.slice(0, 7)), yearFilter(day.slice(0, 4))]
}

/** What stands between the quotes of a lexeme. */
const escapeTerm = (term: string): string => (/['\\]/.test(term) ? term.replace(/['\\]/g, '$&$&') : term)
/** A lexeme as PostgreSQL's readers of tsvector and tsquery take it. */
export const quoteTerm = (term: string): string => `'${escapeTerm(term)}'`

/** PostgreSQL's own limits: positions are clamped to the last and no lexeme has more of them; bytes of all lexemes. */
const LAST_POSITION = 16_383
const POSITIONS = 255
const BYTES = 1_000_000
/** What a lexeme costs beside its text: padding, the count of positions and one of them. */
const OVERHEAD = 6
const POSITION_BYTES = 2

/** The weight of what stands in a title. */
const TITLE = 'A'

/** Between fields and tags, so that no phrase reaches across. */
const GAP = 2

const BETWEEN = /^(?:[\s·ㆍ]*|[-‐‑])$/
const SPACE = 0x20

/** Whether nothing that keeps words apart stands there; most often nothing at all does, or a space. */
function isJoint(text: string, start: number, end: number): boolean {
  if (end === start || (end === start + 1 && text.charCodeAt(start) === SPACE)) return true
  return BETWEEN.test(text.slice(start, end))
}

/**
 * Two morphemes one after the other as one word, where nothing but space, a middle dot or a hyphen stands between them, as in
 * 탄소중립, 탄소 중립 and K-푸드; else null. Numbers have too many neighbours.
 */
export function pairOf(text: string, first: Token | undefined, second: Token): string | null {
  if (!first || second.position !== first.position + 1 || second.start < first.end) return null
  if (!isJoint(text, first.end, second.start)) return null
  const pair = first.term + second.term
  return /\d/.test(pair) ? null : pair
}

/** A lexeme of a text. */
interface Lexeme {
  /** Where it stands, as PostgreSQL reads it: `1A,17`. */
  positions: string
  count: number
  /** Whether the title has it, and there was room to say so. */
  titled: boolean
}

/** How lexemes without a place begin. */
const FILTER = `'${filterTerm('')}`
const PAIR = `'${pairTerm('')}`
const TITLE_PAIR = `'${titleTerm(pairTerm(''))}`

/**
 * A document as it is read. Its texts are added by methods, not by functions made for each document: what V8 compiled of those
 * is lost with every collection of the heap. A lexeme is put together only where all are: Hangul and a sign before it are kept in
 * different ways, and V8 is three times as slow to add the one to the other.
 */
class Reading {
  readonly #morphemes = new Map<string, Lexeme>()
  readonly #stems = new Map<string, Lexeme>()
  readonly #pairs = new Set<string>()
  readonly #titlePairs = new Set<string>()
  /** Lexemes without a place, in pieces. */
  readonly #placeless: string[] = []
  morphemes = 0
  stems = 0
  #bytes = 0
  #offset = 0

  /** Takes the room of a lexeme. Past what a tsvector holds, new ones and positions are left out. */
  #takesRoom(sign: number, term: string): boolean {
    const bytes = sign + Buffer.byteLength(term) + OVERHEAD
    if (this.#bytes + bytes > BYTES) return false
    this.#bytes += bytes
    return true
  }

  #addPlaceless(opening: string, term: string): void {
    const sign = opening.slice(1)
    if (this.#takesRoom(sign.length, term)) this.#placeless.push(opening, escapeTerm(term), "' ")
  }

  addFilter(filter: string): void {
    this.#addPlaceless(FILTER, filter)
  }

  addText(analyser: Analyser, text: string, weight: string): void {
    const morphemes: Token[] = []
    let last = this.#offset
    for (const token of analyser.analyse(text)) {
      const { term, kind, position } = token
      if (kind === 'stem') {
        last = Math.max(last, this.#add(this.#stems, term, position, weight))
        this.stems++
        continue
      }
      last = Math.max(last, this.#add(this.#morphemes, term, position, weight))
      this.morphemes++
      this.#addPair(pairOf(text, morphemes.at(-1), token), weight)
      morphemes.push(token)
    }
    for (const { term, position } of sumsOf(text, morphemes))
      this.#add(this.#morphemes, term, position, weight)
    this.#offset = last + GAP
  }

  /** Adds a lexeme of the text that is read, and says where it stands in the document. */
  #add(lexemes: Map<string, Lexeme>, term: string, position: number, weight: string): number {
    const at = Math.min(this.#offset + position, LAST_POSITION)
    const known = lexemes.get(term)
    const sign = lexemes === this.#stems ? 1 : 0
    if (known === undefined) {
      if (this.#takesRoom(sign, term)) {
        // The title is read first: what it has is new then.
        const titled = weight === TITLE && this.#takesRoom(sign + 1, term)
        lexemes.set(term, { positions: `${at}${weight}`, count: 1, titled })
      }
    } else if (known.count < POSITIONS && this.#bytes < BYTES) {
      this.#bytes += POSITION_BYTES
      known.positions += `,${at}${weight}`
      known.count++
    }
    return at
  }

  #addPair(pair: string | null, weight: string): void {
    if (pair === null) return
    this.#pairs.add(pair)
    if (weight === TITLE) this.#titlePairs.add(pair)
  }

  /** What is a stem here is found by that. */
  addPairs(): void {
    for (const pair of this.#pairs) if (!this.#stems.has(pair)) this.#addPlaceless(PAIR, pair)
    for (const pair of this.#titlePairs)
      if (!this.#stems.get(pair)?.titled) this.#addPlaceless(TITLE_PAIR, pair)
  }

  toString(): string {
    const pieces: string[] = []
    for (const [lexemes, sign] of [
      [this.#morphemes, ''],
      [this.#stems, stemTerm('')],
    ] as const) {
      const opening = `'${sign}`
      const inTitle = `'${titleTerm(sign)}`
      for (const [term, { positions, titled }] of lexemes) {
        const escaped = escapeTerm(term)
        pieces.push(opening, escaped, "':", positions, ' ')
        if (titled) pieces.push(inTitle, escaped, "' ")
      }
    }
    return pieces.concat(this.#placeless).join('')
  }
}

/** Analyses a document. A text of more than a megabyte of different words is found by those that come first. */
export function toTerms(analyser: Analyser, document: SearchDocument): SearchTerms {
  const { title, subtitles, tags, body, filters, listedAt } = document
  const reading = new Reading()
  for (const filter of new Set([...filters, ...spansOf(listedAt)])) reading.addFilter(filter)
  reading.addText(analyser, title, TITLE)
  for (const subtitle of subtitles) reading.addText(analyser, subtitle, 'B')
  for (const tag of tags) reading.addText(analyser, tag, 'C')
  reading.addText(analyser, body, '')
  reading.addPairs()
  return { morphemes: reading.morphemes, stems: reading.stems, terms: reading.toString() }
}
