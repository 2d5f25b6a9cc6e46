import { compile, type DomNode, type FormatCallback } from 'html-to-text'
import { nfc } from './nfc.ts'
import { plainText } from './plain-html.ts'

/** Sanitised HTML as plain text, and plain text as HTML. */

const list =
  (marker: (number: number) => string): FormatCallback =>
  (element, walk, builder) => {
    const lineBreaks = element.parent?.name === 'li' ? 1 : 2
    const first = Number(element.attribs?.start ?? 1)
    builder.openList({ leadingLineBreaks: lineBreaks })
    element.children
      .filter(child => child.type !== 'text' || child.data?.trim())
      .forEach((child, index) => {
        builder.openListItem({ prefix: child.name === 'li' ? marker(first + index) : '' })
        walk([child], builder)
        builder.closeListItem()
      })
    builder.closeList({ trailingLineBreaks: lineBreaks })
  }

/** The nodes of a table with a name, without those of the tables inside it. */
const within = (node: DomNode, ...names: string[]): DomNode[] =>
  node.children.flatMap(child => {
    if (names.includes(child.name ?? '')) return [child]
    return child.type === 'tag' && child.name !== 'table' ? within(child, ...names) : []
  })

const table: FormatCallback = (element, walk, builder) => {
  const blocks = (nodes: DomNode[]) => {
    for (const node of nodes) {
      builder.openBlock({ leadingLineBreaks: 2 })
      walk(node.children, builder)
      builder.closeBlock({ trailingLineBreaks: 2 })
    }
  }
  blocks(within(element, 'caption'))
  const rows = within(element, 'tr').map(row => within(row, 'th', 'td'))
  // A table of one column is a frame around text.
  if (rows.every(cells => cells.length < 2)) return blocks(rows.flat())
  builder.openTable()
  for (const cells of rows) {
    builder.openTableRow()
    for (const { children } of cells) {
      builder.openTableCell()
      walk(children, builder)
      builder.closeTableCell()
    }
    builder.closeTableRow()
  }
  builder.closeTable({
    tableToString: printed =>
      printed.map(cells => cells.map(({ text }) => text.trim().replace(/\s+/g, ' ')).join(' | ')).join('\n'),
  })
}

const block = (lineBreaks: number) => (selector: string) => ({
  selector,
  format: 'block',
  options: { leadingLineBreaks: lineBreaks, trailingLineBreaks: lineBreaks },
})

const toText = compile({
  wordwrap: false,
  // All that \s means, so that no-break and ideographic spaces do not hide words from search.
  whitespaceCharacters:
    ' \t\r\n\f\v\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff',
  formatters: {
    bullets: list(() => '- '),
    numbers: list(number => `${number}. `),
    rows: table,
    alt: ({ attribs }, _walk, builder) => builder.addInline(attribs?.alt ?? ''),
  },
  selectors: [
    ...['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'figure', 'hr', 'dl'].map(block(2)),
    ...['dt', 'dd', 'li', 'figcaption'].map(block(1)),
    { selector: 'a', format: 'inline' },
    { selector: 'img', format: 'alt' },
    { selector: 'ul', format: 'bullets' },
    { selector: 'ol', format: 'numbers' },
    { selector: 'table', format: 'rows' },
    { selector: 'rp', format: 'skip' },
    { selector: 'rt', format: 'inlineSurround', options: { prefix: '(', suffix: ')' } },
  ],
})

/**
 * The text of sanitised HTML, for reading and for search; NFC. Paragraphs are parted by one blank line, cells by
 * ` | `, pictures are their `alt`; nothing is wrapped.
 */
export const htmlToText = (html: string): string => plainText(html) ?? textOfAny(html)

/** The same by parsing, whatever it is. */
export function textOfAny(html: string): string {
  const lines = toText(html).split('\n')
  const text = lines
    .map(line => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
  return nfc(text)
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Plain text as HTML: blank lines part paragraphs, single line breaks stay. `htmlToText` gives the text back. */
export function textToHtml(text: string): string {
  const paragraphs: string[][] = [[]]
  for (const line of text.split(/\r\n|[\r\n]/)) {
    if (line.trim())
      paragraphs.at(-1)?.push(line.trim().replace(/[&<>"]/g, found => ENTITIES[found] ?? found))
    else paragraphs.push([])
  }
  return paragraphs
    .filter(lines => lines.length > 0)
    .map(lines => `<p>${lines.join('<br />')}</p>`)
    .join('\n')
}
