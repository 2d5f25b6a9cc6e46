import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Database } from '../db/client.ts'
import { requireIfMatch } from '../http/conditional.ts'
import { CACHEABLE, FRESH, HEADERS, IfMatch, json, problems } from '../http/openapi.ts'
import { pageOf, wantedPage } from '../http/page.ts'
import { badBody } from '../http/problem.ts'
import { listAnswer, sendCacheable, sendVersion, versionAnswer } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { loadAnalysis } from './analysis.ts'
import {
  deleteSynonymGroup,
  findSynonymGroup,
  insertSynonymGroup,
  listSynonymGroups,
  noSynonymGroup,
  replaceSynonymGroup,
  toSynonymGroup,
} from './store-synonyms.ts'
import { type Synonyms, synonymKey, toSynonyms } from './synonym-key.ts'
import {
  NewSynonymGroup,
  SynonymGroup,
  SynonymGroupId,
  SynonymGroupPage,
  SynonymQuery,
} from './synonym-schema.ts'
import { wayOf } from './ways.ts'

interface SynonymRouteOptions {
  db: Database
  /** See `PUBLIC_URL` in config.ts. */
  publicUrl: string
  /** The clock, which tests may turn. */
  now: () => Date
}

const { ETag, Location } = HEADERS

/** Synonyms, if searches look for each of them. @throws Problem 400 that points at one that says nothing, such as 의 */
async function searchable(synonyms: Synonyms): Promise<Synonyms> {
  const { analyser } = await loadAnalysis()
  const i = synonyms.terms.findIndex(term => wayOf(analyser, term) === null)
  if (i < 0) return synonyms
  throw badBody(
    `/terms/${i}`,
    'says nothing by itself: searches leave it out',
    '그 자체로 뜻이 없어 검색에서 제외되는 말입니다',
  )
}

/** `/v1/synonyms`: for everybody to read, for holders of an `admin` key to write. */
export const synonymRoutes: FastifyPluginAsyncTypebox<SynonymRouteOptions> = async (
  app,
  { db, publicUrl, now },
) => {
  const config = { scope: 'admin' } as const

  app.get(
    '/synonyms',
    {
      schema: {
        operationId: 'listSynonymGroups',
        tags: ['synonyms'],
        summary: 'List groups of synonyms',
        description: 'In the order in which they were made. `term` finds the group of a word.',
        querystring: SynonymQuery,
        response: { 200: json('A page of groups', ref(SynonymGroupPage), CACHEABLE), 304: FRESH },
      },
    },
    async (request, reply) => {
      const { term, ...query } = request.query
      const wanted = wantedPage(query)
      const key = term === undefined ? null : synonymKey(term)
      const { rows, total } = await listSynonymGroups(db, { key, ...wanted })
      return sendCacheable(request, reply, listAnswer(pageOf(rows.map(toSynonymGroup), total, wanted)))
    },
  )

  app.post(
    '/synonyms',
    {
      config,
      schema: {
        operationId: 'createSynonymGroup',
        tags: ['synonyms'],
        summary: 'Make a group of synonyms',
        description:
          'Searches use it at once, on other nodes when they hear of it. A spelling belongs to one group: 409 names the one that has it.',
        body: ref(NewSynonymGroup),
        response: { 201: json('The group', ref(SynonymGroup), { ETag, Location }), ...problems(409) },
      },
    },
    async (request, reply) => {
      const row = await insertSynonymGroup(db, await searchable(toSynonyms(request.body.terms)), now())
      reply.code(201).header('location', `${publicUrl}/v1/synonyms/${row.id}`)
      return sendVersion(reply, toSynonymGroup(row))
    },
  )

  app.get(
    '/synonyms/:id',
    {
      schema: {
        operationId: 'getSynonymGroup',
        tags: ['synonyms'],
        summary: 'Read one group of synonyms',
        params: SynonymGroupId,
        response: { 200: json('The group', ref(SynonymGroup), CACHEABLE), 304: FRESH, ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await findSynonymGroup(db, request.params.id)
      if (!row) throw noSynonymGroup(request.params.id)
      return sendCacheable(request, reply, versionAnswer(toSynonymGroup(row)))
    },
  )

  app.put(
    '/synonyms/:id',
    {
      config,
      schema: {
        operationId: 'replaceSynonymGroup',
        tags: ['synonyms'],
        summary: 'Replace a group of synonyms',
        description:
          'Searches use it as they use a new one. Writing what is there already makes no new version.',
        params: SynonymGroupId,
        headers: IfMatch,
        body: ref(NewSynonymGroup),
        response: { 200: json('The group', ref(SynonymGroup), { ETag }), ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const ifMatch = requireIfMatch(request.headers['if-match'])
      const synonyms = await searchable(toSynonyms(request.body.terms))
      const row = await replaceSynonymGroup(db, request.params.id, ifMatch, synonyms, now())
      return sendVersion(reply, toSynonymGroup(row))
    },
  )

  app.delete(
    '/synonyms/:id',
    {
      config,
      schema: {
        operationId: 'deleteSynonymGroup',
        tags: ['synonyms'],
        summary: 'Delete a group of synonyms',
        description: 'For good: its spellings stand for themselves again, and other groups may have them.',
        params: SynonymGroupId,
        headers: IfMatch,
        response: { 204: { description: 'Deleted' }, ...problems(404, 412, 428) },
      },
    },
    async (request, reply) => {
      await deleteSynonymGroup(db, request.params.id, requireIfMatch(request.headers['if-match']))
      return reply.code(204).send()
    },
  )
}
