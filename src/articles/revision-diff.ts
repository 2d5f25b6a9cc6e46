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

/** Before the first version there was nothing: null. */
export function diffRevisions(
  before: ArticleRow | null,
  after: ArticleRow,
  presentation: Presentation,
): RevisionDiff['fields'] {
  const valuesOf = (row: ArticleRow): Record<string, unknown> => toSparse(row, null, presentation, COMPARED)
  const [former, now] = [before && valuesOf(before), valuesOf(after)]
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return COMPARED.map(field => ({ field, before: former?.[field] ?? null, after: now[field] ?? null }))
    .filter(({ before, after }) => !isDeepStrictEqual(before, after))
    .map(({ field, before, after }) => ({
      field,
      before,
      after,
      words: TEXTS.includes(field) ? diffWords(text(before), text(after)) : null,
    }))
}

/** Columns that the contract shows as one field. */
const FIELD_OF: Record<string, string> = {
  ministryCode: 'ministry',
  ministryName: 'ministry',
  ministryPublishedName: 'ministry',
  source: 'source',
  externalId: 'source',
  sourceUrl: 'source',
}

/** The fields that columns belong to, in the order of the contract. */
export function fieldsOf(columns: readonly string[]): string[] {
  const fields = new Set<string>(columns.map(column => FIELD_OF[column] ?? column))
  return COMPARED.filter(field => fields.has(field))
}
