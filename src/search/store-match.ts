import type pg from 'pg'
import { Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import { loadAnalysis } from './analysis.ts'
import { Compiler } from './compile.ts'
import { lookUp } from './knowledge.ts'
import { type Query, understand } from './words-of-query.ts'

/** Keywords against documents that stand in no table. */

/** The terms of a document, as `indexDocuments` gives them, by a key of the caller's. */
export type Documents = ReadonlyMap<string, string>

/** The keys of the documents that a query finds, as a search would: strictly, nothing is relaxed. */
export async function matchDocuments(
  client: pg.ClientBase,
  query: Query,
  documents: Documents,
): Promise<Set<string>> {
  const { analyser } = await loadAnalysis()
  const { meaning } = understand(analyser, query)
  if (!meaning || documents.size === 0) return new Set()
  const compiled = new Compiler(await lookUp(client, analyser, meaning)).compile(meaning)
  const rows = await run<{ key: string }>(
    client,
    Prisma.sql`SELECT key FROM unnest(${[...documents.keys()]}::text[], ${[...documents.values()]}::text[]) AS d (key, terms)
      WHERE terms::tsvector @@ ${compiled.query}::tsquery`,
  )
  return new Set(rows.map(({ key }) => key))
}
