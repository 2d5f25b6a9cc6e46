import type { Morpheme } from './morphemes.ts'

const isDigit = (unit: number | undefined): boolean => unit !== undefined && unit >= 0x30 && unit <= 0x39
const COMMA = 0x2c
const POINT = 0x2e

const digitsFrom = (units: Uint16Array, start: number, limit: number): number => {
  let end = start
  while (end < limit && isDigit(units[end])) end++
  return end
}

/** Where the number that starts here ends: `2,000` and `3.5` are one word, `6. 21.` and `1,23` are two. */
export function numberEnd(units: Uint16Array, start: number, limit: number): number {
  let end = digitsFrom(units, start, limit)
  if (end === start) return start
  if (end - start <= 3) while (units[end] === COMMA && digitsFrom(units, end + 1, limit) === end + 4) end += 4
  const fraction = digitsFrom(units, end + 1, limit)
  return units[end] === POINT && fraction > end + 1 && units[fraction] !== POINT ? fraction : end
}

const SCALES: Record<string, number> = { 십: 1, 백: 2, 천: 3, 만: 4, 억: 8, 조: 12, 경: 16 }

/** Zeros that a word of number adds (천억: 11), or null. A scale may be followed by a greater one, as in 2천억. */
function scaleOf(word: string): number | null {
  let zeros = 0
  for (const syllable of word) {
    const scale = SCALES[syllable]
    if (scale === undefined) return null
    zeros += scale
  }
  return zeros
}

/** Digits of a number, times ten to a power: `2,000` and 8 give 200000000000. What is no number of digits comes back. */
export function amount(digits: string, zeros: number): string {
  if (zeros === 0 && !/[,.]/.test(digits)) return digits
  const [whole = '', fraction = ''] = digits.replaceAll(',', '').split('.')
  if (zeros === 0) return fraction ? `${whole}.${fraction}` : whole
  const shifted = whole + fraction.slice(0, zeros).padEnd(zeros, '0')
  const rest = fraction.slice(zeros).replace(/0+$/, '')
  return (shifted.replace(/^0+(?=\d)/, '') || '0') + (rest && `.${rest}`)
}

/** A scale with what it counts, which the dictionary takes for a noun: 조원, 만주, 백건. */
const COUNTED = /^([십백천만억조경]+)(여?)(원|명|개|대|주|건|호|장|석|채|톤)(대?)$/
const COUNTED_TAGS = ['NR', 'XSN', 'NNBC', 'XSN']

function splitCounted({ form, start }: Morpheme): Morpheme[] | null {
  const parts = COUNTED.exec(form)?.slice(1)
  if (!parts) return null
  let at = start
  return parts.flatMap((part, i) => {
    const from = at
    at += part.length
    return part === '' ? [] : [{ form: part, tag: COUNTED_TAGS[i] as string, start: from, end: at }]
  })
}

/**
 * What is written after a number counts it, whatever the dictionary takes it for: 30%, also with a comma, and in 2기 건설 기, an ending
 * elsewhere.
 */
function asUnit(morpheme: Morpheme): Morpheme[] {
  const { form, tag, start, end } = morpheme
  const unit = { ...morpheme, tag: 'NNBC' }
  if (PERCENT.has(form)) return [{ ...unit, form: '%' }]
  if (form.startsWith('%'))
    return [
      { ...unit, form: '%', end: start + 1 },
      { form: form.slice(1), tag, start: start + 1, end },
    ]
  return [tag === 'E' && form.length === 1 ? unit : morpheme]
}
const PERCENT = new Set(['%', '퍼센트', '프로'])

/** Joins numbers with the words that scale them: 2,000억 and 2천억 both become 200000000000. 제3조 is no amount. */
export function joinAmounts(morphemes: Morpheme[]): Morpheme[] {
  if (!morphemes.some(({ tag }) => tag === 'SN')) return morphemes
  const joined: Morpheme[] = []
  const add = (morpheme: Morpheme): void => {
    const number = joined.at(-1)
    const follows = number?.tag === 'SN' && number.end === morpheme.start
    const counts = follows && joined.at(-2)?.form !== '제'
    const zeros = counts ? scaleOf(morpheme.form) : null
    const parts = counts && zeros === null ? splitCounted(morpheme) : null
    if (parts !== null) parts.forEach(add)
    else if (number === undefined || zeros === null) joined.push(...(follows ? asUnit(morpheme) : [morpheme]))
    else joined[joined.length - 1] = { ...number, form: amount(number.form, zeros), end: morpheme.end }
  }
  morphemes.forEach(add)
  return joined.map(one => (one.tag === 'SN' ? { ...one, form: amount(one.form, 0) } : one))
}
