import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { newSeed, rotated, secretOf, signatureOf, toMaster } from '../../src/webhooks/sign.ts'

const master = toMaster(Buffer.from('a master that is long and random'))
const other = toMaster(Buffer.from('another master, just as long too'))
const now = new Date()
const timestamp = Math.floor(now.getTime() / 1_000)
const headersOf = (id: string, signature: string | null, at = timestamp) => ({
  ...{ 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signature ?? '' },
})

test('what is signed is verified by the library of Standard Webhooks, whatever is sent', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.jsonValue(), (id, value) => {
      const seed = newSeed(master)
      const body = JSON.stringify({ data: value, title: '순환경제' })
      const signature = signatureOf({ id, timestamp, body }, [seed], [master])
      const receiver = new Webhook(secretOf(seed, [master]) ?? '')
      expect(receiver.verify(body, headersOf(id, signature))).toEqual(JSON.parse(body))
      expect(() => receiver.verify(`${body} `, headersOf(id, signature))).toThrow()
      expect(() => receiver.verify(body, headersOf(`${id}x`, signature))).toThrow()
      expect(() => receiver.verify(body, headersOf(id, signature, timestamp + 1))).toThrow()
    }),
  )
})

describe('after a rotation', () => {
  const until = new Date(now.getTime() + 60_000)
  const first = [newSeed(master)]
  const second = rotated(first, master, { now, until })
  const verify = (seeds: typeof first, at: Date, secret: string | null) => {
    const id = 'm'
    const seconds = Math.floor(at.getTime() / 1_000)
    const signature = signatureOf({ id, timestamp: seconds, body: '{}' }, seeds, [master])
    // The library looks at the clock; both are moved.
    return {
      signature,
      ok: signature?.split(' ').includes(new Webhook(secret ?? '').sign(id, new Date(seconds * 1000), '{}')),
    }
  }
  const [newest, former] = [second[0], first[0]].map(seed => seed && secretOf(seed, [master]))

  test('both secrets verify, and the former one no longer when its time is over', () => {
    expect(newest).not.toBe(former)
    for (const secret of [newest, former]) expect(verify(second, now, secret ?? null).ok).toBe(true)
    const later = new Date(until.getTime() + 1_000)
    expect(verify(second, later, newest ?? null).ok).toBe(true)
    expect(verify(second, later, former ?? null).ok).toBe(false)
  })

  test('each valid secret has one signature, with spaces between', () => {
    const third = rotated(second, master, { now, until })
    expect(third).toHaveLength(3)
    expect(verify(third, now, newest ?? null).signature).toMatch(
      /^(v1,[A-Za-z0-9+/]{43}= ){2}v1,[A-Za-z0-9+/]{43}=$/,
    )
    // A second rotation prolongs nothing.
    expect(third[2]?.until).toBe(second[1]?.until)
  })

  test('with no time for the former one there is just the new one', () => {
    expect(rotated(first, master, { now, until: now })).toHaveLength(1)
  })
})

test('a secret whose master is not at hand signs nothing, and what signs is not told apart by the salt alone', () => {
  const seed = newSeed(master)
  expect(secretOf(seed, [other])).toBeNull()
  expect(signatureOf({ id: 'm', timestamp, body: '{}' }, [seed], [other])).toBeNull()
  expect(secretOf({ ...seed, master: other.id }, [other])).not.toBe(secretOf(seed, [master]))
  expect(secretOf(seed, [other, master])).toMatch(/^whsec_/)
})
