import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { cp949Decoder } from '../text/cp949.ts'
import { encodeUtf8, utf16Of } from '../text/encoding.ts'

/** Files as bytes, lines and text, never whole in memory. */

export const ENCODINGS = ['utf-8', 'cp949', 'utf-16le', 'utf-16be'] as const
export type Encoding = (typeof ENCODINGS)[number]

export interface Survey {
  bytes: number
  /** SHA-256, in hex. */
  digest: string
  /** UTF-16 by its mark; UTF-8 where the whole file is; else CP949. */
  encoding: Encoding
  /** Whether it begins as gzip does, which no text does. */
  gzip: boolean
}

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Reads a file once from end to end. */
export async function surveyFile(path: string): Promise<Survey> {
  const hash = createHash('sha256')
  let bytes = 0
  let utf8 = true
  let marked: Encoding | null = null
  let gzip = false
  /** The last character, which may go on in the next chunk. */
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of readBytes(path)) {
    hash.update(chunk)
    if (bytes === 0) {
      marked = utf16Of(chunk)
      gzip = isGzip(chunk)
    }
    bytes += chunk.length
    if (!utf8) continue
    const text = Buffer.concat([rest, chunk])
    const end = lastCharacter(text)
    utf8 = isUtf8(text.subarray(0, end))
    rest = text.subarray(end)
  }
  const encoding = marked ?? (utf8 && isUtf8(rest) ? 'utf-8' : 'cp949')
  return { bytes, digest: hash.digest('hex'), encoding, gzip }
}

/** Where the last character of UTF-8 begins. */
function lastCharacter(text: Buffer): number {
  let at = text.length - 1
  while (at > text.length - 4 && ((text[at] ?? 0) & 0xc0) === 0x80) at--
  return Math.max(at, 0)
}

/** `told` hears how many bytes were read. */
export async function* readBytes(path: string, told?: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    told?.(chunk.length)
    yield chunk
  }
}

/** Bytes that a line may have at most; an article of the longest body has less than a tenth. */
const LONGEST = 16 << 20

export interface Line {
  /** From 1. */
  line: number
  /** Without its end; null where it is longer than any record. */
  bytes: Buffer | null
}

export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let line = 1
  let parts: Buffer[] = []
  let length = 0
  const take = (part: Buffer) => {
    length += part.length
    if (length > LONGEST) parts = []
    else parts.push(part)
  }
  const finish = (): Line => {
    const found = {
      line: line++,
      bytes: length > LONGEST ? null : parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts),
    }
    parts = []
    length = 0
    return found
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      take(chunk.subarray(from, end))
      from = end + 1
      yield finish()
    }
    take(chunk.subarray(from))
  }
  if (length > 0) yield finish()
}

/** Text with one kind of line end and no byte order mark. What is not of the encoding comes as U+FFFD. */
export async function* decodeText(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<string> {
  const decoder = encoding === 'cp949' ? cp949Decoder() : textDecoder(encoding)
  let held = ''
  for await (const chunk of chunks) {
    const text = held + decoder.write(chunk)
    held = text.endsWith('\r') ? '\r' : ''
    yield text.slice(0, text.length - held.length).replace(/\r\n?/g, '\n')
  }
  yield (held + decoder.end()).replace(/\r\n?/g, '\n')
}

/** The same text in UTF-8, as lines are read. */
export async function* toUtf8(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  for await (const text of decodeText(chunks, encoding)) yield encodeUtf8(text)
}

function textDecoder(encoding: string) {
  const decoder = new TextDecoder(encoding)
  return {
    write: (bytes: Uint8Array) => decoder.decode(bytes, { stream: true }),
    end: () => decoder.decode(),
  }
}
