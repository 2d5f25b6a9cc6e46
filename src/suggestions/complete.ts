import type { Database } from '../db/client.ts'
import type { Client } from '../db/run.ts'
import { beginningsOf, type CountedWord, choseongOf, otherKeyboard, romanOf } from '../search/spelling.ts'
import { listBeginning, listChoseong, listRomanised, suggestSpellings } from '../search/store-words.ts'
import type { Match } from './schema.ts'
import { listFindable, preferTogether } from './together.ts'
import { completed, rereadHead, standsBy, type Typed } from './typed.ts'

/** Words that the last word of a query may become. */

export interface Completion extends CountedWord {
  /** What stands before the word. */
  head: string
  /** The whole query, completed. */
  text: string
  match: Match
}

/** Fewer completions than this make one wonder whether the text is meant as it reads. */
const FEW = 3
/** Words among which those are looked for that stand together with the words before. */
const POOL = 40
/** Latin letters from which a romanised word is looked for: too many words begin with fewer. */
const ROMAN = 3

/** Words that begin so, of the likelier reading first. */
async function byBeginning(db: Client, text: string, limit: number): Promise<CountedWord[]> {
  const found = new Map<string, CountedWord>()
  for (const beginning of beginningsOf(text)) {
    if (found.size >= limit) break
    for (const one of await listBeginning(db, beginning, limit))
      if (!found.has(one.word)) found.set(one.word, one)
  }
  return [...found.values()].slice(0, limit)
}

const byKeys = (db: Client, text: string, limit: number) => {
  const consonants = choseongOf(text)
  return consonants === null ? byBeginning(db, text, limit) : listChoseong(db, consonants, limit)
}

/** What comes of the text in the other keyboard layout, and romanised. */
async function reread(db: Client, q: string, typed: Typed, limit: number): Promise<Completion[]> {
  const { given, word, head } = typed
  const whole = romanOf(q)
  if (whole !== null && head.trim() !== '') {
    const words = await listRomanised(db, whole, limit)
    if (words.length > 0) return words.map(one => alone(one, 'romanised'))
  }
  const found: Completion[] = []
  for (const reading of otherKeyboard(given)) {
    const other = { ...typed, head: rereadHead(head), given: reading }
    for (const one of await byKeys(db, reading, limit)) found.push(after(other, one, 'keyboard'))
  }
  const letters = romanOf(word)
  if (letters !== null && letters.length >= ROMAN)
    for (const one of await listRomanised(db, letters, limit))
      found.push(after({ ...typed, given: '' }, one, 'romanised'))
  return found.sort(byCount)
}

/** A word that all of the query becomes, and one that its last word does. */
const alone = (one: CountedWord, match: Match): Completion => ({ ...one, match, head: '', text: one.word })
const after = (typed: Typed, one: CountedWord, match: Match): Completion => ({
  ...one,
  match,
  head: typed.head,
  text: completed(typed, one.word),
})

/** Words by initial consonants that were typed with spaces between them: ㅌㅅ ㅈㄹ. */
async function byInitials(db: Client, q: string, { head }: Typed, limit: number): Promise<Completion[]> {
  const whole = choseongOf(q.replace(/\s+/gu, ''))
  if (whole === null || head.trim() === '') return []
  const words = await listChoseong(db, whole, limit)
  return words.map(one => alone(one, 'choseong'))
}

const byCount = (a: CountedWord, b: CountedWord) => b.df - a.df

/** What a query may become: as it reads; as it may be meant; else what it may be a typing error for. */
async function listCompletions(db: Client, q: string, typed: Typed, limit: number): Promise<Completion[]> {
  const as = (match: Match) => (one: CountedWord) => after(typed, one, match)
  const initials = choseongOf(typed.word) !== null
  const found = initials ? await byInitials(db, q, typed, limit) : []
  if (found.length === 0)
    found.push(...(await byKeys(db, typed.word, limit)).map(as(initials ? 'choseong' : 'prefix')))
  if (found.length < FEW || initials) found.push(...(await reread(db, q, typed, limit)))
  // Three consonants are as likely an abbreviation in the wrong layout: frequency decides.
  if (initials) found.sort(byCount)
  if (found.length === 0) found.push(...(await suggestSpellings(db, typed.given, limit)).map(as('spelling')))
  const words = new Map<string, Completion>()
  for (const one of found) if (!words.has(one.word)) words.set(one.word, one)
  return [...words.values()]
}

/** The completions of a query, best first. */
export async function complete(db: Database, q: string, typed: Typed, limit: number): Promise<Completion[]> {
  if (typed.head === '') return (await listCompletions(db.pool, q, typed, limit)).slice(0, limit)
  const found = await listCompletions(db.pool, q, typed, POOL)
  if (found.length === 0) return []
  return listFindable(db, standsBy(typed.head) ? await preferTogether(db, found) : found, limit)
}
