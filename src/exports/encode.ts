import { createHash } from 'node:crypto'
import type { EXPORT_FORMATS } from './schema.ts'

/** Articles as the bytes of a file, counted and digested on the way. */

/** An article as its fields. */
export type Item = Record<string, unknown>

export interface Format {
  name: (typeof EXPORT_FORMATS)[number]
  type: string
  /** What stands before the first article. */
  head: string
  rows(items: Item[]): string
}

/** What was made so far. */
export class Tally {
  count = 0
  bytes = 0
  private readonly hash = createHash('sha256')

  add(chunk: Buffer, count: number): void {
    this.count += count
    this.bytes += chunk.length
    this.hash.update(chunk)
  }

  /** SHA-256 of all. Call it once, at the end. */
  digest(): Buffer {
    return this.hash.digest()
  }
}

export async function* encode(
  batches: AsyncIterable<Item[]>,
  format: Format,
  tally: Tally,
): AsyncGenerator<Buffer> {
  const chunk = (text: string, count: number) => {
    const bytes = Buffer.from(text)
    tally.add(bytes, count)
    return bytes
  }
  if (format.head !== '') yield chunk(format.head, 0)
  for await (const items of batches) yield chunk(format.rows(items), items.length)
}
