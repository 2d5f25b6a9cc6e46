import type { ServerResponse } from 'node:http'
import { finished } from 'node:stream'

/** Who takes what is sent: slow readers are waited for, others are not. */

interface Patience {
  /** Milliseconds in which a reader must take something. */
  stall: number
  /** Milliseconds that the whole may last. */
  lifetime: number
}

/**
 * Aborts when the reader has gone, takes nothing, or takes too long, with a word for it as the reason; then the connection is
 * destroyed, so that what came does not look whole. Nothing is aborted after all was sent.
 */
export function watchReader(response: ServerResponse, { stall, lifetime }: Patience): AbortSignal {
  const controller = new AbortController()
  const cut = (reason: 'reader-stalled' | 'too-long') => {
    controller.abort(reason)
    response.destroy()
  }
  const end = setTimeout(cut, lifetime, 'too-long')
  const { socket } = response
  // Node's timer of a socket starts anew with every byte that leaves. Where none waits to leave it is we who are slow. An
  // injected request has no socket that could stall.
  if (typeof socket?.setTimeout === 'function')
    response.setTimeout(stall, () => {
      if (response.writableLength > 0) cut('reader-stalled')
      else socket.setTimeout(stall)
    })
  finished(response, error => {
    clearTimeout(end)
    if (error) controller.abort('reader-gone')
  })
  return controller.signal
}
