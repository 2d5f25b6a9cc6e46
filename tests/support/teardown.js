import { rm } from 'node:fs/promises'

export default async function teardown() {
  const { server, dir } = globalThis.gongboTestServer ?? {}
  await server?.stop()
  if (dir) await rm(dir, { recursive: true, force: true })
}
