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

/** A month of UTC, such as `2026-01`, and a year as terms; see spans.ts. */
export const monthTerm = (month: string): string => filterTerm(`month:${month}`)
export const yearTerm = (year: string): string => filterTerm(`year:${year}`)
const spanTerms = (listedAt: Date): string[] => {
  const day = listedAt.toISOString()
  return [monthTerm(day.slice(0, 7)), yearTerm(day.slice(0, 4))]
}

/** A lexeme as PostgreSQL's readers of tsvector and tsquery take it. */
export const quoteTerm = (term: string): string =>
  /['\\]/.test(term) ? `'${term.replace(/['\\]/g, '$&$&')}'` : `'${term}'`

/** PostgreSQL's own limits: positions are clamped to the last and no lexeme has more of them; bytes of all lexemes. */
const LAST_POSITION = 16_383
const POSITIONS = 255
const BYTES = 1_000_000
/** What a lexeme costs beside its text: padding, the count of positions and one of them. */
const OVERHEAD = 6
const POSITION_BYTES = 2

/** Between fields and tags, so that no phrase reaches across. */
const GAP = 2

const BETWEEN = /^(?:[\s·ㆍ]*|[-‐‑])$/

/**
 * Two morphemes one after the other as one word, where nothing but space, a middle dot or a hyphen stands between them, as in
 * 탄소중립, 탄소 중립 and K-푸드; else null. Numbers have too many neighbours.
 */
export function pairOf(text: string, first: Token | undefined, second: Token): string | null {
  if (!first || second.position !== first.position + 1 || second.start < first.end) return null
  const pair = first.term + second.term
  return BETWEEN.test(text.slice(first.end, second.start)) && !/\d/.test(pair) ? pair : null
}

/** Where a lexeme stands, as PostgreSQL reads it: `:1A,17`; empty where that does not matter. */
interface Positions {
  text: string
  count: number
}

class Lexemes {
  private readonly positions = new Map<string, Positions>()
  morphemes = 0
  stems = 0
  private bytes = 0

  /** Past what a tsvector holds, new lexemes and positions are left out. */
  add(term: string, position?: string): void {
    const known = this.positions.get(term)
    if (known === undefined) {
      const bytes = Buffer.byteLength(term) + OVERHEAD
      if (this.bytes + bytes > BYTES) return
      this.bytes += bytes
      this.positions.set(
        term,
        position === undefined ? { text: '', count: 0 } : { text: `:${position}`, count: 1 },
      )
    } else if (position !== undefined && known.count < POSITIONS && this.bytes < BYTES) {
      this.bytes += POSITION_BYTES
      known.text += `${known.count === 0 ? ':' : ','}${position}`
      known.count++
    }
  }

  has(term: string): boolean {
    return this.positions.has(term)
  }

  toString(): string {
    const lexemes: string[] = []
    for (const [term, { text }] of this.positions) lexemes.push(`${quoteTerm(term)}${text}`)
    return lexemes.join(' ')
  }
}

/** Analyses a document. A text of more than a megabyte of different words is found by those that come first. */
export function toTerms(analyser: Analyser, document: SearchDocument): SearchTerms {
  const { title, subtitles, tags, body, filters, listedAt } = document
  const lexemes = new Lexemes()
  for (const filter of filters) lexemes.add(filterTerm(filter))
  for (const term of spanTerms(listedAt)) lexemes.add(term)
  const pairs = { all: new Set<string>(), title: new Set<string>() }
  let offset = 0
  const addText = (text: string, weight: string) => {
    let last = offset
    const morphemes: Token[] = []
    for (const token of analyser.analyse(text)) {
      const { term, kind, position } = token
      const at = Math.min(offset + position, LAST_POSITION)
      last = Math.max(last, at)
      const lexeme = kind === 'stem' ? stemTerm(term) : term
      if (kind === 'stem') lexemes.stems++
      else lexemes.morphemes++
      lexemes.add(lexeme, `${at}${weight}`)
      if (weight === 'A') lexemes.add(titleTerm(lexeme))
      if (kind === 'stem') continue
      const pair = pairOf(text, morphemes.at(-1), token)
      if (pair !== null) pairs.all.add(pair)
      if (pair !== null && weight === 'A') pairs.title.add(pair)
      morphemes.push(token)
    }
    for (const { term, position } of sumsOf(text, morphemes)) {
      lexemes.add(term, `${Math.min(offset + position, LAST_POSITION)}${weight}`)
      if (weight === 'A') lexemes.add(titleTerm(term))
    }
    offset = last + GAP
  }
  addText(title, 'A')
  for (const subtitle of subtitles) addText(subtitle, 'B')
  for (const tag of tags) addText(tag, 'C')
  addText(body, '')
  // What is a stem here is found by that.
  for (const pair of pairs.all) if (!lexemes.has(stemTerm(pair))) lexemes.add(pairTerm(pair))
  for (const pair of pairs.title)
    if (!lexemes.has(titleTerm(stemTerm(pair)))) lexemes.add(titleTerm(pairTerm(pair)))
  return { morphemes: lexemes.morphemes, stems: lexemes.stems, terms: lexemes.toString() }
}
