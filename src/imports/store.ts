import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { articleComponents } from '../articles/page-schema.ts'
import { toNewArticle } from '../articles/row.ts'
import { NewArticle } from '../articles/schema.ts'
import { type SourcedArticle, upsertArticle, type Writing, write } from '../articles/store.ts'
import type { Database } from '../db/client.ts'
import { type BoardPage, ImportError, type ImportedArticle } from './board-page.ts'

/** Writes what was parsed: the whole page in one transaction, or nothing. */

export interface ImportReport {
  created: number
  updated: number
  unchanged: number
  /** Left alone because they were deleted here. */
  deleted: number
  /** Whose counts at the source moved; that makes no new version. */
  recounted: number
}

const ajv = new Ajv({ strict: false })
;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
for (const component of articleComponents) ajv.addSchema(component)
const validate = ajv.compile({ $ref: `${(NewArticle as { $id?: string }).$id}#` })

/** @throws ImportError that names the line of an article that breaks the contract, or whose number is another's now. */
export async function importBoardPage(db: Database, page: BoardPage, now: Date): Promise<ImportReport> {
  const entries = [page.detail, ...page.rows].map(checked)
  // In the order of identities: two imports at once then never wait for each other in a circle.
  entries.sort((a, b) => identity(a).localeCompare(identity(b), 'en', { numeric: true }))
  return write(db, { actor: 'import:board-page', now }, async writing => {
    const report: ImportReport = { created: 0, updated: 0, unchanged: 0, deleted: 0, recounted: 0 }
    for (const entry of entries) {
      const { outcome, recounted } = await importEntry(writing, entry)
      report[outcome]++
      if (recounted) report.recounted++
    }
    return report
  })
}

type Entry = ImportedArticle & { article: SourcedArticle }

function checked(entry: ImportedArticle): Entry {
  const { article, line } = entry
  const valid: boolean = validate(article)
  if (!valid) {
    const fault = validate.errors?.[0]
    throw new ImportError(
      { line, text: article.title },
      `an article whose ${fault?.instancePath.slice(1)} ${fault?.message}`,
    )
  }
  if (!article.source) throw new ImportError({ line, text: article.title }, 'an article with an identity')
  return { ...entry, article: { ...article, source: article.source } }
}

const identity = ({ article }: Entry) => `${article.source.name}/${article.source.externalId}`

/** A page states some fields of an article: those it overwrites, the others stay as they are here. */
function importEntry(writing: Writing, { article, counts, line }: Entry) {
  return upsertArticle(writing, article, {
    counts,
    revise: present => {
      const base = toNewArticle(present)
      if (article.bodyText === undefined) {
        // The list has numbers for identities: one that names another title on another day was given out anew.
        if (base.title !== article.title && base.publishedAt !== article.publishedAt)
          throw new ImportError(
            { line, text: article.title },
            `number ${article.source.externalId} to be “${base.title}” as before; the board has numbered its articles anew`,
          )
        return { ...base, ...article, status: base.status, kind: base.kind }
      }
      const { bodyHtml: _, ...rest } = base
      return { ...rest, ...article, kind: base.kind }
    },
  })
}

/** Whether anything was ever written. */
export const hasHistory = async ({ prisma }: Database): Promise<boolean> =>
  (await prisma.change.findFirst({ select: { seq: true } })) !== null
