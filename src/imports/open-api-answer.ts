import { Parser } from 'htmlparser2'

/** Answers of the Open API of data.go.kr (organisation 1371000): from bytes to items as fields of text. */

/** An element as it came. */
export interface Element {
  name: string
  /** All text in it, CDATA included. */
  text: string
  children: Element[]
  /** Whether its end stood there. */
  closed: boolean
}

export interface Answer {
  /** 0 is well; 3 is well, too: no data. */
  code: number
  message: string
  items: Element[]
  /** How many there are, as the answer says; null where it does not. */
  total: number | null
}

/** Bytes that are no whole answer: cut off, or not of this API at all. */
export class UnreadableAnswer extends Error {}

/**
 * Reads an answer: of the service, or of the gateway in front of it, which has another form for its errors and sends
 * them with HTTP 200, too. Bytes that are not UTF-8 become U+FFFD, for the item that they stand in to be refused.
 * @throws UnreadableAnswer where the document does not end, or is neither form.
 */
export function readAnswer(bytes: Uint8Array): Answer {
  const root = parseXml(new TextDecoder().decode(bytes))
  if (root?.name === 'OpenAPI_ServiceResponse') {
    const header = child(root, 'cmmMsgHeader')
    const code = codeOf(textOf(header, 'returnReasonCode'))
    const message = textOf(header, 'returnAuthMsg') || textOf(header, 'errMsg')
    return { code, message, items: [], total: null }
  }
  if (root?.name !== 'response') throw new UnreadableAnswer(`expected <response>, found ${nameOf(root)}`)
  const header = child(root, 'header')
  const body = child(root, 'body')
  const total = textOf(body, 'totalCount')
  return {
    code: codeOf(textOf(header, 'resultCode')),
    message: textOf(header, 'resultMsg'),
    items: body ? allNamed(body, 'NewsItem') : [],
    total: /^\d{1,9}$/.test(total) ? Number(total) : null,
  }
}

const child = (element: Element | undefined, name: string) =>
  element?.children.find(each => each.name === name)
const textOf = (element: Element | undefined, name: string) => child(element, name)?.text.trim() ?? ''
const nameOf = (root: Element | null) => (root ? `<${root.name}>` : 'no element')

/** Items lie under the body, or under a list in it. */
const allNamed = (element: Element, name: string): Element[] =>
  element.children.flatMap(each => (each.name === name ? [each] : allNamed(each, name)))

function codeOf(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new UnreadableAnswer(`expected a result code, found "${text}"`)
  return Number(text)
}

/** An answer is four levels deep; a flood of start tags shall not overflow the stack of those who walk it. */
const MAX_DEPTH = 50

/** @throws UnreadableAnswer where it breaks off. */
function parseXml(xml: string): Element | null {
  const top: Element = { name: '', text: '', children: [], closed: false }
  const open = [top]
  const last = () => open.at(-1) ?? top
  const parser = new Parser(
    {
      onopentag(name) {
        if (open.length > MAX_DEPTH) throw new UnreadableAnswer('its elements are nested too deep')
        const element = { name, text: '', children: [], closed: false }
        last().children.push(element)
        open.push(element)
      },
      ontext(text) {
        last().text += text
      },
      onclosetag(_name, isImplied) {
        const element = open.pop()
        if (element) element.closed = !isImplied
      },
    },
    { xmlMode: true },
  )
  parser.end(xml)
  const [root = null] = top.children
  if (root && !root.closed) throw new UnreadableAnswer('it breaks off')
  return root
}
