import { afterAll } from '@jest/globals'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import type { Scope } from '../../src/http/access.ts'
import { insertKey } from '../../src/keys/store.ts'
import { type Call, contract } from './contract.ts'
import { testDatabase } from './database.ts'

interface TestApp {
  app: FastifyInstance
  db: Database & { url: string }
  call: Call
  /** The clock: tests turn it by setting `at`. */
  clock: { at: Date | null }
  /** An Authorization header with a new key. */
  authorize: (...scopes: Scope[]) => Promise<{ authorization: string }>
}

/** The whole API over the test file's own database, every answer held to the OpenAPI document. */
export async function testApp(settings: Partial<Config> = {}): Promise<TestApp> {
  const db = await testDatabase()
  const clock: TestApp['clock'] = { at: null }
  // Tests write behind the API's back; those of answers from memory say so.
  const config = { ...readConfig({}), RATE_LIMIT: 0, CACHE_MIB: 0, ...settings }
  const app = await buildApp({ config, db, now: () => clock.at ?? new Date() })
  afterAll(() => app.close())
  return {
    app,
    db,
    call: await contract(app),
    clock,
    async authorize(...scopes) {
      const { key } = await insertKey(db, { name: 'test', scopes, expiresAt: null })
      return { authorization: `Bearer ${key}` }
    },
  }
}

/** Another app over a database that is there, as another process has it: answers are held to the document, too. */
export async function anotherApp(url: string, statementTimeout: number): Promise<Call> {
  const db = openDatabase({ url, poolSize: 5, statementTimeout })
  const app = await buildApp({ config: { ...readConfig({}), RATE_LIMIT: 0 }, db })
  afterAll(async () => {
    await app.close()
    await db.close()
  })
  return contract(app)
}
