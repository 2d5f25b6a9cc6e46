import { parseArgs } from 'node:util'
import { SCOPES, type Scope } from '../http/access.ts'
import { insertKey, listKeys, revokeKey, toApiKey } from '../keys/store.ts'
import { isDay, startOfDay } from '../time/seoul.ts'
import { print, runCommand, UsageError } from './command.ts'

const USAGE = `usage: keys create --name <text> --scope <scope> [--scope <scope>] [--expires YYYY-MM-DD]
       keys list
       keys revoke <id>
scopes: ${SCOPES.join(', ')}; a key ends at the beginning of its --expires day in Seoul`

/** `npm run keys -- …`: API keys from the command line. A new key is printed once. */
await runCommand(async db => {
  const { positionals, values } = parse()
  const [verb, id] = positionals
  if (verb === 'create') {
    const { name, scope = [], expires } = values
    const unknown = scope.find(s => !SCOPES.includes(s as Scope))
    if (!name?.trim() || scope.length === 0) throw new UsageError(USAGE)
    if (unknown !== undefined) throw new UsageError(`unknown scope "${unknown}"\n${USAGE}`)
    if (expires !== undefined && (!isDay(expires) || startOfDay(expires) <= new Date()))
      throw new UsageError(`--expires must be a day to come, as YYYY-MM-DD\n${USAGE}`)
    const expiresAt = expires === undefined ? null : startOfDay(expires)
    print((await insertKey(db, { name: name.trim(), scopes: [...new Set(scope)] as Scope[], expiresAt })).key)
  } else if (verb === 'list') {
    for (const key of (await listKeys(db)).map(toApiKey)) {
      const state = key.revokedAt
        ? `revoked ${key.revokedAt}`
        : key.expiresAt
          ? `expires ${key.expiresAt}`
          : 'active'
      print(
        `${key.id}  ${key.scopes.join(',')}  ${state}  last used ${key.lastUsedAt ?? 'never'}  ${key.name}`,
      )
    }
  } else if (verb === 'revoke' && id !== undefined) {
    if ((await revokeKey(db, id)) === null) throw new UsageError(`there is no key ${id}`)
    print(`revoked ${id}`)
  } else throw new UsageError(USAGE)
})

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        scope: { type: 'string', multiple: true },
        expires: { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}
