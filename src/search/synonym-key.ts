import { badBody } from '../http/problem.ts'

/** Spellings of synonyms, as they are kept and as they are compared. */

/** The grammar of queries takes U+200B for a space too. */
const SPACES = /[\s\u200b]+/u
/** Middle dots come as whatever the keyboard gives: 소재·부품, 소재ㆍ부품, 소재・부품. */
const IGNORED = /[\s\u200b·ㆍ‧・･•]+/gu

/** What two spellings have in common that are the same: lower case, half width, NFC, without white space and middle dots. */
export const synonymKey = (text: string): string =>
  // NFC first, which turns U+0387 into a middle dot, and last: what stood around a space may now compose.
  text.normalize('NFC').replace(IGNORED, '').replace(FULL_WIDTH, half).toLowerCase().normalize('NFC')

const FULL_WIDTH = /[\uff01-\uff5e]/gu
const half = (sign: string): string => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)

const tidy = (term: string) => term.split(SPACES).filter(Boolean).join(' ')

export interface Synonyms {
  terms: string[]
  /** One for each term, in the same order. */
  keys: string[]
}

/** Given terms as they are kept. @throws Problem 400 that points at a term without a letter, or at one that is there twice. */
export function toSynonyms(given: readonly string[]): Synonyms {
  const terms = given.map(term => tidy(term.normalize('NFC')))
  const keys = terms.map(synonymKey)
  for (const [i, key] of keys.entries()) {
    // Asked of the key: ㆍ is a letter to Unicode.
    if (!/[\p{L}\p{N}]/u.test(key))
      throw badBody(`/terms/${i}`, 'must have a letter or digit', '글자나 숫자가 있어야 합니다')
    const first = keys.indexOf(key)
    if (first < i)
      throw badBody(
        `/terms/${i}`,
        `is the same as "${terms[first]}": case, width, spaces and middle dots make no difference`,
        `"${terms[first]}"와(과) 같은 말입니다. 대소문자, 전각과 반각, 띄어쓰기, 가운뎃점은 구별하지 않습니다`,
      )
  }
  return { terms, keys }
}
