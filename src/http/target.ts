/** An address as it was asked for, at its first question mark; further ones belong to the query. */
export function splitTarget(url: string): { path: string; search: string } {
  const [path = '', search = ''] = url.split(/\?(.*)/s)
  return { path, search }
}
