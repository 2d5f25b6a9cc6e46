import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { upsertArticles } from '../dist/articles/store-bulk.js'
import { addUpAll } from '../dist/articles/store-index.js'
import { openDatabase } from '../dist/db/client.js'
import { migrate } from '../dist/db/migrate.js'
import { insertKey } from '../dist/keys/store.js'
import { lines } from './records.js'
import { processorTime, readsOf, startNode, startPrimary, startReplica, stopNode } from './scale/cluster.js'
import { readFor, readOwnWrites } from './scale/load.js'
import { percentile, table } from './search/report.js'

/**
 * A primary, two streaming replicas and three API nodes on this machine, all started here: what reads cost the primary without
 * replicas and with them, what readers notice of a replica that is killed (SIGKILL) and comes back, and whether a writer
 * sees his own write by other nodes, with its place in the log and without. Nodes keep no answers in memory, but where it is said.
 * Usage: node bench/scale.js [articles, 5000] [--seconds 10] [--connections 12] [--delay 300]
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '12' },
    delay: { type: 'string', default: '300' },
  },
})
const articles = Number(positionals[0] ?? 5_000)
const seconds = Number(options.seconds)
const connections = Number(options.connections)
const print = text => process.stdout.write(`${text}\n`)

/** Fills the database, and gives an Authorization header for it. */
async function fill(url) {
  await migrate(url)
  const db = openDatabase({ url, poolSize: 4, statementTimeout: 120_000 })
  const batch = []
  const write = () =>
    upsertArticles(db, { actor: 'system:bench', now: new Date(), deferDuplicates: true }, batch.splice(0))
  for (const line of lines(articles)) {
    const { counts, ...article } = JSON.parse(line)
    batch.push({ article, counts })
    if (batch.length === 250) await write()
  }
  await write()
  await addUpAll(db)
  const { key } = await insertKey(db, { name: 'bench', scopes: ['articles:write'], expiresAt: null })
  await db.close()
  return `Bearer ${key}`
}

const sum = (counts, kind) => counts.reduce((all, one) => all + (one[kind] ?? 0), 0)
const inMs = values => `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.99).toFixed(0)}`

/** What reads of nodes come to, and what they cost whom. */
async function measure(what, nodes, servers) {
  await readFor(2, { nodes, connections, articles })
  const all = [...servers, ...nodes]
  /** Seconds of processor time that each has while something is done. */
  const spend = async work => {
    const before = all.map(processorTime)
    const done = await work()
    return { ...done, spent: all.map((one, i) => processorTime(one) - before[i]) }
  }
  // The upkeep goes on without readers, too.
  const idle = await spend(() => pause(seconds * 1000))
  const { rate, times, failed, spent } = await spend(() => readFor(seconds, { nodes, connections, articles }))
  const reading = spent.map((time, i) => (Math.max(0, time - idle.spent[i]) / times.length) * 1000)
  const [primary = 0, ...replicas] = reading.slice(0, servers.length)
  const api = reading.slice(servers.length)
  const each = values => values.map(value => value.toFixed(2)).join(' + ') || '–'
  return [what, rate, inMs(times), primary.toFixed(2), each(replicas), each(api), String(failed.length)]
}

/** Whether writers see by other nodes what they wrote. */
async function writeAndRead(what, nodes) {
  const told = await readOwnWrites(seconds, { nodes, writers: 4, authorization })
  const share = ({ stale, reads }) => `${stale} of ${reads} (${((100 * stale) / reads).toFixed(1)} %)`
  print(`\n${what}: ${told.writes} writes; of reads by another node right after them older than the write:
without Gongbo-Position ${share(told.without)}, with it ${share(told.with)}`)
  if (told.with.stale > 0) process.exitCode = 1
}

let authorization = ''
const primary = await startPrimary()
const running = { replicas: [], nodes: [] }
try {
  authorization = await fill(primary.url)
  print(`${articles} articles, ${connections} connections, ${seconds} s each\n`)

  const alone = [await startNode(primary, [])]
  running.nodes = alone
  const rows = [await measure('1 node, primary alone', alone, [primary])]
  alone.push(await startNode(primary, []), await startNode(primary, []))
  rows.push(await measure('3 nodes, primary alone', alone, [primary]))
  for (const node of alone.splice(0)) await stopNode(node)

  for (const name of ['replica-1', 'replica-2']) running.replicas.push(await startReplica(primary, name))
  const [first] = running.replicas
  const nodes = running.nodes
  for (let i = 0; i < 3; i++) nodes.push(await startNode(primary, running.replicas))
  rows.push(await measure('3 nodes, 2 replicas', nodes, [primary, ...running.replicas]))
  const head = ['reads of articles', 'a second', 'p50 / p99, ms', 'processor time a read, ms: primary']
  print(table([...head, 'replicas', 'nodes', 'failed'], rows))

  const before = await Promise.all(nodes.map(readsOf))
  const load = readFor(3 * seconds, { nodes, connections, articles })
  await pause(seconds * 1000)
  await first.kill()
  await pause(seconds * 1000)
  await first.start()
  const { times, failed } = await load
  const after = await Promise.all(nodes.map(readsOf))
  const [byReplicas, byPrimary, instead] = ['replica', 'primary', 'instead'].map(
    kind => sum(after, kind) - sum(before, kind),
  )
  print(`\nA replica killed under load, and started again ${seconds} s later: ${times.length} reads, ${failed.length} failed, the
slowest took ${Math.max(...times).toFixed(0)} ms; ${byReplicas} answered from replicas, ${instead} by the primary instead, ${byPrimary} by the primary.`)
  for (const one of failed.slice(0, 5)) print(one)
  if (failed.length > 0) process.exitCode = 1

  const delay = Number(options.delay)
  await writeAndRead('replicas as they are', nodes)
  for (const replica of running.replicas.splice(0)) await replica.stop()
  for (const name of ['late-1', 'late-2']) running.replicas.push(await startReplica(primary, name, delay))
  for (const cache of [false, true]) {
    for (const node of nodes.splice(0)) await stopNode(node)
    for (let i = 0; i < 3; i++) nodes.push(await startNode(primary, running.replicas, cache))
    const what = `replicas that replay a commit ${delay} ms late`
    await writeAndRead(cache ? `${what}, nodes that keep answers in memory` : what, nodes)
  }
} finally {
  for (const node of running.nodes) await stopNode(node)
  for (const replica of running.replicas) await replica.stop().catch(() => {})
  await primary.stop()
  primary.remove()
}
