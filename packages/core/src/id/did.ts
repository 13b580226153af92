/**
 * did:web (W3C CCG did:web) and did:wba (ANP did:wba method, 1.1): a document at an address of a domain. Strict: one DID
 * has one text, and nothing in it can lead to another place than its reader thinks.
 */
export interface WebDid {
  readonly method: 'web' | 'wba'
  /** The DID in its one form, the domain in lower case. */
  readonly text: string
  /** Lower case, international names in their `xn--` form. */
  readonly domain: string
  readonly port: number | undefined
  /** Segments as they stand in the DID, percent-encoded where they must be. */
  readonly path: readonly string[]
  /** did:wba alone: the key that the last segment binds it to (`e1_` Ed25519, `k1_` secp256k1), RFC 7638 thumbprint. */
  readonly binding: { readonly profile: 'e1' | 'k1'; readonly fingerprint: string } | undefined
}

export type DidReading =
  | { readonly ok: true; readonly did: WebDid }
  /** Why it is none, in a sentence without its subject. */
  | { readonly ok: false; readonly why: string }

/** What a record keeps of an alias. */
const didCharactersMax = 500
const domainCharactersMax = 253
const segmentsMax = 20
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const portForm = /^[1-9]\d{0,4}$/
const portMax = 65_535
/** In a decoded segment: what would end it, begin another part of an address, or not be seen. */
const forbidden = /[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}/\\?#%:@&=+,;]/u
/** 32 bytes as base64url: the last of 43 characters has two bits that must be zero. */
const fingerprintForm = /^(e1|k1)_([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/

/**
 * Reads a did:web or did:wba, without a fragment or query. Letters outside ASCII are refused: a domain is written in its
 * `xn--` form, so that two names which look alike are two texts.
 */
export function readWebDid(input: string): DidReading {
  if (input.length > didCharactersMax) return no(`is longer than ${didCharactersMax} characters`)
  if (/[^\x21-\x7e]/.test(input))
    return no('holds a character outside ASCII; write a domain in its `xn--` form')
  const match = /^did:(web|wba):(.+)$/.exec(input)
  if (match === null) return no('is no did:web and no did:wba')
  const method = match[1] as WebDid['method']
  const [host = '', ...path] = match[2]!.split(':')
  const place = readHost(host)
  if (typeof place === 'string') return no(place)
  if (path.length > segmentsMax) return no(`has more than ${segmentsMax} segments`)
  for (const segment of path) {
    const why = segmentProblem(segment)
    if (why !== undefined) return no(why)
  }
  const last = method === 'wba' ? path.at(-1) : undefined
  const bound = fingerprintForm.exec(last ?? '')
  if (bound === null && /^[ek]1_/.test(last ?? '')) return no('is bound to no key of its form')
  const { domain, port } = place
  return {
    ok: true,
    did: {
      method,
      text: textOf(method, domain, port, path),
      domain,
      port,
      path,
      binding: bound === null ? undefined : { profile: bound[1] as 'e1' | 'k1', fingerprint: bound[2]! },
    },
  }
}

/** Splits a DID URL (`did:web:example.com#key-1`) into the DID and its fragment. */
export function splitDidUrl(input: string): { readonly did: string; readonly fragment: string | undefined } {
  const at = input.indexOf('#')
  return at < 0
    ? { did: input, fragment: undefined }
    : { did: input.slice(0, at), fragment: input.slice(at + 1) }
}

/**
 * The DID of a place below an address (`https://agents.example:8443`). Names in other scripts get their `xn--` form.
 * Throws a RangeError for an address that no DID can name: a bare IP address, or a segment that cannot stand in one.
 *
 * @example
 * ```ts
 * makeWebDid('web', 'https://agents.example:8443', ['agents', 'mailer']) // did:web:agents.example%3A8443:agents:mailer
 * ```
 */
export function makeWebDid(method: WebDid['method'], origin: string, path: readonly string[] = []): string {
  const { hostname, port } = new URL(origin)
  const text = textOf(
    method,
    hostname,
    port === '' ? undefined : Number(port),
    path.map((segment) => encodeURIComponent(segment)),
  )
  const reading = readWebDid(text)
  if (!reading.ok) throw new RangeError(`${text} ${reading.why}`)
  return reading.did.text
}

/**
 * Where the document of a DID is. Always over https, but for `localhost`, to which no authority gives a certificate and
 * which leads nowhere else.
 */
export function didDocumentUrl({ domain, port, path }: WebDid): string {
  const scheme = domain === 'localhost' ? 'http' : 'https'
  const host = port === undefined ? domain : `${domain}:${port}`
  return `${scheme}://${host}/${[...(path.length === 0 ? ['.well-known'] : path), 'did.json'].join('/')}`
}

function readHost(host: string): { readonly domain: string; readonly port: number | undefined } | string {
  const [name = '', port, ...more] = host.split(/%3A/i)
  if (more.length > 0 || (port !== undefined && (!portForm.test(port) || Number(port) > portMax)))
    return 'has no port that is one'
  const domain = name.toLowerCase()
  if (domain.length > domainCharactersMax || !domain.split('.').every((each) => label.test(each)))
    return 'has no domain that is one'
  const top = domain.split('.').at(-1)!
  // What an address would read as a number is an IPv4 address in some spelling.
  if (/^\d+$/.test(top) || /^0x[0-9a-f]*$/.test(top)) return 'names an IP address, and only domains have DIDs'
  // A label that says it is encoded must be the encoding of something: URL refuses it otherwise.
  if (!URL.canParse(`https://${domain}/`) || new URL(`https://${domain}/`).hostname !== domain)
    return 'has no domain that is one'
  return { domain, port: port === undefined ? undefined : Number(port) }
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment'
  let decoded
  try {
    decoded = decodeURIComponent(segment)
  } catch {
    // Not UTF-8, or a percent sign that begins nothing.
    return 'has a segment that is not percent-encoded UTF-8'
  }
  if (decoded === '.' || decoded === '..' || forbidden.test(decoded))
    return 'has a segment that would lead elsewhere'
  if (!/^[A-Za-z0-9._%-]+$/.test(segment) || encodeURIComponent(decoded) !== segment)
    return 'has a segment in another spelling than its own'
  return undefined
}

function textOf(method: string, domain: string, port: number | undefined, path: readonly string[]): string {
  const host = port === undefined ? domain : `${domain}%3A${port}`
  return `did:${method}:${[host, ...path].join(':')}`
}

function no(why: string): DidReading {
  return { ok: false, why }
}
