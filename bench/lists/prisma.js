import Fastify from 'fastify'
import { openDatabase } from '../../dist/db/client.js'

/**
 * What most write: Fastify, `findMany` and `count` of Prisma, rows as they come. Usage: node bench/lists/prisma.js <url of
 * the database> <port>
 */
const [url, port] = process.argv.slice(2)
const { prisma } = openDatabase({ url, poolSize: 10, statementTimeout: 60_000 })
const app = Fastify()
const PUBLIC = { status: 'published', deletedAt: null }
const omit = { bodyHtml: true, bodyText: true }

app.get('/v1/articles', async ({ query: { from, to, page = '1', cursor } }) => {
  const where = from
    ? {
        ...PUBLIC,
        listedAt: { gte: new Date(`${from}T00:00:00+09:00`), lt: new Date(`${to}T23:59:59.999+09:00`) },
      }
    : PUBLIC
  const [items, total] = await Promise.all([
    prisma.article.findMany({
      where,
      omit,
      include: { counts: true },
      orderBy: [{ listedAt: 'desc' }, { id: 'desc' }],
      take: 20,
      skip: (Number(page) - 1) * 20,
    }),
    cursor === undefined ? prisma.article.count({ where }) : null,
  ])
  return { items, total, page: Number(page) }
})
app.get('/v1/articles/:id', async ({ params: { id } }, reply) => {
  const article = await prisma.article.findFirst({
    where: { ...PUBLIC, id: Number(id) },
    include: { counts: true },
  })
  return article ?? reply.code(404).send()
})

await app.listen({ port: Number(port), host: '127.0.0.1' })
