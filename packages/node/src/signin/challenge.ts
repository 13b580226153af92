/** What an upstream said when it refused a request for want of a sign-in. The header is text of a third party. */
export interface Challenge {
  /** 401 or 403. */
  readonly status: number
  /** `WWW-Authenticate` as it came. */
  readonly header: string | undefined
}

/** The parameters of its `Bearer` challenge that a client acts on (RFC 6750 section 3, RFC 9728 section 5.1). */
export interface BearerChallenge {
  readonly resourceMetadata?: string
  readonly scope?: string
  readonly error?: string
}

/** Longer headers are read up to here. */
const headerCharactersMax = 4096
/** A parameter, or the name of a scheme (RFC 9110 section 11.6.1). */
const piece =
  /[\s,]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z0-9!#$%&'*+.^_`|~/=-]+))/y

const members: Readonly<Record<string, keyof BearerChallenge>> = {
  resource_metadata: 'resourceMetadata',
  scope: 'scope',
  error: 'error',
}

/** Reads the `Bearer` challenge among those of a header; what is no challenge gives an empty one. */
export function readBearer(header: string | undefined): BearerChallenge {
  const text = (header ?? '').slice(0, headerCharactersMax)
  const found: { -readonly [K in keyof BearerChallenge]: BearerChallenge[K] } = {}
  let inBearer = false
  piece.lastIndex = 0
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    const [, name, quoted, bare, scheme] = match
    if (scheme !== undefined) inBearer = scheme.toLowerCase() === 'bearer'
    const member = name === undefined || !inBearer ? undefined : members[name.toLowerCase()]
    if (member !== undefined) found[member] ??= quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? ''
  }
  return found
}

/** Scopes are few and short; more than this is no list of them (RFC 6749 section 3.3). */
const scopesMax = 50
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

export function scopesIn(text: string | undefined): readonly string[] {
  const scopes = (text ?? '').split(' ').filter((scope) => scopeForm.test(scope))
  return [...new Set(scopes)].slice(0, scopesMax)
}

/** The first ones, then those of the others that are new. */
export function scopeUnion(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].slice(0, scopesMax)
}

/** What an answer by HTTP says of a sign-in; undefined for any other status than 401 and 403. */
export function challengeIn(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Challenge | undefined {
  if (status !== 401 && status !== 403) return undefined
  const header = headers['www-authenticate']
  return { status, header: Array.isArray(header) ? header.join(', ') : header }
}
