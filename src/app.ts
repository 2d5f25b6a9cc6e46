import { join } from 'node:path'
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import { Registry } from 'prom-client'
import { Type } from 'typebox'
import { duplicateComponents } from './articles/duplicates-schema.ts'
import { unresolvedComponents } from './articles/ministry-schema.ts'
import { articleComponents } from './articles/page-schema.ts'
import { revisionComponents } from './articles/revision-schema.ts'
import { articleRoutes } from './articles/routes.ts'
import { addressRoutes } from './articles/routes-address.ts'
import { changingRoutes } from './articles/routes-change.ts'
import { counterComponents, counterRoutes } from './articles/routes-count.ts'
import { creatingRoutes } from './articles/routes-create.ts'
import { duplicateRoutes } from './articles/routes-duplicates.ts'
import { unresolvedRoutes } from './articles/routes-ministry.ts'
import { revisionRoutes } from './articles/routes-revisions.ts'
import { statisticsRoutes } from './articles/routes-statistics.ts'
import { statisticsComponents } from './articles/statistics-schema.ts'
import { searchState } from './articles/store-index.ts'
import { findArticleOf } from './articles/store-ministries.ts'
import { changeRoutes } from './changes/routes.ts'
import { changeComponents } from './changes/schema.ts'
import { keepFresh } from './changes/store-fresh.ts'
import { type Config, listOf } from './config.ts'
import type { Database } from './db/client.ts'
import type { Listening } from './db/listen.ts'
import type { Replicas } from './db/replicas.ts'
import { exportRoutes } from './exports/routes.ts'
import { exportComponents } from './exports/schema.ts'
import { feedForms, feedRoutes } from './feeds/routes.ts'
import { feedAnswers } from './feeds/routes-answer.ts'
import { opmlRoutes } from './feeds/routes-opml.ts'
import { feedComponents } from './feeds/schema.ts'
import { durationsIn } from './health/durations.ts'
import { healthComponents, healthRoutes } from './health/routes.ts'
import { controlAccess } from './http/access.ts'
import { parseBodies } from './http/body.ts'
import { closeGently } from './http/closing.ts'
import { allowOrigin, allowOrigins } from './http/cors.ts'
import { serveApiDescription } from './http/docs.ts'
import { describeApi } from './http/document.ts'
import { handleError, handleUnknownRoutes } from './http/errors.ts'
import { AnswerMemory } from './http/memory.ts'
import { refuseSplitAddress } from './http/pasted.ts'
import { documentPositions, readPositions } from './http/position.ts'
import { ProblemKind, problemPages } from './http/problem-pages.ts'
import { clientOf, rateLimit } from './http/rate-limit.ts'
import { answerOddRequests, handleParserErrors } from './http/raw-target.ts'
import { edgeHeaders, rememberAnswers } from './http/remembered.ts'
import { answerFromReplicas } from './http/replicated.ts'
import { negotiate, tellNoLengthOf304 } from './http/representation.ts'
import { requestId, tellRequests, timeRequests } from './http/requests.ts'
import { answerAsSent } from './http/sent.ts'
import { normaliseParameters } from './http/text-input.ts'
import { validators } from './http/validators.ts'
import { coverageComponents } from './imports/coverage-schema.ts'
import { importComponents } from './imports/job-schema.ts'
import { importRoutes } from './imports/routes.ts'
import { coverageRoutes } from './imports/routes-coverage.ts'
import { keyRoutes } from './keys/routes.ts'
import { keyComponents } from './keys/schema.ts'
import { findCaller } from './keys/store.ts'
import { ministryRoutes } from './ministries/routes.ts'
import { ministryEventRoutes } from './ministries/routes-events.ts'
import { ministryWriteRoutes } from './ministries/routes-write.ts'
import { ministryComponents } from './ministries/schema.ts'
import { registryReader } from './ministries/store.ts'
import { queryRoutes } from './queries/routes.ts'
import { queryComponents } from './queries/schema.ts'
import { synonymRoutes } from './search/routes-synonyms.ts'
import { synonymComponents } from './search/synonym-schema.ts'
import { suggestionRoutes } from './suggestions/routes.ts'
import { suggestionComponents } from './suggestions/schema.ts'
import { dayOf } from './time/seoul.ts'
import { VERSION } from './version.ts'
import { deliveryComponents } from './webhooks/delivery-schema.ts'
import { eventComponents, WEBHOOKS } from './webhooks/event-schema.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { deliveryRoutes } from './webhooks/routes-deliveries.ts'
import { webhookComponents } from './webhooks/schema.ts'
import { sendingOptions } from './webhooks/settings.ts'
import { findBacklog } from './webhooks/store-deliveries.ts'

const MIB = 1_048_576

interface AppOptions {
  config: Config
  db: Database
  /** Where articles are read, if not from `db`; looked at by main.ts. */
  replicas?: Replicas | null
  logger?: FastifyServerOptions['logger']
  /** The clock, which tests may turn. */
  now?: () => Date
}

/** The whole API: every plugin and route, in one visible list. It neither connects nor listens. */
export async function buildApp({
  config,
  db,
  replicas = null,
  logger = false,
  now = () => new Date(),
}: AppOptions): Promise<FastifyInstance> {
  const limit = rateLimit(config.RATE_LIMIT)
  const app: FastifyInstance = Fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustedProxies(config.TRUST_PROXY),
    bodyLimit: config.BODY_LIMIT,
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: request => requestId(request.headers['x-request-id']),
    clientErrorHandler: handleParserErrors(() => app),
    http: {
      // Node would answer a missing Host without a body.
      requireHostHeader: false,
      // Else Node gives a body as long as the head at least, a minute, and looks every half.
      headersTimeout: config.REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(1_000, config.REQUEST_TIMEOUT_MS),
    },
    frameworkErrors: (error, request, reply) => {
      // These come before any hook, and so before what the hooks see to.
      allowOrigin(config.CORS_ORIGINS, request, reply)
      const counted = limit?.count(clientOf(request.ip), reply) ?? Promise.resolve()
      counted.then(
        () => handleError(error, request, reply),
        refused => handleError(refused, request, reply),
      )
    },
    routerOptions: { maxParamLength: 2_000 },
    schemaController: { compilersFactory: { buildValidator: validators() as never } },
  })
  // JSON.stringify, not fast-json-stringify: that one turns a null in a wrong place into "" or 0 with status 200.
  app.setSerializerCompiler(() => value => JSON.stringify(value))

  app.setErrorHandler(handleError)
  const refuseMethod = handleUnknownRoutes(app)
  refuseUnknownParameters(app)
  const memory = new AnswerMemory({ bytes: config.CACHE_MIB * MIB, ms: config.CACHE_SECONDS * 1_000 })
  const today = () => dayOf(now())
  const metrics = new Registry()
  const observe = durationsIn(metrics)
  answerAsSent(app, { memory, limit, today, observe })
  timeRequests(app, observe)
  tellRequests(app, { logged: logger !== false })
  closeGently(app)
  answerOddRequests(app)
  await allowOrigins(app, config.CORS_ORIGINS)
  controlAccess(app, { findCaller: token => findCaller(db, token), limit })
  app.addHook('onRequest', refuseMethod)
  negotiate(app)
  tellNoLengthOf304(app)
  readPositions(app)
  app.decorate('edge', edgeHeaders(config.CDN_SECONDS))
  rememberAnswers(app, memory, today)
  app.addHook('onRequest', refuseSplitAddress)
  app.addHook('onRequest', normaliseParameters)
  parseBodies(app)

  await describeApi(app, { publicUrl: config.PUBLIC_URL, version: VERSION, webhooks: WEBHOOKS })
  for (const component of [
    ...articleComponents,
    ...duplicateComponents,
    ...counterComponents,
    ...statisticsComponents,
    ...ministryComponents,
    ...unresolvedComponents,
    ...queryComponents,
    ...changeComponents,
    ...feedComponents,
    ...revisionComponents,
    ...exportComponents,
    ...synonymComponents,
    ...suggestionComponents,
    ...coverageComponents,
    ...importComponents,
    ...webhookComponents,
    ...deliveryComponents,
    ...eventComponents,
    ...keyComponents,
    ...healthComponents,
    ProblemKind,
  ])
    app.addSchema(component)

  await app.register(healthRoutes, {
    db,
    metrics,
    replicas,
    searchState: () => searchState(db),
    findBacklog: () => findBacklog(db),
  })
  const registry = registryReader(db)
  hearOfChanges(app, memory, db, () => registry.forget())
  const articles = { db, registry, now, newDays: config.NEW_DAYS, publicUrl: config.PUBLIC_URL }
  const v1 = { prefix: '/v1' }
  const lists = { ...articles, searchTimeout: config.SEARCH_TIMEOUT_MS }
  const reader = replicas?.db ?? db
  const feeds = feedAnswers({ ...lists, db: reader })
  await app.register(async readers => {
    documentPositions(readers)
    if (replicas) answerFromReplicas(readers, place => replicas.choose(place))
    const read = { ...v1, ...lists, db: reader }
    await readers.register(articleRoutes, { ...read, forms: feedForms(feeds) })
    await readers.register(statisticsRoutes, read)
    await readers.register(addressRoutes, read)
    await readers.register(duplicateRoutes, read)
    await readers.register(revisionRoutes, read)
    await readers.register(feedRoutes, { ...v1, answers: feeds })
    await readers.register(suggestionRoutes, read)
  })
  await app.register(async readers => {
    documentPositions(readers)
    await readers.register(unresolvedRoutes, { ...v1, ...articles })
    await readers.register(exportRoutes, {
      ...v1,
      ...articles,
      limit: config.EXPORTS,
      stall: config.EXPORT_STALL_MS,
    })
  })
  await app.register(creatingRoutes, { ...v1, ...articles, idempotencyHours: config.IDEMPOTENCY_HOURS })
  await app.register(changingRoutes, { ...v1, ...articles })
  await app.register(counterRoutes, {
    ...v1,
    db,
    now,
    viewWindowMinutes: config.VIEW_WINDOW_MINUTES,
    onRecounted: id => memory.recounted(id),
  })
  await app.register(queryRoutes, { ...v1, ...lists })
  await app.register(opmlRoutes, { ...v1, ...articles })
  await app.register(changeRoutes, { ...v1, ...articles })
  await app.register(ministryRoutes, { ...v1, db, now })
  const ministries = { db, now, registry, publicUrl: config.PUBLIC_URL, findReferring: findArticleOf }
  await app.register(ministryWriteRoutes, { ...v1, ...ministries })
  await app.register(ministryEventRoutes, { ...v1, ...ministries })
  await app.register(synonymRoutes, { ...v1, db, now, publicUrl: config.PUBLIC_URL })
  await app.register(coverageRoutes, { ...v1, db, now })
  await app.register(importRoutes, {
    ...v1,
    db,
    now,
    dir: join(config.DATA_DIR, 'imports'),
    publicUrl: config.PUBLIC_URL,
    limit: config.IMPORT_LIMIT,
    patience: config.REQUEST_TIMEOUT_MS,
    idempotencyHours: config.IDEMPOTENCY_HOURS,
  })
  const sending = sendingOptions(config, { db, now, registry })
  await app.register(webhookRoutes, { ...v1, ...sending })
  await app.register(deliveryRoutes, { ...v1, ...sending })
  await app.register(keyRoutes, { ...v1, db, publicUrl: config.PUBLIC_URL })
  await app.register(problemPages)
  await serveApiDescription(app)
  return app
}

/** Begins to listen for changes when the first answer could be kept. */
function hearOfChanges(app: FastifyInstance, memory: AnswerMemory, db: Database, onTold: () => void): void {
  const onError = (err: unknown) => app.log.warn({ err }, 'answers are not kept without the database')
  let listening: Listening | null = null
  memory.onWanted = () => {
    listening ??= keepFresh(db, memory, { onTold, onError })
  }
  app.addHook('onClose', async () => listening?.close())
}

/** A number of hops, or a list of addresses and networks; nobody where nothing is said. */
function trustedProxies(setting: string) {
  if (setting === '') return false
  if (/^\d+$/.test(setting)) return (_address: string, hop: number) => hop < Number(setting)
  return listOf(setting)
}

const NoParameters = Type.Object({}, { additionalProperties: false })

function refuseUnknownParameters(app: FastifyInstance): void {
  app.addHook('onRoute', route => {
    if (route.schema && !route.schema.hide && !route.schema.querystring)
      route.schema.querystring = NoParameters
  })
}
