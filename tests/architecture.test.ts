import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'

/** The import rules of src/README.md. */

/** Folders from the ground up; a file of src/ itself counts by its own name. */
const FLOORS = [
  ['text', 'time', 'config.ts', 'heap.ts', 'version.ts', 'generated'],
  ['http', 'db'],
  ['keys', 'idempotency', 'health', 'search', 'duplicates'],
  ['ministries'],
  ['articles'],
  ['changes'],
  ['feeds', 'imports', 'exports', 'queries', 'suggestions', 'webhooks'],
  ['app.ts', 'retention.ts', 'workers.ts'],
  ['commands', 'main.ts'],
]
const floorOf = (path: string) => FLOORS.findIndex(floor => floor.includes(path.split('/')[0] ?? ''))
const roomOf = (path: string) => path.split('/')[0]

interface Import {
  file: string
  target: string
  typeOnly: boolean
}

const importsOf = (file: string, source: string): Import[] =>
  [...source.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm)].map(match => ({
    file,
    target: match[2]?.startsWith('.') ? normalize(join(dirname(file), match[2])) : (match[2] ?? ''),
    typeOnly: match[1] !== undefined,
  }))

/** What is wrong with an import, or null. */
function fault({ file, target, typeOnly }: Import): string | null {
  const internal = /\.ts$/.test(target)
  if (internal && floorOf(target) < 0) return `${target} has no floor`
  if (internal && floorOf(target) > floorOf(file)) return `${file} imports upwards: ${target}`
  if (
    internal &&
    floorOf(target) === floorOf(file) &&
    roomOf(target) !== roomOf(file) &&
    floorOf(file) > 0 &&
    floorOf(file) < floorOf('app.ts')
  )
    return `${file} imports its neighbour: ${target}`
  const name = file.split('/').at(-1) ?? ''
  const knowsFastify =
    file.startsWith('http/') || ['app.ts', 'main.ts'].includes(file) || /^routes(-\w+)?\.ts$/.test(name)
  if (/^(fastify|@fastify\/)/.test(target) && !knowsFastify) return `${file} knows Fastify`
  const knowsDatabase = file.startsWith('db/') || /^(store(-\w+)?|search)\.ts$/.test(name)
  if (/^(pg$|pg-boss$|@prisma\/|generated\/)/.test(target) && !knowsDatabase && !typeOnly)
    return `${file} knows the database`
  return null
}

async function readSource(): Promise<Import[]> {
  const entries = await readdir('src', { recursive: true })
  const files = entries.filter(path => path.endsWith('.ts') && !path.startsWith('generated'))
  const all = await Promise.all(
    files.map(async file => importsOf(file, await readFile(`src/${file}`, 'utf8'))),
  )
  return all.flat()
}

test('only stores, the search and db/ speak to the database', async () => {
  const entries = await readdir('src', { recursive: true })
  const files = entries.filter(path => path.endsWith('.ts') && !/^(generated|db)\//.test(path))
  const speakers = await Promise.all(
    files.map(async file =>
      /\$(query|execute)Raw|\b(prisma|tx)\.\w|pool\.query/.test(await readFile(`src/${file}`, 'utf8'))
        ? [file]
        : [],
    ),
  )
  expect(speakers.flat().filter(file => !/\/(store(-\w+)?|search)\.ts$/.test(file))).toEqual([])
})

describe('imports go down only', () => {
  test('in all of src', async () => {
    const imports = await readSource()
    expect(imports.length).toBeGreaterThan(150)
    expect(imports.map(fault).filter(Boolean)).toEqual([])
  })

  test.each([
    ['http/page.ts', "import { articles } from '../articles/store.ts'"],
    ['time/seoul.ts', "import type { Problem } from '../http/problem.ts'"],
    ['keys/store.ts', "import { begin } from '../idempotency/store.ts'"],
    ['ministries/names.ts', "import type { NewArticle } from '../articles/schema.ts'"],
    ['articles/store.ts', "import { readChanges } from '../changes/store.ts'"],
    ['exports/csv.ts', "import { FIELDS } from '../imports/columns.ts'"],
    ['suggestions/store.ts', "import { hasHistory } from '../imports/store.ts'"],
    ['articles/content.ts', "import Fastify from 'fastify'"],
    ['articles/routes.ts', "import pg from 'pg'"],
    ['articles/row.ts', "import { Prisma } from '../generated/client.ts'"],
    ['webhooks/deliver.ts', "import PgBoss from 'pg-boss'"],
    ['articles/new.ts', "import { x } from '../utils/x.ts'"],
  ])('a planted one in %s is seen: %s', (file, line) => {
    expect(importsOf(file, line).map(fault).filter(Boolean)).toHaveLength(1)
  })
})
