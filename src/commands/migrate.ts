import { loadConfig } from '../config.ts'
import { assertHangul } from '../db/hangul.ts'
import { migrate, schemaDrift } from '../db/migrate.ts'
import { provideDatabase } from '../db/provide.ts'
import { print, reportFailure, takeNoArguments } from './command.ts'

const USAGE = 'usage: migrate (it takes no arguments: settings come from the environment)'

/** `npm run migrate`: applies what is pending, then checks that the database is what prisma/schema.prisma says. */
await reportFailure(USAGE, async () => {
  takeNoArguments()
  const server = await provideDatabase(loadConfig(), () => {}, { attach: true })
  try {
    await assertHangul(server.url)
    const applied = await migrate(server.url)
    for (const name of applied) print(`applied ${name}`)
    if (applied.length === 0) print('nothing to apply')
    const drift = await schemaDrift(server.url)
    if (drift !== '')
      throw new Error(`the database is not what prisma/schema.prisma says; this would make it so:\n${drift}`)
  } finally {
    await server.stop()
  }
})
