import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Who owns a data folder: the process that listens on a socket named after it. The system frees the name when that
 * process dies, however it dies, so there is no stale claim to judge. Others connect, and the owner can wait for them.
 */
interface Claim {
  owned: boolean
  /** The owner's process id, for people. */
  owner: string
  /** Waits, for half a minute at most, until nobody else is connected. */
  alone(): Promise<void>
  release(): Promise<void>
}

export async function claimFolder(dir: string): Promise<Claim> {
  const name = `gongbo-${createHash('sha256').update(dir).digest('hex').slice(0, 32)}`
  // Linux has names that are no files. Elsewhere the file of a dead owner is in the way until it is removed.
  const file = process.platform === 'linux' ? null : join(tmpdir(), `${name}.sock`)
  const path = file ?? `\0${name}`
  const note = join(dir, 'owner')
  for (;;) {
    const mine = await own(path, note)
    if (mine) {
      await writeFile(note, String(process.pid))
      return mine
    }
    const guest = await visit(path)
    if (guest !== 'nobody' && guest !== 'leaving') {
      const owner = await readFile(note, 'utf8').catch(() => '?')
      return { owned: false, owner, alone: async () => {}, release: async () => void guest.destroy() }
    }
    if (guest === 'nobody' && file !== null) await rm(file, { force: true })
    await sleep(25)
  }
}

/** What the owner says to a guest who may stay. */
const WELCOME = 'welcome'

/** Listens on the path, or null where somebody else does. It keeps no process alive. */
function own(path: string, note: string): Promise<Claim | null> {
  const guests = new Set<Socket>()
  let leaving = false
  const server = createServer(guest => {
    guest.unref().on('error', () => {})
    // Whoever comes from now on would find the database stopped under its hands.
    if (leaving) {
      guest.destroy()
      return
    }
    guests.add(guest)
    guest.on('close', () => guests.delete(guest)).write(WELCOME)
  })
  const claim: Claim = {
    owned: true,
    owner: String(process.pid),
    async alone() {
      for (const end = Date.now() + 30_000; guests.size > 0 && Date.now() < end; ) await sleep(50)
      leaving = true
    },
    async release() {
      await rm(note, { force: true })
      for (const guest of guests) guest.destroy()
      await new Promise(done => server.close(done))
    },
  }
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? done(null) : fail(error),
    )
    server.listen(path, () => {
      server.unref()
      done(claim)
    })
  })
}

/** A connection to the owner; or that nobody is there, or that the owner is about to leave. */
function visit(path: string): Promise<Socket | 'nobody' | 'leaving'> {
  return new Promise(done => {
    const guest = connect(path)
    guest.once('data', () => done(guest.unref()))
    guest.once('error', () => done('nobody'))
    guest.once('close', () => done('leaving'))
  })
}
