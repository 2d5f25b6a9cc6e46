import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { json, problems } from './openapi.ts'
import { PROBLEMS, Problem, type ProblemCode } from './problem.ts'
import { ref } from './schema.ts'

const CODES = Object.keys(PROBLEMS) as ProblemCode[]

export const ProblemKind = Type.Object(
  {
    type: Type.String({ format: 'uri-reference', examples: ['/problems/invalid-parameter'] }),
    status: Type.Integer({ examples: [400] }),
    title: Type.Object({ en: Type.String(), ko: Type.String() }),
  },
  { $id: 'ProblemKind', description: 'A kind of problem, as the `type` of problem details names it.' },
)

/** `/problems`: what the `type` of problem details leads to. */
export const problemPages: FastifyPluginAsyncTypebox = async app => {
  const kind = (code: ProblemCode) => {
    const { status, ...title } = PROBLEMS[code]
    return { type: `/problems/${code}`, status, title }
  }

  app.get(
    '/problems/:code',
    {
      schema: {
        operationId: 'getProblemKind',
        tags: ['service'],
        summary: 'What a kind of problem means',
        params: Type.Object({ code: Type.String({ maxLength: 100, examples: ['invalid-parameter'] }) }),
        response: { 200: json('The kind', ref(ProblemKind)), ...problems(404) },
      },
    },
    async request => {
      const code = CODES.find(known => known === request.params.code)
      if (code) return kind(code)
      throw new Problem('not-found', {
        en: `There is no kind of problem "${request.params.code}".`,
        ko: `"${request.params.code}"(이)라는 오류 유형은 없습니다.`,
      })
    },
  )
}
