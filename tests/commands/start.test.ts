import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { servers, stop } from '../support/server.ts'

const run = promisify(execFile)
let dataDir: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gongbo-start-'))
  await chmod(dataDir, 0o755)
  env = { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'info', RATE_LIMIT: '0' }
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

const start = servers(() => env)

const command = (name: string, ...args: string[]) =>
  run(process.execPath, [`dist/commands/${name}.js`, ...args], { env }).catch(error => error)

test('a first start brings up samples and a development key that only its owner may read', async () => {
  const { address, child, log } = await start()
  const { total } = (await (await fetch(`${address}/v1/articles`)).json()) as { total: number }
  expect(total).toBeGreaterThanOrEqual(60)

  const path = join(dataDir, 'development-key')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const key = (await readFile(path, 'utf8')).trim()
  expect(log()).toContain(path)
  expect(log()).not.toContain(key)
  const keys = await fetch(`${address}/v1/keys`, { headers: { authorization: `Bearer ${key}` } })
  expect(keys.status).toBe(200)
  expect(await stop(child)).toBe(0)
})

test('a second start has the data and the key of the first; commands work beside it', async () => {
  const { address } = await start()
  const page = 'tests/imports/board-page.txt'
  expect((await command('import', page)).stdout).toContain('21 changes (21 created')
  expect((await command('import', page)).stdout).toContain('0 changes')
  const found = await fetch(`${address}/v1/articles/by-source/korea.kr/156576172`)
  expect(found.status).toBe(200)

  const created = (
    await command('keys', 'create', '--name', 'desk', '--scope', 'articles:write')
  ).stdout.trim()
  expect(created).toMatch(/^gongbo_[0-9a-f]{12}_[\w-]{43}$/)
  const drafts = () =>
    fetch(`${address}/v1/articles?status=draft`, { headers: { authorization: `Bearer ${created}` } })
  expect((await drafts()).status).toBe(200)
  const list = (await command('keys', 'list')).stdout
  expect(list).toContain('desk')
  expect(list).not.toContain(created)
  expect((await command('keys', 'revoke', created.split('_')[1])).stdout).toContain('revoked')
  expect((await drafts()).status).toBe(401)
  expect((await command('migrate')).stdout).toBe('nothing to apply\n')
})

test('commands name what is wrong and end with a status that tells', async () => {
  expect(await command('import', 'package.json')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/package\.json: line 2: expected .*nothing was imported/),
  })
  expect(await command('import', 'no-such-file')).toMatchObject({
    code: 2,
    stderr: 'no-such-file: no such file\n',
  })
  expect(await command('import')).toMatchObject({ code: 2 })
  expect(await command('keys', 'create', '--name', 'x', '--scope', 'everything')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('unknown scope "everything"'),
  })
  expect(
    await command('keys', 'create', '--name', 'x', '--scope', 'admin', '--expires', '2020-01-01'),
  ).toMatchObject({ code: 2 })
  expect(await command('keys', 'revoke', '000000000000')).toMatchObject({ code: 2 })
})

test('a stop finishes what is in flight', async () => {
  const { address, child } = await start()
  const key = (await readFile(join(dataDir, 'development-key'), 'utf8')).trim()
  const body = JSON.stringify({ status: 'draft', kind: 'other', title: '마지막 글' })
  const answered = new Promise<number | undefined>((done, fail) => {
    const post = request(`${address}/v1/articles`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    post.once('response', response => done(response.resume().statusCode)).once('error', fail)
    post.write(body.slice(0, 20))
    // The rest comes after the signal.
    setTimeout(() => child.kill('SIGTERM'), 300)
    setTimeout(() => post.end(Buffer.from(body).subarray(20)), 900)
  })
  const exit = new Promise(done => child.once('exit', done))
  expect(await answered).toBe(201)
  expect(await exit).toBe(0)
})

test('a stop does not wait for ever for who is slow, and stops the database in any case', async () => {
  const { address, child, log } = await start({ SHUTDOWN_TIMEOUT_MS: '500' })
  const { port, hostname } = new URL(address)
  const slow = connect(Number(port), hostname)
  slow.on('error', () => {})
  slow.write(
    'PUT /v1/articles/1/reactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  )
  await new Promise(done => setTimeout(done, 200))
  expect(await stop(child)).toBe(0)
  expect(log()).toContain('cutting what is not finished')
  await expect(stat(join(dataDir, 'postgres/cluster/postmaster.pid'))).rejects.toThrow('ENOENT')
})

test('two commands at once, without a server, both finish their work', async () => {
  const both = await Promise.all([command('import', 'tests/imports/board-page.txt'), command('keys', 'list')])
  expect(both.map(({ stdout, stderr }) => [stdout !== '', stderr])).toEqual([
    [true, ''],
    [true, ''],
  ])
})

test('a start that cannot listen says so, ends its database, and leaves the folder to the next', async () => {
  const { address } = await start({ DATA_DIR: `${dataDir}/other`, SAMPLES: 'off' })
  const port = new URL(address).port
  await expect(start({ PORT: port })).rejects.toThrow(
    /exit 1: [\s\S]*cannot listen on HOST 127\.0\.0\.1, PORT \d+: [^\n]*EADDRINUSE/,
  )
  await expect(start({ DATA_DIR: `${dataDir}/other` })).rejects.toThrow(/is in use by process/)
  await expect(start({ PORT: 'http' })).rejects.toThrow(/bad settings: PORT must be/)
  const { child } = await start()
  expect(await stop(child, 'SIGTERM')).toBe(0)
})

test('a setting that the system refuses is named', async () => {
  await expect(start({ HOST: 'nowhere.invalid', SAMPLES: 'off' })).rejects.toThrow(
    /exit 1: [\s\S]*cannot listen on HOST nowhere\.invalid, PORT 0: /,
  )
  const file = join(dataDir, 'development-key')
  await expect(start({ DATA_DIR: file })).rejects.toThrow(
    `gongbo: DATA_DIR "${file}" cannot be used: ENOTDIR`,
  )
  await expect(start({ DATABASE_URL: 'postgres://gongbo@127.0.0.1:1/none' })).rejects.toThrow(
    'the database (DATABASE_URL) cannot be reached: ',
  )
})

test('what takes no arguments says so, and where settings come from', async () => {
  const main = await run(process.execPath, ['dist/main.js', '--port', '8080'], { env }).catch(error => error)
  expect(main).toMatchObject({ code: 2, stdout: '' })
  expect(main.stderr).toBe(
    'gongbo: takes no arguments, but --port 8080 was given: settings come from the environment (.env.example)\n',
  )
  expect((await command('migrate', '--force')).stderr).toContain('takes no arguments, but --force was given')
})

describe('without a database', () => {
  const away = (name: string, ...args: string[]) =>
    run(process.execPath, [`dist/commands/${name}.js`, ...args], {
      env: { ...env, DATABASE_URL: 'postgres://gongbo@127.0.0.1:1/none' },
    }).catch(error => error)
  const commands = ['import', 'keys', 'migrate', 'openapi', 'reindex', 'sync']

  test.each(commands)('%s --help tells how it is called', async name => {
    const told = await away(name, '--help')
    expect(told).toMatchObject({ stderr: '', stdout: expect.stringMatching(`^usage: ${name} `) })
    expect(told.code).toBeUndefined()
  })

  test.each(commands)('%s tells a mistake on the command line as one', async name => {
    const mistake = await away(name, '--frobnicate')
    expect(mistake).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--frobnicate') })
  })

  test.each([
    [['list', 'all'], /^usage: keys create/],
    [['revoke', '000000000000', '111111111111'], /^usage: keys create/],
    [['create', 'desk', '--name', 'x', '--scope', 'admin'], /^usage: keys create/],
    [['create', '--name', '공'.repeat(201), '--scope', 'admin'], /^--name may have 200 characters/],
  ])('keys %j is a mistake, nothing of which is passed over', async (args, told) => {
    expect(await away('keys', ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(told) })
  })

  test('a command says that it is the database that is away', async () => {
    expect(await away('keys', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^the database .*cannot be reached: .*ECONNREFUSED/),
    })
  })
})
