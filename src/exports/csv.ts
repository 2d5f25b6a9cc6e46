import { stringify } from 'csv-stringify/sync'
import type { Format, Item } from './encode.ts'

/** CSV (RFC 4180) with the columns that the importer knows by the same names. */

export const CSV_TYPE = 'text/csv'

/** Fields that are objects, with the columns that they become. */
const PARTS: Record<string, string[]> = {
  ministry: ['code', 'name', 'publishedName'],
  source: ['name', 'externalId', 'url'],
  counts: ['comments', 'views', 'likes', 'dislikes'],
}

export interface CsvOptions {
  bom: boolean
  /** Whether cells that a spreadsheet would run are made texts. */
  defuse: boolean
}

/** @param fields the fields in the order of their columns */
export function csv(fields: readonly string[], { bom, defuse }: CsvOptions): Format {
  const columns = fields.flatMap(field => PARTS[field]?.map(part => [field, part]) ?? [[field]])
  const options = {
    record_delimiter: '\r\n',
    // Also where a cell has only half of it.
    quote_record_delimiter: true,
    // Nothing in the only column would be an empty line, which readers pass over.
    quoted_empty: columns.length === 1,
    escape_formulas: defuse,
  }
  const lines = (cells: unknown[][]) => stringify(cells, options)
  return {
    name: 'csv',
    type: CSV_TYPE,
    head: `${bom ? '\ufeff' : ''}${lines([columns.map(column => column.join('.'))])}`,
    rows: items =>
      lines(items.map(item => columns.map(([field = '', part]) => cellOf(item, field, part, defuse)))),
  }
}

/** Null is an empty cell, and so is an empty list; other lists are JSON. */
function cellOf(item: Item, field: string, part: string | undefined, defuse: boolean): unknown {
  const whole = item[field]
  const value = part === undefined ? whole : (whole as Record<string, unknown> | null)?.[part]
  if (Array.isArray(value)) return value.length === 0 ? null : JSON.stringify(value)
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'string' && !defuse ? literal(value) : value
}

/**
 * What looks like a text in a formula (`="007"`), which spreadsheets and the importer unpack, is written as one; so is what looks
 * like a number that Excel has shortened.
 */
const literal = (text: string): string =>
  /^=".*"$/s.test(text) || /^\s*\d(?:\.\d+)?E\+\d+\s*$/i.test(text)
    ? `="${text.replaceAll('"', '""')}"`
    : text
