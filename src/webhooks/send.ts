import { type LookupAddress, type LookupAllOptions, lookup as lookUp } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { parseRetryAfter } from '../http/retry-after.ts'
import { isAllowed, literalOf, type Network } from './address.ts'

/**
 * Sends one request to whatever address somebody has written down. Names are looked up by the connection itself, which
 * connects to just what was looked at: a name that means something else a moment later changes nothing. Redirects are
 * not followed and no proxy of the environment is used.
 */

export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

export interface SendOptions {
  networks: readonly Network[]
  /** Milliseconds that all of it may take. */
  timeout: number
  /** Ends it: the process stops. */
  abort?: AbortSignal
  /** Looks names up; tests may put another one here. */
  resolve?: Resolve
}

export interface Outcome {
  /** What was answered; null where nothing was. */
  status: number | null
  /** What was wrong, in words that may be shown; null for an answer of 2xx. */
  error: string | null
  /** Seconds that the receiver asks to wait for. */
  retryAfter: number | null
  durationMs: number
}

/** Bytes of an answer that are read (and thrown away) before the connection is cut, and for how long. */
const ANSWER_BYTES = 65_536
const ANSWER_MS = 2_000

class Refused extends Error {}
const refused = (what: string) => new Refused(`${what} is not public, and no network that is allowed`)

/** A lookup that gives nothing but addresses that webhooks may go to. */
const guarded =
  ({ networks, resolve = lookUp }: SendOptions): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '')
      const open = found.filter(({ address }) => isAllowed(address, networks))
      const [first] = open
      if (!first) return callback(refused(`the address of ${hostname}`), '')
      if (options.all) callback(null, open)
      else callback(null, first.address, first.family)
    })

/** What failed, without what a library says beside: it may quote the address whole. */
const WORDS: Record<string, string> = {
  ENOTFOUND: 'the name of the host is unknown',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut before an answer came',
  EPIPE: 'the connection was cut before an answer came',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the connection took too long',
}

function inWords(error: unknown): string {
  if (error instanceof Refused) return error.message
  const { code = '', errors } = error as { code?: string; errors?: unknown[] }
  // Of several addresses that were tried.
  if (errors?.[0] && errors[0] !== error && !WORDS[code]) return inWords(errors[0])
  if (WORDS[code]) return WORDS[code]
  if (/^(ERR_TLS|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|ERR_SSL|EPROTO)/.test(code))
    return `the secure connection failed (${code})`
  if (code.startsWith('HPE_')) return `the answer is no HTTP (${code})`
  return `it could not be sent${code ? ` (${code})` : ''}`
}

function judge(status: number): string | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`
  return `answered ${status}`
}

/** It never throws: whatever happens is an outcome, but for an abort. @throws the abort's reason */
export async function send(
  url: string,
  headers: Record<string, string>,
  body: string,
  options: SendOptions,
): Promise<Outcome> {
  const started = performance.now()
  const { networks, timeout, abort } = options
  const end = (outcome: Partial<Outcome>): Outcome => ({
    status: null,
    error: null,
    retryAfter: null,
    ...outcome,
    durationMs: Math.round(performance.now() - started),
  })
  const target = new URL(url)
  // The connection looks no literal up.
  const literal = literalOf(target.hostname)
  if (literal !== null && !isAllowed(literal, networks)) return end({ error: refused(literal).message })

  const secure = target.protocol === 'https:'
  // A connection of its own for each: a pool would keep addresses that were allowed once.
  const agent = secure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false })
  const patience = AbortSignal.timeout(timeout)
  const signal = abort ? AbortSignal.any([abort, patience]) : patience
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(target, {
        method: 'POST',
        agent,
        signal,
        lookup: guarded(options),
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      })
      request.once('error', reject)
      request.once('response', response => {
        const status = response.statusCode ?? 0
        const { 'retry-after': retryAfter } = response.headers
        // From here on it is known how it went.
        request.off('error', reject).on('error', () => {})
        const done = () => {
          clearTimeout(cut)
          response.destroy()
          const wish = [429, 503].includes(status) ? parseRetryAfter(retryAfter, new Date()) : null
          resolve(end({ status, error: judge(status), retryAfter: wish }))
        }
        const cut = setTimeout(done, ANSWER_MS)
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > ANSWER_BYTES) done()
        })
        for (const event of ['end', 'error', 'close']) response.once(event, done)
      })
      request.end(body)
    })
  } catch (error) {
    abort?.throwIfAborted()
    if (patience.aborted) return end({ error: `no answer within ${timeout} ms` })
    return end({ error: inWords(error) })
  } finally {
    agent.destroy()
  }
}
