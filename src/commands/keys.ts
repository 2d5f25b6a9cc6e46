import { parseArgs } from 'node:util'
import { SCOPES, type Scope } from '../http/access.ts'
import { NAME_LENGTH } from '../keys/schema.ts'
import { insertKey, listKeys, revokeKey, toApiKey } from '../keys/store.ts'
import { isDay, startOfDay } from '../time/seoul.ts'
import { print, runCommand, UsageError } from './command.ts'

const USAGE = `usage: keys create --name <text> --scope <scope> [--scope <scope>] [--expires YYYY-MM-DD]
       keys list
       keys revoke <id>
scopes: ${SCOPES.join(', ')}; a key ends at the beginning of its --expires day in Seoul`

/** `npm run keys -- …`: API keys from the command line. A new key is printed once. */
await runCommand({ usage: USAGE, read: readArguments }, async (db, call) => {
  if (call.verb === 'create') print((await insertKey(db, call.key)).key)
  else if (call.verb === 'list') for (const key of await listKeys(db)) print(line(toApiKey(key)))
  else {
    if ((await revokeKey(db, call.id)) === null) throw new UsageError(`there is no key ${call.id}`)
    print(`revoked ${call.id}`)
  }
})

function readArguments() {
  const { positionals, values } = parse()
  const [verb, id, ...rest] = positionals
  if (verb === 'create' && id === undefined) return { verb, key: readKey(values) } as const
  if (verb === 'list' && id === undefined) return { verb } as const
  if (verb === 'revoke' && id !== undefined && rest.length === 0) return { verb, id } as const
  throw new UsageError(USAGE)
}

function readKey({ name, scope = [], expires }: ReturnType<typeof parse>['values']) {
  const unknown = scope.find(s => !SCOPES.includes(s as Scope))
  if (!name?.trim() || scope.length === 0) throw new UsageError(USAGE)
  if (name.trim().length > NAME_LENGTH)
    throw new UsageError(`--name may have ${NAME_LENGTH} characters\n${USAGE}`)
  if (unknown !== undefined) throw new UsageError(`unknown scope "${unknown}"\n${USAGE}`)
  if (expires !== undefined && (!isDay(expires) || startOfDay(expires) <= new Date()))
    throw new UsageError(`--expires must be a day to come, as YYYY-MM-DD\n${USAGE}`)
  const expiresAt = expires === undefined ? null : startOfDay(expires)
  return { name: name.trim(), scopes: [...new Set(scope)] as Scope[], expiresAt }
}

function line({ id, name, scopes, revokedAt, expiresAt, lastUsedAt }: ReturnType<typeof toApiKey>): string {
  const state = revokedAt ? `revoked ${revokedAt}` : expiresAt ? `expires ${expiresAt}` : 'active'
  return `${id}  ${scopes.join(',')}  ${state}  last used ${lastUsedAt ?? 'never'}  ${name}`
}

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
