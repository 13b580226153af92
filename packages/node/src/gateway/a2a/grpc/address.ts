import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'

/**
 * The address of an agent's gRPC interface as records hold it: `https:` for TLS, `http:` without. Cards write
 * `host:port` (which is TLS at the port of HTTPS only), `http(s)://…`, `grpc(s)://…` or `dns:…`. Undefined when it is
 * none of these. What stands after the host is left out: gRPC has no paths.
 */
export function grpcUrl(text: string): URL | undefined {
  const [, scheme = '', rest = ''] = /^(?:(https?|grpcs?|dns):(?:\/\/)?\/?)?([^/?#]+)/i.exec(text) ?? []
  const named = scheme.toLowerCase()
  const secure = named === 'https' || named === 'grpcs' || (!plainSchemes.has(named) && /:443$/.test(rest))
  const address = `${secure ? 'https' : 'http'}://${rest}`
  if (rest.includes('@') || !URL.canParse(address)) return undefined
  const url = new URL(address)
  return url.hostname === '' ? undefined : url
}

const plainSchemes = new Set(['http', 'grpc'])

/** The tenant of the agent's own, which stands in a record's address as its path. */
export function tenantIn(url: URL): string {
  try {
    return decodeURIComponent(url.pathname.slice(1))
  } catch {
    throw new Fault('upstream.unreachable', {
      detail: 'the tenant in its address is not percent-encoded as it should be',
    })
  }
}

/** Host and port, for a connection. */
export function hostPort(url: URL): { readonly host: string; readonly port: number } {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { host, port }
}

export function isAddress(host: string): boolean {
  return isIP(host) !== 0
}
