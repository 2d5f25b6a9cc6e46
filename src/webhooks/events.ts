import type { ChangeKind } from '../articles/words.ts'
import { encodePlace } from '../changes/cursor.ts'
import { formatInstant } from '../time/seoul.ts'

/** What a change is for an endpoint: whether an article comes into its list, changes there, or leaves it. */

export const EVENTS = ['article.created', 'article.updated', 'article.deleted'] as const
export type EventType = (typeof EVENTS)[number]
export const PING = 'ping'

/** Null where the list had no part in it. */
export function eventOf(before: boolean, after: boolean): EventType | null {
  if (after) return before ? 'article.updated' : 'article.created'
  return before ? 'article.deleted' : null
}

export interface FollowedChange {
  seq: number
  articleId: number
  kind: ChangeKind
  version: number
  at: Date
}

/** The thin payload: what has changed, and where to read it. No text of an article is sent. */
export function payloadOf(
  type: EventType,
  { seq, articleId, kind, version, at }: FollowedChange,
  { publicUrl, whole }: { publicUrl: string; whole: boolean },
): string {
  return JSON.stringify({
    type,
    timestamp: formatInstant(at),
    data: {
      articleId,
      version,
      kind,
      deleted: type === 'article.deleted',
      url: `${publicUrl}/v1/articles/${articleId}`,
      cursor: encodePlace({ view: whole ? 'whole' : 'public', seq, floor: 0 }),
    },
  })
}

export const pingPayload = (webhookId: number, now: Date): string =>
  JSON.stringify({ type: PING, timestamp: formatInstant(now), data: { webhookId } })
