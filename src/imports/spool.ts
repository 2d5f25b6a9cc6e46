import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { isGzip } from './file.ts'

/** Uploads into files, as they come: never whole in memory, and gone where they do not come whole. */

export class UploadError extends Error {
  readonly why: 'too-large' | 'too-slow' | 'broken' | 'not-gzip' | 'gzip'
  constructor(why: UploadError['why'], cause?: unknown) {
    super(`the upload is ${why}`, { cause })
    this.why = why
  }
}

interface SpoolOptions {
  /** Bytes that it may have, unpacked. */
  limit: number
  /** Milliseconds without a byte after which it is given up. */
  patience: number
  gunzip: boolean
}

export interface Spooled {
  path: string
  /** Unpacked. */
  bytes: number
  /** SHA-256 of the unpacked bytes, in hex. */
  digest: string
}

/** @throws UploadError; then there is no file. The rest of the upload is left to the caller. */
export async function spool(
  upload: Readable,
  path: string,
  { limit, patience, gunzip }: SpoolOptions,
): Promise<Spooled> {
  await mkdir(dirname(path), { recursive: true })
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > limit) throw new UploadError('too-large')
      hash.update(chunk)
      yield chunk
    }
  }
  // Open before a byte is read: a file that is still being opened when it is taken away would be there after.
  const file = (await open(path, 'wx', 0o600)).createWriteStream()
  const source = patiently(upload, patience)
  try {
    await (gunzip ? pipeline(source, createGunzip(), counted, file) : pipeline(source, plain, counted, file))
    return { path, bytes, digest: hash.digest('hex') }
  } catch (error) {
    await rm(path, { force: true })
    if (/^Z_/.test(String((error as NodeJS.ErrnoException).code))) throw new UploadError('not-gzip', error)
    throw error
  }
}

/** What nobody has said to be gzip. @throws UploadError where it is, as soon as that shows. */
async function* plain(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (head.length < 2) head = Buffer.concat([head, chunk.subarray(0, 2)])
    if (isGzip(head)) throw new UploadError('gzip')
    yield chunk
  }
}

/** The chunks of an upload, each within some time. The upload outlives them: its socket has an answer to carry. */
async function* patiently(upload: Readable, patience: number): AsyncGenerator<Buffer> {
  let timer: NodeJS.Timeout | undefined
  const chunks = upload.iterator({ destroyOnReturn: false })
  const silence = () =>
    new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new UploadError('too-slow')), patience)
    })
  try {
    for (;;) {
      const next = chunks.next().catch(error => {
        throw new UploadError('broken', error)
      })
      const { value, done } = await Promise.race([next, silence()])
      clearTimeout(timer)
      if (done) return
      yield value
    }
  } finally {
    clearTimeout(timer)
    // Not waited for: where nothing comes, this does not end either.
    chunks.return?.().catch(() => {})
  }
}

/** Milliseconds for which a file that belongs to no job may be an upload under way. */
const UNDER_WAY = 15 * 60_000

/** Takes away files of uploads whose job has ended or never began; `unfinished` says which still have one. */
export async function sweepSpool(
  dir: string,
  unfinished: (ids: string[]) => Promise<Set<string>>,
): Promise<void> {
  const names = (await readdir(dir).catch(() => [])).filter(name => /^[\da-f]{8}-[\da-f-]{27}$/.test(name))
  if (names.length === 0) return
  const wanted = await unfinished(names)
  for (const name of names) {
    const path = join(dir, name)
    const { mtimeMs = Date.now() } = (await stat(path).catch(() => null)) ?? {}
    if (!wanted.has(name) && Date.now() - mtimeMs > UNDER_WAY) await rm(path, { force: true })
  }
}
