import { isUtf8, transcode } from 'node:buffer'
import { decodeCp949 } from './cp949.ts'

/**
 * Text of a file that somebody saved: UTF-8, UTF-16 with its mark, else CP949, as Korean Windows saves it.
 * @throws Error where it is none of these.
 */
export function decodeSaved(bytes: Uint8Array): string {
  const marked = utf16Of(bytes)
  try {
    return new TextDecoder(marked ?? 'utf-8', { fatal: true }).decode(bytes)
  } catch {}
  const text = marked ? '\ufffd' : decodeCp949(bytes)
  if (text.includes('\ufffd')) throw new Error('expected text in UTF-8, UTF-16 or CP949')
  return text
}

/** The order of bytes that UTF-16 begins with a mark of; null where it does not. */
export function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null
}

/**
 * Bytes as text; null where they are not UTF-8. `transcode` takes a sixth of the time that `toString` and TextDecoder take for
 * Korean text on Node 20 (bench/README.md).
 */
export const decodeUtf8 = (bytes: Uint8Array): string | null =>
  isUtf8(bytes) ? transcode(bytes, 'utf8', 'utf16le').toString('utf16le') : null

/** Text as bytes: some thousand Korean characters in a third of the time that `Buffer.from` takes on Node 20. */
export function encodeUtf8(text: string): Buffer {
  try {
    return transcode(Buffer.from(text, 'utf16le'), 'utf16le', 'utf8')
  } catch {
    // Half of a surrogate pair.
    return Buffer.from(text)
  }
}
