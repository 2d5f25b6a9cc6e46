import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

export default async function teardown(config) {
  const { server, dir } = globalThis.gongboTests
  const met = new Set((await readFile(join(dir, 'met'), 'utf8')).split('\n'))
  await server?.stop()
  await rm(dir, { recursive: true, force: true })
  if (isWhole(config)) await assertAllMet(met)
}

/** Whether every test of the suite ran. */
const isWhole = ({ testPathPatterns, testNamePattern, onlyChanged, onlyFailures, shard, watch, watchAll }) =>
  testPathPatterns.patterns.length === 0 &&
  !(testNamePattern || onlyChanged || onlyFailures || shard || watch || watchAll)

/** What every operation shares is tested where it is made, once. */
const SHARED = ['400', '401', '403', '406', '413', '429', '500', '503']

/** Every answer that the document promises was given to some test, or it is no promise. */
async function assertAllMet(met) {
  const { paths } = JSON.parse(await readFile('openapi/openapi.json', 'utf8'))
  const promised = Object.values(paths)
    .flatMap(path => Object.values(path))
    .flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter(status => !SHARED.includes(status))
        .map(status => `${operationId} ${status}`),
    )
  const unmet = promised.filter(answer => !met.has(answer))
  if (unmet.length > 0) throw new Error(`no test produced, but the document promises: ${unmet.join(', ')}`)
}
