import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** What Node keeps of an answer under way, and tells nobody. */

interface Untold {
  _header?: string | null
  _headerSent?: boolean
}

/** The answer that is under way on a connection; null or undefined where there is none. */
export const answerOn = (socket: Socket): ServerResponse | null | undefined =>
  (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage

/** Whether an answer goes out on a connection that Node itself reads, and is not the last one on it; it has no fields yet. */
const goesOn = (response: ServerResponse): boolean =>
  response.shouldKeepAlive &&
  response.req.httpVersionMinor === 1 &&
  response.socket instanceof Socket &&
  !response.hasHeader('connection')

/** Of a head those lines that are its answer's alone: Node's date, and the fields that `own` names. */
const lines = (own: readonly string[]) => new RegExp(`^(?:date|${own.join('|')}):.*\\r\\n`, 'gim')

/**
 * The head as Node has written it for a connection that goes on, for `RepeatedBody`: open at its end, without the date, and without
 * the fields that `own` names. Null where the connection ends with it, or where this Node keeps no such text.
 */
export function headOf(response: ServerResponse, own: readonly string[]): string | null {
  const { _header: head } = response as Untold
  if (!goesOn(response) || typeof head !== 'string' || !head.endsWith('\r\n\r\n')) return null
  return head.slice(0, -2).replace(lines(own), '')
}

/** Bytes before a body in which a head finds room: most have some 800. */
export const ROOM = 2_048

/**
 * A body that is answered with again and again. A head that Node wrote before is put in front of it, and both go out in one write:
 * neither are ten fields checked and put together again, nor is the head a piece of its own on the way to the socket. Both
 * together are a fifth of what a kept answer takes.
 */
export class RepeatedBody {
  #bytes: Buffer
  /** The same with room before it; made for the first who is sent both. */
  #roomy: Buffer | null = null
  /**
   * Whether somebody has not taken all of it yet, nor of the head before it, which must stay until he has or is gone: the system took
   * all at once, or does before his answer closes.
   */
  #underWay = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /**
   * Answers under a head of `headOf` and lines of one's own, in the place of `writeHead` and `end`. False where it could not; then
   * these still can.
   */
  send(response: ServerResponse, head: string, own: string): boolean {
    const { socket } = response
    const untold = response as Untold
    if (this.#underWay || !socket?.writable || !goesOn(response) || untold._headerSent !== false) return false
    const text = `${head}${own}Date: ${httpDate()}\r\n\r\n`
    if (text.length > ROOM) return false
    untold._header = text
    if (!response.headersSent) return false
    untold._headerSent = true
    const roomy = this.#withRoom()
    const start = ROOM - text.length
    roomy.write(text, start, 'latin1')
    socket.write(roomy.subarray(start))
    response.end()
    if (socket.writableLength > 0) {
      this.#underWay = true
      response.once('close', () => {
        this.#underWay = false
      })
    }
    return true
  }

  #withRoom(): Buffer {
    if (this.#roomy) return this.#roomy
    this.#roomy = Buffer.allocUnsafeSlow(ROOM + this.#bytes.length)
    this.#bytes.copy(this.#roomy, ROOM)
    this.#bytes = this.#roomy.subarray(ROOM)
    return this.#roomy
  }
}

let date = ''
let until = 0
/** The current second as HTTP writes it. */
function httpDate(): string {
  const now = Date.now()
  if (now >= until || now < until - 1_000) {
    date = new Date(now).toUTCString()
    until = now - (now % 1_000) + 1_000
  }
  return date
}
