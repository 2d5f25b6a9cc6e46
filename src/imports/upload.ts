import { badHeader, badParameter } from '../http/problem.ts'
import { readMapping } from './columns.ts'
import type { Encoding } from './file.ts'
import type { UploadQuery } from './job-schema.ts'
import type { FileOptions, RecordFormat } from './run.ts'

/** What an upload says of itself: media type, character set and parameters as options of an import. */

export const FORMAT_OF: Record<string, RecordFormat> = {
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
}

const ENCODING_OF: Record<string, Encoding> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'euc-kr': 'cp949',
  'ks_c_5601-1987': 'cp949',
  cp949: 'cp949',
  ms949: 'cp949',
  'windows-949': 'cp949',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
}
export const CHARSETS = Object.keys(ENCODING_OF)

/** @throws Problem 400 where type and parameters contradict each other. */
export function readOptions(contentType: string, query: UploadQuery): FileOptions {
  const [type = '', ...more] = contentType.toLowerCase().split(';')
  const format = FORMAT_OF[type.trim()] ?? 'ndjson'
  const charset = /charset="?([^";]+)/.exec(more.join(';'))?.[1]?.trim()
  const named = charset === undefined ? undefined : ENCODING_OF[charset]
  const { source, map = [], encoding, dryRun = false, deferSearch = false, resume = false } = query
  if (format === 'ndjson') {
    for (const name of ['map', 'encoding'] as const)
      if (query[name] !== undefined)
        throw badParameter(name, 'only of text/csv', 'text/csv에만 쓸 수 있습니다')
    if (named !== undefined && named !== 'utf-8')
      throw badHeader('Content-Type', 'NDJSON is UTF-8', 'NDJSON은 UTF-8이어야 합니다')
  }
  if (encoding !== undefined && named !== undefined && encoding !== named)
    throw badParameter(
      'encoding',
      `Content-Type says ${charset}`,
      `Content-Type에는 ${charset}(이)라고 되어 있습니다`,
    )
  return {
    format,
    dryRun,
    deferSearch,
    resume,
    map: new Map(map.flatMap(list => list.split(',')).map(fieldByHeader)),
    ...(source !== undefined && { source }),
    ...((encoding ?? named) && { encoding: encoding ?? named }),
  }
}

function fieldByHeader(pair: string): [string, string] {
  const found = readMapping(pair)
  if (found) return found
  throw badParameter('map', `takes header=field, not "${pair}"`, `"${pair}": 열=필드로 쓰십시오`)
}
