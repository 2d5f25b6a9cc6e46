export default async function teardown() {
  await globalThis.gongboTestServer?.stop()
}
