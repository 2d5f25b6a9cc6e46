import { readFile, writeFile } from 'node:fs/promises'
import { buildApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { openDatabase } from '../db/client.ts'
import { print, reportFailure, UsageError } from './command.ts'

const USAGE = 'usage: openapi [--check]'
const FILE = new URL('../../openapi/openapi.json', import.meta.url)

/** The document as it is committed. It needs no database: nothing connects before the first query. */
export async function generateDocument(): Promise<string> {
  const db = openDatabase({ url: 'postgresql://localhost/none', poolSize: 1, statementTimeout: 0 })
  const app = await buildApp({ config: readConfig({}), db })
  await app.ready()
  const document = `${JSON.stringify(app.swagger(), null, 2)}\n`
  await app.close()
  await db.close()
  return document
}

/** `npm run openapi` writes openapi/openapi.json; with `-- --check` it only says whether that is up to date. */
if (process.argv[1] === import.meta.filename)
  await reportFailure(USAGE, async () => {
    const unknown = process.argv.slice(2).find(given => given !== '--check')
    if (unknown !== undefined) throw new UsageError(`unknown argument ${unknown}\n${USAGE}`)
    const document = await generateDocument()
    if (!process.argv.includes('--check')) {
      await writeFile(FILE, document)
      print('wrote openapi/openapi.json')
    } else if ((await readFile(FILE, 'utf8')) !== document) {
      throw new Error('openapi/openapi.json is not what the code says: npm run openapi')
    }
  })
