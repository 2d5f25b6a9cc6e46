import type { ArticleRow } from '../../src/articles/row.ts'
import type { NewArticle } from '../../src/articles/schema.ts'
import { insertArticle, write } from '../../src/articles/store.ts'
import type { Database } from '../../src/db/client.ts'

let serial = 0

/** A published press release of 2026-01-20, with what a test wants otherwise. */
export const anArticle = (changes: Partial<NewArticle> = {}): NewArticle => ({
  status: 'published',
  kind: 'press-release',
  title: `순환경제 시험 글 ${++serial}`,
  bodyText: '첫 문단입니다.\n\n둘째 문단입니다.',
  ...(changes.status === undefined || changes.status === 'published' || changes.status === 'hidden'
    ? { publishedAt: '2026-01-20T10:00:00+09:00' }
    : {}),
  ...changes,
})

/** Articles of one transaction: on a slow machine more would outlast it. */
const AT_ONCE = 250

/** Writes articles as a loader would, past HTTP. */
export async function insertArticles(
  db: Database,
  articles: NewArticle[],
  now = new Date(),
): Promise<ArticleRow[]> {
  const rows: ArticleRow[] = []
  for (let i = 0; i < articles.length; i += AT_ONCE)
    await write(db, { actor: 'system:test', now }, async writing => {
      for (const article of articles.slice(i, i + AT_ONCE)) rows.push(await insertArticle(writing, article))
    })
  return rows
}
