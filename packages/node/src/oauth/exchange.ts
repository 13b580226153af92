import type { IncomingMessage } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { lastingLinks } from '@ambit/core/mandate-chain'
import { delegatedClient, narrowOnce, revoke } from '../authority/authority.ts'
import type { Authentication, OpenAuthority } from '../authority/authority.ts'
import { certificateBound } from '../gateway/authentication.ts'
import type { SenderOf } from '../gateway/authentication.ts'
import type { Clock } from '../kernel/clock.ts'
import type { HostNames } from '../kernel/host-names.ts'
import type { Turns } from '../kernel/turns.ts'
import type { ReadProof } from './dpop.ts'
import { readResource } from './resources.ts'
import { readWish } from './wish.ts'
import type { Wish } from './wish.ts'

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const chainType = 'urn:ambit:mandate-chain'
/** What is handed on by a token lives no longer than an access token. */
const lifeMsMax = 60 * 60_000
/** Tokens that were exchanged for one mandate at a time. */
const tokensMax = 10_000

export interface ExchangeParts {
  readonly authority: Pick<OpenAuthority, 'authenticate' | 'present' | 'mandates'>
  readonly readProof: ReadProof
  readonly names: HostNames
  /** Addresses of the token endpoint under which a proof may be made. */
  readonly urls: () => readonly string[]
  /** Agents that prove who they are by their connection; left out: none does. */
  readonly senderOf?: SenderOf
  readonly clock: Clock
  /** One after the other for one mandate, so that two that want the same get the same. */
  readonly turns: Turns
}

export interface ExchangeAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What is wrong with a request, in the words of OAuth (RFC 6749 section 5.2, RFC 8693 section 2.2.2). */
class Refusal extends Error {
  readonly error: string

  constructor(error: string, description: string) {
    super(description)
    this.error = error
  }
}

/**
 * Token exchange (RFC 8693): a chain of mandates and a proof by the key that holds its end, for a token of a few
 * minutes; or a mandate token, for one that allows less, for the caller or for another agent. Nobody needs to be
 * registered: who shows a chain proves its key, and who shows a token has it.
 */
export async function exchange(
  parts: ExchangeParts,
  form: URLSearchParams,
  request: IncomingMessage,
): Promise<ExchangeAnswer> {
  try {
    return { status: 200, body: await exchanged(parts, form, request) }
  } catch (error) {
    if (error instanceof Refusal)
      return { status: 400, body: { error: error.error, error_description: error.message } }
    const fault = Fault.from(error)
    if (fault.status >= 500) throw error
    const description = `${fault.title}: ${fault.detail}${fault.where === undefined ? '' : ` (${fault.where})`}`
    return { status: 400, body: { error: 'invalid_grant', error_description: description, code: fault.code } }
  }
}

async function exchanged(
  parts: ExchangeParts,
  form: URLSearchParams,
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>>> {
  const type = only(form, 'subject_token_type')
  const subject = only(form, 'subject_token')
  if (subject === undefined) throw new Refusal('invalid_request', 'subject_token is missing')
  if ((only(form, 'requested_token_type') ?? accessTokenType) !== accessTokenType)
    throw new Refusal('invalid_request', 'this server gives access tokens only')
  if (form.has('actor_token'))
    throw new Refusal('invalid_request', 'the chain says who acts: send no actor_token')
  for (const resource of form.getAll('resource'))
    if (readResource(resource, parts.names) === undefined)
      throw new Refusal('invalid_target', 'the resource is none of this node')
  if (type === chainType) return await ofChain(parts, subject, request)
  if (type === accessTokenType) return await ofToken(parts, subject, form, request)
  throw new Refusal('invalid_request', `subject_token_type is neither ${chainType} nor ${accessTokenType}`)
}

async function ofChain(
  parts: ExchangeParts,
  subject: string,
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>>> {
  const { authority, clock } = parts
  const proof = proofIn(parts, request, undefined)
  if (proof?.didKey === undefined)
    throw new Refusal(
      'invalid_dpop_proof',
      'prove the key of the last link: in the header DPoP, or by a certificate',
    )
  const now = clock.now()
  const { token, expiresAt } = await authority.present(chainIn(subject), proof.didKey, proof.key, now)
  return answer(token, expiresAt - now, tokenType(proof))
}

/** A key that the sender of a request has shown, by a proof for this request or by its connection. */
interface ProvenKey {
  /** What a token is bound to: the thumbprint of the key, or of the certificate. */
  readonly key: string
  /** Undefined: a certificate over a key of another kind. */
  readonly didKey: string | undefined
}

/** Undefined: it shows none. Throws `invalid_dpop_proof` for a proof that does not hold. */
function proofIn(
  { readProof, urls, senderOf }: ExchangeParts,
  request: IncomingMessage,
  token: string | undefined,
): ProvenKey | undefined {
  const given = request.headers['dpop']
  if (given === undefined) return certified(senderOf?.(request))
  const proof = readProof(given, { method: 'POST', urls: urls(), token })
  if (!proof.ok) throw new Refusal('invalid_dpop_proof', proof.detail)
  if (!proof.use()) throw new Refusal('invalid_dpop_proof', 'the proof was used before')
  return proof
}

function certified(sender: ReturnType<SenderOf>): ProvenKey | undefined {
  if (sender === undefined || 'ok' in sender || sender.certificate === undefined) return undefined
  return { key: `${certificateBound}${sender.certificate}`, didKey: sender.key }
}

/** RFC 9449 section 5, RFC 8705 section 3. */
function tokenType(proof: ProvenKey | undefined): 'DPoP' | 'Bearer' {
  return proof === undefined || proof.key.startsWith(certificateBound) ? 'Bearer' : 'DPoP'
}

function chainIn(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    throw new Refusal('invalid_request', 'subject_token is not base64url of a JSON array of signed mandates')
  }
}

async function ofToken(
  parts: ExchangeParts,
  subject: string,
  form: URLSearchParams,
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>>> {
  const { authority, clock, turns } = parts
  const { mandates } = authority
  const authentication = authority.authenticate(subject)
  if (!authentication.ok) throw new Refusal('invalid_grant', authentication.detail)
  const proof = proofIn(parts, request, subject)
  refuseUnproven(authentication, proof, parts.senderOf?.(request))
  const { holder } = authentication
  const audience = only(form, 'audience')
  const wish = wishIn(only(form, 'authorization_details'))
  if (audience === undefined && wish === undefined)
    throw new Refusal(
      'invalid_request',
      'say for whom (audience), or for what (authorization_details), it is',
    )
  const entry = mandates.book.get(lastingLinks(holder.chain.links).at(-1) ?? '')
  if (entry === undefined) throw new Refusal('invalid_grant', 'the mandate of the token is over')
  const now = clock.now()
  const asked = {
    person: holder.subject,
    expiresAt: now + lifeMsMax,
    ...(wish === undefined ? {} : { allow: wish.allow, limits: wish.limits }),
    ...(audience === undefined ? {} : { agent: audience }),
  }
  const { child, reused } = await turns.take(
    entry.body.id,
    async () => await narrowOnce(mandates, entry, asked),
  )
  // Ended meanwhile: whoever ended it may have looked for what came of it before this was there.
  if (!authority.authenticate(subject).ok) {
    if (!reused) await revoke(mandates, child.body.id, holder.subject, 'the token it was made for ended')
    throw new Refusal('invalid_grant', 'the token ended')
  }
  const lifeMs = child.expiresAt - now
  // An agent that keeps its own key gets the chain: it shows that, with a proof by its key.
  if ((await mandates.identity.holderSigner(child.body.holder)) === undefined)
    return answer(chainText(child), lifeMs, 'N_A', chainType)
  const counts = await mandates.tokenStore.tokenCounts([child.body.id], now)
  if ((counts.get(child.body.id) ?? 0) >= tokensMax)
    throw new Fault('mandate.too-many', {
      detail: `at most ${tokensMax} tokens are exchanged for one mandate at once`,
    })
  // What is for another agent cannot belong to the key of this one.
  const bound = audience === undefined ? proof : undefined
  const { token } = await mandates.tokens.create(child, {
    client: delegatedClient,
    expiresAt: child.expiresAt,
    by: holder.subject,
    ...(bound === undefined ? {} : { key: bound.key }),
  })
  return answer(token, lifeMs, tokenType(bound))
}

type Entry = NonNullable<ReturnType<OpenAuthority['mandates']['book']['get']>>

/** base64url of the JSON array of the signed links, root first. */
function chainText(last: Entry): string {
  const links = []
  for (let entry: Entry | undefined = last; entry !== undefined; entry = entry.parent)
    links.unshift(entry.signed)
  return Buffer.from(JSON.stringify(links)).toString('base64url')
}

function refuseUnproven(
  { key, holder }: Extract<Authentication, { ok: true }>,
  proof: ProvenKey | undefined,
  sender: ReturnType<SenderOf>,
): void {
  if (sender !== undefined && 'ok' in sender) throw new Refusal('invalid_request', sender.detail)
  if (sender !== undefined && holder.agent !== undefined && holder.agent !== sender.aic)
    throw new Refusal('invalid_grant', 'the token is of a mandate that names another agent than the sender')
  if (key !== undefined && proof?.key !== key)
    throw new Refusal('invalid_dpop_proof', 'the token belongs to a key or certificate that was not proven')
}

function wishIn(details: string | undefined): Wish | undefined {
  const wish = details === undefined ? undefined : readWish(details)
  if (typeof wish === 'string') throw new Refusal('invalid_authorization_details', wish)
  return wish
}

/** RFC 6749 section 3.2: no parameter comes twice. */
function only(form: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = form.getAll(name)
  if (others.length > 0) throw new Refusal('invalid_request', `${name} comes twice`)
  return value === '' ? undefined : value
}

/** `N_A`: what is no access token has no way of being used as one (RFC 8693 section 2.2.1). */
function answer(token: string, lifeMs: number, use: 'Bearer' | 'DPoP' | 'N_A', type = accessTokenType) {
  return {
    access_token: token,
    issued_token_type: type,
    token_type: use,
    expires_in: Math.max(1, Math.floor(lifeMs / 1000)),
    scope: 'acts',
  }
}
