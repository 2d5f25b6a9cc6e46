import { createHmac } from 'node:crypto'

/** Names things of this installation, wherever it is reached. */
export type Identify = (thing: string) => string

/** As UUIDs of version 8 (RFC 9562), which follow from the installation's secret and the name of the thing. */
export const identifier =
  (secret: Uint8Array): Identify =>
  thing => {
    const bytes = createHmac('sha256', secret).update(thing).digest().subarray(0, 16)
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
    return `urn:uuid:${bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
  }

/** An article's identity, the same in every feed. */
export const articleIdentity = (identify: Identify, id: number): string => identify(`articles/${id}`)
