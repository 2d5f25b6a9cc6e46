import { describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { deliver } from '../../src/webhooks/deliver.ts'
import { followLog } from '../../src/webhooks/store-follow.ts'
import { anArticle, insertArticles } from '../support/builders.ts'
import { testWebhooks } from '../support/webhooks.ts'

/** The log of deliveries, sending anew, and the test. */

const { call, db, me, answered, admin, options, queueOf, endpoint, get } = await testWebhooks()
const queue = queueOf()
/** Sends what is due, as a process does, but once. */
async function sendDue(steps: readonly number[] = []): Promise<void> {
  await followLog({ ...options, queue })
  for (const job of await queue.take(100)) await deliver(job, queue, { ...options, steps })
}

const post = (path: string) => call({ method: 'POST', url: `/v1/webhooks/${path}`, headers: admin })
const patch = (id: number, payload: object) =>
  call({
    ...{ method: 'PATCH', url: `/v1/webhooks/${id}`, payload: JSON.stringify(payload) },
    headers: { ...admin, 'if-match': '*', 'content-type': 'application/merge-patch+json' },
  })
const NOBODY = '00000000-0000-4000-8000-000000000000'

describe('the log of deliveries', () => {
  test('is walked from the newest to the oldest, neither skipping nor repeating', async () => {
    const { id } = await endpoint()
    await insertArticles(
      db,
      Array.from({ length: 7 }, () => anArticle()),
    )
    await sendDue()
    const all = (await get(`${id}/deliveries?pageSize=100`)).json()
    expect([all.items.length, all.nextCursor]).toEqual([7, null])
    const walked: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: unknown[]; nextCursor: string | null } = (
        await get(`${id}/deliveries?pageSize=3${cursor && `&cursor=${cursor}`}`)
      ).json()
      walked.push(...page.items)
      cursor = page.nextCursor
    }
    expect(walked).toEqual(all.items)
  })

  test('shows those in one state, and of one endpoint alone', async () => {
    const { id } = await endpoint()
    const other = await endpoint()
    const statuses = [500, 204, 204]
    me.answer = (_request, response) => response.writeHead(statuses.shift() ?? 204).end()
    await insertArticles(db, [anArticle(), anArticle()])
    await sendDue()
    const states = async (state: string) =>
      (await Promise.all([id, other.id].map(one => get(`${one}/deliveries?state=${state}`)))).flatMap(
        response => response.json().items,
      )
    expect(await states('failed')).toHaveLength(1)
    expect(await states('delivered')).toHaveLength(3)
    const [failed] = await states('failed')
    const owners = await Promise.all([id, other.id].map(one => get(`${one}/deliveries/${failed.id}`)))
    expect(owners.map(({ statusCode }) => statusCode).sort()).toEqual([200, 404])
  })

  test('refuses what it does not know', async () => {
    const { id } = await endpoint()
    expect((await get('999/deliveries')).statusCode).toBe(404)
    expect((await get(`${id}/deliveries/${NOBODY}`)).statusCode).toBe(404)
    expect((await get(`${id}/deliveries/7`)).statusCode).toBe(400)
    for (const cursor of [
      'x',
      Buffer.from('[1,2]').toString('base64url'),
      Buffer.from('[1,9e99,"x"]').toString('base64url'),
    ])
      expect((await get(`${id}/deliveries?cursor=${cursor}`)).json().errors[0].parameter).toBe('cursor')
    expect((await get(`${id}/deliveries?state=lost`)).statusCode).toBe(400)
  })
})

describe('a delivery', () => {
  test('is sent anew with its id, and with all retries', async () => {
    const { id, secret } = await endpoint()
    me.answer = (_request, response) => response.writeHead(500).end()
    await insertArticles(db, [anArticle()])
    await sendDue()
    const [failed] = (await get(`${id}/deliveries`)).json().items
    expect(failed).toMatchObject({ state: 'failed', attempts: 1 })
    const response = await post(`${id}/deliveries/${failed.id}/redeliver`)
    expect(response.statusCode).toBe(202)
    expect(response.json()).toMatchObject({ state: 'pending', attempts: 1, settledAt: null })
    // It is on its way.
    expect((await post(`${id}/deliveries/${failed.id}/redeliver`)).statusCode).toBe(409)
    await sendDue([0])
    expect((await get(`${id}/deliveries`)).json().items).toMatchObject([{ state: 'pending', attempts: 2 }])
    me.answer = answered
    await sendDue([0])
    const { state, log } = (await get(`${id}/deliveries/${failed.id}`)).json()
    expect([state, log.map(({ status }: { status: number }) => status)]).toEqual([
      'delivered',
      [500, 500, 204],
    ])
    // What was taken can be sent once more as well.
    expect((await post(`${id}/deliveries/${failed.id}/redeliver`)).statusCode).toBe(202)
    await sendDue()
    expect(me.received.map(({ headers }) => headers['webhook-id'])).toEqual(Array(4).fill(failed.id))
    for (const { body, headers } of me.received)
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeDefined()
  })

  test('is not sent anew to an endpoint that is disabled', async () => {
    const { id } = await endpoint()
    await insertArticles(db, [anArticle()])
    await sendDue()
    const [{ id: delivery }] = (await get(`${id}/deliveries`)).json().items
    await patch(id, { enabled: false })
    expect((await post(`${id}/deliveries/${delivery}/redeliver`)).json().detail).toContain('disabled')
    await patch(id, { enabled: true })
    expect((await post(`${id}/deliveries/${delivery}/redeliver`)).statusCode).toBe(202)
    expect((await post(`${id}/deliveries/${NOBODY}/redeliver`)).statusCode).toBe(404)
    expect((await post(`999/deliveries/${NOBODY}/redeliver`)).statusCode).toBe(404)
  })

  test('that was to be sent to an endpoint that is paused is cancelled', async () => {
    const { id } = await endpoint()
    await insertArticles(db, [anArticle()])
    await followLog({ ...options, queue })
    await patch(id, { enabled: false })
    await sendDue()
    expect(me.received).toEqual([])
    expect((await get(`${id}/deliveries`)).json().items).toMatchObject([{ state: 'cancelled', attempts: 0 }])
  })
})

describe('a test', () => {
  test('is sent now, and its answer tells what came of it', async () => {
    const { id, secret } = await endpoint()
    const response = await post(`${id}/ping`)
    expect(response.statusCode).toBe(200)
    const { id: delivery, event, state, payload, log } = response.json()
    expect([event, state]).toEqual(['ping', 'delivered'])
    expect(log).toMatchObject([{ number: 1, status: 204, error: null }])
    const [one] = me.received
    expect(one?.headers['webhook-id']).toBe(delivery)
    expect(new Webhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>)).toEqual(
      payload,
    )
    expect(payload).toMatchObject({ type: 'ping', data: { webhookId: id } })
    expect((await post('999/ping')).statusCode).toBe(404)
    // Sent anew it would be tried for days, and could disable its endpoint.
    const again = await post(`${id}/deliveries/${delivery}/redeliver`)
    expect([again.statusCode, again.json().detail]).toEqual([409, expect.stringContaining('/ping')])
  })

  test('changes nothing of the endpoint, whatever is answered, and reaches one that is paused', async () => {
    const { id } = await endpoint()
    await patch(id, { enabled: false })
    const before = (await get(`${id}`)).json()
    for (const status of [500, 410]) {
      me.answer = (_request, response) => response.writeHead(status).end()
      const { state, log } = (await post(`${id}/ping`)).json()
      expect([state, log[0].error]).toEqual(['failed', `answered ${status}`])
    }
    expect((await get(`${id}`)).json()).toEqual(before)
  })
})

test('a secret that cannot be derived any more signs nothing, and the log says what to do', async () => {
  const { id, headers } = await endpoint()
  await db.pool.query(`UPDATE webhooks SET secrets = jsonb_set(secrets, '{0,master}', '"00000000"')`)
  const { state, log } = (await post(`${id}/ping`)).json()
  expect([state, log[0].error]).toEqual(['failed', expect.stringContaining('rotate the secret')])
  expect(me.received).toEqual([])
  const { secret } = (await call({ method: 'POST', url: `/v1/webhooks/${id}/secret`, headers })).json()
  await post(`${id}/ping`)
  const [one] = me.received
  expect(new Webhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>)).toBeDefined()
})

test('metrics tell how much waits, and for how long', async () => {
  await endpoint()
  const metric = async (name: string) =>
    Number(new RegExp(`^${name} (.*)$`, 'm').exec((await call('/metrics')).body)?.[1])
  expect(await metric('webhook_deliveries_pending')).toBe(0)
  expect(await metric('webhook_oldest_pending_seconds')).toBe(0)
  await insertArticles(db, [anArticle(), anArticle()])
  await followLog({ ...options, queue })
  await db.pool.query("UPDATE webhook_deliveries SET recorded_at = recorded_at - interval '1 hour'")
  expect(await metric('webhook_deliveries_pending')).toBe(2)
  expect(await metric('webhook_oldest_pending_seconds')).toBeGreaterThan(3_500)
})
