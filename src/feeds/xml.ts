import XMLBuilder from 'fast-xml-builder'

/** Documents in XML 1.0, from objects: names that begin with `@` are attributes, `#text` is text beside them. */

export interface XmlElement {
  [name: string]: XmlContent | XmlContent[] | undefined
}
type XmlContent = string | XmlElement

/** What no XML 1.0 document may have, not even escaped: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** A text as a document can carry it: what is forbidden is left out, and lines end as readers would have them end. */
export const xmlText = (text: string): string => text.replace(FORBIDDEN, '').replace(/\r\n?/g, '\n')

/** The same in an attribute, where readers take every white space for a space. */
export const xmlAttribute = (text: string): string => xmlText(text).replace(/[\t\n]/g, ' ')

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressBooleanAttributes: false,
  suppressEmptyNode: true,
  format: true,
  indentBy: ' ',
  tagValueProcessor: (_name: string, value: unknown) => xmlText(String(value)),
  attributeValueProcessor: (_name: string, value: unknown) => xmlAttribute(String(value)),
})

/** The document with this root. */
export const writeXml = (root: { [name: string]: XmlElement }): string =>
  builder.build({ '?xml': { '@version': '1.0', '@encoding': 'utf-8' }, ...root })
