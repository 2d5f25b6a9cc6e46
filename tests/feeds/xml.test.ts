import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { feedToAtom } from '../../src/feeds/atom.ts'
import type { Feed } from '../../src/feeds/feed.ts'
import { writeXml, xmlAttribute, xmlText } from '../../src/feeds/xml.ts'
import { childrenOf, parseXml, textOf } from '../support/xml.ts'

/** Any sequence of UTF-16 units: control characters, halves of pairs, U+FFFE, what looks like markup. */
const units = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit)),
      fc.integer({ min: 0, max: 0x9f }).map(unit => String.fromCharCode(unit)),
      fc.constantFrom(
        '&',
        '<',
        '>',
        '"',
        "'",
        ']]>',
        '&amp;',
        '&#0;',
        '<!--',
        '-->',
        '<?',
        '\r\n',
        '\r',
        '\t',
        '가',
        '😀',
      ),
    ),
    { maxLength: 30 },
  )
  .map(parts => parts.join(''))

/** What XML 1.0 can carry: production 2, less the carriage return, which readers take for a line's end. */
const carried = fc
  .string({ unit: 'binary' })
  .map(text => text.replace(/[^\t\n\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, ''))

describe('a document is well-formed, whatever the text', () => {
  test('and reads as the text, less what no document can have', () => {
    fc.assert(
      fc.property(units, units, (text, attribute) => {
        const root = parseXml(
          writeXml({ root: { '@a': attribute, one: text, two: { '@b': attribute, '#text': text } } }),
        )
        expect(root.attributes).toEqual({ a: xmlAttribute(attribute) })
        expect(textOf(root, 'one')).toBe(xmlText(text))
        const [two] = childrenOf(root, 'two')
        expect([two?.text, two?.attributes.b]).toEqual([xmlText(text), xmlAttribute(attribute)])
      }),
      { numRuns: 2_000 },
    )
  })

  test('where XML can carry it, not a character is lost', () => {
    fc.assert(
      fc.property(carried, text => {
        expect(xmlText(text)).toBe(text)
        expect(textOf(parseXml(writeXml({ root: { one: text } })), 'one')).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['산업\u0008통상\u000b부', '산업통상부'],
    ['짝 없는 \ud800 절반', '짝 없는  절반'],
    ['😀 가힣 \ufffd', '😀 가힣 \ufffd'],
    ['끝\ufffe\uffff', '끝'],
    ['줄\r\n바꿈\r끝', '줄\n바꿈\n끝'],
  ])('%j becomes %j', (text, expected) => expect(xmlText(text)).toBe(expected))
})

const article = (text: string): Feed['entries'][number]['article'] => ({
  ...{ id: 1, status: 'published', kind: 'press-release', title: text, subtitles: [text], author: text },
  ministry: { code: null, name: text, publishedName: text },
  publishedAt: '2026-01-20T10:00:00+09:00',
  source: {
    name: 'korea.kr',
    externalId: text,
    url: `https://www.korea.kr/?q=${encodeURIComponent(xmlText(text))}`,
  },
  ...{ licence: 'kogl-1', tags: [text], thumbnailUrl: null, modifiedAt: '2026-01-20T10:00:00+09:00' },
  ...{ bodyHtml: `<p>${text}</p>`, attribution: text, deletedAt: null },
  attachments: [{ name: text, url: 'https://example.org/1.hwpx' }],
})

test('a feed parses, whatever stands in its articles, and each text is where it belongs', () => {
  fc.assert(
    fc.property(units, text => {
      const feed: Feed = {
        ...{ identity: 'urn:uuid:0', title: text, updated: '2026-01-20T10:00:00+09:00', base: '' },
        addresses: { self: '/self', list: '/list', atom: '/atom', json: '/json' },
        pages: new Map([['first', '/first']]),
        entries: [
          { identity: 'urn:uuid:1', article: article(text), self: '/1', page: 'https://www.korea.kr/' },
        ],
        deleted: [{ identity: 'urn:uuid:2', when: '2026-01-20T10:00:00+09:00' }],
      }
      const root = parseXml(feedToAtom(feed))
      const [entry = root] = childrenOf(root, 'entry')
      const said = xmlText(text)
      expect(textOf(root, 'title')).toBe(said)
      expect(textOf(entry, 'title')).toBe(said)
      expect(textOf(entry, 'author', 'name')).toBe(said)
      expect(textOf(entry, 'content')).toBe(`<p>${said}</p>`)
      expect(childrenOf(entry, 'category')[1]?.attributes.term).toBe(xmlAttribute(text))
    }),
    { numRuns: 500 },
  )
})
