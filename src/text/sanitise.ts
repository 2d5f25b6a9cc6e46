import sanitizeHtml from 'sanitize-html'
import { textToHtml } from './html-text.ts'
import { nfc } from './nfc.ts'
import { plainText } from './plain-html.ts'

/** The body of an article as safe HTML. Pure: a string in, a string out. */

const INLINE = [
  'mark',
  'strong',
  'b',
  'em',
  'i',
  'u',
  's',
  'sub',
  'sup',
  'code',
  'ruby',
  'rt',
  'rp',
  'a',
  'img',
  'br',
]
const BLOCKS = [
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'blockquote',
  'pre',
  'hr',
  'div',
  'figure',
  'figcaption',
]
const LISTS = ['ul', 'ol', 'li', 'dl', 'dt', 'dd']
const TABLES = ['table', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td', 'caption', 'colgroup', 'col']

/** Tags whose text is no text of the article. */
const DROPPED_WITH_CONTENT = [
  ...[
    'script',
    'style',
    'template',
    'title',
    'svg',
    'math',
    'xmp',
    'plaintext',
    'noscript',
    'noembed',
    'noframes',
  ],
  ...['iframe', 'frameset', 'object', 'embed', 'applet', 'audio', 'video', 'canvas', 'map'],
  ...['form', 'select', 'option', 'textarea', 'button', 'datalist'],
]

/** Blocks become div rather than nothing, or the last word of one would run into the first of the next. */
const RENAMED = new Map([
  ...['section', 'article', 'header', 'footer', 'main', 'aside', 'nav', 'address', 'center', 'hgroup'].map(
    tag => [tag, 'div'] as const,
  ),
  ...['fieldset', 'legend', 'details', 'summary', 'menu', 'dir'].map(tag => [tag, 'div'] as const),
  ...['del', 'strike'].map(tag => [tag, 's'] as const),
  ['ins', 'u'],
])

/**
 * An absolute URL in its canonical form, undefined where its scheme is not among `schemes`. Percent-encoding also
 * shields it from NFC: files from a Mac have decomposed names, and a composed one would not be found.
 */
function url(value: string, ...schemes: string[]): string | undefined {
  if (!URL.canParse(value)) return undefined
  const parsed = new URL(value)
  return schemes.includes(parsed.protocol) ? parsed.href : undefined
}

const span = (value: string) => /^\s*([1-9]\d{0,2})\s*$/.exec(value)?.[1]
const pixels = (value: string) => /^\s*([1-9]\d{0,4}%?)(?:px)?\s*$/i.exec(value)?.[1]
const scope = (value: string) => /^(?:row|col)(?:group)?$/i.exec(value)?.[0].toLowerCase()
const cell = { colspan: span, rowspan: span, scope }

/** Of what an element may carry, by its tag. */
const ATTRIBUTES: Record<string, Record<string, (value: string) => string | undefined>> = {
  a: { href: value => url(value, 'http:', 'https:', 'mailto:') },
  img: { src: value => url(value, 'http:', 'https:'), alt: value => value, width: pixels, height: pixels },
  ol: { start: value => /^\s*([1-9]\d{0,3})\s*$/.exec(value)?.[1] },
  td: cell,
  th: cell,
}

/** The tags that a body may have, for the contract. */
export const BODY_TAGS: readonly string[] = [...INLINE, ...BLOCKS, ...LISTS, ...TABLES].sort()

const SANITISER: sanitizeHtml.IOptions = {
  allowedTags: [...BODY_TAGS],
  allowedAttributes: {
    ...Object.fromEntries(Object.entries(ATTRIBUTES).map(([tag, of]) => [tag, Object.keys(of)])),
    a: ['href', 'rel'],
  },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  nonTextTags: DROPPED_WITH_CONTENT,
  selfClosing: ['br', 'hr', 'img', 'col'],
  // Everything that walks the tree later recurses; a body of a million nested tags would overflow its stack.
  nestingLimit: 100,
  transformTags: {
    '*': (tagName, given) => {
      const attribs: sanitizeHtml.Attributes = {}
      for (const [name, accept] of Object.entries(ATTRIBUTES[tagName] ?? {})) {
        const value = given[name] === undefined ? undefined : accept(given[name])
        if (value !== undefined) attribs[name] = value
      }
      if (attribs.href !== undefined) attribs.rel = 'noopener noreferrer'
      return { tagName: RENAMED.get(tagName) ?? tagName, attribs }
    },
  },
  exclusiveFilter: ({ tag, attribs }) => {
    if (tag === 'img') return attribs.src === undefined
    return tag === 'a' && attribs.href === undefined && 'excludeTag'
  },
}

/**
 * Without Excel's name for a carriage return, carriage returns, control characters (Postgres refuses NUL) and invisible
 * joints. Endless white space goes as well: the patterns with which turndown trims take quadratic time on it.
 */
const withoutArtefacts = (text: string) =>
  text
    .replace(/_x000D_\r?\n?|\r\n?/gi, '\n')
    .replace(/(?![\t\n])\p{Cc}|[\u00ad\u200b\u2060\ufeff]/gu, '')
    .replace(/(\s{100})\s+/g, '$1')

/** NFC composes `>` with a following U+0338 to `≯`, which would break the tag that it closes. */
const composed = (html: string) =>
  nfc(html.replace(/>(\p{M})/gu, (_, mark: string) => `>&#${mark.codePointAt(0)};`))

/** The parser takes quadratic time on deep nesting (24 s for a megabyte); no article is a thousand levels deep. */
const MAX_DEPTH = 1000
class TooDeep extends Error {}

function sanitisedOnce(html: string): string {
  let depth = 0
  const onOpenTag = () => {
    if (++depth > MAX_DEPTH) throw new TooDeep()
  }
  const onCloseTag = () => depth--
  try {
    return sanitizeHtml(html, { ...SANITISER, onOpenTag, onCloseTag })
  } catch (error) {
    if (error instanceof TooDeep) return textToHtml(html.replace(/<[^<>]*>/g, ' '))
    throw error
  }
}

/**
 * HTML that is safe to show and limited to what the body of an article needs; NFC. Inline tags that it does not know
 * vanish without a trace, so that words that they had split join again. Sanitising twice changes nothing more.
 */
export const sanitiseHtml = (html: string): string => (plainText(html) === null ? sanitiseAny(html) : html)

/** The same, whatever it is: what is plain must come out as it was. */
export function sanitiseAny(html: string): string {
  let clean = html
  // Dropping one thing can uncover another (`_x00<b></b>0D_`, `&#13;`); nearly always the second pass finds nothing.
  for (let pass = 0; pass < 8; pass++) {
    const before = clean
    clean = composed(sanitisedOnce(withoutArtefacts(before)))
    if (clean === before || plainText(clean) !== null) break
  }
  return clean
}
