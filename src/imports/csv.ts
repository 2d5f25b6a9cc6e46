import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type CsvError, parse } from 'csv-parse'
import type { Bilingual } from '../http/problem.ts'
import { turn } from '../time/turns.ts'
import { CellError, textCell } from './cells.ts'
import { type Column, columnsOf, DAY, FIELDS, HeaderError, ORIGIN } from './columns.ts'
import { decodeText, type Encoding } from './file.ts'
import { DELETED, type FileRecord, type RecordFault } from './record.ts'
import { isUndated, reviseBy, type Stated, toArticle } from './stated.ts'

/** CSV (RFC 4180), as the API's names have it or as Excel saves a board. A column that is not there says nothing. */

export interface CsvOptions {
  encoding: Encoding
  /** Fields by headers; `-` for a column that is passed over. */
  map?: ReadonlyMap<string, string>
  /** The source's name where no column has it. */
  source?: string
}

/** Characters that a record may have: more than any article, so that a quote that nobody closed is noticed. */
const LONGEST = 4 << 20

/** @throws HeaderError, also where a quote is not closed for longer than any article: after the rows before it. */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  options: CsvOptions,
): AsyncGenerator<FileRecord> {
  const text = peekable(decodeText(chunks, options.encoding))
  const delimiter = delimiterOf(await text.firstLine())
  let columns: Column[] | undefined
  for await (const { line, cells, fault } of parseRows(text.all(), delimiter)) {
    if (fault !== undefined) {
      yield { line, faults: [{ pointer: '', detail: fault }] }
      continue
    }
    if (!columns) {
      columns = columnsOf(cells, options.map)
      if (!hasIdentity(columns))
        throw new HeaderError({
          en: 'no column tells an article from others: source.externalId (번호) or an address at korea.kr',
          ko: '글을 식별할 열이 없습니다. source.externalId(번호)나 korea.kr 주소가 필요합니다',
        })
      if (!hasSource(columns, options.source))
        throw new HeaderError({
          en: 'no column has the source’s name: give it with --source',
          ko: '출처 이름이 있는 열이 없습니다. --source로 지정하십시오',
        })
    } else if (cells.some(cell => cell.trim() !== '')) yield toRecord(line, cells, columns, options)
  }
  if (!columns) throw new HeaderError({ en: 'the file is empty', ko: '빈 파일입니다' })
}

const holds = (columns: Column[], ...fields: string[]) =>
  columns.some(({ field }) => field !== null && fields.includes(field))
const hasIdentity = (columns: Column[]) => holds(columns, 'source.externalId', 'source.url', ORIGIN)
const hasSource = (columns: Column[], source?: string) =>
  source !== undefined || holds(columns, 'source.name', 'source.url', ORIGIN)

/** Text that can be looked at before it is read. */
function peekable(chunks: AsyncGenerator<string>) {
  let head = ''
  return {
    async firstLine() {
      while (!head.includes('\n')) {
        const { value, done } = await chunks.next()
        if (done) break
        head += value
      }
      return head.split('\n', 1)[0] ?? ''
    },
    async *all() {
      yield head
      yield* chunks
    },
  }
}

/** The one of the usual marks that stands most often in the header. */
function delimiterOf(header: string): string {
  const plain = header.replaceAll(/"[^"]*"/g, '')
  const count = (mark: string) => plain.split(mark).length
  return [',', '\t', ';'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

/** Characters that the parser has at once: some milliseconds. */
const PIECE = 16_384

/** The same text, others having their turn in between; no character is cut. */
export async function* inPieces(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of text)
    for (let from = 0; from < chunk.length; ) {
      await turn()
      const end = from + PIECE
      const to = /[\ud800-\udbff]/.test(chunk.charAt(end - 1)) ? end + 1 : end
      yield chunk.slice(from, to)
      from = to
    }
}

interface Row {
  line: number
  cells: string[]
  fault?: Bilingual
}

async function* parseRows(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<Row> {
  const faulty: Row[] = []
  let end = 0
  /** From where on nothing can be read. */
  let fatal: HeaderError | null = null
  const readable = async function* () {
    for await (const piece of inPieces(text)) {
      if (fatal) return
      yield piece
    }
  }
  const parser = parse({
    delimiter,
    // A quote inside a cell that has none around it is a character, as Excel reads it.
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: LONGEST,
    on_record: (cells: string[], { lines }) => {
      if (fatal) return null
      end = lines
      const breaks = cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0)
      return { line: lines - breaks, cells } as never
    },
    on_skip: error => {
      if (fatal) return
      const fault = faultOf(error as CsvError)
      if ((error as CsvError).code === 'CSV_MAX_RECORD_SIZE')
        fatal = new HeaderError({ en: `line ${end + 1}: ${fault.en}`, ko: `${end + 1}번째 줄: ${fault.ko}` })
      else faulty.push({ line: end + 1, cells: [], fault })
    },
  })
  const reading = pipeline(Readable.from(readable()), parser)
  reading.catch(() => {})
  try {
    for await (const row of parser as AsyncIterable<Row>) {
      while (faulty[0] && faulty[0].line < row.line) yield faulty.shift() as Row
      yield row
    }
    await reading
    yield* faulty
    if (fatal) throw fatal
  } finally {
    parser.destroy()
  }
}

function faultOf({ code, message, lines }: CsvError & { lines?: number }): Bilingual {
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return {
      en: `a quote is not closed: everything up to line ${lines} was taken for one record`,
      ko: `따옴표가 닫히지 않아 ${lines}번째 줄까지 한 건으로 읽혔습니다`,
    }
  if (code === 'CSV_MAX_RECORD_SIZE')
    return {
      en: 'a record longer than any article: is a quote not closed?',
      ko: '한 건이 너무 깁니다. 닫히지 않은 따옴표가 있는지 확인하십시오',
    }
  return { en: message, ko: `CSV를 읽을 수 없습니다: ${message}` }
}

function toRecord(
  line: number,
  cells: string[],
  columns: Column[],
  { source, encoding }: CsvOptions,
): FileRecord {
  const faults: RecordFault[] = []
  const fail = (column: Column | undefined, detail: Bilingual) =>
    faults.push({ pointer: pointerOf(column?.field ?? ''), ...(column && { column: column.header }), detail })
  if (cells.length < columns.length)
    fail(undefined, {
      en: `has ${cells.length} cells, the header ${columns.length}`,
      ko: `칸이 ${cells.length}개인데 열 이름은 ${columns.length}개입니다`,
    })
  const stated: Stated = new Map()
  for (const [i, cell] of cells.entries()) {
    const column = columns[i]
    if (!column?.header && cell.trim() !== '')
      fail(undefined, {
        en: `cell ${i + 1} has no header: "${cell.slice(0, 40)}"`,
        ko: `${i + 1}번째 칸에 열 이름이 없습니다: "${cell.slice(0, 40)}"`,
      })
    if (column?.header === 'deletedAt' && cell.trim() !== '')
      faults.push({ ...DELETED, column: column.header })
    if (!column?.field) continue
    const asText = /^="((?:[^"]|"")*)"$/.exec(cell)?.[1]?.replaceAll('""', '"')
    const text = asText ?? cell
    const read =
      asText !== undefined && column.field === 'source.externalId' ? textCell : FIELDS[column.field]?.read
    if (text.includes('\ufffd'))
      fail(column, {
        en: `has bytes that are not ${encoding.toUpperCase()}, or characters that were lost before`,
        ko: `${encoding.toUpperCase()}(으)로 읽을 수 없는 바이트나 이미 깨진 글자가 있습니다`,
      })
    try {
      stated.set(column.field, text.trim() === '' ? null : read?.(text))
    } catch (error) {
      if (!(error instanceof CellError)) throw error
      fail(column, error.detail)
    }
  }
  if (faults.length > 0) return { line, faults }
  return {
    line,
    faults,
    ...toArticle(stated, source),
    undated: isUndated(stated),
    // Those that the API shows are the sums of counts here and at the source.
    firstCounts: ['id', 'version'].every(name => columns.some(({ header }) => header === name)),
    revise: reviseBy(stated, encoding === 'cp949'),
    columns: new Map(
      // A column of its own comes last, and so before one that tells several fields.
      columns
        .toSorted((a, b) => Number(isOne(a.field)) - Number(isOne(b.field)))
        .flatMap(({ header, field }): [string, string][] => (field ? [[pointerOf(field), header]] : [])),
    ),
  }
}

/** Where in the article stands what a column tells of several fields: the first of them. */
const SEVERAL: Record<string, string> = { [DAY]: 'publishedAt', [ORIGIN]: 'source' }
const isOne = (field: string | null) => field === null || !(field in SEVERAL)

const pointerOf = (field: string) => {
  const place = SEVERAL[field] ?? field
  return place === '' ? '' : `/${place.replaceAll('.', '/')}`
}
