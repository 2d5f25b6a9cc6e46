import { closest, distance } from 'fastest-levenshtein'
import { type Bilingual, type Fault, Problem, pointerToken } from './problem.ts'
import { NOT_BLANK } from './schema.ts'

/** What Ajv says, as problem details that name the culprit and, for a slip of the pen, what was meant. */

type Context = 'body' | 'querystring' | 'params' | 'headers'
type Schema = Record<string, unknown>

/** What Ajv says of one place that breaks a schema. */
export interface SchemaError {
  keyword: string
  /** A JSON Pointer. */
  instancePath: string
  params: Record<string, unknown>
  message?: string
  parentSchema?: Schema & { description?: string; examples?: unknown[]; properties?: Schema }
}

/** A name near enough to be what was meant: at most a third of its letters differ, a wrong case always. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const best = closest(
    word.toLowerCase(),
    names.map(n => n.toLowerCase()),
  )
  const limit = Math.max(1, Math.ceil(Math.max(word.length, best.length) / 3))
  return distance(word.toLowerCase(), best) <= limit ? names.find(n => n.toLowerCase() === best) : undefined
}

function messageOf(
  { keyword, params, parentSchema, message }: SchemaError,
  context: Context,
  given: unknown,
  suggestion?: string,
): Bilingual {
  const meant = suggestion
    ? { en: `; did you mean "${suggestion}"?`, ko: `. 혹시 "${suggestion}"입니까?` }
    : { en: '', ko: '' }
  const thing = context === 'body' ? { en: 'field', ko: '필드' } : { en: 'parameter', ko: '매개변수' }
  switch (keyword) {
    case 'additionalProperties':
      return { en: `unknown ${thing.en}${meant.en}`, ko: `알 수 없는 ${thing.ko}입니다${meant.ko}` }
    case 'required':
      return { en: `this ${thing.en} is missing`, ko: `필수 ${thing.ko}가 없습니다` }
    case 'enum': {
      const values = (params.allowedValues as unknown[]).join(', ')
      return {
        en: `must be one of ${values}${meant.en}`,
        ko: `다음 중 하나여야 합니다: ${values}${meant.ko}`,
      }
    }
    case 'type': {
      if (context === 'querystring' && Array.isArray(given) && params.type !== 'array')
        return { en: 'is given more than once', ko: '두 번 이상 주어졌습니다' }
      const types = String(params.type).replace(',', ' or ')
      return { en: `must be of type ${types}`, ko: `${types} 형식이어야 합니다` }
    }
    case 'format': {
      if (params.format === 'date')
        return {
          en: 'must be a day that exists, as YYYY-MM-DD',
          ko: '실제로 있는 날짜여야 합니다(YYYY-MM-DD)',
        }
      if (params.format === 'date-time')
        return {
          en: 'must be an instant with an offset, such as 2026-01-23T09:30:00+09:00',
          ko: '시간대가 있는 시각이어야 합니다(예: 2026-01-23T09:30:00+09:00)',
        }
      return { en: `must be a valid ${params.format}`, ko: `올바른 ${params.format} 값이어야 합니다` }
    }
    case 'minimum':
      return { en: `must be ${params.limit} or more`, ko: `${params.limit} 이상이어야 합니다` }
    case 'maximum':
      return { en: `must be ${params.limit} or less`, ko: `${params.limit} 이하여야 합니다` }
    case 'minLength':
      return params.limit === 1
        ? { en: 'must not be empty', ko: '비어 있을 수 없습니다' }
        : { en: `must have ${params.limit} characters or more`, ko: `${params.limit}자 이상이어야 합니다` }
    case 'maxLength':
      return { en: `must have ${params.limit} characters or fewer`, ko: `${params.limit}자 이하여야 합니다` }
    case 'minItems':
      return {
        en: `must have ${params.limit} entries or more`,
        ko: `항목이 ${params.limit}개 이상이어야 합니다`,
      }
    case 'maxItems':
      return {
        en: `must have ${params.limit} entries or fewer`,
        ko: `항목이 ${params.limit}개 이하여야 합니다`,
      }
    case 'uniqueItems':
      return { en: 'must not name anything twice', ko: '같은 항목이 두 번 들어 있습니다' }
    case 'pattern': {
      if (params.pattern === NOT_BLANK)
        return { en: 'must not be blank', ko: '공백만으로 이루어질 수 없습니다' }
      const { description = '', examples: [example] = [] } = parentSchema ?? {}
      const hint = example ? `, such as ${example}` : description && `. ${description}`
      // Values that the description shows, without the names of parameters.
      const shown = [...description.matchAll(/`([^`]*)`/g)].flatMap(([, text = '']) =>
        new RegExp(String(params.pattern), 'u').test(text) ? [text] : [],
      )
      const like = example ?? shown.join(', ')
      return {
        en: `must match ${params.pattern}${hint}`,
        ko: like ? `${like} 같은 형식이어야 합니다` : `${params.pattern} 형식이어야 합니다`,
      }
    }
    default:
      return { en: message ?? 'is not valid', ko: '올바르지 않은 값입니다' }
  }
}

const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (here, token) => (here as Schema | undefined)?.[token.replaceAll('~1', '/').replaceAll('~0', '~')],
      value,
    )

/** Branches of a nullable field each complain: what says only "or null" adds nothing. */
const saysOrNull = ({ keyword, params }: SchemaError): boolean =>
  keyword === 'anyOf' || (keyword === 'type' && params.type === 'null')

/** Whether an error adds nothing to the others. */
function isNoise(error: SchemaError, all: SchemaError[], given: unknown): boolean {
  // Of what is given twice no other limit is worth a word.
  if (Array.isArray(given) && error.keyword === 'enum') return true
  const others = all.filter(one => one !== error && one.instancePath.startsWith(error.instancePath))
  // What is empty is blank as well.
  if (error.keyword === 'pattern' && given === '')
    return others.some(
      ({ keyword, instancePath }) => keyword === 'minLength' && instancePath === error.instancePath,
    )
  return saysOrNull(error) && !others.every(saysOrNull)
}

/** The problem for a request that its schema refuses. Every culprit is named, up to twenty. */
export function validationProblem(errors: SchemaError[], context: Context, value: unknown): Problem {
  // A body may break its schema in a hundred thousand places: the first are enough to mend it by.
  const first100 = errors.slice(0, 100)
  const faults = first100
    .filter(error => !isNoise(error, first100, at(value, error.instancePath)))
    .slice(0, 20)
    .map((error): Fault => {
      const params: { additionalProperty?: string; missingProperty?: string; allowedValues?: unknown[] } =
        error.params
      const name = (params.additionalProperty ?? params.missingProperty)?.slice(0, 200)
      const pointer = name === undefined ? error.instancePath : `${error.instancePath}/${pointerToken(name)}`
      const suggestion =
        params.additionalProperty !== undefined
          ? nearest(
              params.additionalProperty.slice(0, 200),
              Object.keys(error.parentSchema?.properties ?? {}),
            )
          : params.allowedValues &&
            nearest(String(at(value, error.instancePath)), params.allowedValues.map(String))
      const fault: Fault = {
        detail: messageOf(error, context, at(value, error.instancePath), suggestion),
        ...(suggestion && { suggestion }),
      }
      if (context === 'body') return { pointer, ...fault }
      const parameter = pointer.split('/')[1] ?? pointer
      return context === 'headers' ? { header: parameter, ...fault } : { parameter, ...fault }
    })
  const first = faults[0]
  const where = first?.pointer ?? first?.parameter ?? first?.header ?? ''
  const code =
    context === 'body' ? 'invalid-body' : context === 'headers' ? 'invalid-header' : 'invalid-parameter'
  const detail = first?.detail ?? { en: 'not valid', ko: '올바르지 않습니다' }
  const label = where === '' ? '' : `${where}: `
  return new Problem(code, { en: `${label}${detail.en}`, ko: `${label}${detail.ko}` }, { faults })
}
