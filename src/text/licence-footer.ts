import { htmlToText } from './html-text.ts'

/** The paragraph about the licence that stands under a body: it says nothing of the article's matter. */

interface WithoutFooter {
  body: string
  /** The type (1 to 4) of the Korea Open Government Licence that the paragraph names; null where it names none. */
  type: 1 | 2 | 3 | 4 | null
}

const LICENCE = '공공누리'
/** Contacts and the like may follow it, but an article *about* the licence keeps its paragraphs. */
const LAST = 3
const LONGEST = 600

const isFooter = (text: string): boolean =>
  text.includes(LICENCE) &&
  text.length <= LONGEST &&
  /제\s*[0-4]\s*유형|출처\s*표시|출처를|저작물|이용\s*조건/.test(text) &&
  /이용|표시|표기/.test(text)

function typeOf(text: string): WithoutFooter['type'] {
  const type = /공공누리[^\d]{0,20}?제?\s*([1-4])\s*유형/.exec(text)?.[1]
  return type === undefined ? null : (Number(type) as 1 | 2 | 3 | 4)
}

/** Mentions of the licence that are looked at: each costs a walk over the body. */
const MENTIONS = 20

/** Takes the licence's paragraphs out of the end of sanitised HTML: of the last three blocks with text in them. */
export function withoutFooterHtml(html: string): WithoutFooter {
  let body = html
  let type: WithoutFooter['type'] = null
  // From the last mention backwards, so that one pass over the text is enough.
  let from = body.lastIndexOf(LICENCE)
  for (let left = MENTIONS; from >= 0 && left > 0; left--, from = body.lastIndexOf(LICENCE, from - 1)) {
    const block = blockAround(body, from)
    if (!block || textBlocks(body.slice(block.end)) >= LAST) break
    const text = htmlToText(body.slice(block.start, block.end))
    if (isFooter(text)) {
      type ??= typeOf(text)
      body = body.slice(0, block.start) + body.slice(block.end)
    }
    from = Math.min(from, block.start)
    if (from === 0) break
  }
  return { body: body.trim(), type }
}

/** The innermost paragraph, division or item of a list around a place; null where it stands in none. */
function blockAround(html: string, at: number): { start: number; end: number } | null {
  const opened = ['p', 'div', 'li', 'blockquote', 'h6']
    .map(tag => ({ tag, start: html.lastIndexOf(`<${tag}>`, at) }))
    .reduce((a, b) => (b.start > a.start ? b : a))
  if (opened.start < 0) return null
  const close = `</${opened.tag}>`
  const end = html.indexOf(close, opened.start)
  return end < at ? null : { start: opened.start, end: end + close.length }
}

const textBlocks = (html: string) =>
  html.length > 20_000
    ? Number.POSITIVE_INFINITY
    : htmlToText(html)
        .split('\n')
        .filter(line => line.trim()).length

/** The same of plain text: of its last three lines with text in them. */
export function withoutFooterText(text: string): WithoutFooter {
  const lines = text.trimEnd().split(/\r\n?|\n/)
  let type: WithoutFooter['type'] = null
  for (let i = lines.length - 1, seen = 0; i >= 0 && seen < LAST; i--) {
    const line = lines[i]?.trim() ?? ''
    if (isFooter(line)) {
      type ??= typeOf(line)
      lines.splice(i, 1)
    } else if (line) seen++
  }
  return { body: lines.join('\n').trim(), type }
}
