import { Type } from 'typebox'
import { badHeader } from '../http/problem.ts'

/** The header of requests that may be repeated safely. */
export const IdempotencyKey = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'Any text that is new for each request, a UUID for example.',
      examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    }),
  ),
})

/** The key is a string of RFC 8941, quoted; bare text is what most clients send. */
export function idempotencyKey(header: string | string[]): string {
  const text = String(header)
  const key = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1') ?? text
  if (key === '') throw badHeader('Idempotency-Key', 'must not be empty', '비어 있을 수 없습니다')
  return key
}
