import type { Client } from '../db/run.ts'
import { quoteTerm, titleTerm } from '../search/document.ts'
import type { Analyser } from '../text/analyser/analyse.ts'
import { countTerms, listTitled, type TitledArticle } from './store.ts'

/** The terms of titles that have all words of a text, each once. */
function termsOf(analyser: Analyser, text: string): string[] {
  const morphemes = analyser.analyse(text).filter(({ kind }) => kind === 'morpheme')
  return [...new Set(morphemes.map(({ term }) => titleTerm(term)))]
}

/** The newest public articles whose title has all words of one of the texts. */
export async function findTitles(
  db: Client,
  analyser: Analyser,
  texts: string[],
  limit: number,
): Promise<TitledArticle[]> {
  const wanted = texts.map(text => termsOf(analyser, text)).filter(terms => terms.length > 0)
  const counts = await countTerms(db, [...new Set(wanted.flat())])
  const rarest = wanted.map(terms => Math.min(...terms.map(term => counts.get(term) ?? 0)))
  const there = wanted.filter((_, i) => rarest[i] !== 0)
  if (there.length === 0 || limit === 0) return []
  const tsquery = there.map(terms => `(${terms.map(quoteTerm).join(' & ')})`).join(' | ')
  return listTitled(
    db,
    tsquery,
    rarest.reduce((sum, df) => sum + df, 0),
    limit,
  )
}
