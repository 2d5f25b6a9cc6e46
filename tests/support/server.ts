import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach } from '@jest/globals'

/** The built program, as `npm start` runs it. */

export interface Started {
  child: ChildProcess
  address: string
  log: () => string
}

/** Starts servers, and ends those that a test leaves. `env` is theirs whole, but for what `start` adds. */
export function servers(env: () => NodeJS.ProcessEnv): (more?: NodeJS.ProcessEnv) => Promise<Started> {
  const children: ChildProcess[] = []
  afterEach(async () => {
    for (const child of children.splice(0)) await stop(child)
  })
  return (more = {}) => {
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: { PATH: process.env.PATH, PORT: '0', RATE_LIMIT: '0', LOG_LEVEL: 'info', ...env(), ...more },
    })
    children.push(child)
    let log = ''
    return new Promise((done, fail) => {
      child.stderr?.on('data', chunk => {
        log += chunk
      })
      child.stdout?.on('data', chunk => {
        log += chunk
        const address = /articles at (http:\/\/[^/]+)\/v1/.exec(log)?.[1]
        if (address) done({ child, address, log: () => log })
      })
      child.once('exit', code => fail(new Error(`exit ${code}: ${log}`)))
    })
  }
}

/** Ends a server that runs, and gives its exit status. */
export const stop = (child: ChildProcess, signal: NodeJS.Signals = 'SIGINT') =>
  new Promise<number | null>(done => {
    if (child.exitCode !== null || child.signalCode !== null) return done(child.exitCode)
    child.once('exit', done)
    child.kill(signal)
  })
