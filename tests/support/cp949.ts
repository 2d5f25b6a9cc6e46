import iconv from 'iconv-lite'
import { inCp949 } from '../../src/text/cp949.ts'

/** Text as CP949. What it does not have becomes a question mark for each UTF-16 unit, as in Excel, and is named in `lost`. */
export function encodeCp949(text: string): { bytes: Uint8Array; lost: string[] } {
  const lost = new Set([...text].filter(character => !inCp949(character)))
  const plain = [...text].map(character => (lost.has(character) ? '?'.repeat(character.length) : character))
  return { bytes: iconv.encode(plain.join(''), 'cp949'), lost: [...lost] }
}
