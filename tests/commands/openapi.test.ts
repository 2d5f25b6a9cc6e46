import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { generateDocument } from '../../src/commands/openapi.ts'

interface Document {
  paths: Record<
    string,
    Record<
      string,
      { operationId?: string; responses: Record<string, object>; security?: object[]; description?: string }
    >
  >
}

test('the committed document is what the code says', async () => {
  const committed = await readFile('openapi/openapi.json', 'utf8')
  // Not toBe: a diff of 5,000 lines helps nobody. `npm run openapi` writes it anew.
  expect(committed === (await generateDocument())).toBe(true)
})

test('every operation has a name of its own, a success, and the problems that any route can have', async () => {
  const { paths } = JSON.parse(await generateDocument()) as Document
  const operations = Object.values(paths).flatMap(path => Object.values(path))
  const names = operations.map(operation => operation.operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const { operationId, responses, security } of operations) {
    const statuses = Object.keys(responses)
    expect([operationId, statuses.some(status => status.startsWith('2'))]).toEqual([operationId, true])
    expect(statuses).toEqual(expect.arrayContaining(['400', '406', '500', '503']))
    expect(security).toBeInstanceOf(Array)
  }
})

test('an operation that needs a key names the scope of it', async () => {
  const { paths } = JSON.parse(await generateDocument()) as Document
  for (const { operationId, responses, security, description = '' } of Object.values(paths).flatMap(path =>
    Object.values(path),
  )) {
    const needed = JSON.stringify(security) === '[{"key":[]}]'
    const named = /(^| )Needs a key of scope `(articles:read|articles:write|admin)`\.$/.test(description)
    expect([operationId, named, '403' in responses]).toEqual([operationId, needed, needed])
  }
  expect(paths['/v1/keys']?.post?.description).toMatch(/ Needs a key of scope `admin`\.$/)
})
