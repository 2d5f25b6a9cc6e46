import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Generates Prisma's client and compiles src/ to dist/, where something has changed since the last time. One at a
 * time: two commands that come together would write the same folders.
 */
const STAMP = 'dist/.built'
const LOCK = 'node_modules/.gongbo-build'

const modified = path => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

function newest(path) {
  if (path.endsWith('generated')) return 0
  if (!statSync(path).isDirectory()) return modified(path)
  return Math.max(modified(path), ...readdirSync(path).map(name => newest(join(path, name))))
}

const upToDate = () =>
  modified(STAMP) >
    Math.max(...['src', 'prisma', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map(newest)) &&
  modified('src/generated/client.ts') > 0

/** Holds the lock while `work` runs; one that is older than two minutes was left by a killed build. */
function alone(work) {
  for (;;) {
    try {
      mkdirSync(LOCK)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (Date.now() - modified(LOCK) > 120_000) rmdirSync(LOCK)
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    }
  }
  try {
    work()
  } finally {
    rmdirSync(LOCK)
  }
}

const run = (...args) => {
  try {
    execFileSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    process.stderr.write(`${error.stdout}${error.stderr}`)
    rmdirSync(LOCK)
    process.exit(1)
  }
}

if (!upToDate())
  alone(() => {
    if (upToDate()) return
    run('node_modules/prisma/build/index.js', 'generate')
    run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
    writeFileSync(STAMP, '')
  })
