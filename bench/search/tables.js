import { toSearchRows } from '../../dist/articles/indexing.js'
import { Random } from './random.js'

/** What an article is in each table: the columns, and their values. */

const ARTICLE_ID = 'article_id'

/** Views are many for few: log-normal. */
function viewsOf(seed, i) {
  const random = new Random(seed ^ 0x76696577, i)
  return Math.round(Math.exp(5.5 + 1.3 * random.normal()))
}

export const ARTICLE_TABLES = {
  articles: {
    columns: [
      ...['id', 'status', 'kind', 'title', 'subtitles', 'body_html', 'body_text'],
      ...['ministry_code', 'ministry_name', 'ministry_published_name', 'author', 'source', 'external_id'],
      ...['published_at', 'licence', 'tags'],
    ],
    values: (id, a) => [
      ...[id, 'published', a.kind, a.title, a.subtitles, a.bodyHtml, a.bodyText],
      ...[a.ministryCode, a.ministryName, a.ministryPublishedName, a.author, a.source, a.externalId],
      ...[a.publishedAt, 'kogl-1', a.tags],
    ],
  },
  article_counts: {
    columns: [ARTICLE_ID, 'source_views'],
    values: (id, _, seed) => [id, viewsOf(seed, id)],
  },
  changes: {
    columns: ['seq', ARTICLE_ID, 'kind', 'version', 'actor', 'was_public', 'is_public'],
    values: id => [id, id, 'create', 1, 'import:bench', false, true],
  },
}

/** The search row of an article. One at a time: many at once would go to yet another thread. */
export async function searchRow(id, article) {
  const indexed = {
    ...article,
    id,
    status: 'published',
    deletedAt: null,
    listedAt: article.publishedAt,
  }
  const [row] = await toSearchRows([indexed])
  return row
}

export const SEARCH_TABLE = {
  columns: [ARTICLE_ID, 'listed_at', 'public', 'morphemes', 'stems', 'analyser', 'terms'],
  values: row => [
    ...[row.articleId, row.listedAt, row.public, row.morphemes, row.stems, row.analyser, row.terms],
  ],
}

/** The lexemes of a tsvector as it is written: none holds a space. */
export const lexemesOf = terms =>
  terms.split(' ').map(lexeme => lexeme.slice(1, lexeme.lastIndexOf("'")).replace(/(['\\])\1/g, '$1'))

export const TERMS_TABLE = { columns: ['term', 'df'], values: ([term, df]) => [term, df] }

export const WORDS_TABLE = {
  columns: ['term', 'word', 'inside', 'choseong', 'roman', 'bigrams'],
  values: word => [word.term, word.word, word.inside, word.choseong, word.roman, word.bigrams],
}
