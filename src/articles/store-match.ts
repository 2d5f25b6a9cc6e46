import type pg from 'pg'
import { Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import { matchDocuments } from '../search/store-match.ts'
import { type Indexed, toSearchRows } from './indexing.ts'
import type { ListQuery } from './query.ts'
import { matches } from './store-list.ts'
import { before } from './store-past.ts'

/** Whether versions of articles were in a list, whatever has become of them since. */

const { sql } = Prisma

export interface Version {
  articleId: number
  /** 0 is before there was one. */
  version: number
}
export const versionKey = ({ articleId, version }: Version): string => `${articleId}.${version}`

/** Texts of versions as terms, which several queries look into. */
export type TermsOfVersions = Map<string, string>

const FOUND_BY = sql`a.status, a.deleted_at AS "deletedAt", a.listed_at AS "listedAt", a.title, a.subtitles, a.tags,
  a.body_text AS "bodyText", a.kind, a.source, a.author, a.ministry_code AS "ministryCode",
  a.ministry_name AS "ministryName", a.ministry_published_name AS "ministryPublishedName"`

/**
 * The keys of those versions that the list has. The changes since must still be in the log. What keywords find goes by
 * the synonyms and the vocabulary of now.
 */
export async function findInList(
  client: pg.ClientBase,
  { filter, keywords }: Pick<ListQuery, 'filter' | 'keywords'>,
  versions: readonly Version[],
  terms: TermsOfVersions,
): Promise<Set<string>> {
  const asked = JSON.stringify(versions)
  const rows = await run<Version & Indexed>(
    client,
    sql`SELECT w."articleId", w.version, a.id ${keywords ? sql`, ${FOUND_BY}` : Prisma.empty}
      FROM jsonb_to_recordset(${asked}::jsonb) AS w ("articleId" int, version int)
      CROSS JOIN LATERAL (${before(sql`l.version > w.version`, sql`p.id = w."articleId"`)}) AS a
      WHERE w.version > 0 AND a.version = w.version AND ${matches(filter)}`,
  )
  if (!keywords) return new Set(rows.map(versionKey))
  const fresh = rows.filter(row => !terms.has(versionKey(row)))
  const analysed = await toSearchRows(fresh)
  fresh.forEach((row, i) => {
    terms.set(versionKey(row), analysed[i]?.terms ?? '')
  })
  const documents = new Map(rows.map(row => [versionKey(row), terms.get(versionKey(row)) ?? '']))
  return matchDocuments(client, keywords, documents)
}
