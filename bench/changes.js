import { spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../dist/db/client.js'
import { insertKey } from '../dist/keys/store.js'
import { freePort } from './ports.js'

/**
 * Writers at once against the change feed, with everything being killed: readers by cursor, by waiting and by event stream,
 * and one that is killed and resumes all the time; API and database are killed (SIGKILL) when half is written. Then: did
 * every reader see every change once and in the same order, is every acknowledged write in the log, and is a mirror that
 * was built from the feed the table? Usage: node bench/changes.js [writes] [writers] [kills]
 */

/** A reader, in a process of its own: one line a change, the cursor first. It goes on after its last whole line. */
async function readOn(address, key, how, file) {
  const text = readFileSync(file, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  truncateSync(file, Buffer.byteLength(whole))
  let cursor = whole.trimEnd().split('\n').at(-1)?.split(' ')[0] ?? ''
  const note = changes => {
    if (changes.length === 0) return
    appendFileSync(
      file,
      changes.map(c => `${c.cursor} ${c.articleId} ${c.version} ${c.kind} ${c.deleted} ${c.at}\n`).join(''),
    )
    cursor = changes.at(-1).cursor
  }
  const headers = { authorization: `Bearer ${key}` }
  const url = () => `${address}/v1/changes?${cursor ? `since=${cursor}` : ''}`
  for (;;)
    try {
      if (how === 'events') {
        const response = await fetch(`${address}/v1/changes`, {
          headers: { ...headers, accept: 'text/event-stream', ...(cursor && { 'last-event-id': cursor }) },
        })
        let rest = ''
        for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop()
          note(blocks.flatMap(block => /^data: (.*)$/m.exec(block)?.[1] ?? []).map(data => JSON.parse(data)))
        }
      } else {
        const response = await fetch(`${url()}${how === 'wait' ? '&wait=30' : ''}`, { headers })
        const page = await response.json()
        if (!response.ok) throw new Error(page.detail)
        note(page.items)
        if (how === 'cursor' && page.items.length === 0) await pause(20)
      }
    } catch {
      await pause(100)
    }
}

function pause(ms) {
  return new Promise(next => setTimeout(next, ms))
}
const say = text => process.stdout.write(`${text}\n`)

async function run(writes = 20_000, writers = 16, kills = 50) {
  const dir = mkdtempSync(join(tmpdir(), 'gongbo-changes-'))
  chmodSync(dir, 0o755)
  const [port, databasePort] = [await freePort(), await freePort()]
  const address = `http://127.0.0.1:${port}`
  let api
  const startApi = async () => {
    api = spawn('node', ['dist/main.js'], {
      stdio: 'ignore',
      env: {
        ...process.env,
        ...{ PORT: port, DATA_DIR: dir, DATABASE_PORT: databasePort, SAMPLES: 'off', RATE_LIMIT: '0' },
      },
    })
    for (;;) {
      if ((await fetch(`${address}/readyz`).catch(() => null))?.ok) return
      // What the database left of a crash may be in the way for a moment.
      if (api.exitCode !== null) return startApi()
      await pause(50)
    }
  }
  await startApi()
  const place = join(dir, 'postgres')
  const password = readFileSync(join(place, 'password'), 'utf8').trim()
  const url = `postgresql://gongbo:${password}@127.0.0.1:${databasePort}/gongbo`
  const db = openDatabase({ url, poolSize: 2, statementTimeout: 60_000, onError: () => {} })
  const keyFor = async scope => (await insertKey(db, { name: scope, scopes: [scope], expiresAt: null })).key
  const [writeKey, readKey] = [await keyFor('articles:write'), await keyFor('articles:read')]

  const readers = ['cursor', 'wait', 'events', 'killed'].map(name => ({ name, file: join(dir, name) }))
  const startReader = (reader, how) => {
    reader.process = spawn('node', [process.argv[1], 'read', address, readKey, how, reader.file], {
      stdio: 'ignore',
    })
  }
  for (const reader of readers) {
    writeFileSync(reader.file, '')
    startReader(reader, reader.name === 'killed' ? 'events' : reader.name)
  }

  process.once('exit', () => {
    for (const { process: child } of [...readers, { process: api }]) child.kill('SIGKILL')
  })

  // Writers. What is acknowledged is noted as article and version; what fails may or may not have been done.
  const acknowledged = []
  let failed = 0
  let refused = 0
  const ids = []
  const pick = () => ids[Math.floor(Math.random() * ids.length)]
  const send = async (method, path, body) => {
    const response = await fetch(`${address}/v1${path}`, {
      method,
      headers: {
        ...{ authorization: `Bearer ${writeKey}`, 'if-match': '*' },
        ...(body && {
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const version = Number(/^"(\d+)\./.exec(response.headers.get('etag') ?? '')?.[1])
    const text = await response.text()
    if (response.status >= 500) failed++
    if (!response.ok) {
      refused++
      return null
    }
    return { id: text ? JSON.parse(text).id : Number(path.split('/')[2]), version }
  }
  const article = (n, status) => ({
    ...{
      status,
      kind: 'press-release',
      title: `순환경제 설명회 ${n}`,
      bodyText: `${n}번째 글의 본문입니다.`,
    },
    ...(status === 'scheduled' && { embargoUntil: new Date(Date.now() + 20_000).toISOString() }),
  })
  const writeOne = async n => {
    const dice = Math.random()
    const id = pick()
    if (id === undefined || dice < 0.25) {
      const status = ['published', 'published', 'draft', 'hidden', 'scheduled'][n % 5]
      const made = await send('POST', '/articles', article(n, status))
      if (made) ids.push(made.id)
      return made
    }
    if (dice < 0.6) return send('PATCH', `/articles/${id}`, { title: `고친 제목 ${n}` })
    if (dice < 0.7) return send('PATCH', `/articles/${id}`, { status: 'hidden' })
    if (dice < 0.82) return send('PATCH', `/articles/${id}`, { status: 'published' })
    if (dice < 0.9) return send('DELETE', `/articles/${id}`)
    return send('POST', `/articles/${id}/restore`)
  }
  let next = 0
  let restarts = 0
  const crash = async () => {
    api.kill('SIGKILL')
    const pid = Number(readFileSync(join(place, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 'SIGKILL')
    await startApi()
    restarts++
  }
  let crashing = null
  const began = performance.now()
  const writer = async () => {
    while (next < writes) {
      const n = next++
      if (n === Math.floor(writes / 2)) crashing = crash()
      try {
        const done = await writeOne(n)
        if (done) acknowledged.push(done)
      } catch {
        failed++
        while (!(await fetch(`${address}/readyz`).catch(() => null))?.ok) await pause(200)
      }
    }
  }
  const writing = Promise.all(Array.from({ length: writers }, writer))
  let over = false
  writing.then(() => {
    over = true
  })
  const killed = readers.find(({ name }) => name === 'killed')
  let killings = 0
  for (; killings < kills; killings++) {
    while (!over && next < ((killings + 1) * writes) / (kills + 1)) await pause(20)
    killed.process.kill('SIGKILL')
    startReader(killed, ['events', 'wait', 'cursor'][killings % 3])
    await pause(over ? 500 : 0)
  }
  await writing
  await crashing
  const seconds = (performance.now() - began) / 1000

  // The end: nobody writes, scheduled articles have come out, readers have caught up.
  await pause(27_000)
  const { rows } = await db.pool.query('SELECT seq, article_id, version, kind, at FROM changes ORDER BY seq')
  const expected = rows.map(({ article_id, version, kind }) => `${article_id} ${version} ${kind}`)
  const seenBy = file => readFileSync(file, 'utf8').trimEnd().split('\n')
  const told = file => seenBy(file).map(line => line.split(' ').slice(1, 4).join(' '))
  for (let tries = 0; tries < 100 && readers.some(({ file }) => told(file).length < rows.length); tries++)
    await pause(100)
  for (const { process: child } of readers) child.kill('SIGKILL')

  say(`${writes} writes by ${writers} writers in ${seconds.toFixed(0)} s: ${rows.length} changes in the log`)
  say(
    `${acknowledged.length} acknowledged, ${refused} refused, ${failed} cut off; ${restarts} crash of API and database`,
  )
  const logged = new Set(rows.map(({ article_id, version }) => `${article_id} ${version}`))
  // What changed nothing made no version, and is answered with the one there is.
  const missing = acknowledged.filter(({ id, version }) => !logged.has(`${id} ${version}`))
  say(`acknowledged writes that are not in the log: ${missing.length}`)
  for (const { name, file } of readers) {
    const seen = told(file)
    const same = seen.length === expected.length && seen.every((one, i) => one === expected[i])
    const note = name === 'killed' ? ` (killed ${killings} times)` : ''
    say(
      `reader ${name}${note}: ${seen.length} changes, ${same ? 'each once, in the order of the log' : 'NOT the log'}`,
    )
    if (!same) process.exitCode = 1
  }
  if (missing.length > 0) process.exitCode = 1

  for (const [eyes, headers, status] of [
    ['a reader without a key', {}, ['published']],
    [
      'a holder of a key',
      { authorization: `Bearer ${readKey}` },
      ['draft', 'scheduled', 'published', 'hidden'],
    ],
  ]) {
    const mirror = new Map()
    let fields = []
    for (let cursor = '', more = true; more; ) {
      const url = `${address}/v1/changes?include=article&limit=1000${cursor && `&since=${cursor}`}`
      const page = await (await fetch(url, { headers })).json()
      for (const { articleId, deleted, article } of page.items) {
        if (deleted) mirror.delete(articleId)
        else if (article) mirror.set(articleId, article)
        if (article) fields = Object.keys(article)
      }
      ;({ cursor, more } = page)
    }
    const table = new Map()
    const query = `pageSize=100&fields=${fields}${status.map(one => `&status=${one}`).join('')}`
    for (let cursor = ''; cursor !== null; ) {
      const url = `${address}/v1/articles?${query}${cursor && `&cursor=${cursor}`}`
      const page = await (await fetch(url, { headers })).json()
      for (const item of page.items) table.set(item.id, item)
      cursor = page.nextCursor
    }
    const differing = [...table].filter(([id, row]) =>
      fields.some(field => JSON.stringify(row[field]) !== JSON.stringify(mirror.get(id)?.[field])),
    ).length
    const equal = differing === 0 && mirror.size === table.size
    say(`mirror of ${eyes}: ${mirror.size} articles, table ${table.size}, rows that differ ${differing}`)
    if (!equal) process.exitCode = 1
  }

  const gone = new Promise(done => api.once('exit', done))
  api.kill('SIGTERM')
  await gone
  await db.close()
  rmSync(dir, { recursive: true, force: true })
}

const [mode, ...rest] = process.argv.slice(2)
if (mode === 'read') await readOn(...rest)
else await run(...[mode, ...rest].flatMap(n => (n ? [Number(n)] : [])))
