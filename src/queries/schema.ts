import { type Static, Type } from 'typebox'
import { ArticleQuery } from '../articles/query-schema.ts'
import { SOURCE } from '../articles/words.ts'
import { nullable, oneOf, ref } from '../http/schema.ts'

/** The contract of queries that come as addresses. */

export const SearchAddress = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 4000,
      description: 'An address of korea.kr, as it was copied.',
    }),
  },
  {
    $id: 'SearchAddress',
    additionalProperties: false,
    description: 'The address of a search elsewhere.',
    examples: [
      {
        url: 'https://www.korea.kr/briefing/pressReleaseList.do?pageIndex=1&repCode=A00015,A00019&startDate=2023-06-19&endDate=2023-06-25&srchWord=%EC%88%9C%ED%99%98%EA%B2%BD%EC%A0%9C&period=direct',
      },
    ],
  },
)

const { q, from, to, period, ministry, page } = ArticleQuery.properties
export const ListParameters = Type.Object(
  { q, from, to, period, ministry, page },
  { $id: 'ListParameters', description: 'Parameters of `GET /v1/articles`; what says nothing is left out.' },
)
export type ListParameters = Static<typeof ListParameters>

export const NotTaken = Type.Object(
  {
    part: oneOf(['parameter', 'path', 'fragment'], { examples: ['parameter'] }),
    name: nullable(Type.String(), { description: 'Of the parameter.', examples: ['repCode'] }),
    value: Type.String({ examples: ['Z99999'] }),
    why: Type.String({
      description: 'In Korean for `Accept-Language: ko`.',
      examples: ['no ministry has this code here'],
    }),
  },
  { $id: 'NotTaken', description: 'A part of the address that the query here does not have.' },
)

export const QueryOfUrl = Type.Object(
  {
    query: ref(ListParameters),
    link: Type.String({
      description: 'The list with these parameters, ready to call.',
      examples: ['/v1/articles?from=2023-06-19&to=2023-06-25&ministry=A00015'],
    }),
    article: nullable(
      Type.Object({
        source: SOURCE.name,
        externalId: SOURCE.externalId,
        link: Type.String({
          description: 'Where the article is read, if it is here.',
          examples: ['/v1/articles/by-source/korea.kr/156576172'],
        }),
      }),
      { description: 'The article that the address leads to; null where it is that of a list.' },
    ),
    notTaken: Type.Array(ref(NotTaken), {
      description: 'What was not taken over, and why. Parameters that are known and blank are not listed.',
    }),
  },
  { $id: 'QueryOfUrl', description: 'What a search elsewhere is here.' },
)

export const queryComponents = [SearchAddress, ListParameters, NotTaken, QueryOfUrl]
