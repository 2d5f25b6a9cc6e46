import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { badHeader } from './problem.ts'

/**
 * Reading what one has written, on any node: a write answers with its place in the log of changes, and a read that brings
 * the place along gets an answer that is not older. The order of the log is the order of commits, so a number says it all.
 */

declare module 'fastify' {
  interface FastifyRequest {
    /** The place in the log that the answer must have reached; null where any will do. */
    position: number | null
  }
  interface FastifyInstance {
    /** The place of the newest write of this node. */
    written: { position: number }
  }
}

/** The header of both, as Fastify spells names. */
const NAME = 'gongbo-position'

/** Whether the reader says how new the answer must be. */
export const bringsPosition = ({ headers }: FastifyRequest): boolean => headers[NAME] !== undefined

/** A place in the log as clients carry it. */
export const printPosition = (seq: number): string => String(seq)

/** The place that a text means, or null: none but what `printPosition` makes of one means anything. */
export function parsePosition(text: string): number | null {
  const seq = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(seq) && printPosition(seq) === text ? seq : null
}

/**
 * Reads the header of every request; what was written on this node needs none. @throws Problem 400 where no write can have
 * answered with it.
 */
export function readPositions(app: FastifyInstance): void {
  app.decorate('written', { position: 0 })
  app.decorateRequest('position', null)
  app.addHook('onRequest', async request => {
    const text = request.headers[NAME]
    const brought = text === undefined ? 0 : parsePosition(String(text))
    if (brought === null)
      throw badHeader(
        'Gongbo-Position',
        'must be what a write answered with, as it stood there',
        '쓰기 응답에 있던 값 그대로여야 합니다',
      )
    request.position = Math.max(brought, app.written.position) || null
  })
}

/** For the answer of a write, once it is committed. */
export const tellPosition = (reply: FastifyReply) => (seq: number) => {
  const { written } = reply.server
  written.position = Math.max(written.position, seq)
  reply.header(NAME, printPosition(seq))
}

const Position = Type.Object({
  [NAME]: Type.Optional(
    Type.String({
      description: 'What a write answered with: the answer is not older than that write, on any node.',
      examples: ['4711'],
    }),
  ),
})

/** Documents the header on every GET of a scope. Register before its routes. */
export function documentPositions(scope: FastifyInstance): void {
  scope.addHook('onRoute', ({ method, schema }) => {
    if (schema && [method].flat().includes('GET')) schema.headers ??= Position
  })
}
