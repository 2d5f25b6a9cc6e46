import { type Static, Type } from 'typebox'
import { Instant, nullable, oneOf, ref } from '../http/schema.ts'
import { EVENTS, PING } from './events.ts'
import { WebhookId } from './schema.ts'

/** The contract of what is sent to endpoints, and of the log of it. */

export const STATES = ['pending', 'delivered', 'failed', 'cancelled'] as const

const id = Type.String({
  format: 'uuid',
  description: 'Also the `webhook-id` that the receiver gets, the same with every attempt.',
  examples: ['5b1f8c0e-6a3d-4a53-9a26-0f0f3f6c1d11'],
})
const event = oneOf([...EVENTS, PING], { examples: ['article.updated'] })

const WebhookAttempt = Type.Object({
  number: Type.Integer({ minimum: 1, examples: [1] }),
  at: Instant('When it began.'),
  durationMs: Type.Integer({ minimum: 0, description: 'Milliseconds that it took.', examples: [85] }),
  status: nullable(Type.Integer(), { description: 'What was answered; null where nothing was.' }),
  error: nullable(Type.String(), { description: 'What was wrong; null where nothing was.' }),
})

export const WebhookDelivery = Type.Object(
  {
    id,
    event,
    state: oneOf(STATES, {
      description:
        '`pending`: to be sent, again perhaps; `delivered`: answered with 2xx; `failed`: given up; `cancelled`: its endpoint was disabled before.',
    }),
    attempts: Type.Integer({ minimum: 0, description: 'How often it was sent.', examples: [1] }),
    nextAttemptAt: nullable(Instant('When it is sent next; null where it is not.')),
    recordedAt: Instant('When it was to be sent first.'),
    settledAt: nullable(Instant('When it was delivered, given up or cancelled.')),
  },
  { $id: 'WebhookDelivery', description: 'One event on its way to an endpoint.' },
)
export type WebhookDelivery = Static<typeof WebhookDelivery>

export const LoggedDelivery = Type.Object(
  {
    ...WebhookDelivery.properties,
    payload: Type.Unknown({ description: 'What is sent.' }),
    log: Type.Array(WebhookAttempt, { description: 'Every attempt.' }),
  },
  { $id: 'LoggedDelivery', description: 'A delivery with its payload and every attempt.' },
)
export type LoggedDelivery = Static<typeof LoggedDelivery>

export const WebhookDeliveryPage = Type.Object(
  {
    items: Type.Array(ref(WebhookDelivery)),
    nextCursor: nullable(Type.String(), { description: 'Goes on after this page; null on the last.' }),
  },
  { $id: 'WebhookDeliveryPage', description: 'A page of deliveries, the newest first.' },
)

export const DeliveryId = Type.Object({ ...WebhookId.properties, deliveryId: id })
export const DeliveriesQuery = Type.Object(
  {
    state: Type.Optional(oneOf(STATES, { description: 'Only those in this state.' })),
    pageSize: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Deliveries on a page.' }),
    ),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: '`nextCursor` of a page.' }),
    ),
  },
  { additionalProperties: false },
)
export type DeliveriesQuery = Static<typeof DeliveriesQuery>

export const deliveryComponents = [WebhookDelivery, LoggedDelivery, WebhookDeliveryPage]
