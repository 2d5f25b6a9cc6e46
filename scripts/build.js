import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Generates Prisma's client and compiles src/ to dist/, and what is WebAssembly to both, where something has changed since the
 * last time. One at a time: two commands that come together would write the same folders.
 */
const STAMP = 'dist/.built'
const PROGRAM = 'text/analyser/wasm/viterbi'
/** Memory comes from the caller, who bounds it, and is shared by his threads. */
const ASSEMBLE = `-O3 --noAssert --runtime stub --use abort= --enable threads
  --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536`
const LOCK = 'node_modules/.gongbo-build'

const modified = path => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

function newest(path) {
  if (path.endsWith('generated') || path.endsWith('.wasm')) return 0
  if (!statSync(path).isDirectory()) return modified(path)
  return Math.max(modified(path), ...readdirSync(path).map(name => newest(join(path, name))))
}

const upToDate = () =>
  modified(STAMP) >
    Math.max(...['src', 'prisma', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map(newest)) &&
  modified('src/generated/client.ts') > 0 &&
  modified(`src/${PROGRAM}.wasm`) > 0 &&
  modified(`dist/${PROGRAM}.wasm`) > 0

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
    const program = `src/${PROGRAM}`
    run(
      'node_modules/assemblyscript/bin/asc.js',
      `${program}.ts`,
      ...ASSEMBLE.split(/\s+/),
      ...['-o', `${program}.wasm`],
    )
    run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
    mkdirSync(dirname(`dist/${PROGRAM}`), { recursive: true })
    copyFileSync(`${program}.wasm`, `dist/${PROGRAM}.wasm`)
    writeFileSync(STAMP, '')
  })
