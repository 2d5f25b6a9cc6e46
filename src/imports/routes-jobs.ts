import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Database } from '../db/client.ts'
import { json, problems } from '../http/openapi.ts'
import { pageOf, wantedPage } from '../http/page.ts'
import { languageFor } from '../http/problem.ts'
import { keepNothing } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import {
  ImportId,
  ImportJob,
  ImportJobPage,
  ImportPages,
  ImportRejectPage,
  RejectPages,
} from './job-schema.ts'
import type { ImportQueue } from './queue.ts'
import { cancelJob, findJob, listJobs, listRejects, toImportJob } from './store-jobs.ts'

/** `/v1/imports`: how far uploads are, what they rejected, and their end; for keys that may write articles. */
export const jobRoutes: FastifyPluginAsyncTypebox<{ db: Database; queue: ImportQueue }> = async (
  app,
  { db, queue },
) => {
  const config = { scope: 'articles:write' } as const
  keepNothing(app)

  app.get(
    '/imports',
    {
      config,
      schema: {
        operationId: 'listImports',
        tags: ['imports'],
        summary: 'List imports',
        description: 'The newest first. They are forgotten 30 days after they were uploaded.',
        querystring: ImportPages,
        response: { 200: json('A page of imports', ref(ImportJobPage)) },
      },
    },
    async (request, reply) => {
      const wanted = wantedPage(request.query)
      const { rows, total } = await listJobs(db, wanted)
      const language = languageFor(request, reply)
      const items = rows.map(row => toImportJob(row, language))
      return pageOf(items, total, wanted)
    },
  )

  app.get(
    '/imports/:id',
    {
      config,
      schema: {
        operationId: 'getImport',
        tags: ['imports'],
        summary: 'How far is an import?',
        params: ImportId,
        response: { 200: json('The import', ref(ImportJob)), ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await findJob(db, request.params.id)
      return toImportJob(row, languageFor(request, reply))
    },
  )

  app.get(
    '/imports/:id/rejects',
    {
      config,
      schema: {
        operationId: 'listImportRejects',
        tags: ['imports'],
        summary: 'What did an import reject?',
        description:
          'Every record that cannot be imported, by its line, with what is wrong; also while it runs.',
        params: ImportId,
        querystring: RejectPages,
        response: { 200: json('A page of rejected records', ref(ImportRejectPage)), ...problems(404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const wanted = wantedPage(request.query)
      const { rejects: total } = await findJob(db, id)
      return pageOf(await listRejects(db, id, wanted, languageFor(request, reply)), total, wanted)
    },
  )

  app.delete(
    '/imports/:id',
    {
      config,
      schema: {
        operationId: 'cancelImport',
        tags: ['imports'],
        summary: 'Cancel an import',
        description:
          'One that waits is cancelled at once, one that runs after what it has under way, within seconds. What it has written stays.',
        params: ImportId,
        response: { 202: json('The import', ref(ImportJob)), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const row = await cancelJob(db, id)
      await queue.cancel(id)
      return reply.code(202).send(toImportJob(row, languageFor(request, reply)))
    },
  )
}
