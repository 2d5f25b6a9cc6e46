import type { Format } from './encode.ts'

/** An article a line, as the API shows it elsewhere. */
export const NDJSON_TYPE = 'application/x-ndjson'
export const ndjson: Format = {
  name: 'ndjson',
  type: NDJSON_TYPE,
  head: '',
  rows: items => items.map(item => `${JSON.stringify(item)}\n`).join(''),
}
