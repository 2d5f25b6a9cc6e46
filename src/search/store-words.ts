import { Prisma } from '../db/client.ts'
import { type Client, run } from '../db/run.ts'
import { normalise } from '../text/analyser/normalise.ts'
import {
  type Beginning,
  beginningsOf,
  bigramPairs,
  type CountedWord,
  choseongLike,
  closest,
  otherKeyboard,
  romanOf,
} from './spelling.ts'
import { bigramsOf, WORTH } from './words.ts'

/**
 * Words that stand in public articles: by their beginning, their initial consonants, romanised, misspelt, and by what
 * stands inside them. No word of a draft is ever given: nothing is without a count above zero.
 */

const { sql, raw } = Prisma

interface CountedTerm {
  term: string
  df: number
}

/** Words that stand for a part of themselves, at most. */
export const WORDS_WITH = 64

/** Articles, and the share of all of them, from which a word has thousands of longer ones and is found by itself. */
const FREQUENT = 3_000
const COMMON = 0.03

/** That no number is a part of another one: 1회 is not in 11회, nor 20 in 2026년. */
const WHOLE_NUMBERS = sql`NOT (p.part ~ '^[0-9]' AND substr(w.word, strpos(w.word, p.part) - 1, 1) ~ '[0-9]')
          AND NOT (p.part ~ '[0-9]$' AND substr(w.word, strpos(w.word, p.part) + length(p.part), 1) ~ '[0-9]')`

/**
 * Words as terms in which each part (two characters or more, as the analyser writes it) stands inside, the most frequent
 * first; see `insideOf`. Of a frequent part those that would add next to nothing are left out, of a very frequent one all.
 */
export async function listWordsWith(
  client: Client,
  parts: readonly string[],
): Promise<Map<string, CountedTerm[]>> {
  if (parts.length === 0) return new Map()
  const rows = await run<CountedTerm & { part: string }>(
    client,
    sql`WITH p AS MATERIALIZED (
        SELECT part, coalesce((SELECT max(df) FROM search_terms WHERE term IN (part, '=' || part)), 0) AS own
        FROM unnest((SELECT ${parts}::text[])) AS part
      )
      SELECT part, found.term, found.df FROM p, LATERAL (
        SELECT w.term, t.df FROM search_words w JOIN search_terms t USING (term)
        WHERE w.inside @> ARRAY[p.part] AND t.df > 0 AND t.df >= ${raw(`${WORTH}`)} * p.own AND ${WHOLE_NUMBERS}
        ORDER BY t.df DESC, w.term LIMIT ${raw(`${WORDS_WITH}`)}) AS found
      WHERE own < greatest(${raw(`${FREQUENT}`)}, ${raw(`${COMMON}`)} * (SELECT articles FROM search_totals))
      ORDER BY found.df DESC, found.term`,
    { prepared: true },
  )
  const found = new Map(parts.map((part): [string, CountedTerm[]] => [part, []]))
  for (const { part, term, df } of rows) found.get(part)?.push({ term, df })
  return found
}

/** A word that is a stem and a morpheme comes twice. */
const TERMS_PER_WORD = 2
/** Terms that are no words, such as numbers and single syllables, come between. */
const SLACK = 20

const byCount = (a: CountedWord, b: CountedWord) =>
  b.df - a.df || a.word.length - b.word.length || (a.word < b.word ? -1 : 1)

/** The most frequent, once each, by the count of its more frequent term. */
function best(rows: CountedWord[], limit: number): CountedWord[] {
  const words = new Map<string, CountedWord>()
  for (const row of rows.sort(byCount)) if (!words.has(row.word)) words.set(row.word, row)
  return [...words.values()].slice(0, limit)
}

type Kind = 'morphemes' | 'stems' | 'both'
const KINDS: Record<Kind, string> = {
  morphemes: `AND term NOT LIKE '=%'`,
  stems: `AND term LIKE '=%'`,
  both: '',
}

/**
 * Of tens of thousands of words nine in ten are stems, and none of these is more frequent than the morphemes that it is
 * made of: they are looked at only where the morphemes are few.
 */
async function morphemesFirst(
  limit: number,
  list: (kind: Kind) => Promise<CountedWord[]>,
): Promise<CountedWord[]> {
  const morphemes = best(await list('morphemes'), limit)
  return morphemes.length === limit ? morphemes : best([...morphemes, ...(await list('stems'))], limit)
}

/** Of terms by kind, those of a range of words. */
const RANGES: Record<Kind, string> = {
  morphemes: `term >= $1 AND term < $2`,
  stems: `term >= '=' || $1 AND term < '=' || $2`,
  both: `(term >= $1 AND term < $2 OR term >= '=' || $1 AND term < '=' || $2)`,
}

/**
 * Words of a range. The counts are read by their own index, which has the terms in the same order: thousands of words
 * begin with one syllable, and only of the best is it asked whether they are words.
 */
async function listRange(
  db: Client,
  { from, to, pattern }: Beginning,
  kind: Kind,
  limit: number,
): Promise<CountedWord[]> {
  // Numbers are terms, but nobody's suggestion, and more frequent than any word that begins with them.
  const noNumbers = /^\d+$/.test(from) ? `AND term ~ '[^0-9.=]'` : ''
  const { rows } = await db.query<CountedWord>(
    `SELECT w.word, t.df FROM (
       SELECT term, df FROM search_terms
       WHERE ${RANGES[kind]} AND df > 0 AND char_length(term) > 1 ${noNumbers}
         AND ($4::text IS NULL OR ltrim(term, '=') ~ $4)
       ORDER BY df DESC, char_length(term) LIMIT $3) AS t
     JOIN search_words w USING (term)`,
    [from, to, limit * TERMS_PER_WORD + SLACK, pattern],
  )
  return rows
}

/** Words whose initial consonants, or romanised letters, begin so. */
async function listSpelt(
  db: Client,
  by: 'choseong' | 'roman',
  start: string,
  kind: Kind,
  limit: number,
): Promise<CountedWord[]> {
  const { rows } = await db.query<CountedWord>(
    `SELECT w.word, t.df FROM search_words w JOIN search_terms t USING (term)
     WHERE w.${by} >= $1 AND w.${by} < $2 AND t.df > 0 ${KINDS[kind]}
     ORDER BY t.df DESC, char_length(w.word), w.word LIMIT $3`,
    [start, after(start), limit * TERMS_PER_WORD],
  )
  return rows
}

/** What comes after everything that begins so. */
const after = (start: string) =>
  start.slice(0, -1) + String.fromCharCode(start.charCodeAt(start.length - 1) + 1)

/** The most frequent words of a range. */
export const listBeginning = async (
  db: Client,
  beginning: Beginning,
  limit: number,
): Promise<CountedWord[]> => best(await listRange(db, beginning, 'both', limit), limit)

/** Initial consonants that so many words begin with that the morphemes of their range are read instead. */
const BRIEF = 2

/** The most frequent words whose initial consonants begin so. */
export async function listChoseong(db: Client, consonants: string, limit: number): Promise<CountedWord[]> {
  const [range] = beginningsOf(consonants)
  if (!range) return []
  return morphemesFirst(limit, kind =>
    consonants.length === 1 || (consonants.length === BRIEF && kind === 'morphemes')
      ? listRange(db, range, kind, limit)
      : listSpelt(db, 'choseong', consonants, kind, limit),
  )
}

/** The most frequent words that are romanised with these letters at their beginning. */
export const listRomanised = (db: Client, letters: string, limit: number): Promise<CountedWord[]> =>
  morphemesFirst(limit, kind => listSpelt(db, 'roman', letters, kind, limit))

async function listExactly(db: Client, words: string[], roman: string | null): Promise<CountedWord[]> {
  const { rows } = await db.query<CountedWord>(
    `SELECT w.word, t.df FROM search_words w JOIN search_terms t USING (term)
     WHERE (w.word = ANY($1) OR w.roman = $2) AND t.df > 0
     ORDER BY array_position($1, w.word), t.df DESC`,
    [words, roman],
  )
  return rows
}

/** Words looked at for typing errors, of those that share neighbouring characters. */
const CANDIDATES = 1_000
/** Characters by which a misspelt word may be longer or shorter. */
const LENGTHS = 1

/** Words that share initial consonants, or two pairs of neighbouring characters, with a misspelt one. */
async function listAlike(db: Client, word: string): Promise<CountedWord[]> {
  const length = [...word].length
  const pairs = bigramPairs(bigramsOf(word))
  const has = pairs.map((_, i) => `bigrams @> ARRAY[$${i * 2 + 4}, $${i * 2 + 5}]`).join(' OR ')
  const { rows } = await db.query<CountedWord>(
    `SELECT w.word, t.df FROM (
       SELECT term, word FROM search_words WHERE choseong = ANY($1) AND char_length(word) BETWEEN $2 AND $3
       UNION
       (SELECT term, word FROM search_words WHERE (${has || 'false'}) AND char_length(word) BETWEEN $2 AND $3
        LIMIT ${CANDIDATES})) AS w
     JOIN search_terms t USING (term) WHERE t.df > 0`,
    [choseongLike(word), length - LENGTHS, length + LENGTHS, ...pairs.flat()],
  )
  return best(rows, rows.length)
}

/**
 * What a word may have been meant for that finds nothing, likeliest first: what the other keyboard layout or the Revised
 * Romanization makes of it, else words that a typing error away; all of them more frequent than the word itself.
 */
export async function suggestSpellings(db: Client, given: string, limit: number): Promise<CountedWord[]> {
  const word = normalise(given).text
  const readings = otherKeyboard(given)
  const known = await listExactly(db, [word, ...readings], romanOf(given))
  const df = known.find(one => one.word === word)?.df ?? 0
  const better = (words: CountedWord[]) =>
    words.filter(one => one.word !== word && one.df > df).slice(0, limit)
  const typed = better(known)
  if (typed.length > 0) return typed
  for (const reading of [word, ...readings]) {
    if ([...reading].length < 2) continue
    const found = better(closest(reading, await listAlike(db, reading), limit + 1))
    if (found.length > 0) return found
  }
  return []
}
