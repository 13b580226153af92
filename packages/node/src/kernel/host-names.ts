import { isIP } from 'node:net'

/** Header texts remembered as good: a name with each of a few ports. */
const rememberedMax = 64
const headerCharactersMax = 300
/** A name or IPv4 address, or an IPv6 address in brackets, and perhaps a port (RFC 9110 section 7.2). */
const hostForm = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/

/**
 * The names this node answers for. A page on another site that makes its own name point here (DNS rebinding)
 * sends that name as Host; refusing names that are not known is what stops it. The port says nothing in this.
 */
export interface HostNames {
  knowsHost(header: string | undefined): boolean
  knowsOrigin(header: string): boolean
}

/** `addresses: true` also lets any IP address pass: rebinding needs a name (for probes, which use addresses). */
export function createHostNames(names: readonly string[], addresses = false): HostNames {
  const known = new Set(['localhost', '127.0.0.1', '[::1]', ...names.map(headerName)])
  const remembered = new Set<string>()
  function knowsHost(header: string | undefined): boolean {
    if (header === undefined || header.length > headerCharactersMax) return false
    if (remembered.has(header)) return true
    const name = hostForm.exec(header.toLowerCase())?.[1]
    if (name === undefined || !(known.has(name) || (addresses && isAddress(name)))) return false
    if (remembered.size < rememberedMax) remembered.add(header)
    return true
  }
  return {
    knowsHost,
    knowsOrigin(header) {
      const parts = /^https?:\/\/(.+)$/.exec(header.slice(0, headerCharactersMax).toLowerCase())
      return parts !== null && knowsHost(parts[1])
    },
  }
}

/** As the Host header has it: lower case, IPv6 in brackets. */
function headerName(name: string): string {
  return isIP(name) === 6 ? `[${name.toLowerCase()}]` : name.toLowerCase()
}

function isAddress(name: string): boolean {
  return isIP(name.startsWith('[') ? name.slice(1, -1) : name) !== 0
}
