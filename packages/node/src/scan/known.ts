import { isIP } from 'node:net'
import type { Seen } from './seen.ts'

/** Where a registered agent or server answers. */
export interface Endpoint {
  readonly slug: string
  readonly organization: string
  readonly protocol: string
  readonly url: string
}

interface Known extends Endpoint {
  readonly path: string
}

/** Names looked up for one scan, one after the other: whoever looks names up holds one of few threads meanwhile. */
const namesMax = 200

/** Finds the record that something which was seen belongs to, if any. */
export type Recognize = (address: string, port: number, seen: Seen) => Endpoint | undefined

/**
 * Knows the endpoints of records by the addresses they lead to; `lookUp` gives those of a name. An agent is known by
 * address and port, because its card stands beside its interfaces; a tool server by its path too.
 */
export async function recognition(
  endpoints: Iterable<Endpoint>,
  ports: ReadonlySet<number>,
  lookUp: (name: string) => Promise<readonly string[]>,
): Promise<Recognize> {
  const byPlace = new Map<string, Known[]>()
  const names = new Map<string, readonly string[]>()
  for (const endpoint of endpoints) {
    const url = URL.parse(endpoint.url)
    if (url === null || !/^https?:$/.test(url.protocol)) continue
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
    if (!ports.has(port)) continue
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const plain = plainAddresses(host)
    if (plain === undefined && !names.has(host) && names.size < namesMax) names.set(host, await lookUp(host))
    for (const address of plain ?? names.get(host) ?? []) {
      const place = `${address} ${port}`
      byPlace.set(place, [...(byPlace.get(place) ?? []), { ...endpoint, path: pathOf(url) }])
    }
  }
  return (address, port, seen) => {
    const path = pathOf(new URL(seen.url))
    return byPlace
      .get(`${address} ${port}`)
      ?.find(
        ({ protocol, ...each }) => protocol === seen.protocol && (protocol === 'a2a' || each.path === path),
      )
  }
}

/** Of what needs no looking up. */
function plainAddresses(host: string): readonly string[] | undefined {
  if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1']
  return isIP(host) === 0 ? undefined : [host]
}

function pathOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '')
}
