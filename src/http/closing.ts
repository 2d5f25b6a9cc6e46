import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { answerOn } from './under-way.ts'

/** Milliseconds for which whoever keeps a connection is still answered, and told with the answer that it is the last. */
const FAREWELL = 1_000

/** Milliseconds more for which a stop waits for those who have not taken all of an answer: Node counts their connections as idle. */
const UNTAKEN = 5_000

/** Ends the connection with this answer. */
const endWith = (response: ServerResponse | null | undefined): void => {
  if (response) response.shouldKeepAlive = false
}

/**
 * Connections are ended by their answers where they can be: who is just asking anew on one that is cut would have to ask again
 * elsewhere. A connection whose last answer goes out during a stop is idle from then on, and would hold the stop up. So would one on
 * which nothing was ever asked, which Node does not count as idle: clients open them to spare.
 */
export function closeGently(app: FastifyInstance): void {
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('preClose', async () => {
    if (!app.server.listening) return
    for (const socket of sockets) endWith(answerOn(socket))
    app.server.prependListener('request', (_request, response) => endWith(response))
    const waitWhile = async (open: () => boolean, ms: number) => {
      for (const end = performance.now() + ms; open() && performance.now() < end; ) await sleep(10)
    }
    await waitWhile(() => sockets.size > 0, FAREWELL)
    await waitWhile(() => [...sockets].some(({ writableLength }) => writableLength > 0), UNTAKEN)
    const sweep = setInterval(() => {
      app.server.closeIdleConnections()
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    }, 50)
    app.server.once('close', () => clearInterval(sweep))
  })
}
