import TurndownService from 'turndown'
import { nfc } from './nfc.ts'

/** Sanitised HTML as Markdown (CommonMark with GitHub's tables). */

/** What turndown hands to its rules, as far as it is used here. */
interface Dom {
  nodeName: string
  nodeType: number
  textContent: string
  parentNode: Dom
  previousSibling: Dom | null
  nextSibling: Dom | null
  childNodes: ArrayLike<Dom>
  getAttribute(name: string): string | null
}

const ESCAPES: [RegExp, string][] = [
  // GitHub strikes through what lies between single tildes: 3~5월, 7~8월.
  [/[\\`*[\]~]/g, '\\$&'],
  [/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_'],
  [/&(?=#?\w+;)/g, '\\&'],
  // A line that is nothing but a tag begins HTML in which no backslash escapes.
  [/</g, '&lt;'],
  [/^(?:[-+](?=[\s:|-]|$)|[:|](?=[\s:|-]*$)|=+\s*$|#{1,6}(?=\s|$)|>)/, '\\$&'],
  [/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2'],
]

/** GitHub makes links of bare URLs and shows the backslashes in them, so that one with an escape must not be a link. */
const unlinked = (text: string) =>
  text.replace(/(?:https?:\/\/|www\.)\S*/gi, run =>
    /\\|&lt;/.test(run) ? run.replace(/(https?|www)(?=[:.])/gi, '$1\\') : run,
  )

/** One line of plain text, so written that Markdown (CommonMark, GitHub's tables and strike-through) shows it as it is. */
export const escapeMarkdown = (line: string): string =>
  unlinked(ESCAPES.reduce((text, [pattern, by]) => text.replace(pattern, by), line))

const EMPHASIS: Record<string, [mark: string, tag: string]> = {
  STRONG: ['**', 'strong'],
  B: ['**', 'strong'],
  EM: ['*', 'em'],
  I: ['*', 'em'],
  S: ['~~', 's'],
}
const PUNCTUATION = /^[\p{P}\p{S}]$/u

/** Whether a delimiter works between a character outside and one inside (CommonMark 6.2); '' is the edge of a block. */
const flanks = (outside: string, inside: string) =>
  !PUNCTUATION.test(inside) || outside.trim() === '' || PUNCTUATION.test(outside)

/** The last character before a node or the first after it; null next to other emphasis, whose marks would run together. */
function neighbour(node: Dom, side: 'previousSibling' | 'nextSibling'): string | null {
  const sibling = node[side]
  if (!sibling) return node.parentNode.nodeName in EMPHASIS ? '*' : ''
  if (sibling.nodeType === 3)
    return (side === 'nextSibling' ? /^./su : /.$/su).exec(sibling.textContent)?.[0] ?? ''
  return sibling.nodeName in EMPHASIS ? null : '<'
}

/** Marks where they work, else tags: a particle right after a bracket, as in **탄소(CO₂)**는, keeps `**` from closing. */
function emphasised(content: string, node: Dom): string {
  const [mark, tag] = EMPHASIS[node.nodeName] ?? ['', '']
  if (!content.trim() || /\n\s*\n/.test(content)) return content
  const text = node.textContent
  const before = /^\s/.test(text) ? ' ' : neighbour(node, 'previousSibling')
  const after = /\s$/.test(text) ? ' ' : neighbour(node, 'nextSibling')
  const [first = ''] = /^./su.exec(text.trim()) ?? []
  const [last = ''] = /.$/su.exec(text.trim()) ?? []
  const works = before !== null && after !== null && flanks(before, first) && flanks(after, last)
  return works ? `${mark}${content}${mark}` : `<${tag}>${content}</${tag}>`
}

const MAX_COLUMNS = 100

/** Rows of equal length; what a cell spans beyond its own place is left empty. */
function grid(rows: Dom[][], textOf: (cell: Dom) => string): string[][] {
  const below: number[] = []
  const printed = rows.map(cells => {
    const row: string[] = []
    const skip = () => {
      for (; (below[row.length] ?? 0) > 0; row.push('')) below[row.length] = (below[row.length] ?? 0) - 1
    }
    for (const cell of cells) {
      skip()
      const columns = Math.min(Number(cell.getAttribute('colspan') ?? 1), MAX_COLUMNS - row.length)
      const rowsBelow = row.length < MAX_COLUMNS ? Number(cell.getAttribute('rowspan') ?? 1) - 1 : 0
      below[row.length] = rowsBelow
      row.push(textOf(cell))
      for (let i = 1; i < columns; i++) {
        below[row.length] = rowsBelow
        row.push('')
      }
    }
    skip()
    return row
  })
  const width = printed.reduce((max, row) => Math.max(max, row.length), 0)
  return printed.map(row => [...row, ...Array<string>(width - row.length).fill('')])
}

const linesOf = (content: string): string[] => content.split('\n').flatMap(line => line.trim() || [])

const elements = (node: Dom, ...names: string[]): Dom[] =>
  Array.from(node.childNodes).filter(({ nodeName }) => names.includes(nodeName))

function markdownService(): TurndownService {
  const service = new TurndownService({
    headingStyle: 'atx',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '*',
    hr: '---',
  })
  service.escape = escapeMarkdown
  // Turndown goes up from the leaves: cells wait here until their table is reached. Its own way of printing a node
  // again from within a rule would take time that doubles with every nested table.
  const contents = new WeakMap<Dom, string>()
  const positions = new WeakMap<Dom, number>()
  const rule = (filter: string[], replacement: (content: string, node: Dom) => string) =>
    service.addRule(filter.join(), { filter: filter as never, replacement: replacement as never })

  rule(['strong', 'b', 'em', 'i', 's'], emphasised)
  rule(['u', 'sub', 'sup'], (content, { nodeName }) =>
    content ? `<${nodeName.toLowerCase()}>${content}</${nodeName.toLowerCase()}>` : '',
  )
  // Fences that touch would be one: `a``b`.
  const isCode = (node: { nodeName: string } | null) => node?.nodeName === 'CODE'
  service.addRule('code that needs tags', {
    filter: node =>
      isCode(node) &&
      node.parentNode?.nodeName !== 'PRE' &&
      (isCode(node.previousSibling) || isCode(node.nextSibling) || /[<`]/.test(node.textContent ?? '')),
    replacement: (_, node) => `<code>${escapeMarkdown((node.textContent ?? '').replace(/\s+/g, ' '))}</code>`,
  })
  rule(['rp'], () => '')
  rule(['rt'], content => `(${content})`)
  rule(
    ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
    (content, { nodeName }) => `\n\n${'#'.repeat(Number(nodeName[1]))} ${linesOf(content).join(' ')}\n\n`,
  )
  rule(['pre'], (_, node) => {
    const longest = (node.textContent.match(/`+/g) ?? []).reduce((max, run) => Math.max(max, run.length), 2)
    const fence = '`'.repeat(longest + 1)
    return `\n\n${fence}\n${node.textContent.replace(/\n$/, '')}\n${fence}\n\n`
  })
  rule(['li'], (content, node) => {
    const first = Number(node.parentNode.getAttribute('start') ?? 1)
    const position = (positions.get(node.parentNode) ?? first - 1) + 1
    positions.set(node.parentNode, position)
    const marker = node.parentNode.nodeName === 'OL' ? `${position}. ` : '- '
    const loose = content.endsWith('\n\n') ? '\n' : ''
    return `${marker}${content.trim().replace(/\n(?!\n)/g, `\n${' '.repeat(marker.length)}`)}${loose}\n`
  })
  rule(['th', 'td', 'caption'], (content, node) => {
    contents.set(node, content.trim())
    return ''
  })
  rule(['table'], (_, node) => {
    const text = (cell: Dom) => contents.get(cell) ?? ''
    const captions = elements(node, 'CAPTION').map(text)
    const rows = elements(node, 'THEAD', 'TBODY', 'TFOOT')
      .flatMap(part => elements(part, 'TR'))
      .map(row => elements(row, 'TH', 'TD'))
    if (rows.every(cells => cells.length < 2))
      return `\n\n${[...captions, ...rows.flat().map(text)].join('\n\n')}\n\n`
    const [head = [], ...body] = grid(rows, cell => linesOf(text(cell)).join('<br>').replaceAll('|', '\\|'))
    const lines = [head, head.map(() => '---'), ...body].map(row => `| ${row.join(' | ')} |`)
    return `\n\n${[...captions, lines.join('\n')].join('\n\n')}\n\n`
  })
  return service
}

const markdown = markdownService()

/** White space in a row that stays, across tags. */
const MOST_SPACE = 100
/** Levels of elements that are told apart. */
const DEEPEST = 20
const VOID = new Set(['br', 'hr', 'img', 'col'])
/** Elements that say something though nothing is in them. */
const STRUCTURE = /^(?:table|caption|colgroup|thead|tbody|tfoot|tr|th|td|[uod]l|li)$/

/** Sanitised HTML without what turndown takes the square of: white space in a row, levels, elements with nothing in them. */
function bounded(html: string): string {
  const kept: string[] = []
  /** Where each element that is open begins in it; null where it is too deep. */
  const open: (number | null)[] = []
  let spaces = 0
  const begin = (tag: string) => {
    const isKept = open.length < DEEPEST
    open.push(isKept ? kept.length : null)
    if (isKept) kept.push(tag)
  }
  const end = (tag: string, name: string) => {
    const at = open.pop() ?? null
    if (at === null) return
    if (at === kept.length - 1 && !STRUCTURE.test(name)) kept.pop()
    else kept.push(tag)
  }
  const addText = (text: string) => {
    const isBlank = text.trim() === ''
    kept.push(isBlank ? text.slice(0, Math.max(0, MOST_SPACE - spaces)) : text)
    spaces = isBlank ? spaces + text.length : 0
  }
  for (const [piece, slash, name] of html.matchAll(/<(\/?)([a-z0-9]+)[^>]*>|\s+|[^<\s]+/g))
    if (name === undefined) addText(piece)
    else if (VOID.has(name)) kept.push(piece)
    else if (slash) end(piece, name)
    else begin(piece)
  return kept.join('')
}

/** Sanitised HTML as Markdown with GitHub's tables; NFC. What Markdown cannot say (sub, sup, u) stays a tag. */
export const htmlToMarkdown = (html: string): string => nfc(markdown.turndown(bounded(html)))
