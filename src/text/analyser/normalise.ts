/** Text as the dictionary knows it, and the way back to the text as it was given. */
export interface Normalised {
  text: string
  units: Uint16Array
  /** Where a unit stood in the given text; null where nothing has moved. Has one more entry, for the end. */
  starts: Int32Array | null
}

/** Middle dots that Korean keyboards and word processors put in the place of `·`; the first is a letter by Unicode. */
const MIDDLE_DOTS = 'ㆍ‧・･•∙⋅'

let folds: Uint16Array | undefined

const LINE_BREAK = /[\n\r\u2028\u2029]/
const SPACE = /[\s\u200b]/

/** What every unit becomes: lower case, half width, plain digits for raised ones. Compatibility jamo stay as they are. */
function makeFolds(): Uint16Array {
  const table = Uint16Array.from({ length: 0x10000 }, (_, unit) => {
    const given = String.fromCharCode(unit)
    if (SPACE.test(given)) return LINE_BREAK.test(given) ? 0x0a : 0x20
    const lower = String.fromCharCode(unit >= 0xff01 && unit <= 0xff5e ? unit - 0xfee0 : unit).toLowerCase()
    return lower.length === 1 ? lower.charCodeAt(0) : unit
  })
  for (const dot of MIDDLE_DOTS) table[dot.charCodeAt(0)] = 0xb7
  ;[...'⁰¹²³⁴⁵⁶⁷⁸⁹'].forEach((digit, value) => {
    table[digit.charCodeAt(0)] = 0x30 + value
    table[0x2080 + value] = 0x30 + value
  })
  return table
}

/** Units and Roman numerals that are one letter: ㎞, ㎡, Ⅲ. */
const LIGATURE = /[\u2160-\u217f\u3380-\u33df]/
const LIGATURES = new RegExp(LIGATURE, 'g')

/** What composes to one unit: decomposed Hangul, letters with marks. */
const CLUSTER = /[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[가-힣][\u11a8-\u11c2]?|[\s\S]\p{M}*/gu

/** Units of the longest sequence that composes to one unit. */
const LONGEST_SEQUENCE = 4

type Composed = Pick<Normalised, 'text' | 'starts'>

/** NFC as far as every unit still stands for a range of the given text: marks that join nothing stay where they are. */
function compose(given: string): Composed {
  if (given.normalize('NFC') === given) return { text: given, starts: null }
  let text = ''
  const starts: number[] = []
  for (const { 0: cluster, index } of given.matchAll(CLUSTER)) {
    let length = Math.min(cluster.length, LONGEST_SEQUENCE)
    while (length > 1 && cluster.slice(0, length).normalize('NFC').length > 1) length--
    const first = cluster.slice(0, length).normalize('NFC')
    const kept = (first.length === 1 ? first : cluster.slice(0, length)) + cluster.slice(length)
    for (let i = 0; i < kept.length; i++) starts.push(index + (i === 0 ? 0 : length - 1 + i))
    text += kept
  }
  starts.push(given.length)
  return { text, starts: Int32Array.from(starts) }
}

const separated = (text: string): string =>
  LIGATURE.test(text) ? text.replace(LIGATURES, ligature => ligature.normalize('NFKC')) : text

/** Ligatures of letters come apart; each letter begins where its ligature does. */
function separate({ text, starts }: Composed): Composed {
  const apart = separated(text)
  if (apart === text) return { text, starts }
  const places = new Int32Array(apart.length + 1)
  let count = 0
  const put = (unit: number) => {
    places[count++] = starts === null ? unit : (starts[unit] as number)
  }
  let unit = 0
  for (const { 0: ligature, index } of text.matchAll(LIGATURES)) {
    while (unit <= index) put(unit++)
    for (let i = 1; i < ligature.normalize('NFKC').length; i++) put(index)
  }
  while (unit <= text.length) put(unit++)
  return { text: apart, starts: places }
}

function fold(text: string): Uint16Array {
  folds ??= makeFolds()
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) units[i] = folds[text.charCodeAt(i)] as number
  return units
}

/** NFC, lower case, half width. Never throws: lone surrogates stay. */
export function normalise(given: string): Normalised {
  const { text, starts } = separate(compose(given))
  const units = fold(text)
  return { text: Buffer.from(units.buffer).toString('utf16le'), units, starts }
}

/** The units of the same, for who needs neither its text nor the way back. */
export const normalisedUnits = (given: string): Uint16Array => fold(separated(compose(given).text))

/** The range in the given text of a range of units, which are not none; of a part of a ligature that of the whole. */
export function givenRange(
  { starts }: Normalised,
  start: number,
  end: number,
): { start: number; end: number } {
  if (starts === null) return { start, end }
  let after = end
  while (starts[after] === starts[end - 1]) after++
  return { start: starts[start] as number, end: starts[after] as number }
}
