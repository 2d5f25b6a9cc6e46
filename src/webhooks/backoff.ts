/** When a delivery that failed is tried again. Standard Webhooks recommends these steps. */

const MINUTE = 60
const HOUR = 60 * MINUTE

/** Seconds to wait after the first, second, … attempt that failed; after the last of them there is no more. */
export const STEPS: readonly number[] = [
  5,
  5 * MINUTE,
  30 * MINUTE,
  ...[2, 5, 10, 14, 20, 24].map(hours => hours * HOUR),
]

/** Waits are longer by up to this share, so that what failed together does not come back together. */
const JITTER = 0.1

/** What a receiver asks for is granted up to the longest step. */
export const LONGEST = 24 * HOUR

interface Wish {
  /** Attempts so far, the one that failed included. */
  tries: number
  /** Seconds that the receiver asks to wait for; null where it does not. */
  retryAfter: number | null
  /** From 0 to 1. */
  random: number
}

/** Milliseconds to the next attempt; null where there is none. It is never sooner than what the receiver asks for. */
export function waitAfter({ tries, retryAfter, random }: Wish, steps = STEPS): number | null {
  const step = steps[tries - 1]
  if (step === undefined) return null
  const wait = step * (1 + JITTER * random)
  return Math.round(Math.max(wait, Math.min(retryAfter ?? 0, LONGEST)) * 1_000)
}
