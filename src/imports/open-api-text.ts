import { Parser } from 'htmlparser2'
import { nfc } from '../text/nfc.ts'

/** Text as the Open API has it, HTML's entities and some tags in it, as plain text in NFC. */

/** Tags that stand in titles and plain texts. Others in angle brackets are words: <2026 업무보고>. */
const INLINE = /<\/?(?:span|font|b|strong|i|em|u|sup|sub|a|o:p)(?:\s[^<>]*)?\/?>/gi
const BREAK = /<br(?:\s[^<>]*)?\/?>|<\/?(?:p|div)(?:\s[^<>]*)?>/gi

export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  let decoded = ''
  const parser = new Parser({
    ontext(part) {
      decoded += part
    },
  })
  // Angle brackets that stand there are text by now.
  parser.end(text.replaceAll('<', '&lt;'))
  return decoded
}

/**
 * Lines of plain text. Inline tags are replaced by nothing, since they part words in their midst; breaks and paragraphs
 * end a line. Excel's `_x000D_`, control characters and invisible joints go.
 */
export function plainText(text: string): string {
  const lines = decodeEntities(
    text
      .replace(/_x000D_\r?\n?|\r\n?/gi, '\n')
      .replace(INLINE, '')
      .replace(BREAK, '\n'),
  )
  return nfc(lines.replace(/(?![\t\n])\p{Cc}|[\u00ad\u200b\u2060\ufeff]/gu, '')).trim()
}

const singleSpaced = (line: string) => line.replace(/\s+/g, ' ').trim()

/** All of it in one line. */
export const plainLine = (text: string): string => singleSpaced(plainText(text))

/** Its lines, blank ones left out. */
export const plainLines = (text: string): string[] =>
  plainText(text).split('\n').map(singleSpaced).filter(Boolean)
