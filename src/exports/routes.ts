import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { splitParameter } from '../articles/routes-list.ts'
import { HEADERS, json, OPTIONAL_KEY, problems } from '../http/openapi.ts'
import { badParameter } from '../http/problem.ts'
import { ref } from '../http/schema.ts'
import { CSV_TYPE, csv } from './csv.ts'
import { NDJSON_TYPE, ndjson } from './ndjson.ts'
import { type SendOptions, sendExport } from './routes-send.ts'
import { CsvQuery, Export, ExportId, ExportQuery } from './schema.ts'
import { Slots } from './slots.ts'
import { findExport } from './store.ts'

/** Whole lists as files, streamed from one snapshot. */

/** See `EXPORTS` in config.ts. */
type ExportOptions = Omit<SendOptions, 'slots'> & { limit: number }

const FILE = {
  'Cache-Control': Type.String({
    description: 'Not to be kept: each is of its moment.',
    examples: ['no-store'],
  }),
  Vary: HEADERS.Vary,
  'Content-Disposition': Type.String({ description: 'A name for the file.' }),
  'Gongbo-Export': Type.String({
    format: 'uuid',
    description:
      'Its id: `/exports/{id}` tells afterwards whether it was made to its end, the count and the SHA-256.',
  }),
}
const WHOLE =
  'All articles of the list, streamed from one snapshot, however many. Every parameter of the list but those of pages. ' +
  'Trailers (`Gongbo-Count`, `Gongbo-Sha256`) and `/exports/{id}` tell count and SHA-256 of the content before any `Content-Encoding`. ' +
  'An export that cannot be finished ends with a broken connection, never as if it were whole. gzip on request.'

export const exportRoutes: FastifyPluginAsyncTypebox<ExportOptions> = async (app, options) => {
  const { db, limit } = options
  const slots = new Slots(limit)
  const sending = { ...options, slots }
  app.addHook('onClose', () => slots.settled())

  const schemaOf = (operationId: string, type: string, summary: string, content: string) => ({
    operationId,
    security: OPTIONAL_KEY,
    tags: ['exports'],
    summary,
    description: WHOLE,
    response: {
      200: {
        description: 'The articles',
        headers: FILE,
        content: { [type]: { schema: Type.String({ description: content }) } },
      },
      ...problems(410),
    },
  })
  const before = { preValidation: [refusePages, splitParameter('fields')] }

  app.get(
    '/articles.ndjson',
    {
      ...before,
      config: { produces: [NDJSON_TYPE] },
      schema: {
        querystring: ExportQuery,
        ...schemaOf(
          'exportArticlesAsNdjson',
          NDJSON_TYPE,
          'Export articles as NDJSON',
          'An article a line: a `SparseArticle` with every field but `number`, or with those that `fields` names.',
        ),
      },
    },
    async (request, reply) => {
      await sendExport(request, reply, request.query, () => ndjson, sending)
      return reply
    },
  )

  app.get(
    '/articles.csv',
    {
      ...before,
      config: { produces: [CSV_TYPE] },
      schema: {
        querystring: CsvQuery,
        ...schemaOf(
          'exportArticlesAsCsv',
          CSV_TYPE,
          'Export articles as CSV',
          'RFC 4180 in UTF-8, with a header row. Columns are the fields of an article, parts of `ministry`, `source` and `counts` by themselves (`ministry.name`); lists are JSON; null is an empty cell. `/imports` takes it as it is.',
        ),
      },
    },
    async (request, reply) => {
      const { bom = false, formulas, ...query } = request.query
      const options = { bom, defuse: formulas === 'defuse' }
      await sendExport(request, reply, query, fields => csv(fields, options), sending)
      return reply
    },
  )

  app.get(
    '/exports/:id',
    {
      schema: {
        operationId: 'getExport',
        tags: ['exports'],
        summary: 'Has all of an export arrived?',
        description:
          'Count and SHA-256 of an export by its id, which only its reader knows. Forgotten after 7 days.',
        params: ExportId,
        response: { 200: json('The export', ref(Export)), ...problems(404) },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return findExport(db, request.params.id)
    },
  )
}

const PARTS_OF_LISTS = ['page', 'pageSize', 'cursor']

/** What is of a page alone is not passed over: who asks for it expects less than he would get. */
async function refusePages(request: FastifyRequest): Promise<void> {
  const query = request.query as Record<string, unknown>
  for (const name of PARTS_OF_LISTS)
    if (query[name] !== undefined)
      throw badParameter(
        name,
        'an export is the whole list, without pages: narrow it by days or other filters',
        '내보내기는 쪽 구분 없이 목록 전체입니다. 기간 등의 조건으로 줄이십시오',
      )
  if (query.highlight !== undefined)
    throw badParameter('highlight', 'only in lists by page', '쪽 단위 목록에서만 쓸 수 있습니다')
  if (query.sort === 'relevance')
    throw badParameter(
      'sort',
      'relevance ranks only the newest matches, and an export has all of them: use -publishedAt, publishedAt or -views',
      '관련도는 최근 글만 순위를 매깁니다. 전체를 내보낼 때는 -publishedAt, publishedAt, -views 중에서 고르십시오',
    )
}
