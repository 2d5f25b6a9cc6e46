import iconv from 'iconv-lite'

/**
 * CP949, as Korean Windows and its Excel write. Not by `TextDecoder('euc-kr')`: that of Node is EUC-KR without the 8,822
 * syllables of CP949, and makes `c` of 똠 without a word.
 */

const CP949 = 'cp949'

/** Bytes as text. What is not CP949 becomes U+FFFD. */
export const decodeCp949 = (bytes: Uint8Array): string => iconv.decode(bytes, CP949)

/** The same of bytes that come in parts. */
export function cp949Decoder(): { write: (bytes: Uint8Array) => string; end: () => string } {
  const decoder = iconv.getDecoder(CP949)
  return { write: bytes => decoder.write(Buffer.from(bytes)), end: () => decoder.end() ?? '' }
}

const QUESTION_MARK = 0x3f

/** Whether CP949 has a character. */
export const inCp949 = (character: string): boolean =>
  character < '\x80' || iconv.encode(character, CP949)[0] !== QUESTION_MARK

const marksFor = (character: string) => '?'.repeat(character.length)

/** What Windows writes instead of some characters that CP949 does not have. */
const isStandIn = (written: string, character: string) =>
  (written === '-' && /\p{Pd}/u.test(character)) ||
  (written === ' ' && /\p{Zs}/u.test(character)) ||
  written === character.normalize('NFKD').charAt(0)

/** The characters of `text` that are lost in `saved`; null where `saved` is not what CP949 makes of it. */
export const lostInCp949 = (saved: string, text: string): string[] | null =>
  lostWith(saved, text, marksFor) ?? lostWith(saved, text, () => '?')

/** The same where each lost character became certain marks: two or one for what is two UTF-16 units. */
function lostWith(saved: string, text: string, marks: (character: string) => string): string[] | null {
  const lost = new Set<string>()
  let at = 0
  for (const character of text) {
    if (saved.startsWith(character, at)) {
      at += character.length
      continue
    }
    if (inCp949(character)) return null
    if (saved.startsWith(marks(character), at)) at += marks(character).length
    else if (isStandIn(saved.charAt(at), character)) at++
    else return null
    lost.add(character)
  }
  return at === saved.length ? [...lost] : null
}
