import { Fault } from '@ambit/core/fault'

const addressForm =
  /^(?:(https?|grpcs?|dns):(?:\/\/)?\/?)?(\[[0-9a-f:.]+\]|[^\s/?#:@[\]]+)(:\d{1,5})?(?:[/?#].*)?$/i
const plainSchemes: ReadonlySet<string> = new Set(['http', 'grpc'])
const secureSchemes: ReadonlySet<string> = new Set(['https', 'grpcs'])

/**
 * The address of an agent's gRPC interface as records hold it: `https:` for TLS, `http:` without. Cards write
 * `host:port` (TLS at the port of HTTPS or without one, else none), `http(s)://…`, `grpc(s)://…` or `dns:…`. Undefined
 * when it is none of these. What stands after the host is left out: gRPC has no paths.
 */
export function grpcUrl(text: string): URL | undefined {
  const form = addressForm.exec(text)
  if (form === null) return undefined
  const [, scheme = '', host, port = ''] = form
  const named = scheme.toLowerCase()
  const usual = port === '' || port === ':443'
  const secure = secureSchemes.has(named) || (usual && !plainSchemes.has(named))
  const address = `${secure ? 'https' : 'http'}://${host}${port}`
  return URL.canParse(address) ? new URL(address) : undefined
}

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
