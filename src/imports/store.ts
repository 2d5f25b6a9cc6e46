import { toNewArticle } from '../articles/row.ts'
import { type SourcedArticle, upsertArticle, type Writing, write } from '../articles/store.ts'
import { compareIdentities } from '../articles/store-bulk.ts'
import type { Database } from '../db/client.ts'
import { Problem } from '../http/problem.ts'
import { type BoardPage, ImportError, type ImportedArticle } from './board-page.ts'
import { checkArticle } from './record.ts'

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

/** @throws ImportError that names the line of an article that breaks the contract, or whose number is another's now. */
export async function importBoardPage(db: Database, page: BoardPage, now: Date): Promise<ImportReport> {
  const entries = [page.detail, ...page.rows].map(checked)
  // In the order of identities: two imports at once then never wait for each other in a circle.
  entries.sort((a, b) => compareIdentities(a.article, b.article))
  return write(db, { actor: 'import:board-page', now }, async writing => {
    const report: ImportReport = { created: 0, updated: 0, unchanged: 0, deleted: 0, recounted: 0 }
    for (const entry of entries) {
      const { outcome, recounted } = await importEntry(writing, entry, page)
      report[outcome]++
      if (recounted) report.recounted++
    }
    return report
  })
}

type Entry = ImportedArticle & { article: SourcedArticle }

function checked(entry: ImportedArticle): Entry {
  try {
    return { ...entry, article: checkArticle(entry.article) }
  } catch (error) {
    throw error instanceof Problem ? refused(entry, error) : error
  }
}

const refused = ({ line, article }: ImportedArticle, { detail }: Problem) =>
  new ImportError({ line, text: article.title }, `an article that can be written (${detail.en})`)

/**
 * A page states some fields of an article: those it overwrites, the others stay as they are here, and so does the
 * status: what an editor has hidden, a second import does not show again.
 */
async function importEntry(writing: Writing, entry: Entry, page: BoardPage) {
  const { article, counts, line } = entry
  const refuse = (expected: string) => new ImportError({ line, text: article.title }, expected)
  try {
    return await upsertArticle(writing, article, {
      counts,
      revise: present => {
        const { bodyHtml, ...base } = toNewArticle(present)
        const stated = { ...article, status: base.status, kind: base.kind }
        if (article.bodyText !== undefined) return { ...base, ...stated }
        // The list has numbers for identities: one that was given out anew must not make another article of this one.
        const elsewhere = page.rows.some(
          row =>
            row.article.title === base.title && row.article.source?.externalId !== article.source.externalId,
        )
        if (base.title !== article.title && (elsewhere || base.publishedAt !== article.publishedAt))
          throw refuse(
            `number ${article.source.externalId} to be “${base.title}” as before; the board has numbered its articles anew`,
          )
        return { ...base, ...stated, bodyHtml }
      },
    })
  } catch (error) {
    throw error instanceof Problem ? refused(entry, error) : error
  }
}

/** Whether anything was ever written. */
export const hasHistory = async ({ prisma }: Database): Promise<boolean> =>
  (await prisma.change.findFirst({ select: { seq: true } })) !== null
