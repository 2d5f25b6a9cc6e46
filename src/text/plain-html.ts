/**
 * HTML that is what the sanitiser would make of it: paragraphs and headings of text, with line breaks and emphasis, and no
 * attribute anywhere. Most articles that come in are such, and to look once costs far less than parsing them three times.
 */

import { nfc } from './nfc.ts'
import { AMPERSAND, flagsOf, NEWLINE, UNDERLINE, UNSETTLED, UNUSUAL } from './units.ts'

const BLOCKS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'])
const INLINE = new Set(['strong', 'b', 'em', 'i', 'u', 's', 'sub', 'sup'])

/** An ampersand of no entity that the sanitiser writes. */
const LOOSE = /&(?!(?:amp|lt|gt);)/
/** It composes with the bracket before it. */
const MARK = /^\p{M}/u

const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }

/** A line without its tags as it is read. */
const read = (html: string, gaps: boolean) => (gaps ? html.replace(/\s+/g, ' ') : html).trim()
const decode = (text: string) => text.replace(/&(?:amp|lt|gt);/g, entity => ENTITIES[entity] ?? entity)

/** The text of such HTML as `htmlToText` gives it; null where it is any other. */
export function plainText(html: string): string | null {
  const flags = flagsOf(html)
  if (flags & UNUSUAL || (flags & UNDERLINE && /_[xX]/.test(html))) return null
  const settled = (flags & UNSETTLED) === 0
  if (!settled && nfc(html) !== html) return null
  const gaps = (flags & NEWLINE) !== 0 || html.includes('  ')
  if (gaps && /\s{20}/.test(html)) return null
  const entities = (flags & AMPERSAND) !== 0
  if (entities && LOOSE.test(html)) return null
  const blocks: string[] = []
  const open: string[] = []
  let block: string | null = null
  let lines = ''
  let line = ''
  for (let at = 0; ; ) {
    const from = html.indexOf('<', at)
    const text = html.slice(at, from < 0 ? html.length : from)
    // A bracket that is of no tag.
    if (text.includes('>') || (!settled && MARK.test(text))) return null
    if (block !== null) line += text
    else if (text.trim() !== '') return null
    if (from < 0) break
    const to = html.indexOf('>', from)
    if (to < 0) return null
    at = to + 1
    const tag = html.slice(from + 1, to)
    if (tag === 'br /' && block !== null) {
      lines += `${read(line, gaps)}\n`
      line = ''
    } else if (BLOCKS.has(tag) && block === null) block = tag
    else if (INLINE.has(tag) && block !== null && open.length < INLINE.size) open.push(tag)
    else if (open.length > 0 && tag === `/${open.at(-1)}`) open.pop()
    else if (open.length === 0 && block !== null && tag === `/${block}`) {
      const text = (lines + read(line, gaps)).trim()
      if (text !== '') blocks.push(lines === '' ? text : text.replace(/\n{3,}/g, '\n\n'))
      block = null
      lines = ''
      line = ''
    } else return null
  }
  if (block !== null) return null
  const text = entities ? decode(blocks.join('\n\n')) : blocks.join('\n\n')
  return settled ? text : nfc(text)
}
