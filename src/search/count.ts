import { Compiler } from './compile.ts'
import { anyOf, type Compiled, needsReading } from './compiled.ts'
import { rowsIn } from './costs.ts'
import { matchingOf, type Search, type Total } from './request.ts'
import { countTerm } from './store.ts'
import { countMatches } from './store-count.ts'
import type { Meaning, Word } from './words-of-query.ts'

/** Matches that are counted; beyond, a total is a lower bound. */
export const COUNTED = 10_000

/**
 * As so many are expected, a part of the matches is counted first, which is enough for a lower bound. Words of one subject are
 * together about twice as often as it is estimated.
 */
const MANY = 0.6 * COUNTED

/** The same where rows must be read, since only they tell where words stand. */
const READ = 2_400
/** How much rarer what says it otherwise is without the word itself: hardly any, so that no row is walked for it. */
const BESIDES = 100
/** The same for what a frequent word is found by besides. */
const COUNTED_BESIDES = 3_000

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
  const { published } = search.request
  const whole =
    !matching.also &&
    !matching.leaveOut &&
    search.filters.length === 0 &&
    !published.fromInstant &&
    !published.toInstant
  if (whole && meaning?.type === 'word' && matching.share * matching.articles > COUNTED / 2) {
    const total = await countWord(search, meaning)
    if (total !== null) return total
  }
  if (meaning && matching.share * rowsIn(matching) > MANY) {
    const some = new Compiler(search.knowledge, { foremost: true }).compile(meaning)
    if (some.query !== compiled.query && !needsReading(some)) {
      const part = await countMatches(search.client, matchingOf(search, some), COUNTED)
      if (!part.exact) return part
    }
  }
  return countMatches(search.client, matching, needsReading(matching) ? READ : COUNTED)
}

/** A frequent term's own count, and how many have only another way to say it; null where that is no quick answer. */
async function countWord(search: Search, word: Word): Promise<Total | null> {
  if (word.term.prefix) return null
  const [main, ...others] = new Compiler(search.knowledge).ways(word).sort((a, b) => b.share - a.share)
  if (!main?.term) return null
  const counted = await countTerm(search.client, main.term)
  if (counted === null) return null
  if (others.length === 0) return { count: counted, exact: true }
  const rest = matchingOf(search, anyOf(others))
  const query = `${rest.query} & !${main.query}`
  const loose = `${rest.loose ?? rest.query} & !${main.query}`
  const { count, exact } = await countMatches(
    search.client,
    { ...rest, query, loose, share: rest.share / BESIDES },
    COUNTED_BESIDES,
  )
  return { count: counted + count, exact }
}
