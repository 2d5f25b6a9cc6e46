import { convertHangulToQwerty, convertQwertyToHangul, disassemble, getChoseong } from 'es-hangul'
import { distance } from 'fastest-levenshtein'

/** What people meant by what they have typed so far, or by mistake. Pure. */

const FIRST_SYLLABLE = 0xac00
const LAST_SYLLABLE = 0xd7a3
const FINALS = 28
const MEDIALS = 21
const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
/** By the number of a syllable's final: what moves on to the next syllable, and the number of what stays. */
const MOVES = [
  ...['', 'ㄱ0', 'ㄲ0', 'ㅅ1', 'ㄴ0', 'ㅈ4', 'ㅎ4', 'ㄷ0', 'ㄹ0', 'ㄱ8', 'ㅁ8', 'ㅂ8', 'ㅅ8', 'ㅌ8'],
  ...['ㅍ8', 'ㅎ8', 'ㅁ0', 'ㅂ0', 'ㅅ17', 'ㅅ0', 'ㅆ0', 'ㅇ0', 'ㅈ0', 'ㅊ0', 'ㅋ0', 'ㅌ0', 'ㅍ0', 'ㅎ0'],
]
/** Medials and finals that grow while one types on, by their number, and the last that they grow to: 오 → 외, 달 → 닳. */
const GROWING_MEDIALS = new Map([
  [8, 11],
  [13, 16],
  [18, 19],
])
const GROWING_FINALS = new Map([
  [1, 3],
  [4, 6],
  [8, 15],
  [17, 18],
])

const syllable = (initial: number, medial = 0, final = 0) =>
  FIRST_SYLLABLE + (initial * MEDIALS + medial) * FINALS + final

/** Words from `from` on and before `to`, in the order of code points; of these the ones that match `pattern`. */
export interface Beginning {
  from: string
  to: string
  /** As PostgreSQL reads regular expressions, from the start of the word. */
  pattern: string | null
}

const between = (head: string, from: number, to: number, pattern: string | null = null): Beginning => ({
  from: head + String.fromCodePoint(from),
  to: head + String.fromCodePoint(to),
  pattern,
})

/** Lone consonants at the end, of which every one stands for the syllables that begin with it: 탄소ㅈㄹ. */
function initialsAtEnd(head: string, consonants: string): Beginning[] {
  const numbers = [...consonants].map(one => INITIALS.indexOf(one))
  if (numbers.includes(-1)) return []
  const [first = 0] = numbers
  const classes = numbers.map(
    i => `[${String.fromCodePoint(syllable(i))}-${String.fromCodePoint(syllable(i + 1) - 1)}]`,
  )
  const pattern = numbers.length > 1 ? `^${head.replace(/[^\p{L}\p{N}]/gu, '\\$&')}${classes.join('')}` : null
  return [between(head, syllable(first), syllable(first + 1), pattern)]
}

/**
 * Where the words lie that begin with what is typed, whose last syllable may be unfinished, the likelier first: 탄소주
 * begins 탄소중립, and so do 탄소ㅈ and 탄솢; 닭 may yet become 달구.
 */
export function beginningsOf(typed: string): Beginning[] {
  const jamo = /^(.*?)([ㄱ-ㅎ]+)$/su.exec(typed)
  if (jamo) return initialsAtEnd(jamo[1] ?? '', splitDoubles(jamo[2] ?? ''))
  const characters = [...typed]
  const last = characters.pop()?.codePointAt(0)
  if (last === undefined) return []
  const head = characters.join('')
  // After the last code point of the first plane's letters come surrogates, which are no characters.
  if (last < FIRST_SYLLABLE || last > LAST_SYLLABLE)
    return [between(head, last, last === 0xd7ff ? 0xe000 : Math.min(last + 1, 0x10ffff))]
  const index = last - FIRST_SYLLABLE
  const final = index % FINALS
  const medial = Math.floor(index / FINALS) % MEDIALS
  const initial = Math.floor(index / FINALS / MEDIALS)
  if (final === 0)
    return [between(head, last, syllable(initial, (GROWING_MEDIALS.get(medial) ?? medial) + 1))]
  const [moved = '', stays] = [MOVES[final]?.[0], Number(MOVES[final]?.slice(1))]
  return [
    between(head, last, syllable(initial, medial, GROWING_FINALS.get(final) ?? final) + 1),
    ...initialsAtEnd(head + String.fromCodePoint(syllable(initial, medial, stays)), moved),
  ]
}

/** Keyboards join neighbours where they can: ㄱㅅ comes as ㄳ. */
const splitDoubles = (consonants: string) => disassemble(consonants)

/** The initial consonants that a text of nothing else stands for, or null: ㅌㅅㅈㄹ. */
export const choseongOf = (typed: string): string | null =>
  /^[ㄱ-ㅎ]+$/u.test(typed) ? splitDoubles(typed) : null

/** The same keys with the Korean layout; empty for vowels that join to no syllable (hot), at which the library throws. */
function hangulOf(letters: string): string {
  try {
    return convertQwertyToHangul(letters)
  } catch {
    return ''
  }
}

/**
 * What comes of the same keys in the other layout, the likelier first; the last syllable may be unfinished, and all may
 * be initial consonants. Capitals are Korean double consonants, or caps lock. Only what makes sense: tanso is no Hangul.
 */
export function otherKeyboard(typed: string): string[] {
  if (/^[a-z]{2,}$/iu.test(typed)) {
    const readings = new Set([typed, typed.toLowerCase()].map(hangulOf))
    return [...readings].filter(reading => /^([가-힣]+[ㄱ-ㅎ]?|[ㄱ-ㅎ]+)$/u.test(reading))
  }
  if (/^[가-힣ㄱ-ㅣ]+$/u.test(typed)) {
    const reading = convertHangulToQwerty(typed).toLowerCase()
    return /^[a-z]{2,}$/u.test(reading) ? [reading] : []
  }
  return []
}

/** Latin letters as romanised words are looked up by, or null; people also write hyphens and spaces: Tan-so Jungnip. */
export function romanOf(typed: string): string | null {
  const letters = typed.toLowerCase().replace(/[\s'’-]+/gu, '')
  return /^[a-z]+$/u.test(letters) ? letters : null
}

/** Consonants that are taken for each other, by sound or by the key beside. */
const ALIKE = ['ㄱㄲㅋ', 'ㄷㄸㅌ', 'ㅂㅃㅍ', 'ㅅㅆ', 'ㅈㅉㅊ', 'ㄴㄹㅇ', 'ㅇㅎ', 'ㅁㄴ', 'ㄹㅎ']
/** Syllables of which many words share their initials, and from which few do, of two and of five. */
const SHORT = 3
const LONG = 5

/**
 * The initial consonants of a word, and what they would be with one of them wrong: any one in words of three and four
 * syllables, in others one taken for another that is like it. Two share their initials with too many words, longer ones
 * are found by their neighbouring syllables.
 */
export function choseongLike(word: string): string[] {
  const own = getChoseong(word).replaceAll(' ', '')
  if (own === '') return []
  const groups = own.length >= SHORT && own.length < LONG ? [INITIALS] : ALIKE
  const like = new Set([own])
  ;[...own].forEach((consonant, i) => {
    for (const group of groups)
      if (group.includes(consonant))
        for (const other of group) like.add(own.slice(0, i) + other + own.slice(i + 1))
  })
  return [...like]
}

/** Neighbouring characters of which a word has two where one of its characters is wrong: in pairs; none of a short word. */
export function bigramPairs(bigrams: readonly string[]): [string, string][] {
  const pairs = bigrams.slice(1).map((bigram, i): [string, string] => [bigrams[i] ?? '', bigram])
  // Of five characters the third may be wrong.
  const [first, last] = [bigrams[0], bigrams.at(-1)]
  return bigrams.length > 2 && first && last ? [...pairs, [first, last]] : []
}

export interface CountedWord {
  word: string
  /** In how many public articles it stands. */
  df: number
}

/** Letters or jamo of which one may be wrong. */
const PER_ERROR = 5
const MOST_ERRORS = 3
/** What one more error weighs against frequency: a word must be e^4, some 55 times, as frequent to make up for it. */
const ERROR = 4

/** Of some words those that a word may be a typing error for, the likeliest first. */
export function closest(word: string, candidates: readonly CountedWord[], limit: number): CountedWord[] {
  const own = disassemble(word)
  const allowed = Math.min(MOST_ERRORS, Math.max(1, Math.floor(own.length / PER_ERROR)))
  return candidates
    .map(candidate => ({ candidate, errors: distance(own, disassemble(candidate.word)) }))
    .filter(({ candidate, errors }) => candidate.word !== word && errors <= allowed)
    .map(({ candidate, errors }) => ({ candidate, cost: errors * ERROR - Math.log(candidate.df) }))
    .sort((a, b) => a.cost - b.cost || a.candidate.word.length - b.candidate.word.length)
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}
