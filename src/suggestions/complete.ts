import type { Client } from '../db/run.ts'
import { beginningsOf, type CountedWord, choseongOf, otherKeyboard, romanOf } from '../search/spelling.ts'
import { listBeginning, listChoseong, listRomanised, suggestSpellings } from '../search/store-words.ts'
import type { Match } from './schema.ts'
import { completed, rereadHead, type Typed } from './typed.ts'

/** Words that the last word of a query may become. */

export interface Completion extends CountedWord {
  /** The whole query, completed. */
  text: string
  match: Match
}

/** Fewer completions than this make one wonder whether the text is meant as it reads. */
const FEW = 3
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
    if (words.length > 0) return words.map(one => ({ ...one, match: 'romanised', text: one.word }))
  }
  const found: Completion[] = []
  for (const reading of otherKeyboard(given)) {
    const other = { ...typed, head: rereadHead(head), given: reading }
    for (const one of await byKeys(db, reading, limit))
      found.push({ ...one, match: 'keyboard', text: completed(other, one.word) })
  }
  const letters = romanOf(word)
  if (letters !== null && letters.length >= ROMAN)
    for (const one of await listRomanised(db, letters, limit))
      found.push({ ...one, match: 'romanised', text: completed({ ...typed, given: '' }, one.word) })
  return found.sort(byCount)
}

/** Words by initial consonants that were typed with spaces between them: ㅌㅅ ㅈㄹ. */
async function byInitials(db: Client, q: string, { head }: Typed, limit: number): Promise<Completion[]> {
  const whole = choseongOf(q.replace(/\s+/gu, ''))
  if (whole === null || head.trim() === '') return []
  const words = await listChoseong(db, whole, limit)
  return words.map(one => ({ ...one, match: 'choseong', text: one.word }))
}

const byCount = (a: CountedWord, b: CountedWord) => b.df - a.df

/** The completions of a query, best first: as it reads; as it may be meant; else what it may be a typing error for. */
export async function complete(db: Client, q: string, typed: Typed, limit: number): Promise<Completion[]> {
  const as = (match: Match) => (one: CountedWord) => ({ ...one, match, text: completed(typed, one.word) })
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
  return [...words.values()].slice(0, limit)
}
