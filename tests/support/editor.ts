import type { Call } from './contract.ts'

/** Writes through the API, whatever the version, with a key's headers. */
export const editor =
  (call: Call, headers: Record<string, string>) =>
  (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
    call({
      ...{ method, url },
      headers: {
        ...{ ...headers, 'if-match': '*' },
        ...(payload && {
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        }),
      },
      ...(payload && { payload: JSON.stringify(payload) }),
    })
