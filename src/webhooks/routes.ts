import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { decideQuery } from '../articles/query.ts'
import { takeInMinistries } from '../articles/store-ministries.ts'
import { CHANGE_KINDS } from '../articles/words.ts'
import { JSON_UTF8, MERGE_PATCH_TYPE } from '../http/body.ts'
import { requireIfMatch } from '../http/conditional.ts'
import { CACHEABLE, FRESH, HEADERS, IfMatch, json, problems } from '../http/openapi.ts'
import { pageOf, wantedPage } from '../http/page.ts'
import { listAnswer, sendCacheable, sendVersion, versionAnswer } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import type { RegistryReader } from '../ministries/store.ts'
import { dayOf } from '../time/seoul.ts'
import { checkTarget } from './check.ts'
import type { DeliverOptions } from './deliver.ts'
import { EVENTS } from './events.ts'
import { FilterQuery, parseFilter, withinQuery } from './filter.ts'
import {
  CreatedWebhook,
  NewWebhook,
  Webhook,
  WebhookId,
  WebhookPage,
  WebhookPages,
  WebhookPatch,
} from './schema.ts'
import { secretOf } from './sign.ts'
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  queryOf,
  rotateSecret,
  seedsOf,
  toWebhook,
  updateWebhook,
  type WebhookContent,
  type WebhookRow,
} from './store.ts'
import { listMasters } from './store-secrets.ts'

export interface WebhookRouteOptions extends DeliverOptions {
  registry: RegistryReader
  /** See `PUBLIC_URL`, `WEBHOOK_HTTP` and `WEBHOOK_ROTATION_HOURS` in config.ts. */
  publicUrl: string
  allowHttp: boolean
  rotationHours: number
}

const { ETag, Location } = HEADERS
const HOUR = 3_600_000

/** `/v1/webhooks`: endpoints, for holders of an `admin` key. */
export const webhookRoutes: FastifyPluginAsyncTypebox<WebhookRouteOptions> = async (app, options) => {
  const { db, registry, publicUrl, secret, now, rotationHours } = options
  const config = { scope: 'admin' } as const

  /** With the newest secret, this once. */
  const sendSecret = async (reply: FastifyReply, row: WebhookRow) => {
    const [seed] = seedsOf(row)
    const made = seed && secretOf(seed, await listMasters(db, secret))
    const webhook = toWebhook(row, now())
    return reply
      .headers({ etag: versionAnswer(webhook).etag, 'cache-control': 'no-store' })
      .type(JSON_UTF8)
      .send(JSON.stringify({ ...webhook, secret: made }))
  }

  /** What a body says, over what there was. @throws Problem 400 that names the culprit. */
  const contentOf = (
    request: FastifyRequest,
    given: WebhookPatch,
    before?: WebhookContent,
  ): WebhookContent => {
    const { url, description, query, events, kinds, enabled } = given
    const fresh = { url: '', description: null, query: {}, events: [...EVENTS], kinds: [...CHANGE_KINDS] }
    const decided = before ?? { ...fresh, enabled: true }
    const over = <T>(field: T | null | undefined, former: T, none: T): T =>
      field === undefined ? former : (field ?? none)
    const validate = request.compileValidationSchema(FilterQuery, 'querystring')
    const filter = typeof query === 'string' ? parseFilter(query, validate, now()) : query
    return {
      url: url === undefined ? decided.url : checkTarget(url, options),
      description: over(description, decided.description, null),
      query: over(filter, decided.query, fresh.query),
      // In an order of their own, so that the same is the same.
      events: EVENTS.filter(event => over<string[]>(events, decided.events, fresh.events).includes(event)),
      kinds: CHANGE_KINDS.filter(kind => over<string[]>(kinds, decided.kinds, fresh.kinds).includes(kind)),
      enabled: enabled ?? decided.enabled,
    }
  }
  /** That every ministry of a filter is one. @throws Problem 400 */
  const assertKnown = ({ query }: Pick<WebhookContent, 'query'>) =>
    withinQuery(async () =>
      takeInMinistries(db, await registry.current(), decideQuery(query, now()), dayOf(now())),
    )

  app.get(
    '/webhooks',
    {
      config,
      schema: {
        operationId: 'listWebhooks',
        tags: ['webhooks'],
        summary: 'List webhooks',
        querystring: WebhookPages,
        response: { 200: json('A page of endpoints', ref(WebhookPage), CACHEABLE), 304: FRESH },
      },
    },
    async (request, reply) => {
      const wanted = wantedPage(request.query)
      const { rows, total } = await listWebhooks(db, wanted)
      const items = rows.map(row => toWebhook(row, now()))
      return sendCacheable(request, reply, listAnswer(pageOf(items, total, wanted)))
    },
  )

  app.post(
    '/webhooks',
    {
      config,
      schema: {
        operationId: 'createWebhook',
        tags: ['webhooks'],
        summary: 'Make a webhook',
        description:
          'It is sent what changes from now on. The answer shows the secret this once. What is sent is described under `webhooks` of this document.',
        body: ref(NewWebhook),
        response: { 201: json('The endpoint', ref(CreatedWebhook), { ETag, Location }) },
      },
    },
    async (request, reply) => {
      const content = contentOf(request, request.body)
      await assertKnown(content)
      const [master] = await listMasters(db, secret)
      const row = await insertWebhook(db, content, master, now())
      return sendSecret(reply.code(201).header('location', `${publicUrl}/v1/webhooks/${row.id}`), row)
    },
  )

  app.get(
    '/webhooks/:id',
    {
      config,
      schema: {
        operationId: 'getWebhook',
        tags: ['webhooks'],
        summary: 'Read one webhook',
        params: WebhookId,
        response: { 200: json('The endpoint', ref(Webhook), CACHEABLE), 304: FRESH, ...problems(404) },
      },
    },
    async (request, reply) => {
      const webhook = toWebhook(await findWebhook(db, request.params.id), now())
      return sendCacheable(request, reply, versionAnswer(webhook))
    },
  )

  app.patch(
    '/webhooks/:id',
    {
      config: { ...config, consumes: [MERGE_PATCH_TYPE] },
      schema: {
        operationId: 'patchWebhook',
        tags: ['webhooks'],
        summary: 'Change a webhook',
        description:
          'JSON Merge Patch (RFC 7396). `enabled: false` cancels what is still to be sent; `enabled: true` sends what changes from then on. Writing what is there already makes no new version.',
        consumes: [MERGE_PATCH_TYPE],
        params: WebhookId,
        headers: IfMatch,
        body: ref(WebhookPatch),
        response: { 200: json('The endpoint', ref(Webhook), { ETag }), ...problems(404, 412, 428) },
      },
    },
    async (request, reply) => {
      const ifMatch = requireIfMatch(request.headers['if-match'])
      const { id } = request.params
      const before = await findWebhook(db, id)
      if (request.body.query !== undefined)
        await assertKnown(contentOf(request, request.body, { ...before, query: queryOf(before) }))
      const decide = (row: WebhookRow) => contentOf(request, request.body, { ...row, query: queryOf(row) })
      return sendVersion(reply, toWebhook(await updateWebhook(db, id, ifMatch, decide, now()), now()))
    },
  )

  app.delete(
    '/webhooks/:id',
    {
      config,
      schema: {
        operationId: 'deleteWebhook',
        tags: ['webhooks'],
        summary: 'Delete a webhook',
        description: 'For good, with the log of what was sent to it.',
        params: WebhookId,
        headers: IfMatch,
        response: { 204: { description: 'Deleted' }, ...problems(404, 412, 428) },
      },
    },
    async (request, reply) => {
      await deleteWebhook(db, request.params.id, requireIfMatch(request.headers['if-match']))
      return reply.code(204).send()
    },
  )

  app.post(
    '/webhooks/:id/secret',
    {
      config,
      schema: {
        operationId: 'rotateWebhookSecret',
        tags: ['webhooks'],
        summary: 'Give a webhook another secret',
        description:
          'The former one signs beside it for `WEBHOOK_ROTATION_HOURS`, so that receivers can change over. At most 5 are in force at a time: 409.',
        params: WebhookId,
        headers: IfMatch,
        response: {
          200: json('The endpoint', ref(CreatedWebhook), { ETag }),
          ...problems(404, 409, 412, 428),
        },
      },
    },
    async (request, reply) => {
      const ifMatch = requireIfMatch(request.headers['if-match'])
      const [master] = await listMasters(db, secret)
      const until = new Date(now().getTime() + rotationHours * HOUR)
      return sendSecret(
        reply,
        await rotateSecret(db, request.params.id, ifMatch, master, { now: now(), until }),
      )
    },
  )
}
