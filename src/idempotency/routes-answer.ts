import type { FastifyReply } from 'fastify'
import { JSON_UTF8 } from '../http/body.ts'
import { encodeUtf8 } from '../text/encoding.ts'
import type { StoredAnswer } from './store.ts'

/** Answers as it was stored, now or when the same request came first. */
export const sendStored = (
  reply: FastifyReply,
  { answer, replayed }: { answer: StoredAnswer; replayed: boolean },
): FastifyReply =>
  reply
    .code(answer.status)
    .headers({
      ...answer.headers,
      'cache-control': 'no-store',
      ...(replayed && { 'idempotent-replayed': 'true' }),
    })
    .type(JSON_UTF8)
    .send(encodeUtf8(answer.body))
