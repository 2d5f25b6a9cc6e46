import Fastify from 'fastify'

/**
 * The bytes that another server answers with, out of memory: what Fastify can do at most. Usage: node bench/lists/memory.js
 * <origin of the other server> <port>
 */
const [origin, port] = process.argv.slice(2)
const app = Fastify()
const kept = new Map()
app.get('/*', async ({ url }, reply) => {
  let answer = kept.get(url)
  if (!answer) {
    const response = await fetch(origin + url)
    answer = { type: response.headers.get('content-type'), body: Buffer.from(await response.arrayBuffer()) }
    kept.set(url, answer)
  }
  return reply.header('content-type', answer.type).send(answer.body)
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
