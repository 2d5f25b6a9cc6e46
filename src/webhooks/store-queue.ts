import PgBoss from 'pg-boss'
import { type Database, inTransaction } from '../db/client.ts'
import type { Client } from '../db/run.ts'

/** The queue of attempts, kept by pg-boss in a schema of its own, which it makes and migrates when it is first used. */

const SCHEMA = 'gongbo_queue'
const QUEUE = 'webhook-deliveries'

export interface Attempt {
  deliveryId: string
  webhookId: number
  /** Counts from 1 over the whole life of a delivery: a job that comes twice finds its attempt made. */
  number: number
  /** How often it was put back because its endpoint had enough under way. */
  held?: number
}
export interface Job extends Attempt {
  id: string
}

export interface DeliveryQueue {
  /** Makes the tables where they are not yet made. */
  ready(): Promise<void>
  /** Adds attempts in the transaction of a client, to be made at once or at an instant. */
  add(client: Client, attempts: readonly Attempt[], at?: Date): Promise<void>
  /** Takes jobs that are due; others take others. Who does not end them in time loses them to the next. */
  take(atMost: number): Promise<Job[]>
  /** Ends a job, in the transaction that notes what came of it. */
  done(client: Client, id: string): Promise<void>
  /** Lets another have it at once. */
  giveBack(id: string): Promise<void>
  /** Puts it back until an instant, with what it says now. */
  putBack(job: Job, at: Date): Promise<void>
  stop(): Promise<void>
}

export interface QueueOptions {
  /** Seconds after which a job whose process fell silent is given to another. */
  expireInSeconds: number
  /**
   * Seconds between looks for such jobs and for what is done and can go, or twice that: pg-boss passes over a look that comes a
   * moment early. One that does not send does not look.
   */
  lookInSeconds: number | null
  onError: (error: unknown) => void
}

/** Jobs come back after a death that often; what their deliveries are due is counted elsewhere. */
const DEATHS = 1_000
/** How long they wait for a process to take them, where none runs. */
const KEPT_MS = 365 * 86_400_000

export function deliveryQueue({ pool }: Pick<Database, 'pool'>, options: QueueOptions): DeliveryQueue {
  const { expireInSeconds, lookInSeconds, onError } = options
  /** A statement that fails within a script leaves its transaction open: that connection is not used again. */
  const executeSql = async (text: string, values?: unknown[]) => {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      return await client.query(text, values)
    } catch (error) {
      broken = error as Error
      throw error
    } finally {
      client.release(broken)
    }
  }
  const boss = new PgBoss({
    db: { executeSql },
    schema: SCHEMA,
    schedule: false,
    supervise: lookInSeconds !== null,
    ...(lookInSeconds !== null && { maintenanceIntervalSeconds: lookInSeconds }),
    archiveCompletedAfterSeconds: 3_600,
    deleteAfterHours: 24,
  })
  boss.on('error', onError)
  const within = (client: Client) => ({
    db: { executeSql: (text: string, values: unknown[]) => client.query(text, values) },
  })
  let starting: Promise<void> | null = null
  const ready = () => {
    starting ??= boss
      .start()
      .then(() => boss.createQueue(QUEUE))
      .catch(error => {
        starting = null
        throw error
      })
    return starting
  }

  const add: DeliveryQueue['add'] = async (client, attempts, at) => {
    if (attempts.length === 0) return
    const startAfter = at && { startAfter: at.toISOString() }
    const keepUntil = new Date((at?.getTime() ?? Date.now()) + KEPT_MS).toISOString()
    const settings = { name: QUEUE, retryLimit: DEATHS, retryDelay: 0, expireInSeconds, keepUntil }
    const jobs = attempts.map(data => ({ ...settings, data, ...startAfter }))
    await boss.insert(jobs as PgBoss.JobInsert[], within(client))
  }
  const done: DeliveryQueue['done'] = async (client, id) => {
    await boss.complete(QUEUE, id, {}, within(client))
  }

  return {
    ready,
    add,
    done,
    async take(atMost) {
      await ready()
      let failure: unknown
      // pg-boss keeps an error of this statement to itself.
      const db = {
        executeSql: (text: string, values: unknown[]) =>
          executeSql(text, values).catch(error => {
            failure = error
            throw error
          }),
      }
      const jobs = await boss.fetch<Attempt>(QUEUE, { batchSize: atMost, db } as PgBoss.FetchOptions)
      if (failure) throw failure
      return jobs.map(({ id, data }) => ({ ...data, id }))
    },
    async giveBack(id) {
      await boss.fail(QUEUE, id)
    },
    putBack: ({ id, ...attempt }, at) =>
      inTransaction({ pool }, async client => {
        await done(client, id)
        await add(client, [attempt], at)
      }),
    async stop() {
      await starting?.catch(() => {})
      await boss.stop({ graceful: false })
    },
  }
}
