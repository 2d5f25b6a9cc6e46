import { anyOf, type Compiled, Compiler } from './compile.ts'
import { matchingOf, type Search, type Total } from './request.ts'
import { countMatches } from './search.ts'
import { countTerm } from './store.ts'
import type { Meaning, Word } from './words-of-query.ts'

/** Matches that are counted; beyond, a total is a lower bound. */
export const COUNTED = 10_000

/**
 * How many matches there are: exactly up to a bound, beyond it where the count of one term says so.
 * @param meaning of the query; null where it is not what was asked for
 */
export async function countFound(
  search: Search,
  compiled: Compiled,
  meaning: Meaning | null,
): Promise<Total> {
  const matching = matchingOf(search, compiled)
  const { published, also } = search.request
  const whole = !also && search.filters.length === 0 && !published.fromInstant && !published.toInstant
  if (whole && meaning?.type === 'word' && matching.share * matching.articles > COUNTED / 2) {
    const exact = await countWord(search, meaning)
    if (exact !== null) return { count: exact, exact: true }
  }
  const count = await countMatches(search.client, matching, COUNTED + 1)
  return count > COUNTED ? { count: COUNTED, exact: false } : { count, exact: true }
}

/** A frequent term's own count, and how many have only another way to say it; null where that is no quick answer. */
async function countWord(search: Search, word: Word): Promise<number | null> {
  if (word.term.prefix) return null
  const [main, ...others] = new Compiler(search.knowledge).ways(word).sort((a, b) => b.share - a.share)
  if (!main?.term) return null
  const counted = await countTerm(search.client, main.term)
  if (counted === null || others.length === 0) return counted
  const rest = matchingOf(search, anyOf(others))
  const query = `${rest.query} & !${main.query}`
  const more = await countMatches(search.client, { ...rest, query }, COUNTED + 1)
  return more > COUNTED ? null : counted + more
}
