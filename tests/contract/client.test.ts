import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { insertKey } from '../../src/keys/store.ts'
import { testApp } from '../support/app.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('../client/', import.meta.url))
const node = (...args: string[]) =>
  run(process.execPath, args, { cwd: folder }).catch(error => {
    throw new Error(`${args[0]}: ${error.stdout}${error.stderr}`)
  })

const { app, db } = await testApp()

test('a client generated from the document type-checks, and gets what it was promised', async () => {
  await node(
    'node_modules/openapi-typescript/bin/cli.js',
    '../../openapi/openapi.json',
    '-o',
    'generated/api.ts',
  )
  await node('node_modules/typescript/bin/tsc', '-p', '.')

  const { key } = await insertKey(db, { name: 'client', scopes: ['articles:write'], expiresAt: null })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const script = `
    const { tour } = await import('./generated/board.js')
    console.log(JSON.stringify(await tour(process.argv[1], process.argv[2])))`
  const { stdout } = await node('--input-type=module', '-e', script, '--', address, key)
  expect(JSON.parse(stdout)).toEqual({
    total: 1,
    titles: ['1 고용노동부, 새해 안전 점검 시작 2026-01-20'],
    previous: null,
    title: '고용노동부, 새해 안전 점검에 나서다',
    version: 2,
    imported: { state: 'succeeded', created: 1 },
    stale: { status: 412, type: '/problems/precondition-failed' },
  })
}, 60_000)
