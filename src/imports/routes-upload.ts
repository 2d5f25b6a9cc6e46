import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Database, type Prisma, queryIn } from '../db/client.ts'
import { HEADERS, json, problems } from '../http/openapi.ts'
import { badBody, Problem } from '../http/problem.ts'
import { giveUp, unhurried } from '../http/raw-target.ts'
import { ref } from '../http/schema.ts'
import { IdempotencyKey, idempotencyKey } from '../idempotency/header.ts'
import { sendStored } from '../idempotency/routes-answer.ts'
import { answerOnce, completeIdempotent, fingerprintOf, type StoredAnswer } from '../idempotency/store.ts'
import { ImportJob, UploadQuery } from './job-schema.ts'
import type { ImportQueue } from './queue.ts'
import { type Spooled, spool, UploadError } from './spool.ts'
import { insertJob, type JobRow, toImportJob } from './store-jobs.ts'
import { CHARSETS, FORMAT_OF, readOptions } from './upload.ts'

/** `POST /v1/imports`: a file of any size, into the queue of imports. */

export interface UploadRouteOptions {
  db: Database
  queue: ImportQueue
  /** Where uploads wait. */
  dir: string
  /** See `IMPORT_LIMIT`, `REQUEST_TIMEOUT_MS`, `IDEMPOTENCY_HOURS` and `PUBLIC_URL` in config.ts. */
  limit: number
  patience: number
  idempotencyHours: number
  publicUrl: string
}

const TYPES = Object.keys(FORMAT_OF)

export const uploadRoutes: FastifyPluginAsyncTypebox<UploadRouteOptions> = async (app, options) => {
  const { db, queue, dir, publicUrl } = options

  // As a stream: the limit of other bodies does not hold here.
  app.addContentTypeParser(TYPES, (_request, upload, done) => done(null, upload))

  const answerOf = (row: JobRow): StoredAnswer => ({
    status: 202,
    headers: { location: `${publicUrl}/v1/imports/${row.id}` },
    body: JSON.stringify(toImportJob(row, 'en')),
  })

  app.post(
    '/imports',
    {
      config: { scope: 'articles:write', consumes: TYPES, charsets: CHARSETS, codings: ['identity', 'gzip'] },
      schema: {
        operationId: 'createImport',
        tags: ['imports'],
        summary: 'Import a file of articles',
        description:
          'NDJSON or CSV, as `npm run import` takes them, of any size up to `IMPORT_LIMIT`; with `Content-Encoding: gzip` packed. The answer comes when the upload is complete; the import goes on by itself, one at a time for each server. A second import of the same file changes nothing: of an article that stands there again with something else said of it the first line is imported and the others are rejected. A file may have five million articles. With an `Idempotency-Key` an upload may be repeated safely.',
        querystring: UploadQuery,
        headers: IdempotencyKey,
        body: {
          content: {
            'application/x-ndjson': {
              schema: Type.Unsafe({ description: 'An article a line, each with its source.' }),
            },
            'text/csv': {
              schema: Type.Unsafe({
                description:
                  'A header of fields, and an article a row. A column that is not there says nothing of an article that is here. A day of posting (게시일) is the release of a new article, if no column tells another, but does not move that of one that is here: `map=게시일=day` takes it for both.',
              }),
            },
          },
        },
        response: {
          202: json('The import, queued', ref(ImportJob), { Location: HEADERS.Location }),
          ...problems(408, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const header = request.headers['idempotency-key']
      const key = header === undefined ? null : idempotencyKey(header)
      const file = readOptions(request.headers['content-type'] ?? '', request.query)
      const id = randomUUID()
      const { path, bytes, digest } = await receive(request, join(dir, id), options)
      const actor = `key:${request.caller?.id}`
      const job = { id, node: queue.node, actor, bytes, options: file }
      let queued = false
      try {
        const insert = async (tx: Prisma.TransactionClient) => answerOf(await insertJob(tx, job))
        const once =
          key === null
            ? { answer: await insert(db.prisma), replayed: false }
            : await answerOnce(
                db,
                {
                  keyId: request.caller?.id ?? '',
                  key,
                  fingerprint: fingerprintOf('POST', '/v1/imports', {
                    ...file,
                    map: [...file.map],
                    digest,
                  }),
                  hours: options.idempotencyHours,
                },
                lease =>
                  db.prisma.$transaction(async tx => {
                    const stored = await insert(tx)
                    await completeIdempotent(queryIn(tx), [{ lease, answer: stored }])
                    return stored
                  }),
              )
        queued = !once.replayed
        if (queued) queue.add({ id, path, actor, options: file })
        return sendStored(reply, once)
      } finally {
        if (!queued) await rm(path, { force: true })
      }
    },
  )
}

/** The upload as a file. @throws Problem where it does not come, or not whole; then there is none. */
async function receive(
  request: FastifyRequest,
  path: string,
  { limit, patience }: UploadRouteOptions,
): Promise<Spooled> {
  const { socket } = request.raw
  const upload = (request.body ?? null) as Readable | null
  if (upload === null) throw empty()
  const gunzip = request.headers['content-encoding']?.trim().toLowerCase() === 'gzip'
  // The time of requests is that of small ones: an upload may take as long as it goes on.
  unhurried.add(socket)
  try {
    if (Number(request.headers['content-length'] ?? 0) > limit) throw new UploadError('too-large')
    const spooled = await spool(upload, path, { limit, patience, gunzip })
    if (spooled.bytes > 0) return spooled
    await rm(path, { force: true })
    throw empty()
  } catch (error) {
    giveUp(upload.on('error', () => {}).resume())
    throw error instanceof UploadError ? problemOf(error, limit) : error
  } finally {
    unhurried.delete(socket)
  }
}

const empty = () => badBody('', 'is empty', '비어 있습니다')

function problemOf({ why }: UploadError, limit: number): Problem {
  const more = { headers: { connection: 'close' } }
  switch (why) {
    case 'too-large':
      return new Problem('body-too-large', {
        en: `An upload may have ${limit} bytes (IMPORT_LIMIT), unpacked. Nothing was imported.`,
        ko: `업로드는 압축을 푼 크기로 ${limit}바이트(IMPORT_LIMIT)까지입니다. 가져온 것은 없습니다.`,
      })
    case 'too-slow':
      return new Problem(
        'request-timeout',
        {
          en: 'Nothing more of the upload came for too long. Nothing was imported.',
          ko: '업로드가 너무 오래 멈추었습니다. 가져온 것은 없습니다.',
        },
        more,
      )
    case 'not-gzip':
      return badBody('', 'is not gzip, or not whole', '올바른 gzip이 아니거나 끝까지 오지 않았습니다')
    case 'gzip':
      return badBody(
        '',
        'is gzip: send it with Content-Encoding: gzip',
        'gzip입니다. Content-Encoding: gzip 헤더와 함께 보내십시오',
      )
    case 'broken':
      return new Problem(
        'bad-request',
        {
          en: 'The upload broke off. Nothing was imported.',
          ko: '업로드가 중간에 끊어졌습니다. 가져온 것은 없습니다.',
        },
        more,
      )
  }
}
