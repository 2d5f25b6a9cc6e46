import { buildApp } from '../../dist/app.js'
import { readConfig } from '../../dist/config.js'
import { openDatabase } from '../../dist/db/client.js'
import { tuneHeap } from '../../dist/heap.js'

/** Gongbo's API by its settings, without the upkeep that `npm start` does beside it. Usage: node bench/lists/gongbo.js */
tuneHeap()
const config = readConfig(process.env)
const db = openDatabase({
  url: config.DATABASE_URL,
  poolSize: config.DATABASE_POOL,
  statementTimeout: config.STATEMENT_TIMEOUT_MS,
})
const app = await buildApp({ config, db })
await app.listen({ port: config.PORT, host: '127.0.0.1' })
process.on('SIGTERM', async () => {
  await app.close()
  await db.close()
})
