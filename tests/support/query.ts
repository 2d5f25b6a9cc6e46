import type { QueryNode } from '../../src/search/grammar.ts'

/**
 * The canonical text of a parsed query, which parses to the same tree but for `at`. Written with `|` or `제목:`, a query
 * close to the limit of length can print beyond it.
 */
export function printQuery(node: QueryNode): string {
  if (node.type === 'and') return node.of.map(printQuery).join(' ')
  if (node.type === 'or')
    return node.of.map(of => (of.type === 'and' ? `(${printQuery(of)})` : printQuery(of))).join(' OR ')
  if (node.type === 'not') {
    const excluded = printQuery(node.of)
    // A word of hyphens would run together with the exclusion's own.
    return node.of.type === 'term' && !/^[-－]/.test(excluded) ? `-${excluded}` : `-(${excluded})`
  }
  const { text, title, phrase, prefix } = node
  return `${title ? 'title:' : ''}${phrase ? `"${text}"` : text}${prefix ? '*' : ''}`
}
