/**
 * HTML that is what the sanitiser would make of it: paragraphs and headings of text, with line breaks and emphasis, and no
 * attribute anywhere. Most articles that come in are such, and to look once costs far less than parsing them three times.
 */

const BLOCKS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'])
const INLINE = new Set(['strong', 'b', 'em', 'i', 'u', 's', 'sub', 'sup'])

/** Tags as the sanitiser writes them; whatever else has a bracket is left in the texts between. */
const TAG = /<(\/?[a-z][a-z1-6]*|br \/)>/
/** What the sanitiser takes out, and white space other than plain spaces and ends of lines. */
const UNUSUAL = /[^\P{Cc}\n]|[\xa0\xad\u1680\u2000-\u200b\u2028-\u202f\u205f\u2060\u3000\ufeff]|_[xX]/u
/** A bracket that is of no tag, or an ampersand of no entity that the sanitiser writes. */
const LOOSE = /[<>]|&(?!(?:amp|lt|gt);)/
/** It composes with the bracket before it. */
const MARK = /^\p{M}/u

const hasGaps = (text: string) => text.includes('\n') || text.includes('  ')
const ENTITIES: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }

/** A line without its tags as it is read. */
function lineOf(html: string): string {
  const text = (hasGaps(html) ? html.replace(/\s+/g, ' ') : html).trim()
  return text.includes('&') ? text.replace(/&(?:amp|lt|gt);/g, entity => ENTITIES[entity] ?? entity) : text
}

/** The text of such HTML as `htmlToText` gives it; null where it is any other. */
export function plainText(html: string): string | null {
  if (UNUSUAL.test(html) || (hasGaps(html) && /\s{20}/.test(html)) || html.normalize('NFC') !== html)
    return null
  const parts = html.split(TAG)
  const blocks: string[] = []
  const open: string[] = []
  let block: string | null = null
  let lines = ''
  let line = ''
  for (let i = 0; i < parts.length; i += 2) {
    const text = parts[i] as string
    if (LOOSE.test(text) || MARK.test(text)) return null
    if (block !== null) line += text
    else if (text.trim() !== '') return null
    const tag = parts[i + 1]
    if (tag === undefined) break
    if (tag === 'br /' && block !== null) {
      lines += `${lineOf(line)}\n`
      line = ''
    } else if (BLOCKS.has(tag) && block === null) block = tag
    else if (INLINE.has(tag) && block !== null && open.length < INLINE.size) open.push(tag)
    else if (open.length > 0 && tag === `/${open.at(-1)}`) open.pop()
    else if (open.length === 0 && block !== null && tag === `/${block}`) {
      const read = (lines + lineOf(line)).trim()
      if (read !== '') blocks.push(read)
      block = null
      lines = ''
      line = ''
    } else return null
  }
  if (block !== null) return null
  return blocks
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n')
    .normalize('NFC')
}
