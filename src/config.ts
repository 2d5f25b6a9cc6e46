import { existsSync } from 'node:fs'
import { isIP } from 'node:net'

/**
 * The only reader of the environment. Every setting has its default, its check and its description here;
 * README.md's table and .env.example are held to this list by a test.
 */

interface Setting<T> {
  fallback: T
  description: string
  /** Whether it holds what nobody may see: what is wrong with it is told without it. */
  secret?: boolean
  /** The value, or what was expected instead. */
  parse(text: string): { value: T } | { expected: string }
}

const integer = (fallback: number, min: number, max: number, description: string): Setting<number> => ({
  fallback,
  description,
  parse: text =>
    /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max
      ? { value: Number(text) }
      : { expected: `a whole number from ${min} to ${max}` },
})

const choice = <const T extends string>(
  fallback: T,
  values: readonly T[],
  description: string,
): Setting<T> => ({
  fallback,
  description,
  parse: text =>
    values.includes(text as T) ? { value: text as T } : { expected: `one of ${values.join(', ')}` },
})

const text = (fallback: string, description: string): Setting<string> => ({
  fallback,
  description,
  parse: value => ({ value }),
})

const checked = (
  fallback: string,
  check: (text: string) => boolean,
  expected: string,
  description: string,
): Setting<string> => ({
  fallback,
  description,
  parse: value => (check(value) ? { value } : { expected }),
})

const secret = <T>(setting: Setting<T>): Setting<T> => ({ ...setting, secret: true })

const allOf = (check: (text: string) => boolean) => (list: string) =>
  list.split(',').every(one => check(one.trim()))

/** As pg reads it, which lets a host be missing. */
const isDatabase = (text: string): boolean =>
  /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text, 'postgres://base')

/** An address with a path, without a slash at its end, a query or an account. */
const isSite = (text: string): boolean =>
  /^https?:\/\/[^/?#@\s]+(\/[^/?#\s]+)*$/.test(text) && URL.canParse(text)

/** As browsers send it. */
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

/** Without a zone, which is of one machine: fe80::1%eth0. */
const isNetwork = (text: string): boolean => {
  const [address = '', bits = '0', ...rest] = text.split('/')
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? -1
  return !address.includes('%') && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most
}

export const SETTINGS = {
  PORT: integer(3000, 0, 65_535, 'Port to listen on; 0 takes a free one.'),
  WORKERS: integer(
    1,
    1,
    64,
    'Processes that answer on the port, as many as there are cores for them; each has its own connections to the database.',
  ),
  HOST: text('127.0.0.1', 'Address to listen on; `0.0.0.0` for all.'),
  DATABASE_URL: secret(
    checked(
      '',
      isDatabase,
      'a URL such as postgresql://user:password@host:5432/gongbo',
      'PostgreSQL 15 or newer. Without it an embedded PostgreSQL 18 keeps its data under `DATA_DIR`.',
    ),
  ),
  DATABASE_REPLICA_URLS: secret(
    checked(
      '',
      allOf(isDatabase),
      'URLs such as postgresql://user:password@host:5432/gongbo, separated by commas',
      'Streaming replicas of that database, separated by commas. What readers of articles ask is asked of these.',
    ),
  ),
  REPLICA_MAX_LAG_MS: integer(
    5_000,
    1_000,
    3_600_000,
    'Milliseconds by which a replica may be behind; one that is further behind gets no reads.',
  ),
  DATA_DIR: text('.data', 'Where the embedded database, the development key and uploads under way are kept.'),
  DATABASE_PORT: integer(0, 0, 65_535, 'Port of the embedded database; 0 takes a free one.'),
  DATABASE_POOL: integer(10, 1, 500, 'Connections to the database, and to each replica.'),
  STATEMENT_TIMEOUT_MS: integer(
    10_000,
    100,
    600_000,
    'Milliseconds after which the database ends a statement; where it falls silent, 5 s later nobody waits for it any more.',
  ),
  SEARCH_TIMEOUT_MS: integer(
    3_000,
    10,
    600_000,
    'Milliseconds for a statement of a keyword search; a ranking that takes longer is answered by date.',
  ),
  CACHE_MIB: integer(
    32,
    0,
    65_536,
    'Mebibytes of memory for answers to anonymous readers, which are kept until something changes. 0: none are kept.',
  ),
  CACHE_SECONDS: integer(
    10,
    1,
    3_600,
    'Seconds for which an answer is kept at most: by so much may counters lag that move on another node.',
  ),
  CDN_SECONDS: integer(
    0,
    0,
    86_400,
    'Seconds for which a content delivery network may answer anonymous readers by itself (`CDN-Cache-Control`, `Surrogate-Control`), and ten times as long while it asks anew. 0: it revalidates every answer.',
  ),
  REQUEST_TIMEOUT_MS: integer(
    30_000,
    100,
    600_000,
    'Milliseconds in which a whole request must have arrived.',
  ),
  SHUTDOWN_TIMEOUT_MS: integer(
    10_000,
    100,
    600_000,
    'Milliseconds that a stop waits for requests in flight.',
  ),
  BODY_LIMIT: integer(4_194_304, 1_024, 104_857_600, 'Bytes that a request body may have.'),
  IMPORT_LIMIT: integer(
    1_073_741_824,
    1_024,
    1_099_511_627_776,
    'Bytes that an upload to `/v1/imports` may have, unpacked.',
  ),
  PUBLIC_URL: checked(
    '',
    isSite,
    'a URL such as https://api.example.go.kr, without a slash at its end',
    'Where clients reach the API, for links in answers; otherwise paths alone, and in feeds what `Host` says.',
  ),
  TRUST_PROXY: checked(
    '',
    text => /^\d{1,2}$/.test(text) || allOf(isNetwork)(text),
    'a number of proxies, or their addresses or networks separated by commas',
    'Proxies whose `X-Forwarded-For` is believed: how many stand in front, or their addresses or networks (`10.0.0.0/8`).',
  ),
  CORS_ORIGINS: checked(
    '*',
    text => text === '*' || allOf(isOrigin)(text),
    'origins such as https://www.example.go.kr, separated by commas, without a slash at their end, or *',
    'Origins that browsers may call from, separated by commas; `*` for all.',
  ),
  RATE_LIMIT: integer(600, 0, 10_000_000, 'Requests a minute for one address or key; 0 for no limit.'),
  EXPORTS: integer(
    3,
    1,
    100,
    'Exports that may run at once on this server, each with a database connection beside the pool; the last of several is kept for those with a key.',
  ),
  EXPORT_STALL_MS: integer(
    30_000,
    100,
    3_600_000,
    'Milliseconds after which an export is cut whose reader takes nothing.',
  ),
  NEW_DAYS: integer(1, 0, 365, 'On how many last Seoul days, today included, an article counts as `New`.'),
  VIEW_WINDOW_MINUTES: integer(
    1_440,
    1,
    525_600,
    'Minutes in which a visitor counts once as a view of an article.',
  ),
  IDEMPOTENCY_HOURS: integer(24, 1, 720, 'Hours for which an `Idempotency-Key` is remembered.'),
  HISTORY_DAYS: integer(
    0,
    0,
    36_500,
    'Days for which the log of changes is kept whole; older changes but the newest of each article are taken away. 0: for ever.',
  ),
  KEY_DAYS: integer(
    365,
    0,
    36_500,
    'Days for which a revoked or expired API key stays in the list. 0: for ever.',
  ),
  DELIVERY_DAYS: integer(
    30,
    1,
    3_650,
    'Days for which the log of webhook deliveries is kept after they were settled.',
  ),
  SWEEP_MINUTES: integer(10, 1, 1_440, 'Minutes between sweeps of what is kept for a time only.'),
  WEBHOOK_SECRET: secret(
    checked(
      '',
      text => text.length >= 32,
      'a text of 32 characters or more',
      'What new secrets of webhooks are derived from: 32 random characters or more, the same on every node. Without it a value in the database.',
    ),
  ),
  WEBHOOK_NETWORKS: checked(
    '',
    allOf(isNetwork),
    'addresses or networks separated by commas, such as 10.0.0.0/8',
    'Addresses and networks that are not public and that webhooks may be sent to all the same (`10.0.0.0/8`).',
  ),
  WEBHOOK_HTTP: choice(
    'off',
    ['on', 'off'],
    'Whether webhooks may be sent over http, where everybody on the way can read them.',
  ),
  WEBHOOK_TIMEOUT_MS: integer(15_000, 100, 60_000, 'Milliseconds that a receiver of a webhook may take.'),
  WEBHOOK_CONCURRENCY: integer(20, 1, 500, 'Webhooks that a process sends at a time.'),
  WEBHOOK_ROTATION_HOURS: integer(
    24,
    0,
    720,
    'Hours for which a former secret of a webhook signs beside the new one.',
  ),
  WEBHOOK_DISABLE_DAYS: integer(5, 1, 365, 'Days of nothing but failures after which a webhook is disabled.'),
  SAMPLES: choice(
    'auto',
    ['auto', 'on', 'off'],
    'Load the sample articles into a database that never had any (`on`, `off`); `auto`: only into the embedded one.',
  ),
  OPEN_API_URL: checked(
    'https://apis.data.go.kr/1371000',
    isSite,
    'a URL such as https://apis.data.go.kr/1371000, without a slash at its end',
    'Where the Open API of press releases and policy news is, for `npm run sync`.',
  ),
  OPEN_API_KEY: secret(
    text('', 'Service key of data.go.kr for it, percent-encoded or not. It is never logged.'),
  ),
  OPEN_API_DAILY_CALLS: integer(
    1_000,
    1,
    100_000_000,
    'Calls that the key may make on a Seoul day, over both services.',
  ),
  OPEN_API_TIMEOUT_MS: integer(30_000, 100, 600_000, 'Milliseconds that an answer of it may take.'),
  OPEN_API_RETRY_MS: integer(
    1_000,
    1,
    60_000,
    'Milliseconds before a failed call is made again; they double with each attempt.',
  ),
  LOG_LEVEL: choice(
    'info',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'How much is logged.',
  ),
} satisfies Record<string, Setting<string | number>>

type Settings = typeof SETTINGS
export type Config = { [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never }

/** @throws Error that names every setting that is wrong and what was expected. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const faults: string[] = []
  const entries = Object.entries(SETTINGS as Record<string, Setting<unknown>>).map(([name, setting]) => {
    const raw = env[name]?.trim()
    if (raw === undefined || raw === '') return [name, setting.fallback]
    const result = setting.parse(raw)
    if ('expected' in result) {
      faults.push(`${name} must be ${result.expected}${setting.secret ? '' : `, not "${raw}"`}`)
      return [name, setting.fallback]
    }
    return [name, result.value]
  })
  if (faults.length > 0) throw new Error(`bad settings: ${faults.join('; ')}`)
  return Object.fromEntries(entries) as Config
}

/** The settings of this process: the environment over a `.env` file in the working directory. */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return readConfig(process.env)
}

/** What a setting names that is a list, separated by commas; none where it is not made. */
export const listOf = (setting: string): string[] =>
  setting
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '')
