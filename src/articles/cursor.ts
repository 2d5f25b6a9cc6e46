import { badParameter } from '../http/problem.ts'

/** Opaque keyset cursors: the place of an article in a list, bound to the query that made it. */
export interface Cursor {
  direction: 'next' | 'previous'
  /** What the list orders by, of the article at the edge: milliseconds since 1970, or views. */
  key: number
  id: number
  /** The instant for which a period was resolved on the first page. */
  now: Date
}

/** Grows when the meaning changes, so that an old cursor is refused and not misread. */
const VERSION = 1

export function encodeCursor({ direction, key, id, now }: Cursor, fingerprint: string): string {
  return Buffer.from(
    JSON.stringify([VERSION, fingerprint, direction === 'next' ? 1 : 0, key, id, now.getTime()]),
  ).toString('base64url')
}

/** @throws Problem 400 that names `cursor` where it was not made here, or for another query. */
export function decodeCursor(text: string, fingerprint: string): Cursor {
  const [version, owner, next, key, id, now] = partsOf(text)
  const whole = (value: unknown): value is number => Number.isSafeInteger(value)
  const readable =
    version === VERSION &&
    typeof owner === 'string' &&
    (next === 0 || next === 1) &&
    whole(key) &&
    key >= -6e13 && // what PostgreSQL takes for an instant
    key <= 2.6e14 &&
    whole(id) &&
    id > 0 &&
    id <= 2_147_483_647 &&
    whole(now) &&
    now >= 0 &&
    now <= 4.1e12
  if (!readable) throw badParameter('cursor', 'was not made by this API', '이 API가 만든 커서가 아닙니다')
  if (owner !== fingerprint)
    throw badParameter(
      'cursor',
      'belongs to another query: keep every filter and the order as they were, or start again without it',
      '다른 질의의 커서입니다. 필터와 정렬을 그대로 두거나 커서 없이 다시 시작하십시오',
    )
  return { direction: next === 1 ? 'next' : 'previous', key, id, now: new Date(now) }
}

/** What a cursor is made of; nothing where it is none. */
export function partsOf(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
