import { afterAll, describe, expect, test } from '@jest/globals'
import { assertHangul } from '../../src/db/hangul.ts'
import { createDatabase } from '../support/database.ts'

const drops: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const drop of drops) await drop()
})
async function made(locale: string) {
  const database = await createDatabase({ locale })
  drops.push(database.drop)
  return database
}

describe('a database that would lose Hangul is refused before anything is written', () => {
  test.each([
    ["ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'", 'encoding SQL_ASCII'],
    ["ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'", 'encoding LATIN1'],
    ["ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'", 'LC_CTYPE C'],
    ["ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'POSIX' LC_CTYPE 'POSIX'", 'has LC_CTYPE'],
    [
      "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'",
      'LC_CTYPE C',
    ],
  ])('%s', async (locale, fault) => {
    const { url, name } = await made(locale)
    const refusal = await assertHangul(url).catch((error: Error) => error.message)
    expect(refusal).toContain(`database "${name}"`)
    expect(refusal).toContain(fault)
    // The remedy, and no password.
    expect(refusal).toContain("CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0")
    expect(refusal).not.toContain(new URL(url).password)
  })
})

describe('a database in which Hangul works is taken', () => {
  test.each([
    ['the embedded one’s own', ''],
    ['C.UTF-8', "ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"],
    ['what the refusal proposes', "ENCODING 'UTF8' LOCALE 'C.UTF-8'"],
  ])('%s', async (_what, locale) => {
    const database = locale === '' ? await createDatabase() : await made(locale)
    if (locale === '') drops.push(database.drop)
    await expect(assertHangul(database.url)).resolves.toBeUndefined()
  })
})

test('a database that cannot be reached is an error, not a pass', async () => {
  const { url, drop } = await createDatabase()
  await drop()
  await expect(assertHangul(url)).rejects.toThrow('does not exist')
})
