import { Agent, request } from 'node:http'

/** Clients over connections that they keep. */

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

/** An answer, whatever its status; an Error where there is none. */
export function ask(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((done, fail) => {
    const sent = request(url, { agent, method, headers }, response => {
      const chunks = []
      response.on('data', chunk => chunks.push(chunk))
      response.once('error', fail)
      response.once('end', () =>
        done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    sent.once('error', fail)
    sent.end(body)
  })
}

/** What a board asks for, of any node: mostly lists and details, sometimes a search or a histogram. */
export function aRead(articles) {
  const dice = Math.random()
  if (dice < 0.4) return `/v1/articles?page=${1 + Math.floor(Math.random() * 20)}`
  if (dice < 0.8) return `/v1/articles/${1 + Math.floor(Math.random() * articles)}`
  if (dice < 0.9) return '/v1/articles?q=%EC%88%9C%ED%99%98%EA%B2%BD%EC%A0%9C&pageSize=20'
  return '/v1/articles/histogram?interval=month'
}

/** Readers that ask one read after the other of one node after the other, until the time is over. */
export async function readFor(seconds, { nodes, connections, articles }) {
  const until = performance.now() + seconds * 1000
  const times = []
  const failed = []
  const began = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async (_, i) => {
      for (let n = i; performance.now() < until; n++) {
        const { address } = nodes[n % nodes.length]
        const path = aRead(articles)
        const from = performance.now()
        const status = await ask(`${address}${path}`).then(
          answer => answer.status,
          error => error.message,
        )
        times.push(performance.now() - from)
        if (status !== 200) failed.push(`${path}: ${status}`)
      }
    }),
  )
  return { rate: times.length / ((performance.now() - began) / 1000), times, failed }
}

/**
 * Writers that change a title by one node and read it at once by the others, with the place of the write and without; for
 * so many seconds. Gives how many reads of either kind there were, and how many of them were older than the write.
 */
export async function readOwnWrites(seconds, { nodes, writers, authorization }) {
  const until = performance.now() + seconds * 1000
  const told = { writes: 0, with: { reads: 0, stale: 0 }, without: { reads: 0, stale: 0 } }
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const path = `/v1/articles/${writer + 1}`
      for (let n = 0; performance.now() < until; n++) {
        const title = `${writer}-${n}`
        const written = await ask(`${nodes[n % nodes.length].address}${path}`, {
          method: 'PATCH',
          headers: { authorization, 'if-match': '*', 'content-type': 'application/merge-patch+json' },
          body: JSON.stringify({ title }),
        })
        if (written.status !== 200) throw new Error(`${written.status} ${written.body}`)
        told.writes++
        const { version } = JSON.parse(written.body)
        const position = written.headers['gongbo-position']
        const others = nodes.filter((_, i) => i !== n % nodes.length)
        for (const [kind, headers] of [
          ['without', {}],
          ['with', { 'gongbo-position': position }],
        ])
          for (const { address } of others) {
            const answer = await ask(`${address}${path}`, { headers })
            if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`)
            told[kind].reads++
            if (JSON.parse(answer.body).version < version) told[kind].stale++
          }
      }
    }),
  )
  return told
}
