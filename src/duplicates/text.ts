/** Texts as they are compared: without what is spelt now one way and now another. */

/** Middle dots that Unicode takes for letters. */
const LETTER_DOTS = /[ㆍᆞ]/gu
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g
const PARTS = /\p{N}+|\p{L}+/gu
const NUMBER = /^\p{N}/u

/** Letters and digits alone, lower case and half width; neighbouring numbers stay apart: `1. 20.` is `1.20`. */
export function lettersOf(text: string): string {
  const folded = text.replace(LETTER_DOTS, '·').normalize('NFKC').toLowerCase().replace(THOUSANDS, '')
  let letters = ''
  let afterNumber = false
  for (const part of folded.match(PARTS) ?? []) {
    const number = NUMBER.test(part)
    letters += number && afterNumber ? `.${part}` : part
    afterNumber = number
  }
  return letters
}

/** What stands in brackets before or behind a title that was sent out again. */
const CORRECTED =
  /[[(<【〔［（]\s*(?:\d+차\s*|최종\s*|재\s*)?(?:정정|수정|재배포|재송부|재송|재배부|보완|교체)(?:\s*(?:본|자료|보도|배포|\d+|보도자료))*\s*[\])>】〕］）]/gu

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
  /** Hashes of its shingles. */
  shingles: ReadonlySet<number>
  numbers: ReadonlySet<string>
}

export function bodyOf(text: string): Body {
  const lines = text.slice(0, READ).split('\n')
  const letters = lettersOf(lines.filter(line => !isBeside(line)).join('\n'))
  return { letters, shingles: shinglesOf(letters), numbers: new Set(letters.match(/\d+/g)) }
}

function shinglesOf(letters: string): Set<number> {
  const shingles = new Set<number>()
  for (let i = 0; i + SHINGLE <= letters.length; i++) {
    let hash = 0x811c9dc5
    for (let j = i; j < i + SHINGLE; j++) hash = Math.imul(hash ^ letters.charCodeAt(j), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
    shingles.add((hash ^ (hash >>> 13)) >>> 0)
  }
  return shingles
}

/** How much two sets have in common. */
export interface Overlap {
  /** Of all that either has. */
  jaccard: number
  /** Of what the smaller one has. */
  containment: number
}

export function overlapOf(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): Overlap {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  if (small.size === 0) return { jaccard: large.size === 0 ? 1 : 0, containment: 1 }
  let common = 0
  for (const one of small) if (large.has(one)) common++
  return { jaccard: common / (small.size + large.size - common), containment: common / small.size }
}
