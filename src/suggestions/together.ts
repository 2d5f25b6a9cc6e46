import type pg from 'pg'
import { type Database, inSnapshot } from '../db/client.ts'
import { isStatementTimeout } from '../http/errors.ts'
import { parseQuery, type QueryNode, tryQuery } from '../search/grammar.ts'
import { searchKeywords } from '../search/keyword.ts'
import { dayRange } from '../time/seoul.ts'
import { countAmong } from './store.ts'
import { standsBy } from './typed.ts'

/** Which words stand together with those that were typed before them. */

/** The newest articles with the words before, among which words are counted. */
const NEWEST = 300
/** Milliseconds for each statement; who types does not wait for more. */
const PATIENCE = 500

/** A word with what was typed before it. */
interface Following {
  head: string
  word: string
}

const unlessLate =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if (!isStatementTimeout(error)) throw error
    return otherwise
  }

/** How often words stand in the newest articles that have what stands before them. */
interface Together {
  counts: Map<string, number>
  /** Whether there are no more articles. */
  all: boolean
}

const search = (client: pg.ClientBase, q: string, query: QueryNode, limit: number) =>
  searchKeywords(
    client,
    {
      q,
      query,
      order: 'newest',
      at: { offset: 0 },
      limit,
      filters: [],
      also: null,
      published: dayRange(null, null),
      textsOf: async () => new Map(),
    },
    { count: false, offers: false },
  )

/** Null where what stands before says nothing. */
const countTogether = (db: Database, q: string, words: string[]): Promise<Together | null> =>
  inSnapshot(db, PATIENCE, async client => {
    const { hits, more, words: meant } = await search(client, q, parseQuery(q), NEWEST)
    if (meant.length === 0) return null
    const ids = hits.map(({ id }) => id)
    return { counts: await countAmong(client, ids, words), all: !more }
  })

/**
 * Completions by how often the word stands together with what was typed before it. Where these are all the articles there are, those
 * that stand in none are left out.
 */
export async function preferTogether<T extends Following>(db: Database, completions: T[]): Promise<T[]> {
  const heads = [...new Set(completions.map(({ head }) => head))].filter(standsBy)
  const known = new Map<string, Together>()
  for (const head of heads) {
    const words = completions.filter(one => one.head === head).map(({ word }) => word)
    const together = await countTogether(db, head, words).catch(unlessLate(null))
    if (together) known.set(head, together)
  }
  const countOf = ({ head, word }: T) => known.get(head)?.counts.get(word) ?? 0
  return completions
    .filter(one => countOf(one) > 0 || !known.get(one.head)?.all)
    .sort((a, b) => countOf(b) - countOf(a))
}

/** Whether a query finds anything. */
async function finds(client: pg.ClientBase, q: string): Promise<boolean> {
  const query = tryQuery(q)
  if (!query) return false
  const { hits } = await search(client, q, query, 1)
  return hits.length > 0
}

/** Of completions the first that find something as they stand: quotes, exclusions and neighbours may make a difference. */
export const listFindable = <T extends { text: string }>(
  db: Database,
  completions: T[],
  limit: number,
): Promise<T[]> =>
  inSnapshot(db, PATIENCE, async client => {
    const found: T[] = []
    for (const one of completions.slice(0, 2 * limit))
      if (found.length < limit && (await finds(client, one.text))) found.push(one)
    return found
  }).catch(unlessLate(completions.slice(0, limit)))
