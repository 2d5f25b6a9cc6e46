import { type IndexedTerms, indexDocuments } from '../search/analysis.ts'
import type { SearchDocument } from '../search/document.ts'
import type { SearchPlace, SearchRow } from '../search/store.ts'
import type { ArticleRow } from './row.ts'

/** What articles are found by. */

export type Indexed = Pick<
  ArticleRow,
  | 'id'
  | 'status'
  | 'deletedAt'
  | 'listedAt'
  | 'title'
  | 'subtitles'
  | 'tags'
  | 'bodyText'
  | 'kind'
  | 'source'
  | 'author'
  | 'ministryCode'
  | 'ministryName'
  | 'ministryPublishedName'
>

/** Fields whose change needs another search row. */
export const INDEXED: readonly (keyof ArticleRow)[] = [
  ...(['status', 'deletedAt', 'publishedAt', 'embargoUntil'] as const),
  ...(['title', 'subtitles', 'tags', 'bodyText', 'kind', 'source', 'author'] as const),
  ...(['ministryCode', 'ministryName', 'ministryPublishedName'] as const),
]

/** A filter of lists as a term: `kind:press-release`. */
export const filterOf = (name: string, value: string): string => `${name}:${value}`

/**
 * The ministry is its code, its name as published, and without a code its name: with one that is what the body was called when
 * the article was written, by mistake perhaps.
 */
const filtersOf = (row: Described): string[] => {
  const ministry = new Set([row.ministryCode ?? row.ministryName, row.ministryPublishedName])
  const values: [string, string | null][] = [
    ['kind', row.kind],
    ['source', row.source],
    ['author', row.author],
    ...[...ministry].map((name): [string, string | null] => ['ministry', name]),
    ...row.tags.map((tag): [string, string] => ['tag', tag]),
  ]
  return values.flatMap(([name, value]) => (value === null ? [] : [filterOf(name, value)]))
}

/** What the terms of an article follow from. */
export type Described = Omit<Indexed, 'id' | 'status' | 'deletedAt'>

const documentOf = (row: Described): SearchDocument => ({
  title: row.title,
  subtitles: row.subtitles,
  tags: row.tags,
  body: row.bodyText,
  filters: filtersOf(row),
  listedAt: row.listedAt,
})

/** A search row without what it is found by. */
export const toPlace = (row: Pick<Indexed, 'id' | 'listedAt' | 'status' | 'deletedAt'>): SearchPlace => ({
  articleId: row.id,
  listedAt: row.listedAt,
  public: row.status === 'published' && row.deletedAt === null,
})

/** The terms of articles, which need not be rows yet. */
export const toTerms = (articles: readonly Described[]): Promise<IndexedTerms[]> =>
  indexDocuments(articles.map(documentOf))

export async function toSearchRows(rows: readonly Indexed[]): Promise<SearchRow[]> {
  const terms = await toTerms(rows)
  return rows.map((row, i) => ({ ...(terms[i] as IndexedTerms), ...toPlace(row) }))
}
