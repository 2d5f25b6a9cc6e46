import type { Database } from '../db/client.ts'
import type { ListQuery } from './query.ts'
import { type Page, searchPlain } from './search.ts'
import { type SearchOptions, searchByKeywords } from './store-keywords.ts'
import type { PlainQuery } from './store-list.ts'

const isPlain = (query: ListQuery): query is PlainQuery => query.sort !== 'relevance'

/** A page of any list. @throws Problem 400 for a page beyond what relevance ranks. */
export async function searchArticles(db: Database, query: ListQuery, options: SearchOptions): Promise<Page> {
  const { keywords } = query
  if (keywords) return searchByKeywords(db, query, keywords, options)
  if (!isPlain(query)) throw new Error('relevance without keywords')
  return searchPlain(db, query)
}
