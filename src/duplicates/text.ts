/** Texts as they are compared: without what is spelt now one way and now another. */

/** Middle dots that Unicode takes for letters. */
const LETTER_DOTS = /[ㆍᆞ]/gu
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g

const OTHER = 1
const LETTER = 2
const NUMBER = 3
/** What a UTF-16 unit is; 0 until it is first met. Bodies are long, and a look here is a tenth of one by a pattern. */
const kinds = new Uint8Array(0x10000)

const kindOf = (point: number): number => {
  const text = String.fromCodePoint(point)
  if (/^\p{N}/u.test(text)) return NUMBER
  return /^\p{L}/u.test(text) ? LETTER : OTHER
}

function kindAt(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  // Of a character of two units each half is what the whole is; one half alone is nothing.
  if (unit >= 0xdc00 && unit < 0xe000) {
    const whole = at > 0 ? (text.codePointAt(at - 1) as number) : 0
    return whole > 0xffff ? kindOf(whole) : OTHER
  }
  if (unit >= 0xd800 && unit < 0xdc00) return kindOf(text.codePointAt(at) as number)
  const known = kinds[unit] as number
  if (known > 0) return known
  kinds[unit] = kindOf(unit)
  return kinds[unit]
}

/** Letters and digits alone, lower case and half width; neighbouring numbers stay apart: `1. 20.` is `1.20`. */
function lettersOf(text: string): string {
  const folded = text.replace(LETTER_DOTS, '·').normalize('NFKC').toLowerCase().replace(THOUSANDS, '')
  let letters = ''
  let from = -1
  let last = OTHER
  for (let i = 0; i <= folded.length; i++) {
    const kind = i < folded.length ? kindAt(folded, i) : OTHER
    if (kind === OTHER) {
      if (from >= 0) letters += folded.slice(from, i)
      from = -1
      continue
    }
    if (from < 0) {
      from = i
      if (kind === NUMBER && last === NUMBER) letters += '.'
    }
    last = kind
  }
  return letters
}

/** What stands in brackets before or behind a title that was sent out again. No text fits it in two ways. */
const CORRECTED =
  /[[(<【〔［（]\s*(?:\d+차\s*|최종\s*|재\s*)?(?:정정|수정|재배포|재송부|재송|재배부|보완|교체)(?:\s*(?:본|자료|보도|배포|\d))*\s*[\])>】〕］）]/gu

export interface TitleKey {
  letters: string
  /** Whether it says of itself that it corrects another one. */
  corrected: boolean
}

export function titleKeyOf(title: string): TitleKey {
  const bare = title.replace(CORRECTED, ' ')
  const letters = lettersOf(bare)
  return letters === ''
    ? { letters: lettersOf(title), corrected: false }
    : { letters, corrected: bare !== title }
}

/** Titles that come again and again: they say what kind of thing it is, not which one. */
const RECURRING =
  /^(?:이번주|금주|다음주|주간|월간|일일|정례|정기)|인사$|인사발령|동정|부고|일정|보도계획|현황$|동향|브리핑|상황|예보$|시황|시세|모두발언|말씀|개각|발령|알림$|안내$|공고$|입찰|채용|카드뉴스|주요뉴스/u
const TELLING = 10

/** Whether a title by itself says which release it is. */
export const isTelling = (letters: string): boolean => letters.length >= TELLING && !RECURRING.test(letters)

/** Lines that say where there is more: contacts, attachments, the licence. */
const BESIDE =
  /^[\s※*•\-·○□▷☎<([【]*(?:문의|담당|연락처|전화|붙임|첨부|별첨|자료제공|배포|보도시점|담당부서|책임자|담당자|이 기사는|이 자료는|본 자료는)|공공누리|\d{2,4}\)?[-.\s]\d{3,4}[-.\s]\d{4}/u
const SEE_ATTACHED = /(?:붙임|첨부|별첨)[^.\n]{0,20}(?:참조|참고|확인)/u
const LINE = 120

const isBeside = (line: string) => line.length <= LINE && (BESIDE.test(line) || SEE_ATTACHED.test(line))

/** Characters of which a body is compared. */
const READ = 20_000
/** Characters of a shingle. */
const SHINGLE = 5
/** Shingles below which a body says too little to be told by. */
export const SHORT = 60

export interface Body {
  letters: string
  /** Hashes of its shingles, rising, each once: a set of as many takes twice the time and nine times the memory. */
  shingles: Uint32Array
  numbers: ReadonlySet<string>
}

export function bodyOf(text: string): Body {
  const lines = text.slice(0, READ).split('\n')
  const letters = lettersOf(lines.filter(line => !isBeside(line)).join('\n'))
  return { letters, shingles: shinglesOf(letters), numbers: new Set(letters.match(/\d+/g)) }
}

function shinglesOf(letters: string): Uint32Array {
  const hashes = new Uint32Array(Math.max(0, letters.length - SHINGLE + 1))
  for (let i = 0; i < hashes.length; i++) {
    let hash = 0x811c9dc5
    for (let j = i; j < i + SHINGLE; j++) hash = Math.imul(hash ^ letters.charCodeAt(j), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
    hashes[i] = hash ^ (hash >>> 13)
  }
  hashes.sort()
  let n = 0
  for (const hash of hashes) if (n === 0 || hash !== hashes[n - 1]) hashes[n++] = hash
  return hashes.subarray(0, n)
}

/** How much two sets have in common. */
export interface Overlap {
  /** Of all that either has. */
  jaccard: number
  /** Of what the smaller one has. */
  containment: number
}

function overlapOf(common: number, a: number, b: number): Overlap {
  const small = Math.min(a, b)
  if (small === 0) return { jaccard: a === b ? 1 : 0, containment: 1 }
  return { jaccard: common / (a + b - common), containment: common / small }
}

/** Of numbers that rise, each once. */
export function overlapOfRising(a: Uint32Array, b: Uint32Array): Overlap {
  let common = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [one, other] = [a[i] as number, b[j] as number]
    if (one === other) common++
    if (one <= other) i++
    if (other <= one) j++
  }
  return overlapOf(common, a.length, b.length)
}

export function overlapOfSets(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): Overlap {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  let common = 0
  for (const one of small) if (large.has(one)) common++
  return overlapOf(common, a.size, b.size)
}
