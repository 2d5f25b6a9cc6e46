import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../ports.js'

/** A server on the first core, once it answers what it is asked. */
export async function start(
  name,
  args,
  env = {},
  { node = process.execPath, asked = '/v1/articles?page=1' } = {},
) {
  const port = await freePort()
  const child = spawn('taskset', ['-c', '0', node, ...args(port)], {
    env: { PATH: process.env.PATH, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (let tries = 0; tries < 300; tries++) {
    const ready = await fetch(`http://127.0.0.1:${port}${asked}`).then(
      r => r.ok,
      () => false,
    )
    if (ready) return { name, port, child }
    await setTimeout(100)
  }
  throw new Error(`${name} did not start`)
}
