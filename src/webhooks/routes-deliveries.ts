import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { json, problems } from '../http/openapi.ts'
import { keepNothing } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { ping } from './deliver.ts'
import {
  DeliveriesQuery,
  DeliveryId,
  LoggedDelivery,
  WebhookDelivery,
  WebhookDeliveryPage,
} from './delivery-schema.ts'
import { WebhookId } from './schema.ts'
import type { SendingOptions } from './settings.ts'
import { findWebhook } from './store.ts'
import { findDelivery, listDeliveries, resend, toDelivery, toLoggedDelivery } from './store-deliveries.ts'
import { type DeliveryQueue, deliveryQueue } from './store-queue.ts'

/** What was sent to an endpoint, sending it anew, and a test; for holders of an `admin` key. */
export const deliveryRoutes: FastifyPluginAsyncTypebox<SendingOptions> = async (app, options) => {
  const { db, now } = options
  const queue = queueOf(app, options)
  const config = { scope: 'admin' } as const
  keepNothing(app)

  app.get(
    '/webhooks/:id/deliveries',
    {
      config,
      schema: {
        operationId: 'listWebhookDeliveries',
        tags: ['webhooks'],
        summary: 'What was sent to a webhook?',
        description: 'The newest first. Deliveries are forgotten `DELIVERY_DAYS` after they were settled.',
        params: WebhookId,
        querystring: DeliveriesQuery,
        response: { 200: json('A page of deliveries', ref(WebhookDeliveryPage)), ...problems(404) },
      },
    },
    async request => {
      const { id } = request.params
      await findWebhook(db, id)
      const { rows, nextCursor } = await listDeliveries(db, id, request.query)
      return { items: rows.map(toDelivery), nextCursor }
    },
  )

  app.get(
    '/webhooks/:id/deliveries/:deliveryId',
    {
      config,
      schema: {
        operationId: 'getWebhookDelivery',
        tags: ['webhooks'],
        summary: 'Read one delivery',
        description: 'With what is sent, and what came of every attempt.',
        params: DeliveryId,
        response: { 200: json('The delivery', ref(LoggedDelivery)), ...problems(404) },
      },
    },
    async request => {
      const { id, deliveryId } = request.params
      return toLoggedDelivery(await findDelivery(db, id, deliveryId))
    },
  )

  app.post(
    '/webhooks/:id/deliveries/:deliveryId/redeliver',
    {
      config,
      schema: {
        operationId: 'redeliverWebhook',
        tags: ['webhooks'],
        summary: 'Send a delivery anew',
        description:
          'The same event with the same id, at once and with all retries. 409 while it is on its way, of a test, or where its endpoint is disabled.',
        params: DeliveryId,
        response: { 202: json('The delivery', ref(WebhookDelivery)), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id, deliveryId } = request.params
      await resend(db, queue, { webhookId: id, id: deliveryId }, now())
      return reply.code(202).send(toDelivery(await findDelivery(db, id, deliveryId)))
    },
  )

  app.post(
    '/webhooks/:id/ping',
    {
      config,
      schema: {
        operationId: 'pingWebhook',
        tags: ['webhooks'],
        summary: 'Send a test',
        description:
          'Now, once, also where the endpoint is disabled; it changes nothing of the endpoint. The answer tells what came of it.',
        params: WebhookId,
        response: { 200: json('The delivery', ref(LoggedDelivery)), ...problems(404) },
      },
    },
    async request => {
      const { id } = request.params
      const delivery = await ping(await findWebhook(db, id), options)
      return toLoggedDelivery(await findDelivery(db, id, delivery))
    },
  )
}

/** Where requests put what is to be sent; the sending is begun by main.ts. */
function queueOf(app: FastifyInstance, { db, expireInSeconds }: SendingOptions): DeliveryQueue {
  const onError = (err: unknown) => app.log.warn({ err }, 'the queue of webhooks waits for the database')
  const queue = deliveryQueue(db, { expireInSeconds, lookInSeconds: null, onError })
  app.addHook('onClose', () => queue.stop())
  return queue
}
