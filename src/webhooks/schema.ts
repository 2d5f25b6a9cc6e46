import { type Static, Type } from 'typebox'
import { CHANGE_KINDS } from '../articles/words.ts'
import { pageFields, pageParameters } from '../http/page.ts'
import { Instant, nullable, oneOf, ref } from '../http/schema.ts'
import { EVENTS } from './events.ts'

/** The contract of endpoints. */

const url = Type.String({
  minLength: 1,
  maxLength: 2000,
  description:
    'Where to: `https`, on any port, of a host that is on the public internet. Names are looked up anew with each attempt, and addresses that are not public get nothing.',
  examples: ['https://board.example.com/hooks/gongbo'],
})
const description = nullable(Type.String({ maxLength: 500 }), {
  description: 'What it is for.',
  examples: ['ESG board'],
})
const query = Type.String({
  maxLength: 4000,
  description:
    'Which articles, as the query of `GET /v1/articles` without what says how they are shown; empty for all that are public. Others are sent where `status` names them.',
  examples: ['ministry=환경부&q=탄소중립'],
})
const events = Type.Array(oneOf(EVENTS), {
  minItems: 1,
  uniqueItems: true,
  description:
    'What is sent: that an article came into the list, that it changed there, that it left the list. All, where it is left out.',
  examples: [[...EVENTS]],
})
const kinds = Type.Array(oneOf(CHANGE_KINDS), {
  minItems: 1,
  uniqueItems: true,
  description: 'By which kinds of change. All, where it is left out.',
  examples: [[...CHANGE_KINDS]],
})
const enabled = Type.Boolean({ description: 'Whether anything is sent.', examples: [true] })

export const Webhook = Type.Object(
  {
    id: Type.Integer({ minimum: 1, examples: [1] }),
    version: Type.Integer({ minimum: 1, examples: [1] }),
    url,
    description,
    query,
    events,
    kinds,
    enabled,
    disabledReason: nullable(oneOf(['paused', 'gone', 'failing']), {
      description:
        'Why nothing is sent: `paused` by a writer, `gone` as the receiver answered 410, `failing` for `WEBHOOK_DISABLE_DAYS`. Null while it is enabled.',
    }),
    disabledAt: nullable(Instant('Since when.')),
    failingSince: nullable(Instant('Since when every attempt has failed; null after one that did not.')),
    formerSecretUntil: nullable(Instant('Until when former secrets sign beside the newest.')),
    recordedAt: Instant('When it was made.'),
    modifiedAt: Instant('When it was changed last.'),
  },
  { $id: 'Webhook', description: 'An endpoint that changes of articles are sent to, without its secret.' },
)
export type Webhook = Static<typeof Webhook>

export const CreatedWebhook = Type.Object(
  {
    ...Webhook.properties,
    secret: Type.String({
      description: 'What its signatures are verified with. Shown this once.',
      examples: ['whsec_…'],
    }),
  },
  { $id: 'CreatedWebhook', description: 'An endpoint with its new secret.' },
)

export const NewWebhook = Type.Object(
  {
    url,
    description: Type.Optional(description),
    query: Type.Optional(query),
    events: Type.Optional(events),
    kinds: Type.Optional(kinds),
    enabled: Type.Optional(enabled),
  },
  {
    $id: 'NewWebhook',
    additionalProperties: false,
    description: 'An endpoint to make.',
    examples: [{ url: 'https://board.example.com/hooks/gongbo', query: 'ministry=환경부' }],
  },
)

export const WebhookPatch = Type.Object(
  {
    url: Type.Optional(url),
    description: Type.Optional(description),
    query: Type.Optional(nullable(query)),
    events: Type.Optional(nullable(events)),
    kinds: Type.Optional(nullable(kinds)),
    enabled: Type.Optional(enabled),
  },
  {
    $id: 'WebhookPatch',
    additionalProperties: false,
    description: 'Fields to change; null is what a new endpoint has.',
    examples: [{ enabled: true }],
  },
)
export type WebhookPatch = Static<typeof WebhookPatch>

export const WebhookPage = Type.Object(
  { items: Type.Array(ref(Webhook)), ...pageFields('webhooks', 1) },
  { $id: 'WebhookPage', description: 'A page of endpoints, in the order in which they were made.' },
)

export const WebhookId = Type.Object({
  id: Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'The endpoint’s id.', examples: [1] }),
})
export const WebhookPages = Type.Object(pageParameters('Webhooks'), { additionalProperties: false })

export const webhookComponents = [Webhook, CreatedWebhook, NewWebhook, WebhookPatch, WebhookPage]
