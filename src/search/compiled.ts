/** Parts of a tsquery with what is known of how many articles they find, and how they go together. */

export interface Compiled {
  /** For `::tsquery`. */
  query: string
  /** Where it is nothing but one term, that. */
  term?: string
  /** The estimated share of articles, from 0 to 1. */
  share: number
  /** The entries of the index from which they are found, as a multiple of the articles: those of the rarest that all must have. */
  postings: number
  /** How many lists of the index are read beside each other. */
  lists: number
  /** The share of articles that must be read: an index does not know where words stand, so phrases are seen in the row. */
  read: number
  /** What finds all of the same and more without reading; null where that would be every article. */
  loose: string | null
}

/** All of several, of which nobody knows how they go together: between independent and as often as the rarest. */
export const together = (shares: number[]): number =>
  shares.length === 0 ? 0 : Math.sqrt(independent(shares) * Math.min(...shares))
export const independent = (shares: number[]): number => shares.reduce((a, b) => a * b, 1)
const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)
const either = (shares: number[]): number => Math.min(1, sum(shares))

export const anyOf = (parts: Compiled[]): Compiled => {
  const [only, ...more] = parts
  if (only && more.length === 0) return only
  return {
    query: joined(parts, '|'),
    share: either(parts.map(p => p.share)),
    postings: sum(parts.map(p => p.postings)),
    lists: sum(parts.map(p => p.lists)),
    read: either(parts.map(p => p.read)),
    loose: looseOf(parts, '|'),
  }
}

export const joined = (parts: { query: string }[], operator: string) =>
  `(${parts.map(({ query }) => query).join(` ${operator} `)})`

function looseOf(parts: Compiled[], operator: '&' | '|'): string | null {
  const loose = parts.flatMap(part => part.loose ?? [])
  const some = operator === '&' ? loose.length > 0 : loose.length === parts.length
  return some ? `(${loose.join(` ${operator} `)})` : null
}

/** Of the longer lists only what the shortest one has is read; what is excluded has none. */
export const indexed = (parts: Compiled[]): Pick<Compiled, 'postings' | 'lists'> => ({
  postings: Math.min(1, ...parts.filter(({ lists }) => lists > 0).map(({ postings }) => postings)),
  lists: sum(parts.map(p => p.lists)),
})

export const allOf = (parts: Compiled[]): Compiled => {
  const [only, ...more] = parts
  if (only && more.length === 0) return only
  return {
    query: joined(parts, '&'),
    share: together(parts.map(p => p.share)),
    ...indexed(parts),
    read: together(parts.map(p => p.read)),
    loose: looseOf(parts, '&'),
  }
}

/** What the index answers by itself. */
export const known = (query: string, share: number): Compiled => ({
  query,
  share,
  postings: share,
  lists: 1,
  read: share,
  loose: query,
})

/** All but what is excluded; of a phrase the index cannot tell which these are. */
export const excluding = (compiled: Compiled): Compiled => ({
  ...known(`!${compiled.query}`, 1),
  lists: 0,
  ...(needsReading(compiled) && { loose: null }),
})

/** Whether rows must be read to know. */
export const needsReading = ({ query, loose }: Pick<Compiled, 'query' | 'loose'>): boolean => query !== loose
