import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Who owns a data folder: the process that listens on a socket named after it. The system frees the name when that
 * process dies, however it dies, so there is no stale claim to judge. Others connect, and the owner can wait for them.
 */
export interface Claim {
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
  const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`)
  const note = join(dir, 'owner')
  for (;;) {
    const guests = new Set<Socket>()
    const server = await listen(path, guest => {
      guests.add(guest)
      guest.on('close', () => guests.delete(guest)).on('error', () => {})
    })
    if (server) {
      await writeFile(note, String(process.pid))
      return owned(server, guests, note)
    }
    const guest = await connectTo(path)
    if (guest) {
      const owner = await readFile(note, 'utf8').catch(() => '?')
      return {
        owned: false,
        owner,
        alone: async () => {},
        release: async () => {
          guest.destroy()
        },
      }
    }
    if (!path.startsWith('\0')) await rm(path, { force: true })
  }
}

function owned(server: Server, guests: Set<Socket>, note: string): Claim {
  return {
    owned: true,
    owner: String(process.pid),
    async alone() {
      for (const end = Date.now() + 30_000; guests.size > 0 && Date.now() < end; )
        await new Promise(tick => setTimeout(tick, 50))
    },
    async release() {
      await rm(note, { force: true })
      for (const guest of guests) guest.destroy()
      await new Promise(done => server.close(done))
    },
  }
}

/** A server on the path, or null where somebody listens there. It keeps no process alive. */
function listen(path: string, onGuest: (guest: Socket) => void): Promise<Server | null> {
  return new Promise((done, fail) => {
    const server = createServer(guest => onGuest(guest.unref()))
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? done(null) : fail(error),
    )
    server.listen(path, () => done(server.unref()))
  })
}

/** A connection to the owner, or null where nobody is there any more. */
function connectTo(path: string): Promise<Socket | null> {
  return new Promise(done => {
    const guest = connect(path, () => done(guest.unref()))
    guest.once('error', () => done(null)).on('error', () => {})
  })
}
