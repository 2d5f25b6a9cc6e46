import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex, type Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { languageOf, PROBLEM_TYPE, PROBLEMS, Problem, type ProblemCode, problemDetails } from './problem.ts'
import { requestId } from './requests.ts'
import { requireUtf8 } from './text-input.ts'
import { answerOn } from './under-way.ts'

/**
 * Errors of Node's HTTP parser, which come before Fastify. One of them is no error of the reader's:
 * `curl 'http://…?ministry=고용노동부'` sends raw UTF-8 in the request line, which the parser refuses. Such a request
 * is encoded and handed to the server once more, as a connection of its own.
 */

/** What Node gives; Fastify types it as it looks in JSON. */
interface ParserError extends Error {
  code?: string
  rawPacket?: Buffer
  bytesParsed?: number
  reason?: string
}

const CODES: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/** Connections whose request may take longer than others (`REQUEST_TIMEOUT_MS`); who adds one watches over it. */
export const unhurried = new WeakSet<Socket>()

/** Connections that end with the answer that is under way: what comes behind its request cannot be read. */
const ending = new WeakSet<Socket>()

/** Connections whose request was encoded and said again: whatever else comes on them is not read. */
const passedOn = new WeakSet<Socket>()

export function handleParserErrors(app: () => FastifyInstance) {
  return (failure: Error, socket: Socket): void => {
    const error: ParserError = failure
    if (passedOn.has(socket) || (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && unhurried.has(socket))) return
    if (ending.has(socket)) {
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.destroy()
      return
    }
    const answering = answerOn(socket)
    // Bytes of ours would land in the middle of what is said already.
    if (error.code === 'ECONNRESET' || !socket.writable || isHalf(answering)) socket.destroy()
    // What was asked whole is answered first, and then nothing more.
    else if (answering?.req.complete) {
      ending.add(socket)
      endAfter(answering, socket)
    } else answer(app().server, error, socket)
  }
}

/** Whether an answer is out in part, and the rest of it is still to be said. */
const isHalf = (answering: ServerResponse | null | undefined): boolean =>
  answering?.headersSent === true && !answering.writableEnded

/** Ends a connection with the last answer to what was asked whole on it. */
function endAfter(answering: ServerResponse, socket: Socket): void {
  answering.once('close', () => {
    const next = answerOn(socket)
    if (next && next !== answering && next.req.complete) endAfter(next, socket)
    else endSoon(socket)
  })
}

/** Milliseconds for which a client may still send what nobody wants, so that it comes to read its answer. */
const LINGER = 3_000

/** A timer that destroys a connection, or what comes on it, where it is not closed by then. */
export function giveUp(stream: Readable): NodeJS.Timeout {
  const end = setTimeout(() => stream.destroy(), LINGER).unref()
  stream.once('close', () => clearTimeout(end))
  return end
}

/** Closes our half; whoever keeps the other would keep it for ever. */
function endSoon(socket: Socket, last?: string): void {
  if (last === undefined) socket.end()
  else socket.end(last)
  giveUp(socket)
}

/**
 * Keeps a connection for a while behind an answer that came before all of its request: were it closed at once, its client would be
 * reset while it sends, before it reads why.
 */
export function lingerAfter(response: ServerResponse): void {
  const { req, shouldKeepAlive } = response
  const { socket } = req
  if (req.complete || !socket.writable) return
  unhurried.add(socket)
  // Node closes with the answer what its client does not keep.
  response.shouldKeepAlive = true
  const end = giveUp(socket)
  req.once('end', () => {
    unhurried.delete(socket)
    if (shouldKeepAlive) clearTimeout(end)
    else if (response.writableFinished) socket.end()
    else response.once('finish', () => socket.end())
  })
}

/** What Node answers by itself, without a body or not at all: an expectation that it does not know, and CONNECT. */
export function answerOddRequests(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const problem = new Problem('expectation-failed', {
      en: `There is no expectation "${request.headers.expect}"; only 100-continue.`,
      ko: `"${request.headers.expect}"(이)라는 요구는 지원하지 않습니다(100-continue만 가능).`,
    })
    const language = languageOf(request.headers['accept-language'])
    const id = requestId(request.headers['x-request-id'])
    response.writeHead(problem.statusCode, {
      'content-type': PROBLEM_TYPE,
      'content-language': language,
      'cache-control': 'no-store',
      'x-request-id': id,
      connection: 'close',
    })
    response.end(JSON.stringify(problemDetails(problem, language, undefined, id)))
  })
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Behind an answer that is under way Node would say it between the head and the body of its own. Nobody has to wait for it.
    if (response.socket) response.writeContinue()
    app.server.emit('request', request, response)
  })
  app.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // Node has taken its own listener off, and an error that nobody listens to ends the process.
    socket.on('error', () => socket.destroy()).resume()
    const detail = {
      en: 'This is no proxy: CONNECT is not served.',
      ko: '프록시가 아니므로 CONNECT를 지원하지 않습니다.',
    }
    send(socket, new Problem('method-not-allowed', detail), Buffer.alloc(0))
  })
}

/** Answers what the parser could not read, or lets the server answer it once more, encoded. */
function answer(server: Server, error: ParserError, socket: Socket): void {
  const packet = error.rawPacket ?? Buffer.alloc(0)
  const raw = error.code === 'HPE_INVALID_URL' ? readRawRequest(packet, error.bytesParsed ?? 0) : null
  if (!raw) {
    send(socket, parserProblem(error), packet)
    return
  }
  const { line, fields, rest } = raw
  const header = (name: string) =>
    fields.find(field => field.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1)
  const length = Number(header('content-length') ?? 0)
  let encoded: string
  try {
    encoded = requireUtf8(Buffer.from(line, 'latin1'), { en: 'The address', ko: '주소' }).replace(
      /[\u0080-\u{10ffff}]+/gu,
      encodeURIComponent,
    )
  } catch (problem) {
    send(socket, problem as Problem, packet)
    return
  }
  if (header('transfer-encoding') !== undefined || rest.length < length) {
    const problem = new Problem('bad-request', {
      en: 'Percent-encode the address of a request with a body.',
      ko: '본문이 있는 요청의 주소는 퍼센트 인코딩하십시오.',
    })
    send(socket, problem, packet)
    return
  }
  // The parser of the socket has failed and will read nothing more.
  const others = fields.filter(field => !/^connection:/i.test(field))
  const head = [encoded, ...others, 'Connection: close'].join('\r\n')
  passedOn.add(socket)
  server.emit(
    'connection',
    reconnect(socket, Buffer.from(`${head}\r\n\r\n${rest.slice(0, length)}`, 'latin1')),
  )
}

/** A connection that says `request`, and whose answer goes out on a socket as fast as the reader takes it. */
function reconnect(socket: Socket, request: Buffer): Duplex {
  const connection = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => socket.write(chunk, done),
    final: done => socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  // What the server asks of a socket. Its timer would find no answer on this one and destroy it.
  socket.removeAllListeners('timeout').on('timeout', () => connection.emit('timeout'))
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  const setTimeout = (ms: number) => socket.setTimeout(ms)
  socket.once('close', () => connection.destroy())
  connection.push(request)
  return Object.assign(connection, { remoteAddress, remotePort, localAddress, localPort, setTimeout })
}

/** As much as Node's parser would take for a request's head. */
const MAX_HEAD = 16_384

/**
 * The request whose line holds the byte at which the parser stopped, where its head has come whole and its target holds
 * bytes beyond ASCII; null otherwise. Linear in the packet: anybody may send one.
 */
function readRawRequest(packet: Buffer, stopped: number) {
  const start = packet.lastIndexOf('\n', Math.max(0, stopped - 1)) + 1
  const end = packet.indexOf('\r\n\r\n', start)
  if (end < 0 || end - start > MAX_HEAD) return null
  const [line = '', ...fields] = packet.toString('latin1', start, end).split('\r\n')
  const [method = '', target = '', version = '', ...more] = line.split(' ')
  const wellFormed = /^[A-Z]+$/.test(method) && /^HTTP\/1\.[01]$/.test(version) && more.length === 0
  if (!wellFormed || !/[\x80-\xff]/.test(target)) return null
  return { line, fields, rest: packet.toString('latin1', end + 4) }
}

function parserProblem(error: ParserError): Problem {
  const code = CODES[error.code ?? ''] ?? 'bad-request'
  return new Problem(code, {
    en:
      code === 'bad-request'
        ? `The HTTP request cannot be parsed: ${error.reason ?? error.message}.`
        : `${PROBLEMS[code].en}.`,
    ko: code === 'bad-request' ? 'HTTP 요청을 해석할 수 없습니다.' : `${PROBLEMS[code].ko}.`,
  })
}

function send(socket: Socket, problem: Problem, packet: Buffer): void {
  const language = languageOf(/^accept-language:(.*)$/im.exec(packet.toString('latin1'))?.[1]?.trim())
  const id = requestId(undefined)
  const body = JSON.stringify(problemDetails(problem, language, undefined, id))
  endSoon(
    socket,
    `HTTP/1.1 ${problem.statusCode} ${STATUS_CODES[problem.statusCode] ?? ''}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-language: ${language}\r\nx-request-id: ${id}\r\ncache-control: no-store\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
