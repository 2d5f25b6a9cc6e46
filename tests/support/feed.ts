import type { Call } from './contract.ts'

/** Readers of the change feed. */

export interface Told {
  cursor: string
  articleId: number
  kind: string
  version: number
  at: string
  deleted: boolean
  actor: string | null
  article?: Record<string, unknown> | null
}

export interface FeedAnswer {
  items: Told[]
  cursor: string
  more: boolean
}

/** Reads pages until there is no more, and gives what was told and where that ends. */
export async function follow(
  call: Call,
  headers: Record<string, string>,
  { since, query = '' }: { since?: string; query?: string } = {},
): Promise<{ items: Told[]; cursor: string }> {
  const items: Told[] = []
  for (let cursor = since; ; ) {
    const response = await call({
      url: `/v1/changes?${cursor ? `since=${cursor}` : ''}${query}`,
      headers,
    })
    if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${response.body}`)
    const page = response.json() as FeedAnswer
    items.push(...page.items)
    cursor = page.cursor
    if (!page.more) return { items, cursor }
  }
}

/** What a mirror has after it has applied changes with articles: by id, in ten lines at most. */
export function mirrored(
  items: readonly Told[],
  mirror = new Map<number, Record<string, unknown>>(),
): Map<number, Record<string, unknown>> {
  for (const { articleId, deleted, article } of items)
    if (deleted) mirror.delete(articleId)
    else if (article) mirror.set(articleId, article)
  return mirror
}
