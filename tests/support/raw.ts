import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Requests as bytes on a socket: what clients send that no HTTP library would. */

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

export function parse(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  const [line = '', ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = Object.fromEntries(
    fields.map(field => [field.split(':', 1)[0]?.toLowerCase(), field.replace(/^[^:]*: */, '')]),
  )
  return { status: Number(line.split(' ')[1]), headers, body: bytes.toString('utf8', end + 4) }
}

/** Everything that the server says until it closes the connection. */
export async function read(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk as Buffer))
  await once(socket, 'close')
  return Buffer.concat(chunks)
}

/** The answer to bytes after which nothing more comes on their connection. */
export async function sendRaw(port: number, ...parts: (string | Buffer)[]): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  socket.write(Buffer.concat(parts.map(part => Buffer.from(part as string))))
  return parse(await read(socket))
}

/** A request's head; a header whose value is a list is repeated. */
export const head = (line: string, headers: Record<string, string | string[]> = {}): string =>
  `${line} HTTP/1.1\r\nHost: a.kr\r\n${Object.entries(headers)
    .flatMap(([name, values]) => [values].flat().map(value => `${name}: ${value}\r\n`))
    .join('')}\r\n`
