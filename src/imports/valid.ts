import type { NewArticle } from '../articles/schema.ts'
import type { SourcedArticle } from '../articles/store.ts'
import { Problem } from '../http/problem.ts'
import { checkArticle } from './record.ts'

/** The article as the database takes it; or what is wrong with it, in words. */
export function validArticle(given: NewArticle): { article: SourcedArticle } | { fault: string } {
  try {
    return { article: checkArticle(given) }
  } catch (error) {
    if (error instanceof Problem) return { fault: error.detail.en }
    throw error
  }
}
