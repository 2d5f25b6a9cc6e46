import { type TSchema, Type } from 'typebox'
import { CHANGE_KINDS } from '../articles/words.ts'
import { Instant, oneOf } from '../http/schema.ts'
import { EVENTS, type EventType, PING } from './events.ts'

/** What receivers get: the `webhooks` of the document. */

const timestamp = Instant('When it was changed.')

export const ArticleEvent = Type.Object(
  {
    type: oneOf(EVENTS, { examples: ['article.updated'] }),
    timestamp,
    data: Type.Object({
      articleId: Type.Integer({ minimum: 1, examples: [21] }),
      version: Type.Integer({
        minimum: 1,
        description: 'The version that the change made. Events may come out of order: a lower one is old.',
        examples: [2],
      }),
      kind: oneOf(CHANGE_KINDS, { description: 'What was done to the article.', examples: ['update'] }),
      deleted: Type.Boolean({ description: 'Whether it left the list: a mirror takes it away.' }),
      url: Type.String({ description: 'Where it is read.', examples: ['/v1/articles/21'] }),
      cursor: Type.String({
        description: 'Its place in the change feed: `GET /v1/changes?since=` goes on after it.',
        examples: ['WzEsInAiLDQyLDBd'],
      }),
    }),
  },
  {
    $id: 'ArticleEvent',
    description: 'An article came into the list of a webhook, changed there, or left it.',
  },
)

export const PingEvent = Type.Object(
  {
    type: Type.Literal(PING),
    timestamp: Instant('When it was sent.'),
    data: Type.Object({ webhookId: Type.Integer({ minimum: 1, examples: [1] }) }),
  },
  { $id: 'PingEvent', description: 'A test.' },
)
export const eventComponents = [ArticleEvent, PingEvent]

const text = (description: string, example: string) => ({
  required: true,
  in: 'header',
  schema: { type: 'string', examples: [example] },
  description,
})
const HEADERS = [
  {
    name: 'webhook-id',
    ...text(
      'The event’s id, the same when it is sent again: what was seen already is to be ignored.',
      '5b1f8c0e-6a3d-4a53-9a26-0f0f3f6c1d11',
    ),
  },
  {
    name: 'webhook-timestamp',
    ...text('When this attempt was made, in seconds since 1970: old ones are to be refused.', '1795600000'),
  },
  {
    name: 'webhook-signature',
    ...text(
      '`v1,` and the HMAC-SHA256 of `id.timestamp.body` in Base64, one for each secret in force, with spaces between (Standard Webhooks).',
      'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
    ),
  },
]

const UNTIL_TAKEN =
  'Sent by POST until it is answered with 2xx within `WEBHOOK_TIMEOUT_MS`: at once, then after about 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours, later where a 429 or 503 asks for it by `Retry-After`. Redirects are not followed.'

const sent = (operationId: string, summary: string, event: TSchema, description = UNTIL_TAKEN) => ({
  post: {
    operationId,
    summary,
    description,
    tags: ['webhooks'],
    security: [],
    parameters: HEADERS,
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { $ref: `#/components/schemas/${(event as { $id?: string }).$id}` } },
      },
    },
    responses: {
      '2XX': { description: 'Taken; what is in the answer is not read' },
      '410': { description: 'Nothing more is wanted: the webhook is disabled, unless this is a test' },
    },
  },
})

const SUMMARIES: Record<EventType, string> = {
  'article.created': 'An article came into the list',
  'article.updated': 'An article of the list changed',
  'article.deleted': 'An article left the list',
}

export const WEBHOOKS: Record<string, object> = {
  ...Object.fromEntries(
    EVENTS.map(event => [
      event,
      sent(
        `on${event.replace(/(^|\.)(\w)/g, (_, _dot, letter) => letter.toUpperCase())}`,
        SUMMARIES[event],
        ArticleEvent,
      ),
    ]),
  ),
  [PING]: sent(
    'onPing',
    'A test was asked for',
    PingEvent,
    'Sent by POST, once. Redirects are not followed.',
  ),
}
