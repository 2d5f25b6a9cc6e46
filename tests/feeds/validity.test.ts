import { describe, expect, test } from '@jest/globals'
import { loadSamples } from '../../src/imports/samples.ts'
import { testApp } from '../support/app.ts'
import { editor } from '../support/editor.ts'
import { childrenOf, parseXml, type XmlNode } from '../support/xml.ts'

const { call, db, authorize } = await testApp({ PUBLIC_URL: 'https://api.example.go.kr' })
await loadSamples(db, true)
const send = editor(call, await authorize('articles:write'))
await send('DELETE', '/v1/articles/21')

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const isAddress = (text: string | undefined) => text !== undefined && URL.canParse(text)

/** What is wrong with an Atom document by RFC 4287, RFC 5005 and RFC 6721. */
function faultsOf(feed: XmlNode): string[] {
  const faults: string[] = []
  const must = (holds: boolean, what: string) => {
    if (!holds) faults.push(what)
  }
  const texts = (node: XmlNode, name: string) => childrenOf(node, name).map(({ text }) => text)
  const one = (node: XmlNode, name: string) =>
    must(childrenOf(node, name).length === 1, `one ${name} of ${node.name}`)
  must(feed.name === 'feed' && feed.attributes.xmlns === 'http://www.w3.org/2005/Atom', 'a feed')
  must(
    feed.attributes['xmlns:at'] === 'http://purl.org/atompub/tombstones/1.0',
    'the namespace of tombstones',
  )
  const entries = childrenOf(feed, 'entry')
  for (const node of [feed, ...entries]) {
    for (const name of ['id', 'title', 'updated', 'author']) one(node, name)
    for (const name of ['published', 'rights', 'summary', 'content'])
      must(childrenOf(node, name).length <= 1, `not two ${name}`)
    for (const name of ['updated', 'published'])
      must(
        texts(node, name).every(text => INSTANT.test(text)),
        `${name} is an instant`,
      )
    must(texts(node, 'id').every(isAddress), 'an id is an IRI')
    must(
      childrenOf(node, 'author').every(author => texts(author, 'name').some(Boolean)),
      'an author has a name',
    )
    const links = childrenOf(node, 'link').map(({ attributes }) => attributes)
    must(
      links.every(({ href }) => isAddress(href)),
      'links are whole',
    )
    for (const rel of ['self', 'first', 'previous', 'next', 'last'])
      must(links.filter(link => link.rel === rel).length <= 1, `not two links ${rel}`)
    const alternates = links.filter(({ rel }) => rel === 'alternate').map(({ type }) => type)
    must(new Set(alternates).size === alternates.length, 'one alternate of a type')
    must(
      links.filter(({ rel }) => rel === 'enclosure').every(({ length }) => !length || /^\d+$/.test(length)),
      'a length',
    )
    must(
      childrenOf(node, 'category').every(({ attributes }) => Boolean(attributes.term)),
      'a category has a term',
    )
  }
  for (const entry of entries) {
    must(
      childrenOf(entry, 'content').every(({ attributes }) => attributes.type === 'html'),
      'content is HTML',
    )
    must(
      childrenOf(entry, 'link').some(({ attributes }) => attributes.rel === 'alternate'),
      'an entry has a page',
    )
  }
  const ids = entries.flatMap(entry => texts(entry, 'id'))
  must(new Set(ids).size === ids.length, 'an entry stands once')
  for (const { attributes, children } of childrenOf(feed, 'at:deleted-entry')) {
    must(isAddress(attributes.ref) && INSTANT.test(attributes.when ?? ''), 'a tombstone says which and when')
    must(!ids.includes(attributes.ref ?? '') && children.length === 0, 'a tombstone is no entry')
  }
  return faults
}

const QUERIES = [
  '',
  'ministry=고용노동부',
  'q=수소',
  'sort=publishedAt',
  'duplicates=collapse',
  'tag=없음',
  'page=2',
]

describe('documents keep the rules of their formats', () => {
  test.each(QUERIES)('Atom: %s', async query => {
    let tombstones = 0
    for (let next: string | undefined = `/v1/articles.atom?${query}`; next !== undefined; ) {
      const feed = parseXml((await call(next)).body)
      expect(faultsOf(feed)).toEqual([])
      tombstones += childrenOf(feed, 'at:deleted-entry').length
      const link = childrenOf(feed, 'link').find(({ attributes }) => attributes.rel === 'next')
      next = link?.attributes.href?.replace('https://api.example.go.kr', '')
    }
    expect(tombstones).toBeLessThanOrEqual(1)
  })

  test('the rules would be seen to be broken', async () => {
    const feed = parseXml((await call('/v1/articles.atom')).body)
    for (const name of ['id', 'updated', 'author'])
      expect(faultsOf({ ...feed, children: feed.children.filter(child => child.name !== name) })).not.toEqual(
        [],
      )
    expect(faultsOf({ ...feed, children: [...feed.children, ...childrenOf(feed, 'entry')] })).not.toEqual([])
  })

  test.each(QUERIES)('JSON Feed: %s', async query => {
    const feed = (await call(`/v1/articles/feed.json?${query}`)).json()
    expect(feed.version).toBe('https://jsonfeed.org/version/1.1')
    for (const address of [feed.home_page_url, feed.feed_url, ...(feed.next_url ? [feed.next_url] : [])])
      expect(isAddress(address)).toBe(true)
    const ids = feed.items.map(({ id }: { id: string }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const item of feed.items) {
      expect(typeof item.content_html).toBe('string')
      expect([item.url, ...item.attachments.map(({ url }: { url: string }) => url)].every(isAddress)).toBe(
        true,
      )
      expect(item.date_modified).toMatch(INSTANT)
      expect(item.date_published).toMatch(INSTANT)
      expect(Object.keys(item).filter(name => !/^(_gongbo|[a-z_]+)$/.test(name))).toEqual([])
    }
  })
})
