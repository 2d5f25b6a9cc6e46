import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { parseNetworks } from '../../src/webhooks/address.ts'
import { type Resolve, type SendOptions, send } from '../../src/webhooks/send.ts'
import { freePort } from '../support/ports.ts'
import { receiver } from '../support/receiver.ts'

const me = await receiver()
const answered = me.answer
afterEach(() => {
  me.answer = answered
  me.received.length = 0
})
const HERE = parseNetworks('127.0.0.1')
const post = (url: string, options: Partial<SendOptions> = {}) =>
  send(url, { 'content-type': 'application/json' }, '{}', { networks: HERE, timeout: 1_000, ...options })

/** Servers that speak no HTTP. */
const servers: Server[] = []
async function serve(handle: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => handle(socket.on('error', () => {})))
  servers.push(server)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}
afterAll(() => Promise.all(servers.map(server => new Promise(done => server.close(done)))))

/** A name that stands for addresses, another one at each look. */
const naming = (...looks: string[][]): Resolve & { asked: number } => {
  const resolve = ((_name, _options, callback) => {
    const addresses = looks[Math.min(resolve.asked++, looks.length - 1)] ?? []
    setImmediate(
      callback,
      null,
      addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }) as Resolve & { asked: number }
  resolve.asked = 0
  return resolve
}

test('2xx is success, and everything else is told in words', async () => {
  expect(await post(me.url)).toMatchObject({ status: 204, error: null, retryAfter: null })
  for (const status of [400, 404, 410, 500]) {
    me.answer = (_request, response) => response.writeHead(status).end('no')
    expect(await post(me.url)).toMatchObject({ status, error: `answered ${status}` })
  }
})

test('an address that is not allowed is not connected to', async () => {
  const none = { networks: [] }
  for (const url of [me.url, `http://[::ffff:127.0.0.1]:${me.port}/`, `http://0x7f000001:${me.port}/`])
    expect(await post(url, none)).toMatchObject({
      status: null,
      error: expect.stringContaining('is not public'),
    })
  expect(me.received).toEqual([])
})

test('a name that leads to such an address is not connected to', async () => {
  for (const addresses of [['127.0.0.1'], ['10.0.0.1', '::1'], ['::ffff:127.0.0.1']]) {
    const outcome = await post(`http://board.example:${me.port}/hook`, {
      networks: [],
      resolve: naming(addresses),
    })
    expect(outcome).toMatchObject({
      status: null,
      error: 'the address of board.example is not public, and no network that is allowed',
    })
  }
  expect(me.received).toEqual([])
})

test('a name is looked up once by what connects, so that it cannot mean something else a moment later', async () => {
  // To whoever asks a second time the name would be this machine’s other address.
  const rebinding = naming(['127.0.0.1'], ['127.0.0.2'])
  expect((await post(`http://board.example:${me.port}/`, { resolve: rebinding })).status).toBe(204)
  expect(rebinding.asked).toBe(1)
  expect((await post(`http://board.example:${me.port}/`, { resolve: rebinding })).error).toContain(
    'is not public',
  )
  expect(me.received).toHaveLength(1)
})

test('of several addresses of a name only those that are allowed are tried', async () => {
  const both = naming(['127.0.0.2', '127.0.0.1', '10.0.0.1'])
  expect((await post(`http://board.example:${me.port}/`, { resolve: both })).status).toBe(204)
})

test('redirects are not followed, to a private address or anywhere', async () => {
  let visits = 0
  const inside = await serve(socket => {
    visits++
    socket.destroy()
  })
  for (const status of [301, 302, 303, 307, 308])
    for (const location of [
      'http://169.254.169.254/latest/meta-data',
      `http://127.0.0.1:${inside}/`,
      '/elsewhere',
    ]) {
      me.answer = (_request, response) => response.writeHead(status, { location }).end()
      expect(await post(me.url)).toMatchObject({
        status,
        error: `answered ${status}: redirects are not followed`,
      })
    }
  expect(visits).toBe(0)
  expect(me.received.map(({ path }) => path)).toEqual(Array(15).fill('/hook'))
})

test('who does not answer in time has not answered', async () => {
  me.answer = () => {}
  const outcome = await post(me.url, { timeout: 200 })
  expect(outcome).toMatchObject({ status: null, error: 'no answer within 200 ms' })
  expect(outcome.durationMs).toBeGreaterThanOrEqual(190)
  // Neither has who trickles the head of an answer.
  const port = await serve(socket => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 20)
    socket.once('close', () => clearInterval(drip))
  })
  expect(await post(`http://127.0.0.1:${port}/`, { timeout: 200 })).toMatchObject({ status: null })
})

test('the body of an answer is neither awaited for long nor read to its end', async () => {
  let sent = 0
  me.answer = (_request, response) => {
    response.writeHead(200)
    response.on('error', () => {})
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }
  expect(await post(me.url)).toMatchObject({ status: 200, error: null })
  expect(sent).toBeLessThan(50_000_000)
  me.answer = (_request, response) => void response.writeHead(202).write('a beginning')
  expect(await post(me.url, { timeout: 500 })).toMatchObject({ status: 202, error: null })
})

test.each([
  [429, '30', 30],
  [503, '7', 7],
  [500, '30', null],
  [429, 'soon', null],
])('Retry-After of a %s is heard: %s', async (status, header, retryAfter) => {
  me.answer = (_request, response) => response.writeHead(status, { 'retry-after': header }).end()
  expect(await post(me.url)).toMatchObject({ status, retryAfter })
})

test('what fails before there is an answer is told without the address', async () => {
  const closed = await freePort()
  expect((await post(`http://127.0.0.1:${closed}/?token=hidden`)).error).toBe('the connection was refused')
  expect((await post(me.url.replace('http:', 'https:'))).error).toMatch(/^the secure connection failed/)
  const unknown: Resolve = (_name, _options, callback) =>
    callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), [])
  expect((await post('http://nowhere.example/', { resolve: unknown })).error).toBe(
    'the name of the host is unknown',
  )
  me.answer = request => request.socket.destroy()
  expect((await post(me.url)).error).toBe('the connection was cut before an answer came')
})

test('an abort is no outcome', async () => {
  me.answer = () => {}
  const abort = new AbortController()
  setTimeout(() => abort.abort(new Error('the process stops')), 50)
  await expect(post(me.url, { abort: abort.signal })).rejects.toThrow('the process stops')
})

test('proxies of the environment are not used', async () => {
  process.env.HTTP_PROXY = process.env.http_proxy = 'http://127.0.0.1:9'
  expect((await post(me.url)).status).toBe(204)
  delete process.env.HTTP_PROXY
  delete process.env.http_proxy
})
