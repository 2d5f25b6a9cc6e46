import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from '@jest/globals'

/** Somebody who receives webhooks, on this machine. */

interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
  at: number
}

interface Receiver {
  url: string
  port: number
  received: Received[]
  /** What is answered; 204 until it is set. */
  answer: RequestListener
  /** Comes back when so many were received in all. */
  until(count: number): Promise<void>
}

export async function receiver(): Promise<Receiver> {
  const waiting = new Set<() => void>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      self.received.push({ path: request.url ?? '', headers: request.headers, body, at: Date.now() })
      self.answer(request, response)
      for (const look of waiting) look()
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const self: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received: [],
    answer: (_request, response) => response.writeHead(204).end(),
    until: count =>
      new Promise(done => {
        const look = () => {
          if (self.received.length < count) return
          waiting.delete(look)
          done()
        }
        waiting.add(look)
        look()
      }),
  }
  afterAll(() => {
    server.closeAllConnections()
    return new Promise(done => server.close(done))
  })
  return self
}
