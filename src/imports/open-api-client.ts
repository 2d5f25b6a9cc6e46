import { setTimeout } from 'node:timers/promises'
import { parseRetryAfter } from '../http/retry-after.ts'
import { type Answer, readAnswer, UnreadableAnswer } from './open-api-answer.ts'
import { FaultyAnswer, judge } from './open-api-codes.ts'

/** Fetching from the Open API: one window of days at a time, tried again where that can help. */

const PATHS = {
  press: 'pressReleaseService/pressReleaseList',
  policy: 'policyNewsService2/policyNewsList2',
}
export type Service = keyof typeof PATHS
export const SERVICES = Object.keys(PATHS) as Service[]

export interface Window {
  service: Service
  /** Seoul days, both included. */
  from: string
  to: string
}
export const describeWindow = ({ service, from, to }: Window): string =>
  `${service} ${from}${from === to ? '' : `..${to}`}`

export interface OpenApiOptions {
  /** Base URL without a slash at its end. */
  url: string
  /** The service key, percent-encoded or not. */
  key: string
  /** Milliseconds that an answer may take. */
  timeout: number
  /** Milliseconds of the first wait before another attempt; they double with each, up to a minute. */
  retryDelay: number
  attempts?: number
  /** Counts a call before it is made; false where none is left today. */
  spend: () => Promise<boolean>
  /** Told when the gateway says that no call is left. */
  exhaust: () => Promise<void>
  /** Told of an attempt that failed and is followed by another. */
  onRetry?: (message: string) => void
  signal?: AbortSignal
}

/** No call is left today. */
export class BudgetSpent extends Error {}
/** What another attempt does not help against, or what did not go away in all of them. */
export class OpenApiError extends Error {
  /** Whether only a person can help. */
  readonly permanent: boolean

  constructor(message: string, permanent: boolean) {
    super(message)
    this.permanent = permanent
  }
}

const ATTEMPTS = 8
const LONGEST_WAIT = 60_000

/** A key is handed out percent-encoded as well as plain; base64 has no percent sign, so one tells which it is. */
export function plainKey(key: string): string {
  if (!/%[0-9a-f]{2}/i.test(key)) return key
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** Characters of what is said of a call that failed. */
const LONGEST_REASON = 500

/** A text in which the key, however it is written, is not readable. */
export function withoutKey(text: string, key: string): string {
  const plain = plainKey(key)
  const spellings = [key, plain, encodeURIComponent(plain), encodeURIComponent(encodeURIComponent(plain))]
  return [...new Set(spellings)]
    .filter(Boolean)
    .sort((a, b) => b.length - a.length)
    .reduce((clean, spelling) => clean.replaceAll(spelling, '…'), text)
    .replace(/(serviceKey=)[^&\s"']*/gi, '$1…')
}

/**
 * The items of a window as elements: all of them, or an error. The API's interval is closed at both ends, so those that
 * were approved in the first second of the day after come as well.
 * @throws BudgetSpent, OpenApiError, and the reason of the signal.
 */
export async function fetchWindow(window: Window, options: OpenApiOptions): Promise<Answer['items']> {
  const { attempts = ATTEMPTS, retryDelay, spend, exhaust, onRetry, signal } = options
  const where = describeWindow(window)
  // Cut only then: of half a key nobody would know what it is.
  const clean = (text: string) => withoutKey(text, options.key).slice(0, LONGEST_REASON)
  for (let attempt = 1; ; attempt++) {
    if (!(await spend())) throw new BudgetSpent(`${where}: no call is left for today`)
    let reason: string
    let wait = Math.min(retryDelay * 2 ** (attempt - 1), LONGEST_WAIT)
    try {
      return await fetchOnce(window, options)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof FaultyAnswer)) throw new Error(clean(`${where}: ${reasonOf(error)}`))
      reason = clean(error.message)
      if (error.verdict === 'spent') {
        await exhaust()
        throw new BudgetSpent(`${where}: ${reason}`)
      }
      if (error.verdict === 'permanent') throw new OpenApiError(`${where}: ${reason}`, true)
      if (attempt >= attempts) throw new OpenApiError(`${where}: ${reason}, after ${attempt} attempts`, false)
      wait = Math.max(wait, error.retryAfter)
    }
    // Full jitter between half the wait and all of it: several loaders that failed together do not come back together.
    wait = Math.round(wait * (0.5 + Math.random() / 2))
    onRetry?.(`${where}: ${reason}; trying again in ${wait} ms`)
    await sleep(wait, signal)
  }
}

/** @throws FaultyAnswer */
async function fetchOnce(window: Window, options: OpenApiOptions): Promise<Answer['items']> {
  const { status, bytes, retryAfter } = await request(window, options)
  let answer: Answer | null = null
  try {
    answer = readAnswer(bytes)
  } catch (error) {
    if (!(error instanceof UnreadableAnswer)) throw error
    if (status === 200)
      throw new FaultyAnswer('transient', `an answer that cannot be read (${error.message})`)
  }
  // A code says more than the status that it came with.
  if (answer && answer.code !== 0) {
    const judged = judge(answer.code, answer.message)
    if (judged) throw new FaultyAnswer(judged.verdict, judged.reason, retryAfter)
    return []
  }
  if (status !== 200) {
    const verdict = status >= 500 || status === 429 || status === 408 ? 'transient' : 'permanent'
    throw new FaultyAnswer(verdict, `HTTP ${status}`, retryAfter)
  }
  const { items = [], total = null } = answer ?? {}
  // That a day has none is said by a total of 0, or by a code of its own.
  if (items.length === 0 && total === null)
    throw new FaultyAnswer('transient', 'an answer with neither items nor totalCount')
  // Were the API to page after all, what lies on other pages must not be lost without a word.
  if (total !== null && items.length < total)
    throw new FaultyAnswer('transient', `${items.length} items came of ${total}`)
  return items
}

/** One call. @throws FaultyAnswer where none comes, or not whole. */
async function request({ service, from, to }: Window, { url, key, timeout, signal }: OpenApiOptions) {
  const query = new URLSearchParams({
    serviceKey: plainKey(key),
    startDate: from.replaceAll('-', ''),
    endDate: to.replaceAll('-', ''),
  })
  const limit = AbortSignal.timeout(timeout)
  try {
    const response = await fetch(`${url}/${PATHS[service]}?${query}`, {
      headers: { accept: 'application/xml' },
      // A redirect would carry the key to wherever it leads.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const seconds = parseRetryAfter(response.headers.get('retry-after') ?? undefined, new Date()) ?? 0
    return { status: response.status, bytes, retryAfter: Math.min(seconds * 1000, LONGEST_WAIT) }
  } catch (error) {
    if (limit.aborted) throw new FaultyAnswer('transient', `no answer within ${timeout} ms`)
    throw new FaultyAnswer('transient', `no answer (${reasonOf(error)})`)
  }
}

/** What fetch keeps in the cause: `fetch failed` alone says nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return (cause as NodeJS.ErrnoException).code ?? cause.message
}

/** @throws the reason of the signal, where that ends it early */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => signal?.throwIfAborted())
}
