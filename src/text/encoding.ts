/**
 * Text of a file that somebody saved: UTF-8, UTF-16 with its mark, else CP949, as Korean Windows saves it.
 * @throws Error where it is none of these.
 */
export function decodeSaved(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe
  for (const encoding of marked ? ['utf-16le'] : ['utf-8', 'euc-kr'])
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {}
  throw new Error('expected text in UTF-8, UTF-16 or CP949')
}
