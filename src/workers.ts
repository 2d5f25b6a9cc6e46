import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Several processes on one port. The first one starts the others, replaces those that end, and tells them when to stop; it
 * answers nothing itself, so that nothing that a request does can end it. Each of the others is a node like any other.
 */

const STOP = 'gongbo:stop'

/** Milliseconds before a worker is replaced that did not come to listen: it may be the database that is away. */
const PAUSE = 1_000

interface Workers {
  /** Ends them all, each after what it has in flight. */
  stop(): Promise<void>
}

/**
 * Starts workers and waits until all of them listen.
 * @param env what they are started with beside the environment of this process
 * @throws Error where one ends before; then the others are ended, too.
 */
export async function startWorkers(
  count: number,
  env: Record<string, string>,
  onEnd: (pid: number | undefined, how: string) => void,
): Promise<Workers> {
  const ended = new Set<Promise<void>>()
  let phase: 'starting' | 'serving' | 'stopping' = 'starting'
  const stop = async () => {
    phase = 'stopping'
    for (const worker of living()) if (worker.isConnected()) worker.send({ type: STOP })
    await Promise.all(ended)
  }
  const fork = (failed: (error: Error) => void = () => {}): Promise<void> => {
    const worker = cluster.fork(env)
    let listening = false
    const end = new Promise<void>(done => {
      worker.once('exit', (code, signal) => {
        ended.delete(end)
        done()
        const how = signal ?? `exit ${code}`
        if (phase === 'starting') failed(new Error(`a worker ended before it listened (${how})`))
        if (phase !== 'serving') return
        onEnd(worker.process.pid, how)
        sleep(listening ? 0 : PAUSE).then(() => {
          if (phase === 'serving') fork()
        })
      })
    })
    ended.add(end)
    return new Promise(ready =>
      worker.once('listening', () => {
        listening = true
        ready()
      }),
    )
  }
  try {
    await new Promise<void>((done, fail) => {
      Promise.all(Array.from({ length: count }, () => fork(fail))).then(() => done())
    })
  } catch (error) {
    await stop()
    throw error
  }
  phase = 'serving'
  return { stop }
}

const living = (): Worker[] => Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined)

/** Signals that may reach a worker by itself, beside the word of the first process: the terminal sends them to all. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** In a worker: stops, once, when the first process says so or a signal comes. Where that process is gone Node ends it. */
export function stopWithOthers(stop: () => void): void {
  let stopping = false
  const once = () => {
    if (!stopping) stop()
    stopping = true
  }
  for (const signal of SIGNALS) process.on(signal, once)
  process.on('message', message => {
    if ((message as { type?: unknown } | null)?.type === STOP) once()
  })
}
