import { readFile } from 'node:fs/promises'
import { type SourcedArticle, upsertArticle, write } from '../articles/store.ts'
import type { SourceCounts } from '../articles/store-insert.ts'
import type { Database } from '../db/client.ts'
import { hasHistory } from './store.ts'

const FILE = new URL('../../samples/articles.ndjson', import.meta.url)

/** The articles that ship with Gongbo: fiction in the style of press releases, in our own words. */
async function readSamples(): Promise<{ article: SourcedArticle; counts: SourceCounts }[]> {
  const lines = (await readFile(FILE, 'utf8')).trimEnd().split('\n')
  return lines.map(line => {
    const { externalId, sourceUrl, counts, ...article } = JSON.parse(line)
    return { article: { ...article, source: { name: 'gongbo-samples', externalId, url: sourceUrl } }, counts }
  })
}

/** Loads the samples where they are wanted and nothing was ever written; says how many. */
export async function loadSamples(db: Database, wanted: boolean): Promise<number> {
  if (!wanted || (await hasHistory(db))) return 0
  const samples = await readSamples()
  await write(db, { actor: 'system:samples', now: new Date() }, async writing => {
    for (const { article, counts } of samples) await upsertArticle(writing, article, { counts })
  })
  return samples.length
}
