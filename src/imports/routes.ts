import type { FastifyPluginAsync } from 'fastify'
import { ImportQueue } from './queue.ts'
import { jobRoutes } from './routes-jobs.ts'
import { type UploadRouteOptions, uploadRoutes } from './routes-upload.ts'

interface ImportRouteOptions extends Omit<UploadRouteOptions, 'queue'> {
  now: () => Date
}

/** `/v1/imports` over the imports of this process; a stop lets none go on. */
export const importRoutes: FastifyPluginAsync<ImportRouteOptions> = async (app, options) => {
  const { db, now } = options
  const queue = new ImportQueue({ db, now, onError: (err, what) => app.log.error({ err }, `${what} failed`) })
  app.addHook('preClose', async () => {
    // Not waited for: requests are finished meanwhile.
    queue.stop().catch(() => {})
  })
  app.addHook('onClose', () => queue.stop())
  await app.register(jobRoutes, { db, queue })
  // What this scope has in front of its paths they have already.
  await app.register(uploadRoutes, { ...options, queue, prefix: '' })
}
