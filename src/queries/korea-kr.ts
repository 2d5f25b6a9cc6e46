import { isUtf8 } from 'node:buffer'
import { newsIdOf } from '../articles/korea-kr.ts'
import type { Bilingual } from '../http/problem.ts'
import { percentBytes } from '../http/text-input.ts'
import type { Registry } from '../ministries/registry.ts'
import { decodeCp949 } from '../text/cp949.ts'
import { nfc } from '../text/nfc.ts'
import { isDay, PERIOD } from '../time/seoul.ts'
import type { LeftOut } from './left-out.ts'
import type { ListParameters } from './schema.ts'
import { queryOfWords } from './words.ts'

/** The search context that an address of korea.kr carries, as parameters of a list here. Nothing is passed over in silence. */

export interface Understood {
  query: ListParameters
  /** Of the article that the address leads to. */
  newsId: string | null
  left: LeftOut[]
}

/** Values of a filter that a list takes. */
const MOST_MINISTRIES = 50
const MOST_PAGES = 10_000_000

/** Parameters that have no place in a query. */
const NO_QUERY = new Map<string, Bilingual>([
  [
    'repcodetype',
    {
      en: 'only names the group from which the codes of repCode were picked',
      ko: 'repCode를 고를 때의 분류 이름일 뿐입니다',
    },
  ],
  ['call_from', { en: 'only tells where the reader came from', ko: '어디에서 왔는지를 알릴 뿐입니다' }],
])

export function understand(url: URL, registry: Registry): Understood {
  const left: LeftOut[] = []
  const query: ListParameters = {}
  const leave = (name: string, value: string, why: Bilingual) =>
    left.push({ part: 'parameter', name, value, why })
  const given = new Map<string, { name: string; value: string }>()
  for (const { name, value } of parametersOf(url)) {
    const key = name.toLowerCase()
    const before = given.get(key)
    if (value === null) leave(name, '', { en: 'is neither UTF-8 nor CP949', ko: 'UTF-8도 CP949도 아닙니다' })
    else if (!KNOWN.has(key)) leave(name, value, NO_QUERY.get(key) ?? UNKNOWN)
    else if (value.trim() === '') continue
    else if (!before) given.set(key, { name, value: value.trim() })
    else if (key === 'repcode') before.value += `,${value}`
    else leave(name, value, { en: 'is given twice', ko: '두 번 들어 있습니다' })
  }
  const take = (key: string, read: (value: string) => Bilingual | null) => {
    const one = given.get(key)
    const why = one && read(one.value)
    if (why) leave(one.name, one.value, why)
  }

  const words = given.get('srchword')
  const { q, left: wordsLeft } = queryOfWords(words?.value ?? '')
  if (q !== null) query.q = q
  for (const { value, why } of wordsLeft) leave(words?.name ?? '', value, why)

  take('startdate', value => setDay(query, 'from', value))
  take('enddate', value => setDay(query, 'to', value))
  if (query.from !== undefined && query.to !== undefined && query.from > query.to) {
    const why = { en: 'startDate lies after endDate', ko: 'startDate가 endDate보다 늦습니다' }
    for (const key of ['startdate', 'enddate']) take(key, () => why)
    delete query.from
    delete query.to
  }
  take('period', value => setPeriod(query, value))
  const codes = given.get('repcode')
  for (const code of new Set(codes?.value.split(/[,\s]+/).filter(Boolean))) {
    const why = addMinistry(query, code.toUpperCase(), registry)
    if (why) leave(codes?.name ?? '', code, why)
  }
  take('pageindex', value => {
    if (!/^[1-9]\d{0,7}$/.test(value) || Number(value) > MOST_PAGES)
      return { en: 'is not a page number', ko: '쪽 번호가 아닙니다' }
    query.page = Number(value)
    return null
  })
  const newsId = newsIdOf(url)
  take('newsid', () => (newsId ? null : { en: 'is no number', ko: '숫자가 아닙니다' }))
  left.push(...besideParameters(url, newsId))
  return { query, newsId, left }
}

const KNOWN = new Set(['srchword', 'startdate', 'enddate', 'period', 'repcode', 'pageindex', 'newsid'])
const UNKNOWN = { en: 'is not known here', ko: '알 수 없는 매개변수입니다' }

/** Names and values; null for a value that is neither UTF-8 nor CP949. */
function parametersOf({ search }: URL): { name: string; value: string | null }[] {
  return search
    .slice(1)
    .split('&')
    .filter(Boolean)
    .map(pair => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return { name: textOf(name) ?? name, value: textOf(value) }
    })
}

function textOf(escaped: string): string | null {
  const bytes = percentBytes(escaped.replaceAll('+', ' '))
  const text = isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : decodeCp949(bytes)
  return text.includes('\ufffd') ? null : nfc(text)
}

function setDay(query: ListParameters, end: 'from' | 'to', value: string): Bilingual | null {
  const [, year, month = '', date = ''] = /^(\d{4})[-./]?(\d\d?)[-./]?(\d\d?)\.?$/.exec(value) ?? []
  const day = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  if (!isDay(day)) return { en: 'is no day', ko: '날짜가 아닙니다' }
  query[end] = day
  return null
}

/** Days that are given say it exactly: the period is what they were picked by. */
function setPeriod(query: ListParameters, value: string): Bilingual | null {
  const days = query.from !== undefined || query.to !== undefined
  if (value.toLowerCase() === 'direct')
    return days ? null : { en: 'says that days are given, but none is', ko: '직접 지정한 날짜가 없습니다' }
  const [, count = '', unit = ''] = /^(\d*)(day|week|month|year)s?$/i.exec(value) ?? []
  const period = unit ? `${count || 1}${unit.charAt(0).toLowerCase()}` : value.toLowerCase()
  if (!PERIOD.test(period)) return { en: 'is no period that is known here', ko: '알 수 없는 기간입니다' }
  if (days) return { en: 'the days are given themselves', ko: '날짜가 따로 있으므로 쓰지 않습니다' }
  query.period = period
  return null
}

function addMinistry(query: ListParameters, code: string, { bodies }: Registry): Bilingual | null {
  const codes = query.ministry ?? []
  if (!bodies.has(code))
    return { en: 'no ministry has this code here', ko: '이 코드의 기관을 알 수 없습니다' }
  if (codes.includes(code)) return null
  if (codes.length === MOST_MINISTRIES)
    return {
      en: `a list takes ${MOST_MINISTRIES} ministries at most`,
      ko: `기관은 ${MOST_MINISTRIES}개까지 지정할 수 있습니다`,
    }
  query.ministry = [...codes, code]
  return null
}

function besideParameters({ pathname, hash }: URL, newsId: string | null): LeftOut[] {
  const left: LeftOut[] = []
  if (newsId === null && pathname !== '/')
    left.push({
      part: 'path',
      name: null,
      value: pathname,
      why: {
        en: 'a list here holds every kind; the parameter kind narrows it',
        ko: '이곳의 목록에는 모든 종류가 있으며 kind로 좁힐 수 있습니다',
      },
    })
  if (hash !== '')
    left.push({
      part: 'fragment',
      name: null,
      value: hash,
      why: { en: 'only says where the page is shown', ko: '화면의 위치일 뿐입니다' },
    })
  return left
}
