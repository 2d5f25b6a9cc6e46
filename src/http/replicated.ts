import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { isAway, isStatementTimeout, isUnreachable } from './errors.ts'
import { bringsPosition } from './position.ts'
import { Problem } from './problem.ts'

/** Reads that replicas of the database answer, and the primary where they cannot. */

/** A replica for one request. */
interface Chosen {
  name: string
  read<T>(work: () => Promise<T>): Promise<T>
  failed(lost: boolean): void
}

/**
 * Answers the GET and HEAD requests of a scope from a replica. One that fails is not told to the reader: the whole request is
 * asked anew of the primary, unless its answer has begun. Register before the routes, whose handlers change nothing.
 */
export function answerFromReplicas(
  scope: FastifyInstance,
  /** A replica that has reached a place in the log; null where none has. */
  choose: (position: number | null) => Chosen | null,
): void {
  /** What this node wrote no replica may have, and while the primary is away that holds up only those who asked for it. */
  const askPrimary = async (request: FastifyRequest, reply: FastifyReply, ask: () => Promise<unknown>) => {
    try {
      return await ask()
    } catch (error) {
      const anyWill = !bringsPosition(request) && !isOfMoment(request)
      const any = anyWill && isAway(error) && mayAskAgain(error, reply) ? choose(null) : null
      if (!any) throw error
      request.log.warn({ err: error, replica: any.name }, 'the primary is away: asking a replica')
      // What is behind is not kept for others.
      request.slot = null
      return any.read(ask)
    }
  }
  scope.addHook('onRoute', route => {
    const { handler } = route
    if (![route.method].flat().every(method => method === 'GET' || method === 'HEAD')) return
    route.handler = async function (request, reply) {
      const ask = async () => handler.call(this, request, reply)
      const replica = choose(placeNeeded(request))
      if (!replica) return askPrimary(request, reply, ask)
      try {
        return await replica.read(ask)
      } catch (error) {
        if (!mayAskAgain(error, reply)) throw error
        replica.failed(isUnreachable(error))
        request.log.warn({ err: error, replica: replica.name }, 'a replica failed: asking the primary')
        return ask()
      }
    } satisfies RouteHandlerMethod
  })
}

const isOfMoment = ({ query }: FastifyRequest): boolean =>
  (query as { asOf?: unknown } | undefined)?.asOf !== undefined

/** What stood at a moment must have come to its end, which only the primary knows: no replica has reached infinity. */
const placeNeeded = (request: FastifyRequest): number | null =>
  isOfMoment(request) ? Number.POSITIVE_INFINITY : request.position

/** What we say of a request ourselves, and what takes too long, the primary would not answer otherwise. */
const mayAskAgain = (error: unknown, reply: FastifyReply): boolean =>
  !(error instanceof Problem) && !isStatementTimeout(error) && !reply.sent && !reply.raw.headersSent
