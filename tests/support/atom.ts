import { childrenOf, parseXml, textOf, type XmlNode } from './xml.ts'

/** What tests look at in an Atom feed. */

export interface AtomRead {
  root: XmlNode
  id: string
  entries: { id: string; title: string }[]
  links: Record<string, string>
  /** Identities of deleted entries, with when they were. */
  deleted: Record<string, string>
}

export function readAtom(body: string): AtomRead {
  const root = parseXml(body)
  const pairs = (name: string, key: string, value: string) =>
    Object.fromEntries(
      childrenOf(root, name).map(
        ({ attributes }) => [attributes[key], attributes[value]] as [string, string],
      ),
    )
  return {
    root,
    id: textOf(root, 'id'),
    entries: childrenOf(root, 'entry').map(entry => ({
      id: textOf(entry, 'id'),
      title: textOf(entry, 'title'),
    })),
    links: pairs('link', 'rel', 'href'),
    deleted: pairs('at:deleted-entry', 'ref', 'when'),
  }
}
