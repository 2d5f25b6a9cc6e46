import { type Bilingual, BilingualError } from '../http/problem.ts'
import { nearest } from '../http/validation.ts'
import { nfc } from '../text/nfc.ts'
import {
  type CellReader,
  identityCell,
  instantCell,
  integerCell,
  jsonCell,
  kindCell,
  licenceCell,
  listCell,
  statusCell,
  tagsCell,
  textCell,
} from './cells.ts'
import { SHOWN } from './record.ts'

/** What the columns of a CSV file hold: the API's own names, a board's headers, or what the caller says. */

export interface Field {
  read: CellReader
  /** Headers of boards and of their Excel files. */
  headers?: string[]
}

/** The field whose column tells both days, as a board's 날짜 does. */
export const DAY = 'day'
/** The field whose column has an address, a source's name, or the line of attribution: a board's 출처. */
export const ORIGIN = 'origin'

export const FIELDS: Record<string, Field> = {
  status: { read: statusCell, headers: ['상태', '노출', '노출여부', '공개여부'] },
  kind: { read: kindCell, headers: ['구분', '종류', '유형', '분류', '자료구분'] },
  title: { read: textCell, headers: ['제목', '글제목'] },
  subtitles: { read: listCell, headers: ['부제', '부제목'] },
  bodyHtml: { read: textCell, headers: ['본문HTML'] },
  bodyText: { read: textCell, headers: ['본문', '내용'] },
  'ministry.code': { read: textCell, headers: ['부처코드', '기관코드'] },
  'ministry.name': {
    read: textCell,
    headers: ['담당부서', '부처', '부처명', '소관부처', '기관', '기관명', '발표기관', 'ministry'],
  },
  'ministry.publishedName': { read: textCell, headers: ['당시부처명', '당시기관명'] },
  author: { read: textCell, headers: ['글쓴이', '작성자', '등록자', '게시자'] },
  publishedAt: {
    read: instantCell,
    headers: ['발표일', '발표일시', '보도일', '보도일자', '보도일시', '배포일', '배포일시'],
  },
  postedOn: {
    read: instantCell,
    headers: ['게시일', '게시일자', '등록일', '등록일자', '작성일', '작성일자'],
  },
  [DAY]: { read: instantCell, headers: ['날짜', '일자'] },
  embargoUntil: { read: instantCell, headers: ['엠바고', '보도시점'] },
  sourceModifiedAt: { read: instantCell, headers: ['수정일', '수정일시', '최종수정일'] },
  'source.name': { read: textCell, headers: ['출처명', 'source'] },
  'source.externalId': {
    read: identityCell,
    headers: ['번호', '글번호', '게시글번호', '연번', '순번', 'externalId'],
  },
  'source.url': { read: textCell, headers: ['sourceUrl'] },
  [ORIGIN]: { read: textCell, headers: ['출처', '원문', '원문주소', '원문링크', '링크', '주소', 'URL'] },
  licence: { read: licenceCell, headers: ['공공누리', '이용조건', '라이선스'] },
  attribution: { read: textCell, headers: ['출처표시', '출처표기'] },
  tags: { read: tagsCell, headers: ['태그', '키워드', '주제어'] },
  thumbnailUrl: { read: textCell, headers: ['썸네일', '대표이미지'] },
  attachments: { read: jsonCell, headers: ['첨부파일', '첨부'] },
  'counts.views': { read: integerCell, headers: ['조회수', '조회'] },
  'counts.comments': { read: integerCell, headers: ['댓글수', '댓글'] },
  'counts.likes': { read: integerCell, headers: ['추천수', '추천', '좋아요'] },
  'counts.dislikes': { read: integerCell, headers: ['비추천수', '비추천', '싫어요'] },
}

const isShown = (header: string) => SHOWN.includes(header.split('.')[0] ?? '')

const keyOf = (header: string) =>
  nfc(header)
    .replaceAll(/[\s\ufeff]/g, '')
    .toLowerCase()
const KNOWN = new Map(
  Object.entries(FIELDS).flatMap(([name, { headers = [] }]) =>
    [name, ...headers].map((header): [string, string] => [keyOf(header), name]),
  ),
)

/** A header and the field that its column holds, as `header=field` names them; null where it is not that. */
export function readMapping(pair: string): [header: string, field: string] | null {
  const [, header, field] = /^(.+)=([^=]+)$/.exec(pair) ?? []
  return header && field ? [header, field] : null
}

export class HeaderError extends BilingualError {}

/** A column: what it is called, and the field that it holds; null for one that is passed over. */
export interface Column {
  header: string
  field: string | null
}

/**
 * The columns of a file. `map` names fields for headers, `-` for those that shall be passed over.
 * @throws HeaderError at a header that nobody knows, at a field that two columns hold, and where none has the title.
 */
export function columnsOf(
  headers: readonly string[],
  map: ReadonlyMap<string, string> = new Map(),
): Column[] {
  if (headers[0]?.startsWith('PK\u0003\u0004'))
    throw new HeaderError({
      en: 'this is an Excel workbook: save it as CSV',
      ko: '엑셀 통합 문서입니다. CSV로 저장해 올리십시오',
    })
  const told = new Map([...map].map(([header, field]) => [keyOf(header), field]))
  const isHeader = headers.some(one => told.has(keyOf(one)) || KNOWN.has(keyOf(one)))
  const columns = headers.map((header): Column => {
    const key = keyOf(header)
    const field = told.get(key) ?? KNOWN.get(key) ?? (isShown(header.trim()) || key === '' ? '-' : undefined)
    if (field === undefined)
      throw isHeader || nearest(header, Object.keys(FIELDS)) ? new HeaderError(unknown(header)) : noTitle()
    if (field !== '-' && !(field in FIELDS))
      throw new HeaderError({
        en: `there is no field "${field}" for the column "${header}"`,
        ko: `"${header}" 열에 지정한 "${field}" 필드는 없습니다`,
      })
    return { header: header.trim(), field: field === '-' ? null : field }
  })
  for (const header of told.keys())
    if (!headers.some(given => keyOf(given) === header))
      throw new HeaderError({
        en: `there is no column "${header}" to map`,
        ko: `필드를 지정한 "${header}" 열이 파일에 없습니다`,
      })
  for (const [i, { header, field }] of columns.entries()) {
    const other = columns.findIndex(column => column.field === field)
    if (field !== null && other < i)
      throw new HeaderError({
        en: `the columns "${columns[other]?.header}" and "${header}" both hold ${field}: map one of them to -`,
        ko: `"${columns[other]?.header}" 열과 "${header}" 열이 모두 ${field}입니다. 둘 중 하나를 -로 지정하십시오`,
      })
  }
  if (!columns.some(({ field }) => field === 'title')) throw noTitle()
  return columns
}

const noTitle = () =>
  new HeaderError({
    en: 'no column holds the title: is the first line the header?',
    ko: '제목 열이 없습니다. 첫 줄이 열 이름인지 확인하십시오',
  })

function unknown(header: string): Bilingual {
  const meant = nearest(header, Object.keys(FIELDS))
  const column = header.trim()
  return {
    en: `unknown column "${column}"${meant ? `; did you mean "${meant}"?` : '.'} Name its field with --map "${column}=<field>", or pass over it with "${column}=-"`,
    ko: `"${column}" 열을 알 수 없습니다${meant ? `("${meant}"?)` : ''}. --map "${column}=<필드>"로 필드를 지정하거나 "${column}=-"로 건너뛰십시오`,
  }
}
