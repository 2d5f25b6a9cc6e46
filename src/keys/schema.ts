import { type Static, Type } from 'typebox'
import { SCOPES } from '../http/access.ts'
import { Instant, NOT_BLANK, nullable, oneOf, ref } from '../http/schema.ts'

const Scopes = Type.Array(oneOf(SCOPES), {
  minItems: 1,
  uniqueItems: true,
  description:
    '`articles:read` what is not public, `articles:write` also to write (and to read what is not public), `admin` everything and keys.',
  examples: [['articles:write']],
})
/** Characters that the name of a key may have. */
export const NAME_LENGTH = 200
const Name = Type.String({
  minLength: 1,
  maxLength: NAME_LENGTH,
  pattern: NOT_BLANK,
  description: 'What the key is for.',
  examples: ['press desk'],
})

export const ApiKey = Type.Object(
  {
    id: Type.String({ description: 'The key’s public part.', examples: ['5f0c3a9b7d21'] }),
    name: Name,
    scopes: Scopes,
    createdAt: Instant('When it was made.'),
    expiresAt: nullable(Instant('When it ends by itself.', '2099-01-01T00:00:00+09:00')),
    revokedAt: nullable(Instant('When it was revoked.')),
    lastUsedAt: nullable(Instant('When it was last used, to the minute.')),
  },
  { $id: 'ApiKey', description: 'An API key, without its secret.' },
)
export type ApiKey = Static<typeof ApiKey>

export const NewApiKey = Type.Object(
  {
    name: Name,
    scopes: Scopes,
    expiresAt: Type.Optional(
      nullable(
        Instant('When it is to end by itself; never, where it is left out.', '2099-01-01T00:00:00+09:00'),
      ),
    ),
  },
  {
    $id: 'NewApiKey',
    additionalProperties: false,
    description: 'A key to make.',
    examples: [{ name: 'press desk', scopes: ['articles:write'] }],
  },
)

export const CreatedApiKey = Type.Object(
  {
    ...ApiKey.properties,
    key: Type.String({
      description: 'The key itself, for `Authorization: Bearer`. Shown this once; only a hash is kept.',
      examples: ['gongbo_5f0c3a9b7d21_…'],
    }),
  },
  { $id: 'CreatedApiKey', description: 'A new key, with its secret.' },
)

export const ApiKeyList = Type.Object(
  { items: Type.Array(ref(ApiKey)) },
  { $id: 'ApiKeyList', description: 'All keys, the newest first, revoked ones too.' },
)

export const keyComponents = [ApiKey, NewApiKey, CreatedApiKey, ApiKeyList]
