import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { clientOf } from '../../src/http/rate-limit.ts'

const group = fc.oneof(fc.constantFrom(0, 1, 0xffff), fc.integer({ min: 0, max: 0xffff }))
const four = fc.tuple(group, group, group, group)
/** In which of the ways that an address can be written. */
const style = fc.record({
  upper: fc.boolean(),
  padded: fc.boolean(),
  compressed: fc.boolean(),
  zone: fc.constantFrom('', '%eth0', '%1'),
})

type Style = typeof style extends fc.Arbitrary<infer T> ? T : never

function write(groups: number[], { upper, padded, compressed, zone }: Style) {
  const hex = groups.map(one => one.toString(16).padStart(padded ? 4 : 1, '0'))
  const start = groups.findIndex((one, i) => one === 0 && groups[i + 1] === 0)
  let text = hex.join(':')
  if (compressed && start >= 0) {
    let end = start
    while (groups[end] === 0) end++
    text = `${hex.slice(0, start).join(':')}::${hex.slice(end).join(':')}`
  }
  return `${upper ? text.toUpperCase() : text}${zone}`
}

/** Of IPv4, in hexadecimal clothes: a client by itself. */
const isMapped = (groups: number[]) => groups.slice(0, 6).join() === '0,0,0,0,0,65535'

describe('a client', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', 'cb00:7107'],
    ['0:0:0:0:0:FFFF:cb00:7107', 'cb00:7107'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    ['not an address', 'not an address'],
  ])('%s is %s', (address, client) => expect(clientOf(address)).toBe(client))

  test('has all the addresses of one /64, in whatever spelling', () => {
    fc.assert(
      fc.property(four, four, four, style, style, (network, mine, theirs, a, b) => {
        fc.pre(![mine, theirs].some(host => isMapped([...network, ...host])))
        expect(clientOf(write([...network, ...mine], a))).toBe(clientOf(write([...network, ...theirs], b)))
      }),
    )
  })

  test('has none of another /64', () => {
    fc.assert(
      fc.property(four, four, four, style, (mine, theirs, host, a) => {
        fc.pre(mine.join() !== theirs.join())
        expect(clientOf(write([...mine, ...host], a))).not.toBe(clientOf(write([...theirs, ...host], a)))
      }),
    )
  })
})
