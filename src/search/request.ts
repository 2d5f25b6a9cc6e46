import type pg from 'pg'
import type { Prisma } from '../db/client.ts'
import type { DayRange } from '../time/seoul.ts'
import { allOf, type Compiled } from './compiled.ts'
import type { Place } from './costs.ts'
import type { QueryNode } from './grammar.ts'
import type { LookedUp } from './knowledge.ts'
import type { Relaxed } from './relax.ts'
import type { Routes } from './search.ts'
import type { Matching } from './store-conditions.ts'

/** What is asked of a keyword search, and what its steps share. */

export type Order = 'newest' | 'oldest' | 'views' | 'relevance'

export interface KeywordRequest {
  q: string
  query: QueryNode
  /** Terms of filters: any of each list. */
  filters: string[][]
  published: DayRange
  /** See `Matching`. */
  also: Prisma.Sql | null
  /** What leaves an article `s` out of what a tsquery finds, because another one says the same. */
  leaveOut?: ((query: string) => Prisma.Sql) | undefined
  order: Order
  at: { offset: number } | { place: Place; backwards: boolean }
  limit: number
  /** The texts of articles by their identities, for the rerank. */
  textsOf: (client: pg.ClientBase, ids: number[]) => Promise<Map<number, { title: string; body: string }>>
}

export interface KeywordHit {
  id: number
  /** What the list orders by: milliseconds since 1970, views, or millionths of a score. */
  key: number
}

export interface Total {
  count: number
  /** Whether it is no lower bound. */
  exact: boolean
}

/** A search under way, on one connection. */
export interface Search {
  client: pg.ClientBase
  request: KeywordRequest
  knowledge: LookedUp
  filters: Compiled[]
  routes: Routes
  /** Whether the total is wanted. */
  count: boolean
}

/** A page before anything is said of it. */
export interface Found {
  hits: KeywordHit[]
  /** Whether there are more beyond the last one, in the direction of the request. */
  more: boolean
  /** What was looked for in the end. */
  compiled: Compiled
  /** Where finding the page has told it. */
  total: Total | null
  relaxed: Relaxed | null
  ranked: number | null
}

/** A query together with the filters of its request. */
export function matchingOf({ request, knowledge, filters }: Search, compiled: Compiled): Matching {
  const { term: _, ...whole } = allOf([compiled, ...filters])
  const { published, also } = request
  const { articles, calendar, ends } = knowledge
  const leaveOut = request.leaveOut?.(whole.query) ?? null
  return { ...whole, articles, calendar, ends, published, also, leaveOut }
}
