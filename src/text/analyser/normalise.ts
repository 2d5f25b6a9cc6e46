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

/** A character with all that could join it: marks, and vowels and finals of decomposed Hangul. */
const CLUSTER = /[\s\S][\p{M}\u1160-\u11ff]*/gu

function compose(given: string): { text: string; starts: Int32Array | null } {
  const whole = given.normalize('NFC')
  if (whole === given) return { text: given, starts: null }
  let text = ''
  const starts: number[] = []
  for (const { 0: cluster, index } of given.matchAll(CLUSTER)) {
    const composed = cluster.normalize('NFC')
    // What composed stands where the cluster stood; what did not keeps its own places.
    for (let i = 0; i < composed.length; i++)
      starts.push(index + (composed.length === cluster.length ? i : 0))
    text += composed
  }
  starts.push(given.length)
  return { text, starts: Int32Array.from(starts) }
}

/** NFC, lower case, half width. Never throws: lone surrogates stay. */
export function normalise(given: string): Normalised {
  folds ??= makeFolds()
  const { text, starts } = compose(given)
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) units[i] = folds[text.charCodeAt(i)] as number
  return { text: Buffer.from(units.buffer).toString('utf16le'), units, starts }
}

/** The range in the given text of some units, of which there is at least one. */
export function givenRange(
  { starts }: Normalised,
  start: number,
  end: number,
): { start: number; end: number } {
  if (starts === null) return { start, end }
  let after = end
  // Of a cluster that became several units, all end where it ended.
  while (starts[after] === starts[end - 1]) after++
  return { start: starts[start] as number, end: starts[after] as number }
}
