import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { articleComponents } from '../articles/page-schema.ts'
import type { ArticleRow } from '../articles/row.ts'
import { Article, NewArticle } from '../articles/schema.ts'
import type { SourcedArticle } from '../articles/store.ts'
import type { SourceCounts } from '../articles/store-insert.ts'
import { type Bilingual, Problem } from '../http/problem.ts'
import { ref } from '../http/schema.ts'
import { normaliseJson } from '../http/text-input.ts'
import { validationProblem } from '../http/validation.ts'

/** What readers of files make, and whether it holds to the contract. */

export interface RecordFault {
  /** The place in the article, a JSON Pointer; the whole record is `''`. */
  pointer: string
  /** The column of a CSV file. */
  column?: string
  detail: Bilingual
}

/** What the API shows of an article and nobody writes. */
export const SHOWN = [...Object.keys(Article.properties), 'number', 'highlight', 'duplicates'].filter(
  name => !(name in NewArticle.properties) && name !== 'counts',
)

/** Of what the API shows with an instant at which it was deleted. */
export const DELETED: RecordFault = {
  pointer: '/deletedAt',
  detail: { en: 'a deleted article is not imported', ko: '삭제된 글은 가져오지 않습니다' },
}

/** What stands here and a row does not change: a text of which the file has only what it could hold, or a release. */
export interface Kept {
  field: string
  /** Those that the file could not hold; none where a cell has cut its end. */
  characters: string[]
  /** Whether it is a release, and the row has another day of posting alone. */
  posted?: true
}

export interface FileRecord {
  /** The line on which it starts, from 1. */
  line: number
  /** Why the reader cannot make an article of it; empty where it can. */
  faults: RecordFault[]
  /** What should be a NewArticle with a source. */
  article?: unknown
  counts?: Record<keyof SourceCounts, unknown>
  /** Whether the counts are for a new article only. */
  firstCounts?: boolean
  /** Whether nobody says when it was published, though the file might. */
  undated?: boolean
  /** What a file that has only some fields makes of an article that is here. */
  revise?: (present: ArticleRow, given: SourcedArticle, kept: (what: Kept) => void) => NewArticle
  /** The columns by the pointers of what they hold. */
  columns?: ReadonlyMap<string, string>
}

/** Compiled for the first record, not with the module: the API loads it too and imports nothing. */
let compiled: ValidateFunction | undefined

function validator(): ValidateFunction {
  if (compiled) return compiled
  // What schemas are checked by takes as long to compile as the schema itself.
  const ajv = new Ajv({
    strict: false,
    meta: false,
    validateSchema: false,
    allErrors: true,
    verbose: true,
    strictNumbers: true,
  })
  ;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
  for (const component of articleComponents) ajv.addSchema(component)
  compiled = ajv.compile(ref(NewArticle))
  return compiled
}

/** The article in NFC. @throws Problem that names every place which breaks the contract. */
export function checkArticle(value: unknown): SourcedArticle {
  const article = normaliseJson(value) as NewArticle
  const validate = validator()
  const valid: boolean = validate(article)
  if (!valid) throw validationProblem(validate.errors ?? [], 'body', article)
  if (!article.source) {
    const detail = {
      en: 'is needed: it tells the article from others, now and in the next import',
      ko: '필요합니다. 글을 식별하는 값입니다',
    }
    throw new Problem('invalid-body', detail, { faults: [{ pointer: '/source', detail }] })
  }
  return { ...article, source: article.source }
}

/** As columns of the database hold it, with room for what is counted here. */
const MOST = 1_000_000_000

/** @throws Problem that names a count which is none. */
export function checkCounts(counts: FileRecord['counts']): SourceCounts | undefined {
  for (const [name, n] of Object.entries(counts ?? {}))
    if (!Number.isInteger(n) || (n as number) < 0 || (n as number) > MOST) {
      const detail = { en: `must be a whole number up to ${MOST}`, ko: `${MOST} 이하의 정수여야 합니다` }
      throw new Problem('invalid-body', detail, { faults: [{ pointer: `/counts/${name}`, detail }] })
    }
  return counts as SourceCounts | undefined
}

/** What a problem says of a record. */
export function faultsOf(problem: Problem, columns?: ReadonlyMap<string, string>): RecordFault[] {
  const faults = problem.faults.length > 0 ? problem.faults : [{ pointer: '', detail: problem.detail }]
  return faults.map(({ pointer = '', detail }) => {
    const column = columns?.get(pointer) ?? columns?.get(pointer.replace(/\/\d+$/, ''))
    return { pointer, ...(column !== undefined && { column }), detail }
  })
}

/** The article as the database takes it; or what is wrong with it, in words. */
export function validArticle(given: NewArticle): { article: SourcedArticle } | { fault: string } {
  try {
    return { article: checkArticle(given) }
  } catch (error) {
    if (error instanceof Problem) return { fault: error.detail.en }
    throw error
  }
}
