import type { IncomingMessage } from 'node:http'
import type { Authentication, Authority, FailedAuthentication } from '../authority/authority.ts'

/**
 * What is wrong with the proof by which a request shows that its sender has the key (by its thumbprint, RFC 7638) of a
 * token (RFC 9449 section 4.3); undefined: nothing, and the same proof counts no second time.
 */
export type Proves = (request: IncomingMessage, token: string, key: string) => string | undefined

export interface AuthenticationOptions {
  /** Public address of the node; known once it listens. */
  readonly origin: () => string
  /** Left out: clients do not log in by themselves. */
  readonly proves?: Proves | undefined
}

const bearer = 'Bearer '
const dpop = 'DPoP '
const missing = {
  ok: false,
  code: 'auth.missing',
  detail: 'the request carries no `Authorization: Bearer …` header',
} as const
const bound = {
  ok: false,
  code: 'auth.proof',
  detail: 'the token belongs to a key: send it as `Authorization: DPoP …` with a proof by that key',
} as const

/** Lets a caller in by a token, and where the token belongs to a key, by a proof that the caller has that key. */
export function createAuthentication(
  { proves }: AuthenticationOptions,
  authority: Pick<Authority, 'authenticate'>,
) {
  return (authorization: string | undefined, request?: IncomingMessage): Authentication => {
    if (authorization === undefined) return missing
    if (authorization.startsWith(bearer)) {
      const answer = authority.authenticate(authorization.slice(bearer.length))
      return answer.ok && answer.key !== undefined ? bound : answer
    }
    if (!authorization.startsWith(dpop)) return missing
    const token = authorization.slice(dpop.length)
    const answer = authority.authenticate(token)
    if (!answer.ok) return answer
    if (answer.key === undefined) return unproven('the token belongs to no key: send it as `Bearer`')
    if (request === undefined || proves === undefined) return unproven('no proof can be given here')
    const wrong = proves(request, token, answer.key)
    return wrong === undefined ? answer : unproven(wrong)
  }
}

function unproven(detail: string): FailedAuthentication {
  return { ok: false, code: 'auth.proof', detail }
}

/** RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1: without a token, no error is named. */
export function createChallenge({ origin, proves }: AuthenticationOptions) {
  return (request: IncomingMessage, { code }: FailedAuthentication): string => {
    const error = code === 'auth.missing' ? '' : ', error="invalid_token"'
    const place =
      proves === undefined ? '' : `, resource_metadata="${metadataOf(request, origin())}", scope="acts"`
    return `${code === 'auth.proof' ? 'DPoP' : 'Bearer'} realm="ambit"${error}${place}`
  }
}

/** Under the name that was asked: the client compares the resource named there with the address it has. */
function metadataOf({ url = '/', headers: { host } }: IncomingMessage, origin: string): string {
  const end = url.search(/[?#]/)
  const path = (end < 0 ? url : url.slice(0, end)).split('/').slice(0, 3).join('/')
  const { protocol, host: own } = new URL(origin)
  return encodeURI(`${protocol}//${host ?? own}/.well-known/oauth-protected-resource${path}`)
}
