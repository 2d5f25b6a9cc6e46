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

export interface StreamEvent {
  id?: string
  event?: string
  data?: string
  retry?: string
  /** A comment, which keeps the connection open. */
  comment: boolean
}

/** An event stream over HTTP, event by event; leaving the loop closes it. */
export async function* listenTo(
  url: string,
  headers: Record<string, string> = {},
): AsyncGenerator<StreamEvent> {
  const abort = new AbortController()
  try {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: abort.signal,
    })
    const type = response.headers.get('content-type')
    if (response.status !== 200 || !response.body || type !== 'text/event-stream; charset=utf-8')
      throw new Error(`${response.status} ${type} ${await response.text()}`)
    let rest = ''
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const lines = block.split('\n').map(line => line.split(/: ?(.*)/s))
        yield { ...Object.fromEntries(lines), comment: block.startsWith(':') }
      }
    }
  } finally {
    abort.abort()
  }
}
