import { isObject } from '../http/body.ts'
import { decodeUtf8 } from '../text/encoding.ts'
import { splitLines } from './file.ts'
import { DELETED, type FileRecord, SHOWN } from './record.ts'

/** NDJSON: an article a line, as one writes it (NewArticle, with counts at the source beside) or as the API shows it. */

interface NdjsonOptions {
  /** The source's name where a record gives none. */
  source?: string
}

/** Lines of nothing are passed over. */
export async function* readNdjson(
  chunks: AsyncIterable<Buffer>,
  { source }: NdjsonOptions = {},
): AsyncGenerator<FileRecord> {
  for await (const { line, bytes } of splitLines(chunks)) {
    const fault = (en: string, ko: string) => ({ line, faults: [{ pointer: '', detail: { en, ko } }] })
    const decoded = bytes && decodeUtf8(bytes)
    if (bytes === null) yield fault('is longer than any article', '한 줄이 너무 깁니다')
    else if (decoded === null) yield fault('is not UTF-8', 'UTF-8이 아닙니다')
    else {
      const text = line === 1 ? decoded.replace(/^\ufeff/, '') : decoded
      if (text.trim() === '') continue
      try {
        const value: unknown = JSON.parse(text)
        if (!isObject(value)) yield fault('is not a JSON object', 'JSON 객체가 아닙니다')
        else if ('deletedAt' in value && value.deletedAt !== null) yield { line, faults: [DELETED] }
        else yield { line, faults: [], ...toRecord(value, source) }
      } catch (error) {
        const { message } = error as Error
        yield fault(`is not valid JSON: ${message}`, `올바른 JSON이 아닙니다: ${message}`)
      }
    }
  }
}

function toRecord(
  value: Record<string, unknown>,
  source: string | undefined,
): Pick<FileRecord, 'article' | 'counts' | 'firstCounts'> {
  const { counts, ...article } = value
  // Without them it was not the API that wrote it, and a field that nobody writes is a mistake.
  const shown = Number.isInteger(article.id) && Number.isInteger(article.version)
  if (shown) {
    for (const name of SHOWN) delete article[name]
    if (article.bodyHtml !== undefined) delete article.bodyText
  }
  if (source !== undefined && isObject(article.source)) article.source = { name: source, ...article.source }
  if (!isObject(counts)) return { article: counts === undefined ? article : { ...article, counts } }
  const { views = 0, comments = 0, likes = 0, dislikes = 0, ...unknown } = counts
  if (Object.keys(unknown).length > 0) return { article: { ...article, counts } }
  // What the API shows are the sums of counts here and at the source: to take them for the latter would count twice.
  return { article, counts: { views, comments, likes, dislikes }, firstCounts: shown }
}
