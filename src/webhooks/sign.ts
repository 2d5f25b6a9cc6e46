import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Signatures of Standard Webhooks, and the secrets that they are made with. A secret must be at hand for signing, so a hash of
 * it would not do. Nothing secret is kept with an endpoint: its secret is derived from a master and a random salt, and
 * the salt is what is kept.
 */

/** What a secret is derived from. */
export interface SecretSeed {
  salt: string
  /** Which master it was derived with, so that another one is noticed instead of signing falsely. */
  master: string
  /** Until when it signs beside newer ones; null for the newest. */
  until: string | null
}

export interface Master {
  id: string
  key: Buffer
}

/** Eight digits of a hash tell masters apart and nothing of them: they are long and random. */
export const toMaster = (key: Buffer): Master => ({
  id: createHash('sha256').update('gongbo webhook master\0').update(key).digest('hex').slice(0, 8),
  key,
})

export const newSeed = ({ id }: Master): SecretSeed => ({
  salt: randomBytes(16).toString('hex'),
  master: id,
  until: null,
})

/** The secret's bytes; null where its master is not at hand. */
function bytesOf({ salt, master }: SecretSeed, masters: readonly Master[]): Buffer | null {
  const found = masters.find(({ id }) => id === master)
  if (!found) return null
  return Buffer.from(hkdfSync('sha256', found.key, Buffer.from(salt, 'hex'), 'gongbo webhook secret', 32))
}

/** The secret as receivers are given it: `whsec_…`; null where its master is not at hand. */
export function secretOf(seed: SecretSeed, masters: readonly Master[]): string | null {
  const bytes = bytesOf(seed, masters)
  return bytes && `whsec_${bytes.toString('base64')}`
}

/** Seeds that sign at an instant: the newest, and former ones whose time is not over. */
export const valid = (seeds: readonly SecretSeed[], now: Date): SecretSeed[] =>
  seeds.filter(({ until }) => until === null || new Date(until) > now)

/** The seeds after a rotation: the newest one signs on until an instant. */
export const rotated = (
  seeds: readonly SecretSeed[],
  master: Master,
  { now, until }: { now: Date; until: Date },
): SecretSeed[] => [
  newSeed(master),
  ...valid(seeds, now)
    .map(seed => ({ ...seed, until: seed.until ?? until.toISOString() }))
    .filter(({ until }) => new Date(until) > now),
]

export interface Message {
  id: string
  /** Seconds since 1970, of the attempt. */
  timestamp: number
  body: string
}

/**
 * The `webhook-signature` of a message, with a signature for each valid secret. Null where none can be made: an unsigned
 * message is not sent.
 */
export function signatureOf(
  { id, timestamp, body }: Message,
  seeds: readonly SecretSeed[],
  masters: readonly Master[],
): string | null {
  const signatures = valid(seeds, new Date(timestamp * 1_000)).flatMap(seed => {
    const key = bytesOf(seed, masters)
    return key
      ? [`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`]
      : []
  })
  return signatures.length > 0 ? signatures.join(' ') : null
}
