/** Text of a file that somebody saved: UTF-8, else CP949, as Korean Windows saves it. @throws Error where it is neither. */
export function decodeSaved(bytes: Uint8Array): string {
  for (const encoding of ['utf-8', 'euc-kr'])
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {}
  throw new Error('expected text in UTF-8 or CP949')
}
