import { SaxesParser } from 'saxes'

/** XML as a conforming parser reads it: what is not well-formed throws. */

export interface XmlNode {
  name: string
  attributes: Record<string, string>
  children: XmlNode[]
  text: string
}

export function parseXml(text: string): XmlNode {
  const parser = new SaxesParser()
  const document: XmlNode = { name: '', attributes: {}, children: [], text: '' }
  const open = [document]
  parser.on('error', error => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const node = { name, attributes: { ...attributes } as Record<string, string>, children: [], text: '' }
    open.at(-1)?.children.push(node)
    open.push(node)
  })
  parser.on('closetag', () => open.pop())
  parser.on('text', piece => {
    const node = open.at(-1)
    if (node) node.text += piece
  })
  parser.write(text).close()
  const [root] = document.children
  if (!root) throw new Error('no root')
  return root
}

export const childrenOf = ({ children }: XmlNode, name: string): XmlNode[] =>
  children.filter(child => child.name === name)

/** The text of the one element at a path. */
export function textOf(node: XmlNode, ...path: string[]): string {
  const found = path.reduce<XmlNode[]>((nodes, name) => nodes.flatMap(one => childrenOf(one, name)), [node])
  if (found.length !== 1) throw new Error(`${found.length} of ${path.join('/')}`)
  return found[0]?.text ?? ''
}
