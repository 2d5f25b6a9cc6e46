import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { readConfig, SETTINGS } from '../src/config.ts'

const settings = Object.entries(SETTINGS).map(([name, { fallback, description }]) => ({
  name,
  fallback: String(fallback),
  description,
}))
const refusal = (env: Record<string, string>): string => {
  try {
    readConfig(env)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('settings', () => {
  test('that are not made, or are blank, have their defaults', () => {
    const defaults = Object.fromEntries(
      Object.entries(SETTINGS).map(([name, { fallback }]) => [name, fallback]),
    )
    expect(readConfig({})).toEqual(defaults)
    expect(readConfig(Object.fromEntries(settings.map(({ name }) => [name, ' '])))).toEqual(defaults)
    expect(readConfig({ PATH: '/bin', GONGBO: 'x' })).toEqual(defaults)
  })

  test('have as a default what they would take', () => {
    const env = Object.fromEntries(settings.map(({ name, fallback }) => [name, fallback]))
    expect(readConfig(env)).toEqual(readConfig({}))
  })

  test('are taken as what they are', () => {
    const env = {
      PORT: '0',
      TRUST_PROXY: '10.0.0.0/8, ::1',
      SAMPLES: 'off',
      HOST: ' 0.0.0.0 ',
      CORS_ORIGINS: 'https://a.kr',
    }
    expect(readConfig(env)).toMatchObject({
      ...{
        PORT: 0,
        TRUST_PROXY: '10.0.0.0/8, ::1',
        SAMPLES: 'off',
        HOST: '0.0.0.0',
        CORS_ORIGINS: 'https://a.kr',
      },
    })
    const DATABASE_URL = 'postgresql://gongbo:secret@db.internal:5432/gongbo?sslmode=require'
    expect(readConfig({ DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL)
  })

  test.each([
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '3e3', 'a whole number'],
    ['PORT', '-1', 'a whole number'],
    ['PORT', 'http', 'a whole number'],
    ['DATABASE_POOL', '0', 'a whole number from 1 to 500'],
    ['TRUST_PROXY', 'yes', 'a number of proxies'],
    ['PUBLIC_URL', 'https://api.example.go.kr/', 'a URL such as'],
    ['PUBLIC_URL', 'https://a b', 'a URL such as'],
    ['PUBLIC_URL', 'https://a:99999', 'a URL such as'],
    ['TRUST_PROXY', '999.1.1.1', 'a number of proxies'],
    ['TRUST_PROXY', '10.0.0.0/8, 10.0.0.0/99', 'a number of proxies'],
    ['WEBHOOK_NETWORKS', '10.0.0', 'addresses or networks'],
    ['WEBHOOK_NETWORKS', 'fe80::1%eth0', 'addresses or networks'],
    ['CORS_ORIGINS', 'https://a.kr, https://b.kr/', 'origins such as'],
    ['CORS_ORIGINS', '*.a.kr', 'origins such as'],
    ['CORS_ORIGINS', '*,https://a.kr', 'origins such as'],
    ['CORS_ORIGINS', 'https://a.kr,', 'origins such as'],
    ['SAMPLES', 'true', 'one of auto, on, off'],
    ['LOG_LEVEL', 'verbose', 'one of fatal, error'],
    ['PUBLIC_URL', 'api.example.go.kr', 'a URL such as'],
    ['PUBLIC_URL', 'https://api.example.go.kr/?a=b', 'a URL such as'],
  ])('that are wrong are named with what was expected: %s=%s', (name, value, expected) => {
    const message = refusal({ [name]: value })
    expect(message).toContain(`${name} must be ${expected}`)
    expect(message).toContain(`"${value}"`)
  })

  test('that are wrong are named all at once', () => {
    const message = refusal({ PORT: 'x', NEW_DAYS: '-1', SAMPLES: 'x', HOST: 'localhost' })
    for (const name of ['PORT', 'NEW_DAYS', 'SAMPLES']) expect(message).toContain(name)
    expect(message).not.toContain('HOST')
  })

  test('never show the password of the database', () => {
    const message = refusal({ DATABASE_URL: 'mysql://gongbo:hunter2@db:3306/gongbo' })
    expect(message).toContain('DATABASE_URL must be a URL such as postgresql://')
    expect(message).not.toContain('hunter2')
    const replicas = refusal({ DATABASE_REPLICA_URLS: 'postgres://a:hunter2@b/c, hunter2' })
    expect(replicas).toContain('DATABASE_REPLICA_URLS must be URLs such as postgresql://')
    expect(replicas).not.toContain('hunter2')
    expect(refusal({ DATABASE_URL: 'postgresql://gongbo:hunter2@:x/gongbo' })).toMatch(
      /^(?!.*hunter2).*DATABASE_URL must be/,
    )
  })
})

describe('documents list the settings, each with its default and its description', () => {
  const read = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')

  test('.env.example', async () => {
    const entries = [...(await read('.env.example')).matchAll(/^# (.*)\n#([A-Z_]+)=(.*)$/gm)].map(
      ([, description, name, fallback]) => ({ name, fallback, description }),
    )
    expect(entries).toEqual(settings)
    // Copied as it is, it changes nothing.
    expect(
      (await read('.env.example')).split('\n').filter(line => line !== '' && !line.startsWith('#')),
    ).toEqual([])
  })

  test('README.md', async () => {
    const rows = [...(await read('README.md')).matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$/gm)].map(
      ([, name, fallback = '', description]) => ({
        name,
        fallback: fallback.replaceAll('`', '').trim(),
        description,
      }),
    )
    expect(rows.map(row => row.name)).toEqual(settings.map(({ name }) => name))
    for (const [i, { fallback, name }] of settings.entries())
      expect(`${name} ${rows[i]?.fallback}`).toMatch(
        fallback === ''
          ? new RegExp(`^${name} (|—|–|-|none)$`)
          : new RegExp(`^${name} ${fallback.replace(/[.*]/g, '\\$&')}$`),
      )
  })
})

test('the compose file starts a database and the API, with settings that exist', async () => {
  const compose = await readFile('docker-compose.yml', 'utf8')
  const [, api = ''] = compose.split(/^ {2}api:$/m)
  const passed = api.match(/^ {6}[A-Z_]+(?=:)/gm)?.map(name => name.trim())
  expect(compose).toMatch(/^services:\n {2}database:\n {4}image: postgres:/m)
  expect(passed).toEqual(expect.arrayContaining(['HOST', 'PORT', 'DATABASE_URL', 'SAMPLES']))
  // The others come from .env, which the image does not have.
  expect(api).toMatch(/^ {4}env_file:\n {6}- path: \.env$/m)
  expect(passed?.filter(name => !(name in SETTINGS))).toEqual([])
})
