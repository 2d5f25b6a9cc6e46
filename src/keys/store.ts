import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Database } from '../db/client.ts'
import { readTogether } from '../db/read-together.ts'
import { run } from '../db/run.ts'
import { inBatches } from '../db/sweep.ts'
import type { ApiKey as Row } from '../generated/client.ts'
import type { Caller, Scope } from '../http/access.ts'
import { formatInstant, formatInstantOrNull } from '../time/seoul.ts'
import type { ApiKey } from './schema.ts'

/**
 * Keys are `gongbo_<id>_<secret>`. The secret has 256 random bits, so one round of SHA-256 keeps it: there is nothing
 * to guess that a slow hash would protect.
 */
const FORMAT = /^gongbo_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

const hashOf = (secret: string) => hash('sha256', secret, 'buffer')

/** What an unknown id is compared with, so that it takes as long as a known one. */
const NOBODY = hashOf('')

const ONE_MINUTE = 60_000

/** Makes a key. `key` is the only place where the secret ever stands. */
export async function insertKey(
  { prisma }: Database,
  { name, scopes, expiresAt }: { name: string; scopes: readonly Scope[]; expiresAt: Date | null },
): Promise<{ key: string; row: Row }> {
  const id = randomBytes(6).toString('hex')
  const secret = randomBytes(32).toString('base64url')
  const row = await prisma.apiKey.create({
    data: { id, name, hash: hashOf(secret), scopes: [...scopes], expiresAt },
  })
  return { key: `gongbo_${id}_${secret}`, row }
}

interface KnownKey extends Pick<Row, 'id' | 'scopes' | 'expiresAt' | 'revokedAt' | 'lastUsedAt'> {
  hash: Buffer
}

const BY_IDS = `SELECT id, hash, scopes, expires_at AS "expiresAt", revoked_at AS "revokedAt", last_used_at AS "lastUsedAt"
  FROM api_keys WHERE id = ANY ((SELECT $1::text[])::text[])`

const findKnown = readTogether(
  async (pool, ids: string[]) => {
    const rows = await run<KnownKey>(pool, { text: BY_IDS, values: [ids] }, { prepared: true })
    return new Map(rows.map(row => [row.id, row]))
  },
  { atOnce: 2, most: 100 },
)

/** The caller whom a token belongs to; null where it is unknown, expired or revoked. */
export async function findCaller(
  { pool }: Pick<Database, 'pool'>,
  token: string,
  now = new Date(),
): Promise<Caller | null> {
  const [, id, secret] = FORMAT.exec(token) ?? []
  if (id === undefined || secret === undefined) return null
  const row = await findKnown(pool, id)
  const same = timingSafeEqual(hashOf(secret), row?.hash ?? NOBODY)
  if (!row || !same || row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= now)) return null
  if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() > ONE_MINUTE)
    await pool.query('UPDATE api_keys SET last_used_at = $2 WHERE id = $1', [id, now])
  return { id: row.id, scopes: row.scopes }
}

export const listKeys = ({ prisma }: Database): Promise<Row[]> =>
  prisma.apiKey.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] })

export const findKey = ({ prisma }: Database, id: string): Promise<Row | null> =>
  prisma.apiKey.findUnique({ where: { id } })

/** Revokes a key for good; a revoked one keeps its first date. Null where there is no such key. */
export async function revokeKey({ prisma }: Database, id: string, now = new Date()): Promise<Row | null> {
  await prisma.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } })
  return prisma.apiKey.findUnique({ where: { id } })
}

/** Forgets keys that were revoked or have expired before an instant, and says how many. */
export const sweepKeys = ({ pool }: Pick<Database, 'pool'>, before: Date): Promise<number> =>
  inBatches(async atMost => {
    const { rowCount } = await pool.query(
      `DELETE FROM api_keys WHERE id IN (
         SELECT id FROM api_keys
         WHERE (revoked_at IS NOT NULL OR expires_at IS NOT NULL) AND least(revoked_at, expires_at) < $1
         ORDER BY least(revoked_at, expires_at) LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [before, atMost],
    )
    return rowCount ?? 0
  })

export const toApiKey = (row: Row): ApiKey => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes as Scope[],
  createdAt: formatInstant(row.createdAt),
  expiresAt: formatInstantOrNull(row.expiresAt),
  revokedAt: formatInstantOrNull(row.revokedAt),
  lastUsedAt: formatInstantOrNull(row.lastUsedAt),
})
