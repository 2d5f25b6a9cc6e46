import type { FastifyRequest } from 'fastify'

/** An address as it was asked for, at its first question mark; further ones belong to the query. */
export function splitTarget(url: string): { path: string; search: string } {
  const [path = '', search = ''] = url.split(/\?(.*)/s)
  return { path, search }
}

/**
 * Where the API is, for answers whose addresses must be whole: where it is said to be, else where the reader found it. Not
 * by `X-Forwarded-Host`, which proxies pass on as it came, so that one reader could say where the next is led.
 */
export function baseOf({ protocol, headers: { host } }: FastifyRequest, publicUrl: string): string {
  if (publicUrl !== '' || !host || !/^https?$/.test(protocol)) return publicUrl
  try {
    return new URL(`${protocol}://${host}`).origin
  } catch {
    return ''
  }
}
