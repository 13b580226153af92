import type { IncomingMessage } from 'node:http'
import { mandateHeader } from '@ambit/core/wire/delegation'
import type {
  AgentAccess,
  Authentication,
  Authority,
  FailedAuthentication,
  Holder,
  ProvenAgent,
} from '../authority/authority.ts'

/**
 * What is wrong with the proof by which a request shows that its sender has the key (by its thumbprint, RFC 7638) of a
 * token (RFC 9449 section 4.3); undefined: nothing, and the same proof counts no second time.
 */
export type Proves = (request: IncomingMessage, token: string, key: string) => string | undefined

/** Who sends a request, known before any token is looked at. */
export interface Sender extends ProvenAgent {
  /** Of a certificate (RFC 8705 section 3.1, `x5t#S256`); undefined where the request was signed. */
  readonly certificate?: string
  /** did:key of the key that was proven, where it is Ed25519 or P-256. */
  readonly key: string | undefined
  /** Everybody it acted as, so that these acts end with its connection. */
  readonly holders?: Set<Holder>
}

/** Undefined: nobody proved anything by connection or signature. */
export type SenderOf = (request: IncomingMessage) => Sender | FailedAuthentication | undefined

export interface AuthenticationOptions {
  /** Public address of the node; known once it listens. */
  readonly origin: () => string
  /** Left out: no token belongs to a key. */
  readonly proves?: Proves | undefined
  /** Whether clients may log in by themselves, so that they are told where; left out: they may not. */
  readonly logsIn?: boolean
  /** Agents that prove who they are by connection or signature; left out: none does. */
  readonly agents?: AgentSide | undefined
}

export interface AgentSide {
  readonly senderOf: SenderOf
  readonly access: Pick<AgentAccess, 'authenticate'>
  /** Counts what is refused to an agent that proved, or failed to prove, who it is. */
  readonly refused?: (code: FailedAuthentication['code']) => void
}

/** As `key` of a token that belongs to a certificate; its SHA-256 in base64url follows (RFC 8705 section 3.1). */
export const certificateBound = 'x5t#S256:'

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
  scheme: 'DPoP',
} as const

const boundToCertificate = {
  ok: false,
  code: 'auth.proof',
  detail: 'the token belongs to a certificate: it counts only over a connection with that certificate',
} as const
const ofNobody = {
  ok: false,
  code: 'auth.proof',
  detail: 'the token belongs to no key: send it as `Bearer`',
} as const
const ofAnother = {
  ok: false,
  code: 'auth.sender',
  detail: 'the token is of a mandate that names another agent than the one that sends it',
} as const

type ByToken = (
  authorization: string,
  request: IncomingMessage | undefined,
  sender?: Sender,
) => Authentication

/**
 * Lets a caller in: an agent that proved who it is under a mandate that names it, anybody else by a token, and where
 * the token belongs to a key or certificate, by the proof of that.
 */
export function createAuthentication(
  options: AuthenticationOptions,
  authority: Pick<Authority, 'authenticate'>,
) {
  const byToken = createByToken(options, authority)
  const { agents } = options
  return (authorization: string | undefined, request?: IncomingMessage): Authentication => {
    const sender = request === undefined ? undefined : agents?.senderOf(request)
    if (agents === undefined || sender === undefined)
      return authorization === undefined ? missing : byToken(authorization, request)
    const answer = asAgent(agents, byToken, authorization, request!, sender)
    if (!answer.ok) agents.refused?.(answer.code)
    return answer
  }
}

function asAgent(
  { access }: AgentSide,
  byToken: ByToken,
  authorization: string | undefined,
  request: IncomingMessage,
  sender: Sender | FailedAuthentication,
): Authentication {
  if ('ok' in sender) return sender
  const answer =
    authorization === undefined
      ? access.authenticate(sender, mandateNamed(request))
      : byToken(authorization, request, sender)
  if (!answer.ok) return answer
  const { agent } = answer.holder
  if (agent !== undefined && agent !== sender.aic) return ofAnother
  sender.holders?.add(answer.holder)
  return answer
}

function createByToken(
  { proves }: AuthenticationOptions,
  authority: Pick<Authority, 'authenticate'>,
): ByToken {
  return (authorization, request, sender) => {
    if (authorization.startsWith(bearer)) {
      const answer = authority.authenticate(authorization.slice(bearer.length))
      if (!answer.ok || answer.key === undefined) return answer
      if (!answer.key.startsWith(certificateBound)) return bound
      const isOwn = answer.key === `${certificateBound}${sender?.certificate}`
      return isOwn ? answer : boundToCertificate
    }
    if (!authorization.startsWith(dpop)) return missing
    const token = authorization.slice(dpop.length)
    const answer = authority.authenticate(token)
    if (!answer.ok) return answer
    if (answer.key === undefined) return ofNobody
    if (answer.key.startsWith(certificateBound)) return boundToCertificate
    if (request === undefined || proves === undefined) return unproven('no proof can be given here')
    const wrong = proves(request, token, answer.key)
    return wrong === undefined ? answer : unproven(wrong)
  }
}

function unproven(detail: string): FailedAuthentication {
  return { ok: false, code: 'auth.proof', detail, scheme: 'DPoP' }
}

/**
 * RFC 6750 section 3, RFC 8705 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1: without a token, no error is named.
 * A token that belongs to a certificate is a bearer token at another connection.
 */
export function createChallenge({ origin, logsIn = false }: AuthenticationOptions) {
  return (request: IncomingMessage, { code, scheme }: FailedAuthentication): string => {
    const isOfToken = code !== 'auth.missing' && request.headers.authorization !== undefined
    const error = isOfToken ? ', error="invalid_token"' : ''
    const place = !logsIn ? '' : `, resource_metadata="${metadataOf(request, origin())}", scope="acts"`
    return `${scheme ?? 'Bearer'} realm="ambit"${error}${place}`
  }
}

/** Under the name that was asked: the client compares the resource named there with the address it has. */
function metadataOf({ url = '/', headers: { host } }: IncomingMessage, origin: string): string {
  const end = url.search(/[?#]/)
  const path = (end < 0 ? url : url.slice(0, end)).split('/').slice(0, 3).join('/')
  const { protocol, host: own } = new URL(origin)
  return encodeURI(`${protocol}//${host ?? own}/.well-known/oauth-protected-resource${path}`)
}

/** The mandate that a request says it acts under. */
export function mandateNamed({ headers }: IncomingMessage): string | undefined {
  const named = headers[mandateHeader]
  return typeof named === 'string' ? named.trim() : undefined
}
