import type { Config } from '../config.ts'
import { parseNetworks } from './address.ts'
import type { WebhookRouteOptions } from './routes.ts'
import type { FollowOptions } from './store-follow.ts'

/** The settings of webhooks, as everything here takes them. */

export type SendingOptions = WebhookRouteOptions & { expireInSeconds: number; concurrency: number }

const DAY = 86_400_000
/** Seconds that a process may take beyond the receiver's time, before its job is given to another. */
const SLACK = 30

export const sendingOptions = (
  config: Config,
  given: Pick<FollowOptions, 'db' | 'registry' | 'now'>,
): SendingOptions => ({
  ...given,
  publicUrl: config.PUBLIC_URL,
  secret: config.WEBHOOK_SECRET,
  networks: parseNetworks(config.WEBHOOK_NETWORKS),
  allowHttp: config.WEBHOOK_HTTP === 'on',
  timeout: config.WEBHOOK_TIMEOUT_MS,
  concurrency: config.WEBHOOK_CONCURRENCY,
  rotationHours: config.WEBHOOK_ROTATION_HOURS,
  disableAfter: config.WEBHOOK_DISABLE_DAYS * DAY,
  expireInSeconds: Math.ceil(config.WEBHOOK_TIMEOUT_MS / 1_000) + SLACK,
})
