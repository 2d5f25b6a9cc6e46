import { randomUUID } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ArticleRouteOptions, present } from '../articles/routes-answer.ts'
import { decideList } from '../articles/routes-list.ts'
import { toSparse } from '../articles/row.ts'
import type { ListedRow, PlainQuery } from '../articles/store-list.ts'
import { walkArticles } from '../articles/store-walk.ts'
import { addVary } from '../http/problem.ts'
import { takesGzip } from '../http/representation.ts'
import { splitTarget } from '../http/target.ts'
import { dayOf } from '../time/seoul.ts'
import type { Format, Item } from './encode.ts'
import { watchReader } from './reader.ts'
import { beginExport, type Run } from './run.ts'
import { EXPORTED, type ExportQuery } from './schema.ts'
import type { Slots } from './slots.ts'

/** Sending an export: everything that can fail fails before the first byte, what fails later breaks the connection. */

export interface SendOptions extends ArticleRouteOptions {
  slots: Slots
  /** See `EXPORT_STALL_MS` in config.ts. */
  stall: number
}

/** Milliseconds that an export may last: as long its snapshot keeps the database from cleaning up. */
const LIFETIME_MS = 6 * 60 * 60_000

/** @param formatOf makes the format for what fields there are */
export async function sendExport(
  request: FastifyRequest,
  reply: FastifyReply,
  asked: ExportQuery,
  formatOf: (fields: string[]) => Format,
  options: SendOptions,
): Promise<void> {
  const { db, now, slots, stall } = options
  const query = await decideList(request, asked, options)
  const { collapse } = query
  const fields = [...new Set(asked.fields ?? EXPORTED)]
  const as = formatOf(collapse ? [...fields, 'duplicates'] : fields)
  const id = randomUUID()
  const gzip = takesGzip(request)
  const begin = () =>
    addVary(reply, 'Accept, Accept-Encoding, Authorization')
      .headers({
        'cache-control': 'no-store, no-transform',
        'content-disposition': dispositionOf(as, now()),
        'gongbo-export': id,
        ...(gzip && { 'content-encoding': 'gzip' }),
      })
      .type(`${as.type}; charset=utf-8`)
  // Not without a body, of which the length would be told.
  if (request.method === 'HEAD') return void begin().send(Readable.from([]))

  const free = slots.take(request.caller !== null)
  const signal = watchReader(reply.raw, { stall, lifetime: LIFETIME_MS })
  const walk = walkArticles(db, { ...query, fields } as PlainQuery, signal)
  try {
    const first = await walk.next()
    const presentation = await present(options, query.asOf)
    const itemOf = (row: ListedRow): Item => ({
      ...toSparse(row, null, presentation, fields),
      ...(collapse && { duplicates: row.duplicates ?? 0 }),
    })
    const run = await beginExport(db, {
      id,
      format: as.name,
      query: splitTarget(request.url).search,
      batches: itemsOf(first, walk, itemOf),
      as,
      signal,
      free,
      onError: error => request.log.error({ err: error }, 'an export failed'),
    })
    begin()
    const chunks = Readable.from(run.chunks, { objectMode: false })
    const content = gzip ? pipeline(chunks, createGzip(), () => {}) : chunks
    // HTTP/1.0 has no chunks, so nothing comes after them.
    if (request.raw.httpVersion !== '1.0') promiseTrailers(reply, content, run)
    reply.send(content)
  } catch (error) {
    free()
    await walk.return(undefined)
    // Nobody is there to hear of it.
    if (signal.aborted) reply.hijack()
    else throw error
  }
}

async function* itemsOf(
  first: IteratorResult<ListedRow[]>,
  rest: AsyncGenerator<ListedRow[]>,
  itemOf: (row: ListedRow) => Item,
): AsyncGenerator<Item[]> {
  if (first.done) return
  yield first.value.map(itemOf)
  for await (const rows of rest) yield rows.map(itemOf)
}

/** By hand: Fastify names several trailers without the commas between. */
function promiseTrailers(reply: FastifyReply, content: Readable, run: Run): void {
  reply.header('trailer', 'Gongbo-Count, Gongbo-Sha256')
  content.once('end', () => {
    const { count, sha256 } = run.summary()
    reply.raw.addTrailers({ 'gongbo-count': String(count), 'gongbo-sha256': sha256 })
  })
}

/** A name with the Seoul day, for those who know RFC 8187 in Korean. */
function dispositionOf({ name }: Format, now: Date): string {
  const file = `${dayOf(now)}.${name}`
  return `attachment; filename="gongbo-${file}"; filename*=UTF-8''${encodeURIComponent(`공보-${file}`)}`
}
