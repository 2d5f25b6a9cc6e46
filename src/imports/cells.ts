import { KINDS, LICENCES, STATUSES } from '../articles/words.ts'
import { BilingualError } from '../http/problem.ts'
import { nfc } from '../text/nfc.ts'
import { dayOf, isDay, parseInstant } from '../time/seoul.ts'

/** What stands in the cells of a CSV file, as the contract's values. */

/** Reads a cell that is not empty. @throws CellError */
export type CellReader = (text: string) => unknown

export class CellError extends BilingualError {}

export const textCell: CellReader = text => text

export const integerCell: CellReader = text => {
  const digits = /^\s*(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})\s*$/.exec(text)?.[1]
  if (digits === undefined) throw new CellError({ en: 'must be a whole number', ko: '정수여야 합니다' })
  return Number(digits.replaceAll(',', ''))
}

/** A list as JSON, or parted by semicolons or upright strokes. */
export const listCell: CellReader = text =>
  /^\s*\[/.test(text) && isJson(text)
    ? jsonCell(text)
    : text
        .split(/[;|\n]/)
        .map(part => part.trim())
        .filter(part => part !== '')

/** Tags are parted by commas too, and may have the mark that they have elsewhere. */
export const tagsCell: CellReader = text => {
  const tags = listCell(text)
  if (!Array.isArray(tags) || isJson(text)) return tags
  return tags.flatMap((tag: string) =>
    tag
      .split(/[,、]/)
      .map(one => one.trim().replace(/^#\s*/, ''))
      .filter(one => one !== ''),
  )
}

/** Excel saves a long number in cells that are no texts as a power of ten, and what it was is lost. */
export const identityCell: CellReader = text => {
  if (/^\s*\d(?:\.\d+)?E\+\d+\s*$/i.test(text))
    throw new CellError({
      en: 'is a number that Excel has shortened: format the column as text and save the file again',
      ko: '엑셀이 지수로 줄여 저장한 번호입니다. 열의 서식을 텍스트로 바꾸어 다시 저장하십시오',
    })
  return text
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export const jsonCell: CellReader = text => {
  try {
    return JSON.parse(text)
  } catch {
    throw new CellError({ en: 'must be JSON', ko: 'JSON이어야 합니다' })
  }
}

/** A day, or an instant with an offset or else on Seoul's clock. */
export interface Moment {
  /** In Seoul, whatever the offset. */
  day: string
  /** RFC 3339; null where the cell has a day alone. */
  instant: string | null
}

const MOMENT =
  /^(\d{4})(?:\s*[-./]\s*|년\s*)(\d{1,2})(?:\s*[-./]\s*|월\s*)(\d{1,2})(?:\.|일)?(?:\s*\(?[월화수목금토일](?:요일)?\)?)?(?:[\sT]+(오전|오후|AM|PM)?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(AM|PM)?)?$/i

/** `2026-01-20`, `2026.01.20.`, `2026/1/20`, `20260120`, `2026년 1월 20일`, each with `9:30`, `오후 2시 30분`, …; or RFC 3339. */
export function instantCell(text: string): Moment {
  const trimmed = text
    .trim()
    // White space without end would be tried in each of its places.
    .replace(/\s+/g, ' ')
    .replace(/^(\d{4})(\d{2})(\d{2})(?=\s|$)/, '$1-$2-$3')
    .replace(
      /(\d{1,2})시(?:\s*(\d{1,2})분)?$/,
      (_, hour, minute = '') => `${hour}:${minute.padStart(2, '0')}`,
    )
  const given = parseInstant(trimmed)
  if (given) return { day: dayOf(given), instant: trimmed }
  const [, year = '', month = '', date = '', before, hours, minutes = '', seconds = '00', after] =
    MOMENT.exec(trimmed) ?? []
  const day = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  if (!isDay(day))
    throw new CellError({
      en: 'must be a day such as 2026-01-20 or an instant such as 2026-01-20T09:30:00+09:00',
      ko: '2026-01-20 같은 날짜나 2026-01-20T09:30:00+09:00 같은 일시여야 합니다',
    })
  if (hours === undefined) return { day, instant: null }
  const half = (before ?? after)?.toUpperCase()
  const afternoon = half === '오후' || half === 'PM'
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (afternoon ? 12 : 0)
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59)
    throw new CellError({ en: 'must be a time of the day', ko: '시각이 올바르지 않습니다' })
  return { day, instant: `${day}T${String(hour).padStart(2, '0')}:${minutes}:${seconds}+09:00` }
}

const oneOf =
  (values: readonly string[], words: Record<string, string>): CellReader =>
  text => {
    const word = nfc(text).replaceAll(/\s/g, '')
    const known = [word, word.toUpperCase()].find(one => Object.hasOwn(words, one))
    return values.find(value => value === word.toLowerCase()) ?? (known ? words[known] : text.trim())
  }

/** Words of boards; others go on to the contract, which names what it takes. */
export const statusCell = oneOf(STATUSES, {
  노출: 'published',
  공개: 'published',
  게시: 'published',
  비노출: 'hidden',
  비공개: 'hidden',
  숨김: 'hidden',
  작성중: 'draft',
  임시저장: 'draft',
  예약: 'scheduled',
  공개예정: 'scheduled',
  엠바고: 'scheduled',
  O: 'published',
  X: 'hidden',
  Y: 'published',
  N: 'hidden',
})
export const kindCell = oneOf(KINDS, {
  보도자료: 'press-release',
  보도참고: 'reference',
  보도참고자료: 'reference',
  참고자료: 'reference',
  설명자료: 'explanation',
  보도설명: 'explanation',
  보도설명자료: 'explanation',
  해명자료: 'explanation',
  정책뉴스: 'policy-news',
  사실은이렇습니다: 'fact-check',
  팩트체크: 'fact-check',
  카드뉴스: 'visual',
  영상: 'visual',
  카드·영상: 'visual',
  카드ㆍ영상: 'visual',
  '카드/영상': 'visual',
  동영상: 'visual',
  인포그래픽: 'visual',
  설명: 'explanation',
  해명: 'explanation',
  동정: 'activity',
  인사: 'personnel',
  기타: 'other',
})
const licenceWord = oneOf(LICENCES, {
  ...Object.fromEntries(
    LICENCES.flatMap((licence, i) =>
      ['', '공공누리', '공공누리제'].flatMap(words => [
        [`${words}${i + 1}유형`, licence],
        [`${words}${i + 1}`, licence],
      ]),
    ),
  ),
})
/** 공공누리 제1유형 (출처표시), as articles are printed too. */
export const licenceCell: CellReader = text =>
  licenceWord(withoutRemark(text).replace(/^\s*제/, '공공누리제'))

/** Without brackets at the end. A pattern would try each ( that has no ). */
function withoutRemark(text: string): string {
  const end = text.trimEnd()
  if (!end.endsWith(')')) return text
  const open = end.indexOf('(', end.lastIndexOf(')', end.length - 2) + 1)
  return open < 0 ? text : end.slice(0, open)
}
