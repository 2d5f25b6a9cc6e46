import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isAllowed, isPublicAddress, literalOf, parseNetworks } from '../../src/webhooks/address.ts'

describe('what is not on the public internet gets nothing', () => {
  test.each([
    ['0.0.0.0', 'this host'],
    ['0.1.2.3', 'this network'],
    ['10.0.0.1', 'private'],
    ['100.64.0.1', 'shared, of carriers'],
    ['100.127.255.255', 'shared, of carriers'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'link-local: metadata of clouds'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.1', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['192.88.99.1', '6to4 relays'],
    ['192.168.1.1', 'private'],
    ['198.18.0.1', 'benchmarks'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'IPv4-mapped'],
    ['::ffff:a9fe:a9fe', 'IPv4-mapped'],
    ['64:ff9b::10.0.0.1', 'NAT64'],
    ['64:ff9b:1::1', 'local NAT64'],
    ['100::1', 'discarded'],
    ['2001::1', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::1', '6to4'],
    ['3fff::1', 'documentation'],
    ['5f00::1', 'segment routing'],
    ['fc00::1', 'unique local'],
    ['fd12:3456:789a::1', 'unique local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['', 'nothing'],
    ['board.example.com', 'a name'],
    ['1.2.3.4.5', 'no address'],
  ])('%s (%s)', address => expect(isPublicAddress(address)).toBe(false))

  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '99.255.255.255',
    '100.128.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '223.255.255.254',
  ])('but %s is public', address => expect(isPublicAddress(address)).toBe(true))
  test.each(['2606:4700:4700::1111', '2a00:1450::1', '2400:cb00::1', '::ffff:8.8.8.8'])(
    'but %s is public',
    address => expect(isPublicAddress(address)).toBe(true),
  )
})

const octet = fc.nat({ max: 255 })
const ipv4 = fc.tuple(octet, octet, octet, octet)

/** As RFC 6890 and its registry have it, written down apart. */
function isSpecial([a, b, c]: number[]): boolean {
  const [x = 0, y = 0, z = 0] = [a, b, c]
  return (
    [0, 10, 127].includes(x) ||
    x >= 224 ||
    (x === 100 && y >= 64 && y < 128) ||
    (x === 169 && y === 254) ||
    (x === 172 && y >= 16 && y < 32) ||
    (x === 192 && (y === 168 || (y === 0 && (z === 0 || z === 2)) || (y === 88 && z === 99))) ||
    (x === 192 && ((y === 31 && z === 196) || (y === 52 && z === 193) || (y === 175 && z === 48))) ||
    (x === 198 && (y === 18 || y === 19 || (y === 51 && z === 100))) ||
    (x === 203 && y === 0 && z === 113)
  )
}

test('every IPv4 address is judged as the registry of special ones has it', () => {
  const near = fc.constantFrom(0, 9, 10, 100, 127, 128, 169, 172, 192, 198, 203, 223, 224, 255)
  const some = fc.oneof(
    ipv4,
    fc.tuple(near, octet, octet, octet),
    fc.tuple(near, fc.constantFrom(0, 16, 18, 31, 51, 52, 64, 88, 168, 175, 254), octet, octet),
  )
  fc.assert(
    fc.property(some, address => {
      expect(isPublicAddress(address.join('.'))).toBe(!isSpecial(address))
    }),
    { numRuns: 3_000 },
  )
})

test('however an IPv4 address is wrapped in IPv6, it is not more public than it is', () => {
  fc.assert(
    fc.property(ipv4, fc.constantFrom('::ffff:', '::', '64:ff9b::', '::ffff:0:'), (address, prefix) => {
      const dotted = address.join('.')
      if (isPublicAddress(`${prefix}${dotted}`)) expect(isPublicAddress(dotted)).toBe(true)
    }),
  )
})

test('an IPv6 address outside of what is given out is not public', () => {
  const group = fc.nat({ max: 0xffff })
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), groups => {
      const text = groups.map(one => one.toString(16)).join(':')
      const global = (groups[0] ?? 0) >> 13 === 1
      if (!global) expect(isPublicAddress(text)).toBe(false)
    }),
  )
})

describe('networks that are allowed by name', () => {
  const networks = parseNetworks('10.1.0.0/16, 192.168.7.9,fd00:1::/32')

  test.each([
    ['10.1.255.1', true],
    ['10.2.0.1', false],
    ['::ffff:10.1.0.1', true],
    ['192.168.7.9', true],
    ['192.168.7.10', false],
    ['fd00:1:2::3', true],
    ['fd00:2::3', false],
    ['127.0.0.1', false],
    ['8.8.8.8', true],
    ['nonsense', false],
  ])('%s: %s', (address, allowed) => expect(isAllowed(address, networks)).toBe(allowed))

  test('must be some', () => {
    expect(parseNetworks('')).toEqual([])
    expect(() => parseNetworks('10.0.0.0/8,10.0.0.0/40')).toThrow('10.0.0.0/40 is no address or network')
  })
})

test('a host is an address by itself, or a name', () => {
  expect(['[::1]', '127.0.0.1', 'a.kr', 'localhost'].map(literalOf)).toEqual(['::1', '127.0.0.1', null, null])
})
