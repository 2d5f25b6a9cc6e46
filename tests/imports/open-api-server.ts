import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addDays, isDay, startOfDay } from '../../src/time/seoul.ts'
import { type Fields, type ServedItem, seeded } from './open-api-items.ts'

/**
 * The two services of the Open API as they are: XML whatever is asked for, an interval closed at both ends, at most
 * three days, paging ignored, errors in two forms and nearly all of them with HTTP 200.
 */

export const FAULTS = [
  ...[
    'code-1',
    'code-2',
    'code-5',
    'gateway-00',
    'gateway-01',
    'gateway-02',
    'gateway-04',
    'gateway-05',
    'gateway-99',
  ],
  ...['http-500', 'http-502', 'page', 'reset', 'cut', 'broken-off', 'slow', 'twice', 'bare'],
] as const
export type Fault = (typeof FAULTS)[number]

export interface OpenApiServer {
  url: string
  /** What it serves, by id; tests change it. */
  items: Map<string, ServedItem>
  /** Queries that came, without the key. */
  requests: string[]
  /** Faults to come, before those of the schedule. */
  next: (Fault | `permanent-${string}`)[]
  /** Part of the calls that meet a fault, in an order that the seed decides. */
  faultRate: number
  /** Calls that are left. */
  budget: number
  onRequest: () => void
  close: () => Promise<void>
}

const PATHS: Record<string, ServedItem['service']> = {
  '/1371000/pressReleaseService/pressReleaseList': 'press',
  '/1371000/policyNewsService2/policyNewsList2': 'policy',
}
const GATEWAY: Record<string, string> = {
  '01': 'APPLICATION_ERROR',
  '02': 'DB_ERROR',
  '04': 'HTTP_ERROR',
  '05': 'SERVICETIME_OUT',
  '12': 'NO_OPENAPI_SERVICE_ERROR',
  '20': 'SERVICE_ACCESS_DENIED_ERROR',
  '22': 'LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR',
  '30': 'SERVICE_KEY_IS_NOT_REGISTERED_ERROR',
  '31': 'DEADLINE_HAS_EXPIRED_ERROR',
  '99': 'UNKNOWN_ERROR',
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const CDATA = [
  'Title',
  'SubTitle1',
  'SubTitle2',
  'SubTitle3',
  'DataContents',
  'OriginalUrl',
  'FileName',
  'FileUrl',
]

export const itemXml = (fields: Fields): string =>
  `<NewsItem>${fields.map(([name, value]) => `<${name}>${CDATA.includes(name) ? `<![CDATA[${value}]]>` : escaped(value)}</${name}>`).join('')}</NewsItem>`

export const answerXml = (items: readonly string[], code = '0', message = 'NORMAL_SERVICE'): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<response><header><resultCode>${code}</resultCode><resultMsg>${message}</resultMsg></header><body>${items.join('')}<totalCount>${items.length}</totalCount></body></response>`

export const gatewayXml = (code: string): string =>
  `<OpenAPI_ServiceResponse>\n<cmmMsgHeader>\n<errMsg>SERVICE ERROR</errMsg>\n<returnAuthMsg>${GATEWAY[code] ?? 'UNKNOWN_ERROR'}</returnAuthMsg>\n<returnReasonCode>${code}</returnReasonCode>\n</cmmMsgHeader>\n</OpenAPI_ServiceResponse>`

/** No outage lasts longer, so that a patient loader gets through. */
const IN_A_ROW = 4

export async function openApiServer(
  items: readonly ServedItem[],
  {
    key,
    seed = 1,
    faultRate = 0,
    budget = 1_000_000,
    slowMs = 1_500,
  }: {
    key: string
    seed?: number
    faultRate?: number
    budget?: number
    slowMs?: number
  },
): Promise<OpenApiServer> {
  const random = seeded(seed)
  let inARow = 0
  const state: OpenApiServer = {
    url: '',
    items: new Map(items.map(item => [item.id, item])),
    requests: [],
    next: [],
    faultRate,
    budget,
    onRequest: () => {},
    close: () =>
      new Promise(done => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  const faultOf = () => {
    const planned = state.next.shift()
    if (planned) return planned
    const met = random() < state.faultRate && inARow < IN_A_ROW
    inARow = met ? inARow + 1 : 0
    return met ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const given = searchParams.get('serviceKey')
    searchParams.delete('serviceKey')
    const service = PATHS[pathname]
    state.requests.push(`${service} ${searchParams}`)
    state.onRequest()
    const send = (xml: string, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/xml;charset=UTF-8' }).end(xml)
    if (!service) return send(gatewayXml('12'))
    if (given !== key) return send(gatewayXml('30'))
    if (state.budget <= 0) return send(gatewayXml('22'))
    state.budget--
    const fault = faultOf()
    const code = fault?.split('-').at(-1) ?? ''
    if (fault?.startsWith('code-')) return send(answerXml([], code, 'TRANSIENT_ERROR'))
    if (fault?.startsWith('gateway-') || fault?.startsWith('permanent-')) return send(gatewayXml(code))
    if (fault?.startsWith('http-')) return send('<html><body>Bad gateway<br></body></html>', Number(code))
    if (fault === 'page') return send('<html><head><title>점검 중</title></head><body>점검<br></body></html>')
    if (fault === 'bare') return send('<response><header><resultCode>0</resultCode></header></response>')
    if (fault === 'reset') return response.destroy()
    const answer = answerTo(service, searchParams, fault === 'twice')
    if (fault === 'broken-off') return send(answer.slice(0, Math.floor(answer.length * random())))
    if (fault === 'cut') return cut(response, answer)
    if (fault === 'slow') return setTimeout(() => send(answer), slowMs)
    return send(answer)
  })

  function answerTo(service: ServedItem['service'], query: URLSearchParams, twice: boolean): string {
    const [start, end] = ['startDate', 'endDate'].map(name => query.get(name))
    if (!start || !end) return answerXml([], '11', 'NO_MANDATORY_REQUEST_PARAMETERS_ERROR')
    const [from = '', to = ''] = [start, end].map(day => day.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'))
    if (!isDay(from) || !isDay(to)) return answerXml([], '97', 'DATE_FORMAT_ERROR')
    if (to < from || to > addDays(from, 2)) return answerXml([], '98', 'THREE_DAYS_OVER_ERROR')
    const found = [...state.items.values()].filter(
      item =>
        item.service === service &&
        item.approvedAt >= startOfDay(from) &&
        item.approvedAt <= startOfDay(to, 1),
    )
    if (found.length === 0) return answerXml([], '3', 'NODATA_ERROR')
    const rows = found.map(({ fields }) => itemXml(fields))
    return answerXml(twice ? [...rows, ...rows] : rows)
  }

  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/1371000`
  return state
}

/** Promises the whole answer, and goes away in its midst. */
function cut(response: ServerResponse, answer: string): void {
  const bytes = Buffer.from(answer)
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
}
