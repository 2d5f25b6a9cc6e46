import type { FastifyRequest } from 'fastify'
import { decodeCp949 } from '../text/cp949.ts'
import { decodeUtf8 } from '../text/encoding.ts'
import { hasPile } from '../text/nfc.ts'
import { flagsOf, UNSETTLED } from '../text/units.ts'
import { type Bilingual, badBody, badParameter, Problem, pointerToken } from './problem.ts'
import { splitTarget } from './target.ts'

/** What every text that comes in must be: UTF-8, without NUL, well formed, in NFC. */

/** Why a text cannot be taken, or null. NUL is a character that PostgreSQL has no place for. */
function faultOf(text: string): { en: string; ko: string } | null {
  if (text.includes('\0'))
    return { en: 'must not contain a NUL character', ko: 'NUL 문자를 포함할 수 없습니다' }
  if (!text.isWellFormed())
    return { en: 'contains half of a surrogate pair', ko: '깨진 서러게이트 문자를 포함하고 있습니다' }
  if (hasPile(text))
    return {
      en: 'has more than 30 combining marks on one character',
      ko: '한 글자에 결합 문자가 30개를 넘게 붙어 있습니다',
    }
  return null
}

/** Bytes as text. @throws Problem that says so where they are not UTF-8, and what they would be as CP949. */
export function requireUtf8(bytes: Uint8Array, where: Bilingual): string {
  const text = decodeUtf8(bytes)
  if (text === null) throw notUtf8(bytes, where)
  return text
}

function notUtf8(bytes: Uint8Array, where: Bilingual, parameter?: string): Problem {
  const text = decodeCp949(bytes)
  const guess = text.includes('\ufffd') ? '' : text.slice(0, 60)
  const detail = {
    en: guess ? `is not UTF-8. It reads "${guess}" in CP949 (EUC-KR): send it as UTF-8.` : 'is not UTF-8.',
    ko: guess
      ? `UTF-8이 아닙니다. CP949(EUC-KR)로는 "${guess}"(으)로 읽힙니다. UTF-8로 보내십시오.`
      : 'UTF-8이 아닙니다.',
  }
  const whole = { en: `${where.en} ${detail.en}`, ko: `${where.ko}: ${detail.ko}` }
  return new Problem('invalid-encoding', whole, {
    faults: parameter === undefined ? [] : [{ parameter, detail }],
  })
}

export const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/
export const LOOSE_PERCENT = {
  en: 'a % must be followed by two hexadecimal digits; write %25 for a %',
  ko: '% 뒤에는 16진수 두 자리가 와야 합니다. % 자체는 %25로 쓰십시오',
}

/** The problem with a percent-encoded text that is not UTF-8. */
export const encodingProblem = (text: string, where: Bilingual): Problem => notUtf8(percentBytes(text), where)

/** The bytes of a percent-encoded text; a % that escapes nothing stays. */
export function percentBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const digits = bytes[i] === 0x25 ? bytes.toString('latin1', i + 1, i + 3) : ''
    if (/^[\da-f]{2}$/i.test(digits)) {
      out.push(Number.parseInt(digits, 16))
      i += 2
    } else out.push(bytes[i] ?? 0)
  }
  return Uint8Array.from(out)
}

/**
 * Refuses percent-escapes that are not UTF-8 (such as CP949's, which routers pass on undecoded, as text), and brings
 * query and path values to NFC.
 */
export async function normaliseParameters(request: FastifyRequest): Promise<void> {
  const { search } = splitTarget(request.url)
  for (const pair of search.split('&')) {
    if (!pair.includes('%')) continue
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    for (const part of [name, value])
      try {
        decodeURIComponent(part)
      } catch {
        if (BROKEN_ESCAPE.test(part)) throw badParameter(name, LOOSE_PERCENT.en, LOOSE_PERCENT.ko)
        const nameless = name === part
        const where = nameless ? { en: 'The query', ko: '질의' } : { en: `${name}:`, ko: name }
        throw notUtf8(percentBytes(part), where, nameless ? undefined : name)
      }
  }
  for (const values of [request.query, request.params] as Record<string, unknown>[])
    for (const [name, value] of Object.entries(values ?? {})) {
      const normalise = (text: unknown) => {
        if (typeof text !== 'string') return text
        const fault = faultOf(text)
        if (fault) throw badParameter(name, fault.en, fault.ko)
        if (isInteger(request, name) && !/^-?(0|[1-9]\d*)$/.test(text))
          throw badParameter(name, 'must be a whole number in plain digits', '숫자로만 된 정수여야 합니다')
        return text.normalize('NFC')
      }
      values[name] = Array.isArray(value) ? value.map(normalise) : normalise(value)
    }
}

/** Whether the route says so of a parameter. Coercion would take `0x15` and `2e1` as well: many names for one page. */
function isInteger({ routeOptions }: FastifyRequest, name: string): boolean {
  const { querystring, params } = (routeOptions.schema ?? {}) as Record<
    string,
    { properties?: Record<string, { type?: string }> }
  >
  return (querystring?.properties?.[name] ?? params?.properties?.[name])?.type === 'integer'
}

/** More levels than any body of this API has. */
const MAX_DEPTH = 64

type Path = (string | number)[]

const pointerTo = (path: Path) => path.map(key => `/${pointerToken(key)}`).join('')

/** The text in NFC. @throws Problem that points at it where it cannot be taken. */
function normaliseText(text: string, path: Path): string {
  if ((flagsOf(text) & UNSETTLED) === 0) return text
  const fault = faultOf(text)
  if (fault) throw badBody(pointerTo(path), fault.en, fault.ko)
  return text.normalize('NFC')
}

/** A JSON value with every string in NFC; what is so already is given back. @throws Problem that points at a string that cannot be taken. */
export function normaliseJson(value: unknown, path: Path = []): unknown {
  if (path.length > MAX_DEPTH) throw badBody('', 'is nested too deep', '너무 깊게 중첩되어 있습니다')
  if (typeof value === 'string') return normaliseText(value, path)
  if (value === null || typeof value !== 'object') return value
  const inside = (item: unknown, key: string | number) => {
    // Of what has no text in it there may be millions.
    if (typeof item !== 'string' && (item === null || typeof item !== 'object')) return item
    path.push(key)
    const made = normaliseJson(item, path)
    path.pop()
    return made
  }
  if (Array.isArray(value)) {
    const items = value.map(inside)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  const given = Object.entries(value)
  const entries = given.map(([key, item]) => [normaliseText(key, path), inside(item, key)] as const)
  const isSame = entries.every(([name, item], i) => name === given[i]?.[0] && item === given[i]?.[1])
  return isSame ? value : Object.fromEntries(entries)
}
