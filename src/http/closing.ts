import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * A connection whose last answer goes out during a stop is idle from then on, and would hold the stop up. So would one on
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
    const sweep = setInterval(() => {
      app.server.closeIdleConnections()
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    }, 50)
    app.server.once('close', () => clearInterval(sweep))
  })
}
