import type { Token } from '../text/analyser/tokens.ts'

/** What a query looks for, as terms of the analyser. */
export interface Wanted {
  terms: Pick<Token, 'term' | 'kind'>[]
  /** Terms whose beginning is enough, of either kind: `word*`. The whole token is marked. */
  prefixes: string[]
  /** Morphemes that must stand at these distances, in positions of the analyser; only whole occurrences are marked. */
  phrases: { terms: Pick<Token, 'term' | 'position'>[] }[]
}

/** In UTF-16 units, the end not included. */
interface Range {
  start: number
  end: number
}

/** What is marked, and for which of the terms (`word*` for a prefix). */
export interface Mark extends Range {
  terms: string[]
}

/** A part of a field, or the whole of it. */
export interface Snippet {
  /** The text escaped, safe wherever HTML is; `<em>` is its only tag. */
  html: string
  text: string
  /** What is marked, in units of `text`; ascending, never touching. */
  ranges: Range[]
  /** Where the text stands in the field. */
  start: number
  /** Whether the field goes on before and after. */
  before: boolean
  after: boolean
}

/** Characters of a body that are looked at for marks: analysing takes about 1 ms for 850 and holds up the process. */
export const HIGHLIGHTED = 20_000

/** What is analysed of a body for its marks; ends at white space, since a word cut short is another word. */
export function lookedAt(body: string, most = HIGHLIGHTED): string {
  if (body.length <= most) return body
  const part = body.slice(0, most + 1)
  const end = part.search(/\s\S*$/)
  return part.slice(0, end > 0 ? end : most)
}

function* phraseMarks(tokens: Token[], phrases: Wanted['phrases']): Generator<Mark> {
  if (phrases.length === 0) return
  const places = new Map<number, Token[]>()
  const marked = new Set<Token>()
  for (const token of tokens)
    if (token.kind === 'morpheme') places.set(token.position, [...(places.get(token.position) ?? []), token])
  for (const { terms } of phrases)
    for (const at of places.keys()) {
      const shift = at - (terms[0]?.position ?? 0)
      const found: Token[] = []
      for (const { term, position } of terms) {
        const token = places.get(position + shift)?.find(one => one.term === term)
        if (token === undefined) break
        found.push(token)
      }
      if (found.length < terms.length) continue
      for (const token of found) {
        // Of a phrase that overlaps itself each word stands in many.
        if (marked.has(token)) continue
        marked.add(token)
        yield { start: token.start, end: token.end, terms: [token.term] }
      }
    }
}

function* tokenMarks(tokens: Token[], { terms, prefixes }: Wanted): Generator<Mark> {
  const wanted = {
    morpheme: new Set(terms.flatMap(({ term, kind }) => (kind === 'morpheme' ? term : []))),
    stem: new Set(terms.flatMap(({ term, kind }) => (kind === 'stem' ? term : []))),
  }
  for (const { term, kind, start, end } of tokens) {
    const found = prefixes.flatMap(prefix => (term.startsWith(prefix) ? `${prefix}*` : []))
    if (wanted[kind].has(term)) found.push(term)
    if (found.length > 0) yield { start, end, terms: found }
  }
}

/** What is found in a text of which these are the tokens; ascending, in one where marks touch or overlap. */
export function listMarks(tokens: Token[], wanted: Wanted): Mark[] {
  const marks: Mark[] = []
  const all = [...tokenMarks(tokens, wanted), ...phraseMarks(tokens, wanted.phrases)]
  for (const mark of all.sort((a, b) => a.start - b.start)) {
    const last = marks.at(-1)
    if (last === undefined || mark.start > last.end) marks.push(mark)
    else {
      last.end = Math.max(last.end, mark.end)
      for (const term of mark.terms) if (!last.terms.includes(term)) last.terms.push(term)
    }
  }
  return marks
}

const graphemes = new Intl.Segmenter('ko')
/** Units on either side that are read to find the character at a place. */
const LONGEST_CHARACTER = 32

/** Latin and Hangul syllables: nothing joins the two. */
const standsAlone = (unit: number) => (unit < 0x300 && unit !== 0x0d) || (unit >= 0xac00 && unit <= 0xd7a3)

/**
 * The character that a cut would take apart, its jamo, marks and surrogates included; empty where it takes none. Of one
 * with dozens of marks, a part.
 */
function characterAt(text: string, at: number): Range {
  const none = { start: at, end: at }
  if (at <= 0 || at >= text.length) return none
  if (standsAlone(text.charCodeAt(at - 1)) && standsAlone(text.charCodeAt(at))) return none
  const base = Math.max(0, at - LONGEST_CHARACTER)
  const found = graphemes.segment(text.slice(base, at + LONGEST_CHARACTER)).containing(at - base)
  if (found === undefined || base + found.index === at) return none
  return { start: base + found.index, end: base + found.index + found.segment.length }
}

const SPACE = /\s/
const isSpace = (text: string, at: number) => SPACE.test(text.charAt(at))
const JOINS = /^[\p{M}\p{Emoji_Modifier}\u200c\u200d]/u
/** Whether a character of its own begins there. */
const isWhole = (text: string, at: number) => !JOINS.test(text.slice(at, at + 2))

const startsWord = (text: string, at: number) =>
  at === 0 || (isSpace(text, at - 1) && !isSpace(text, at) && isWhole(text, at))
const endsWord = (text: string, at: number) =>
  at === text.length || (isSpace(text, at) && !isSpace(text, at - 1) && isWhole(text, at))

/** The words that a mark stands in. What is longer than `reach` is no word, and is left after a character. */
function wordsAround(text: string, { start, end }: Range, reach: number): Range {
  let from = start
  while (from > 0 && start - from < reach && !startsWord(text, from)) from--
  let to = end
  while (to < text.length && to - end < reach && !endsWord(text, to)) to++
  return {
    start: startsWord(text, from) ? from : characterAt(text, start).start,
    end: endsWord(text, to) ? to : characterAt(text, end).end,
  }
}

/** Of the runs of words that a window has room for: most distinct terms, then most marks, then the earliest. */
function bestRun(marks: Mark[], words: Range[], length: number): Range | undefined {
  const times = new Map<string, number>()
  const count = (mark: Mark | undefined, by: number) => {
    for (const term of mark?.terms ?? []) {
      const now = (times.get(term) ?? 0) + by
      if (now > 0) times.set(term, now)
      else times.delete(term)
    }
  }
  let best: (Range & { terms: number; marks: number }) | undefined
  let next = 0
  words.forEach(({ start }, first) => {
    const fits = (i: number) => i <= first || (words[i] as Range).end - start <= length
    while (next < words.length && fits(next)) count(marks[next++], 1)
    if (
      best === undefined ||
      times.size > best.terms ||
      (times.size === best.terms && next - first > best.marks)
    )
      best = { start, end: (words[next - 1] as Range).end, terms: times.size, marks: next - first }
    count(marks[first], -1)
  })
  return best
}

/** The first beginning of a word from `earliest` on, if need be of a character; at the latest `last`. */
function beginning(text: string, earliest: number, last: number, reach: number): number {
  for (let at = earliest; at < last && at - earliest < reach; at++) if (startsWord(text, at)) return at
  return last - earliest < reach ? last : Math.min(last, characterAt(text, earliest).end)
}

/** The last end of a word up to `latest`, if need be of a character; at the earliest `first`. */
function ending(text: string, first: number, latest: number, reach: number): number {
  if (latest >= text.length) return text.length
  for (let at = latest; at > first && latest - at < reach; at--) if (endsWord(text, at)) return at
  return latest - first < reach ? first : characterAt(text, latest).start
}

/** The share of the room around the marks that goes before them: what follows says more. */
const LEAD = 1 / 3

function placeWindow(text: string, marks: Mark[], length: number): Range {
  const reach = Math.floor(length / 4)
  const words = marks.map(mark => wordsAround(text, mark, reach))
  const run = bestRun(marks, words, length) ?? { start: 0, end: 0 }
  const room = length - (run.end - run.start)
  if (room < 0) return { start: run.start, end: characterAt(text, run.start + length).start }
  const earliest = Math.max(0, Math.min(run.start - Math.floor(room * LEAD), text.length - length))
  const start = beginning(text, earliest, run.start, reach)
  return { start, end: ending(text, run.end, start + length, reach) }
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, found => ENTITIES[found] ?? found)

function toHtml(text: string, ranges: Range[]): string {
  let html = ''
  let written = 0
  for (const { start, end } of ranges) {
    html += `${escapeHtml(text.slice(written, start))}<em>${escapeHtml(text.slice(start, end))}</em>`
    written = end
  }
  return html + escapeHtml(text.slice(written))
}

/**
 * The best window of a field: most distinct terms, then most marks, then the earliest. It begins and ends with a word
 * and is never longer than `length`; a field that is no longer is taken whole, as any is with Infinity.
 * @param marks of this field, as from `listMarks`: ascending, never touching
 * @param length in UTF-16 units
 */
export function snippet(field: string, marks: Mark[], length = 160): Snippet {
  const whole = field.length <= length
  const { start, end } = whole ? { start: 0, end: field.length } : placeWindow(field, marks, length)
  const text = field.slice(start, end)
  const ranges = marks
    .filter(mark => mark.end > start && mark.start < end)
    .map(mark => ({ start: Math.max(mark.start, start) - start, end: Math.min(mark.end, end) - start }))
  return { html: toHtml(text, ranges), text, ranges, start, before: start > 0, after: end < field.length }
}
