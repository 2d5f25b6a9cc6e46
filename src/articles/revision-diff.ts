import { isDeepStrictEqual } from 'node:util'
import { diffWords } from '../text/word-diff.ts'
import type { RevisionDiff } from './revision-schema.ts'
import { type ArticleRow, type Presentation, toSparse } from './row.ts'
import { FIELDS } from './schema.ts'

/** What two versions of an article differ in, by the contract's names. */

/** What differs between any two, what moves by itself, and what follows from another field. */
const PASSED_OVER = ['number', 'version', 'modifiedAt', 'counts', 'isNew', 'publishedOn']
const COMPARED = FIELDS.filter(field => !PASSED_OVER.includes(field))
/** Fields that are compared word by word. */
const TEXTS = ['title', 'bodyText']

export function diffRevisions(
  before: ArticleRow,
  after: ArticleRow,
  presentation: Presentation,
): RevisionDiff['fields'] {
  const [former, now] = [before, after].map(row => toSparse(row, null, presentation, COMPARED))
  return COMPARED.filter(field => !isDeepStrictEqual(former?.[field], now?.[field])).map(field => ({
    field,
    before: former?.[field],
    after: now?.[field],
    words: TEXTS.includes(field) ? diffWords(String(former?.[field]), String(now?.[field])) : null,
  }))
}

/** Columns that the contract shows as one field. */
const FIELD_OF: Record<string, string> = {
  ...{ ministryCode: 'ministry', ministryName: 'ministry', ministryPublishedName: 'ministry' },
  ...{ source: 'source', externalId: 'source', sourceUrl: 'source' },
}

/** The fields that columns belong to, in the order of the contract. */
export function fieldsOf(columns: readonly string[]): string[] {
  const fields = new Set<string>(columns.map(column => FIELD_OF[column] ?? column))
  return COMPARED.filter(field => fields.has(field))
}
