import { addDays, dayOf, startOfDay } from '../../src/time/seoul.ts'

/** Fictional items of the Open API, made from a seed, each with what must become of it. */

export type Random = () => number
/** A generator of numbers from 0 to 1 that a seed decides (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Fields of a NewsItem in their order; one that repeats stands there as often. */
export type Fields = [name: string, value: string][]

export interface ServedItem {
  service: 'press' | 'policy'
  id: string
  approvedAt: Date
  fields: Fields
  /** What the article must be. */
  expected: { externalId: string; day: string; title: string; kind: string; ministry: string | null }
}

/** `MM/DD/YYYY HH24:MI:SS` in Korean time. */
export function stamp(date: Date): string {
  const [day = '', time = ''] = new Date(date.getTime() + 9 * 3_600_000).toISOString().split('T')
  const [year, month, date_] = day.split('-')
  return `${month}/${date_}/${year} ${time.slice(0, 8)}`
}

const MINISTRIES = ['가온도서관청', '나루물길부', '다솜돌봄부', '라온놀이위원회', '']
const SUBJECTS = [
  '골목 정원 가꾸기',
  '바람개비 발전소',
  '헌책 나눔 장터',
  '마을버스 시간표',
  '빗물 모으기',
  '밤하늘 지킴이',
]
const EVENTS = [
  '첫발 떼다',
  '한 해 성과 나누다',
  '새 지침 마련',
  '주민 설명회 열어',
  '시범 마을 다섯 곳 뽑아',
]
const PREFIXES: [string, string | null][] = [
  ['', null],
  ['', null],
  ['[보도참고] ', 'reference'],
  ['(동정) ', 'activity'],
  ['(설명자료) ', 'explanation'],
]
/** Ways in which a title comes, all of them the same title. */
const DIRTY: ((title: string) => string)[] = [
  title => title,
  title => title.normalize('NFD'),
  title => `${title.slice(0, 3)}<span style="color:#000">${title.slice(3, 5)}</span>${title.slice(5)}`,
  title => `${title}_x000D_\n`,
  title => title.replaceAll(' ', '&nbsp;'),
]

const FOOTER =
  '<p>이 누리집의 자료는 「공공누리 제1유형: 출처표시」의 조건에 따라 자유롭게 이용할 수 있습니다.</p>'

export function fictionalItem(
  random: Random,
  { service, id, approvedAt }: Pick<ServedItem, 'service' | 'id' | 'approvedAt'>,
): ServedItem {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const [prefix, kind] = pick(PREFIXES)
  const title = `${prefix}${pick(SUBJECTS)} ‘${pick(EVENTS)}’ & 제${id.slice(-3)}호`
  const ministry = pick(MINISTRIES)
  const page = service === 'press' ? 'briefing/pressReleaseView.do' : 'news/policyNewsView.do'
  const fields: Fields = [
    ['NewsItemId', id],
    ['ContentsStatus', 'I'],
    ['ModifyId', '1'],
    ['ModifyDate', stamp(approvedAt)],
    ['ApproveDate', stamp(approvedAt)],
    ['EmbargoDate', random() < 0.5 ? stamp(approvedAt) : ''],
    ['GroupingCode', service === 'press' ? 'brief' : 'policy'],
    ['Title', pick(DIRTY)(title.replaceAll('&', '&amp;').replaceAll('‘', '&lsquo;'))],
    ['SubTitle1', '첫째 작은 제목<br>둘째 작은 제목'],
    ['SubTitle2', ''],
    ['SubTitle3', ''],
    ['ContentsType', 'H'],
    [
      'DataContents',
      `<p>${pick(SUBJECTS)}에 관한 지어낸 글<span>입니</span>다. 번호는 ${id}이다.</p>_x000D_\n<p>둘째 문단.</p>${FOOTER}`,
    ],
    ['MinisterCode', ministry],
    ['OriginalUrl', `https://www.korea.kr/${page}?newsId=${id}&call_from=openData`],
    ['ThumbnailUrl', `https://img.example.org/${id}.jpg`],
    ['OriginalimgUrl', ''],
    ['FileName', `붙임 ${id}.hwpx`],
    ['FileUrl', `https://files.example.org/download?fileId=${id}&amp;tblKey=GMN`],
    ...(service === 'policy' ? ([['KoglType', '1']] as Fields) : []),
  ]
  return {
    ...{ service, id, approvedAt, fields },
    expected: {
      externalId: id,
      day: dayOf(approvedAt),
      title,
      kind: kind ?? (service === 'press' ? 'press-release' : 'policy-news'),
      ministry: ministry || null,
    },
  }
}

/** Some items a day of both services, 6.6 % of them at exactly midnight; ids do not follow the order of approval. */
export function fictionalItems(seed: number, from: string, days: number, perDay = 4): ServedItem[] {
  const random = seeded(seed)
  const ids = Array.from({ length: days * perDay * 2 }, (_, i) => String(900_000_000 + i * 7))
  for (let i = ids.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[ids[i], ids[j]] = [ids[j] as string, ids[i] as string]
  }
  return ids.map((id, i) => {
    const start = startOfDay(addDays(from, Math.floor(i / perDay / 2))).getTime()
    // The first of each day is at midnight on some days, so that every window has one at its edge.
    const midnight = random() < 0.066 || (i % (perDay * 2) < 2 && random() < 0.5)
    const approvedAt = new Date(start + (midnight ? 0 : (1 + Math.floor(random() * 86_399)) * 1000))
    return fictionalItem(random, { service: i % 2 ? 'policy' : 'press', id, approvedAt })
  })
}

/** The item with some fields otherwise; null takes one out. */
export function changed(item: ServedItem, changes: Record<string, string | null>): ServedItem {
  const fields = item.fields.flatMap(([name, value]): Fields => {
    if (!(name in changes)) return [[name, value]]
    const change = changes[name]
    return change === null || change === undefined ? [] : [[name, change]]
  })
  for (const [name, value] of Object.entries(changes))
    if (value !== null && !fields.some(field => field[0] === name)) fields.push([name, value])
  return { ...item, fields }
}
