import { readGoverning } from '../governing-headers.ts'

const fields = {
  authorization: 'authorization',
  'ambit-authorization': 'ownAuthorization',
  'ambit-target': 'target',
  'ambit-capability': 'capability',
  host: 'host',
  'content-type': 'contentType',
  'content-encoding': 'contentEncoding',
  'x-original-uri': 'originalUrl',
  'x-original-method': 'originalMethod',
  'x-original-host': 'originalHost',
  'x-envoy-auth-partial-body': 'partial',
} as const

type Field = (typeof fields)[keyof typeof fields] | 'place'

/** The headers that govern what a data plane asks. Each may be the client's own word where the data plane lets it pass. */
export type PlaneHeaders = Record<Field | 'duplicate', string | undefined>

/** `raw`: names and values in turn. `placeHeader`: the header in which the data plane says where the client is. */
export function readHeaders(raw: readonly string[], placeHeader: string | undefined): PlaneHeaders {
  const headers: PlaneHeaders = {
    authorization: undefined,
    ownAuthorization: undefined,
    target: undefined,
    capability: undefined,
    host: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    originalUrl: undefined,
    originalMethod: undefined,
    originalHost: undefined,
    partial: undefined,
    place: undefined,
    duplicate: undefined,
  }
  return readGoverning(raw, headers, (name): Field | undefined => {
    const lower = name.toLowerCase()
    if (lower === placeHeader) return 'place'
    return Object.hasOwn(fields, lower) ? fields[lower as keyof typeof fields] : undefined
  })
}
