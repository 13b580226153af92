import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const charactersMax = 253
/** Names that nobody owns (RFC 6761, RFC 6762, RFC 7686, RFC 9476 and draft-davies-internal-tld). */
const special = new Set(['localhost', 'local', 'internal', 'invalid', 'onion', 'alt', 'arpa'])

/**
 * A domain as it is looked up: small letters, other scripts as A-labels (RFC 5891). The text is what a person typed.
 * Throws `ownership.domain`.
 */
export function domainName(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '')
  const host = /^[^/:?#@\s]+$/.test(trimmed) ? URL.parse(`https://${trimmed}/`)?.hostname : undefined
  const labels = host?.split('.') ?? []
  const fits =
    host !== undefined &&
    host.length <= charactersMax &&
    isIP(host) === 0 &&
    labels.length > 1 &&
    labels.every((each) => label.test(each)) &&
    !special.has(labels.at(-1)!)
  if (fits) return host
  throw new Fault('ownership.domain', {
    detail: 'that is no domain name that somebody owns',
    where: 'domain',
  })
}

/** Whether a host is the domain, or lies below it. */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}
