/** What the result codes of the Open API mean for a loader: those in the body and those of the gateway. */

/** `transient`: try again; `spent`: no call is left today; `permanent`: only a person can help. */
type Verdict = 'transient' | 'spent' | 'permanent'

export class FaultyAnswer extends Error {
  readonly verdict: Verdict
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number

  constructor(verdict: Verdict, reason: string, retryAfter = 0) {
    super(reason)
    this.verdict = verdict
    this.retryAfter = retryAfter
  }
}

const NO_DATA = 3
/** 23 is not among the codes that are documented for these services: too many calls within a second. */
const TRANSIENT = [1, 2, 4, 5, 23, 99]
const SPENT = 22

const REQUEST = 'the service refuses the request as it was made'
const KEY = 'check OPEN_API_KEY'
const HELP: Record<number, string> = {
  10: REQUEST,
  11: REQUEST,
  12: 'there is no such service (any more); check OPEN_API_URL',
  20: `the key is not allowed to use this service: apply for it at data.go.kr, then ${KEY}`,
  21: `the key is switched off for a time: ask data.go.kr, or ${KEY}`,
  30: `the key is not registered (a new one takes up to a day): ${KEY}`,
  31: `the key has expired: renew it at data.go.kr, then ${KEY}`,
  32: 'the key may not be used from this address: register it at data.go.kr',
  33: `the call was not signed: ${KEY}`,
  97: 'the service refuses the form of the days',
  98: 'the service refuses a window of more than three days',
}

/** What is to be done about a code other than 0; null where it only says that there is nothing. */
export function judge(code: number, message: string): { verdict: Verdict; reason: string } | null {
  if (code === NO_DATA) return null
  const reason = `code ${code} ${message}`.trim()
  if (TRANSIENT.includes(code)) return { verdict: 'transient', reason }
  if (code === SPENT) return { verdict: 'spent', reason: `${reason}: no call is left for today` }
  const help = HELP[code]
  return { verdict: 'permanent', reason: help ? `${reason}: ${help}` : reason }
}
