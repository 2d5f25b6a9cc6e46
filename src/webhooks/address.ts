import ipaddr from 'ipaddr.js'
import { listOf } from '../config.ts'

/** Which addresses webhooks may be sent to: public ones, and networks that are allowed by name. */

type Address = ReturnType<typeof ipaddr.parse>
export type Network = [Address, number]

/** All of IPv6 that is given out to be routed; what lies outside is translated, local or not in use. */
const GLOBAL: Network = ipaddr.parseCIDR('2000::/3')

/** Whether a network holds an address. An IPv4 address within IPv6 is that IPv4 address. */
const holds = ([base, bits]: Network, address: Address): boolean =>
  base.kind() === address.kind() && address.match(base as never, bits)

/**
 * Whether anybody on the internet may have this address: no loopback, link-local, private, shared, multicast, documentation
 * or reserved one, and none that a translator would turn into such (NAT64, 6to4, Teredo). Text that is no address is not.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || holds(GLOBAL, address)
}

/** Networks such as `10.0.0.0/8, 192.168.1.7`. @throws Error that names the one which is none. */
export const parseNetworks = (list: string): Network[] =>
  listOf(list).map(one => {
    if (ipaddr.isValidCIDR(one)) return ipaddr.parseCIDR(one)
    if (!ipaddr.isValid(one)) throw new Error(`${one} is no address or network`)
    const address = ipaddr.process(one)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  })

/** Whether webhooks may go to an address. */
export const isAllowed = (text: string, networks: readonly Network[]): boolean =>
  isPublicAddress(text) ||
  (ipaddr.isValid(text) && networks.some(network => holds(network, ipaddr.process(text))))

/** The address that a host of a URL is by itself; null where it is a name. */
export function literalOf(hostname: string): string | null {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return ipaddr.isValid(bare) ? bare : null
}
