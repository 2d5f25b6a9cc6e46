import { hash, randomUUID } from 'node:crypto'
import { type Database, Prisma, type Query } from '../db/client.ts'
import { inBatches } from '../db/sweep.ts'
import { isObject } from '../http/body.ts'
import { Problem } from '../http/problem.ts'

/**
 * `Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): the first request takes a lease that others
 * can see, and stores its answer in the transaction that does the work. A process that dies in between leaves a lease
 * that ends by itself, so the work is done once and a retry is never locked out.
 */

const { sql } = Prisma

/** Longer than a transaction may wait and last. */
const LEASE_SECONDS = 45
/** Milliseconds between attempts to give a lease back while the database is away. */
const GIVING_BACK_MS = 1_000

export interface StoredAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export interface Lease {
  keyId: string
  key: string
  id: string
}

interface StoredRow {
  fingerprint: Uint8Array
  status: number | null
  headers: Record<string, string> | null
  body: string | null
}

export const fingerprintOf = (method: string, path: string, body: unknown): Buffer =>
  hash('sha256', `${method} ${path}\n${JSON.stringify(body, inOrder)}`, 'buffer')

/** The same JSON is the same request, whatever the order of its keys. */
const inOrder = (_key: string, value: unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value

/**
 * Takes the lease of a key, or gives the answer that the same request got before.
 * @throws Problem 409 while the first request runs, 422 where the key came with another request.
 */
export async function beginIdempotent(
  { pool }: Database,
  request: { keyId: string; key: string; fingerprint: Buffer; hours: number },
): Promise<{ lease: Lease } | { answer: StoredAnswer }> {
  const { keyId, key, fingerprint, hours } = request
  const id = randomUUID()
  for (;;) {
    // An expired record is as good as none; so is a lease whose holder died, for the same request.
    const taken = await pool.query(
      `INSERT INTO idempotency_records AS r (key_id, key, fingerprint, lease, lease_until, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), now() + make_interval(hours => $6))
       ON CONFLICT (key_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, lease = excluded.lease,
         lease_until = excluded.lease_until, expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
       WHERE r.expires_at <= now()
         OR (r.status IS NULL AND r.lease_until <= now() AND r.fingerprint = excluded.fingerprint)`,
      [keyId, key, fingerprint, id, LEASE_SECONDS, hours],
    )
    if (taken.rowCount === 1) return { lease: { keyId, key, id } }
    const { rows } = await pool.query<StoredRow>(
      'SELECT fingerprint, status, headers, body FROM idempotency_records WHERE key_id = $1 AND key = $2',
      [keyId, key],
    )
    const record = rows[0]
    if (!record) continue
    if (!fingerprint.equals(record.fingerprint))
      throw new Problem('idempotency-key-reused', {
        en: `The Idempotency-Key "${key}" came with another body before: use a new one.`,
        ko: `Idempotency-Key "${key}"은(는) 이미 다른 요청에 사용되었습니다. 새 값을 쓰십시오.`,
      })
    if (record.status === null)
      throw new Problem(
        'conflict',
        {
          en: 'The first request with this Idempotency-Key is still running.',
          ko: '같은 Idempotency-Key의 요청이 아직 처리 중입니다.',
        },
        { headers: { 'retry-after': '1' } },
      )
    return { answer: { status: record.status, headers: record.headers ?? {}, body: record.body ?? '' } }
  }
}

/** An answer that is to be stored. */
interface LeasedAnswer {
  lease: Lease
  answer: StoredAnswer
}

/** Stores answers, in the transaction that does the work. @throws Problem 409 where a lease was lost meanwhile. */
export async function completeIdempotent(query: Query, answers: readonly LeasedAnswer[]): Promise<void> {
  if (answers.length === 0) return
  const given = answers.map(({ lease: { id, ...lease }, answer }) => ({ ...lease, lease: id, ...answer }))
  const stored = await query(sql`
    UPDATE idempotency_records r SET lease = NULL, status = g.status, headers = g.headers, body = g.body
    FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
      AS g ("keyId" text, key text, lease uuid, status int, headers jsonb, body text)
    WHERE r.key_id = g."keyId" AND r.key = g.key AND r.lease = g.lease RETURNING true AS stored`)
  if (stored.length < answers.length)
    throw new Problem('conflict', {
      en: 'The request took too long and another one with its Idempotency-Key took over.',
      ko: '처리가 지연되어 같은 Idempotency-Key의 다른 요청이 대신 처리합니다.',
    })
}

/**
 * The answer of a request that may come again: the one that it got before, or that of `work`, which stores it with
 * `completeIdempotent`. After a failure the request may be tried again. @throws as beginIdempotent.
 */
export async function answerOnce(
  db: Database,
  request: Parameters<typeof beginIdempotent>[1],
  work: (lease: Lease) => Promise<StoredAnswer>,
): Promise<{ answer: StoredAnswer; replayed: boolean }> {
  const begun = await beginIdempotent(db, request)
  if ('answer' in begun) return { answer: begun.answer, replayed: true }
  try {
    return { answer: await work(begun.lease), replayed: false }
  } catch (error) {
    await releaseIdempotent(db, begun.lease)
    throw error
  }
}

/** Forgets what has expired, and says how much. */
export const sweepIdempotent = ({ pool }: Pick<Database, 'pool'>, now = new Date()): Promise<number> =>
  inBatches(async atMost => {
    const { rowCount } = await pool.query(
      `DELETE FROM idempotency_records WHERE (key_id, key) IN (
         SELECT key_id, key FROM idempotency_records WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2
         FOR UPDATE SKIP LOCKED)`,
      [now, atMost],
    )
    return rowCount ?? 0
  })

/**
 * Gives a lease back after a failure, so that the request may be tried again: at once, or as soon as the database is there
 * again, and not at all when the lease has ended by itself.
 */
async function releaseIdempotent(
  db: Database,
  lease: Lease,
  until = Date.now() + LEASE_SECONDS * 1_000,
): Promise<void> {
  try {
    await db.prisma.idempotencyRecord.deleteMany({
      where: { keyId: lease.keyId, key: lease.key, lease: lease.id },
    })
  } catch {
    if (Date.now() < until) setTimeout(() => releaseIdempotent(db, lease, until), GIVING_BACK_MS).unref()
  }
}
