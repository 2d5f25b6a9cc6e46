import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.js'

/**
 * How long `npm start` takes to its first list of articles, on a new data folder (cluster, migrations and samples are
 * made) and on the same folder again. Usage: node bench/start.js [rounds]
 */
const rounds = Number(process.argv[2] ?? 5)

/** Seconds from the command to the first answer of the list. */
async function timeStart(dataDir) {
  const port = await freePort()
  const began = performance.now()
  const child = spawn('npm', ['start'], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, PORT: String(port), DATA_DIR: dataDir },
  })
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/v1/articles`).catch(() => null)
    if (response?.ok && (await response.json()).total > 0) break
    await new Promise(tick => setTimeout(tick, 20))
  }
  const seconds = (performance.now() - began) / 1000
  const ended = new Promise(done => child.once('exit', done))
  process.kill(-child.pid, 'SIGINT')
  await ended
  // npm may end before its child has stopped the database.
  while (true) {
    try {
      execFileSync('pgrep', ['-f', dataDir])
      await new Promise(tick => setTimeout(tick, 50))
    } catch {
      return seconds
    }
  }
}

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const times = { 'new data folder': [], 'same folder again': [] }
for (let round = 0; round < rounds; round++) {
  const dataDir = mkdtempSync(join(tmpdir(), 'gongbo-bench-'))
  chmodSync(dataDir, 0o755)
  times['new data folder'].push(await timeStart(dataDir))
  times['same folder again'].push(await timeStart(dataDir))
  rmSync(dataDir, { recursive: true, force: true })
}
process.stdout.write(`| npm start (${rounds} rounds) | median | slowest |\n|---|---|---|\n`)
for (const [name, values] of Object.entries(times))
  process.stdout.write(`| ${name} | ${median(values).toFixed(1)} s | ${Math.max(...values).toFixed(1)} s |\n`)
