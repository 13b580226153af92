import { base64url, base64urlBytes, utf8 } from '@ambit/core/bytes'
import { pemBlocks } from '@ambit/core/pem'
import { certificateRequest, createCertificateKeys } from './certificate-request.ts'
import type { CertificateKeys } from './certificate-request.ts'
import type { AcmeCredential, CertificateUsage } from './certificates.ts'
import { problemOfAnswer, unreachable, unreadable } from './problem.ts'

const timeoutMs = 70_000
/** A chain has 5 KiB. */
const answerCharactersMax = 256 * 1024

/** A key of P-256 as JSON (RFC 7517); `d` is its private half. */
export interface AcmeKey {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y: string
  readonly d?: string
}

/** An account at an ACME server. Kept by the agent: with it certificates are renewed without a new credential. */
export interface AcmeAccount {
  readonly directory: string
  /** Identity code that the account is bound to. */
  readonly aic: string
  /** Address of the account, its `kid`. */
  readonly url: string
  /** Private key of P-256. A secret. */
  readonly key: AcmeKey
}

export interface ObtainedCertificate {
  /** PKCS #8, PEM. */
  readonly privateKey: string
  /** Leaf and intermediates, PEM. */
  readonly chain: string
}

interface Directory {
  readonly newNonce: string
  readonly newAccount: string
  readonly newOrder: string
  readonly revokeCert: string
  readonly keyChange: string
}

interface Order {
  readonly finalize: string
  readonly certificate?: string
}

/**
 * Makes an account with a credential from the owner of the record (RFC 8555, section 7.3.4). Throws an AmbitProblem for a
 * refusal, named `urn:acps:error:acme:…` in its `type`.
 *
 * @example
 * ```ts
 * const account = await openAcmeAccount(credential)
 * const { privateKey, chain } = await orderCertificate(account, 'clientAuth')
 * ```
 */
export async function openAcmeAccount(credential: AcmeCredential): Promise<AcmeAccount> {
  const key = await newAccountKey()
  const { aic, directory } = credential
  const unknown = { directory, aic, url: '', key }
  const urls = await directoryOf(directory)
  const payload = {
    termsOfServiceAgreed: true,
    externalAccountBinding: await bindingOf(credential, publicOf(key), urls.newAccount),
  }
  const { location } = await post(unknown, urls, urls.newAccount, payload)
  if (location === null) throw unreadable('the answer names no account', 201)
  return { ...unknown, url: location }
}

/** Orders, makes a key where none is given, and fetches the certificate (RFC 8555, section 7.4). */
export async function orderCertificate(
  account: AcmeAccount,
  usage: CertificateUsage,
  keys?: CertificateKeys,
): Promise<ObtainedCertificate> {
  const urls = await directoryOf(account.directory)
  const identifiers = [{ type: 'agent', value: account.aic, usage }]
  const order = read((await post(account, urls, urls.newOrder, { identifiers })).text) as Order
  const { der, privateKey } = await certificateRequest(account.aic, keys)
  const done = read((await post(account, urls, order.finalize, { csr: base64url(der) })).text) as Order
  if (done.certificate === undefined) throw unreadable('the order holds no certificate', 200)
  const { text: chain } = await post(account, urls, done.certificate)
  return { privateKey, chain }
}

/** Takes a certificate back (RFC 8555, section 7.6); the first of a chain in PEM. */
export async function revokeByAcme(account: AcmeAccount, chain: string, reason = 0): Promise<void> {
  const [leaf] = pemBlocks('CERTIFICATE', chain)
  if (leaf === undefined) throw new TypeError('that is no certificate in PEM')
  const urls = await directoryOf(account.directory)
  await post(account, urls, urls.revokeCert, { certificate: base64url(leaf), reason })
}

/** Gives the account a new key (RFC 8555, section 7.3.5); the account that is returned replaces the one given. */
export async function changeAcmeKey(account: AcmeAccount): Promise<AcmeAccount> {
  const key = await newAccountKey()
  const urls = await directoryOf(account.directory)
  const head = { alg: 'ES256', jwk: publicOf(key), url: urls.keyChange }
  const inner = await jws(key, head, { account: account.url, oldKey: publicOf(account.key) })
  await post(account, urls, urls.keyChange, inner)
  return { ...account, key }
}

/** Binds an account key to a record: a MAC with the key of the credential. */
export async function bindingOf(
  { keyId, macKey }: Pick<AcmeCredential, 'keyId' | 'macKey'>,
  accountJwk: AcmeKey,
  newAccountUrl: string,
): Promise<{ readonly protected: string; readonly payload: string; readonly signature: string }> {
  const head = base64url(utf8(JSON.stringify({ alg: 'HS256', kid: keyId, url: newAccountUrl })))
  const payload = base64url(utf8(JSON.stringify(accountJwk)))
  const form = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', base64urlBytes(macKey), form, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, utf8(`${head}.${payload}`))
  return { protected: head, payload, signature: base64url(new Uint8Array(mac)) }
}

async function newAccountKey(): Promise<AcmeKey> {
  const { privateKey } = await createCertificateKeys()
  const { kty = '', crv = '', x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', privateKey)
  return { kty, crv, x, y, d }
}

/** Members in the order of their names, as thumbprints have them. */
function publicOf({ crv, kty, x, y }: AcmeKey): AcmeKey {
  return { crv, kty, x, y }
}

async function jws(key: AcmeKey, head: object, payload: object | undefined) {
  const form = { name: 'ECDSA', namedCurve: 'P-256' }
  const signer = await crypto.subtle.importKey('jwk', { ...key }, form, false, ['sign'])
  const protectedText = base64url(utf8(JSON.stringify(head)))
  const payloadText = payload === undefined ? '' : base64url(utf8(JSON.stringify(payload)))
  const bytes = utf8(`${protectedText}.${payloadText}`)
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, signer, bytes)
  return {
    protected: protectedText,
    payload: payloadText,
    signature: base64url(new Uint8Array(signature)),
  }
}

/** A signed request; left out, the payload of one that only reads. Once more where the nonce was refused. */
async function post(
  account: AcmeAccount,
  urls: Directory,
  url: string,
  payload?: object,
): Promise<{ readonly text: string; readonly location: string | null }> {
  const who = account.url === '' ? { jwk: publicOf(account.key) } : { kid: account.url }
  for (let again = true; ; again = false) {
    const nonce = (await send(urls.newNonce, { method: 'HEAD' })).headers.get('replay-nonce')
    if (nonce === null) throw unreadable('the server gave no nonce', 200)
    const body = JSON.stringify(await jws(account.key, { alg: 'ES256', nonce, url, ...who }, payload))
    const headers = { 'content-type': 'application/jose+json' }
    const answer = await send(url, { method: 'POST', headers, body })
    const text = await answer.text()
    if (text.length > answerCharactersMax) throw unreadable('the answer is too long', answer.status)
    if (answer.ok) return { text, location: answer.headers.get('location') }
    const problem = problemOfAnswer(answer.status, read(text))
    if (!again || problem.code !== 'acme.nonce') throw problem
  }
}

async function directoryOf(url: string): Promise<Directory> {
  const answer = await send(url, { method: 'GET' })
  const text = await answer.text()
  if (!answer.ok) throw problemOfAnswer(answer.status, read(text))
  return read(text) as Directory
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  } catch (error) {
    throw unreachable(url, error)
  }
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable('the answer was not JSON', 200, error)
  }
}
