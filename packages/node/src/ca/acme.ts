import { Fault } from '@ambit/core/fault'
import { timeText } from '../kernel/clock.ts'
import { changeKey, newAccount, updateAccount } from './acme-account.ts'
import { malformed, proveJws, readJwk, readJws } from './acme-jws.ts'
import { createNonces } from './acme-nonce.ts'
import {
  finalize,
  giveCertificate,
  newOrder,
  ownOrder,
  revokeByCertificate,
  showAuthorization,
} from './acme-order.ts'
import { bindingPurpose, refuseEnded } from './acme-room.ts'
import type { AcmeAnswer, AcmeParts, AcmeRoom, Signed } from './acme-room.ts'
import type { Account } from './acme-store.ts'
import { recordInForce } from './issue.ts'

/** Where the interface stands below the address of the node (ACPs, reference paths). */
export const acmeBase = '/acps-atr-v2/acme'
const bindingLifeMs = 86_400_000
/** Unused credentials of one record. */
const unusedMax = 10
const macBytes = 32
const keyIdBytes = 16

/** What the owner of a record hands to its agent, once. */
export interface Credential {
  readonly keyId: string
  /** 32 bytes, base64url. A secret. */
  readonly macKey: string
  readonly aic: string
  /** RFC 3339. */
  readonly expiresAt: string
  /** Where an ACME client begins. */
  readonly directory: string
}

export interface Acme {
  directory(): Readonly<Record<string, unknown>>
  nonce(): string
  /** Answers a POST to a path below the base. Throws Faults `acme.*`, `ca.*`. */
  post(path: string, body: unknown): Promise<AcmeAnswer>
  credential(aic: string, by: string): Promise<Credential>
}

/** ACME (RFC 8555) with identifiers of type `agent`, as ACPs defines it (ATR, section 3.2; reference server 2.1). */
export function createAcme(parts: AcmeParts): Acme {
  const { store, keyring, clock } = parts
  const url = (path: string) => `${parts.origin()}${acmeBase}${path}`
  const room: AcmeRoom = { ...parts, url, nonces: createNonces(store, keyring, clock) }
  return {
    directory: () => ({
      newNonce: url('/new-nonce'),
      newAccount: url('/new-account'),
      newOrder: url('/new-order'),
      newAuthz: null,
      revokeCert: url('/revoke-cert'),
      keyChange: url('/key-change'),
      meta: { externalAccountRequired: true },
    }),
    nonce: () => room.nonces.next(),
    post: async (path, body) => await answer(room, path, await signedRequest(room, path, body)),
    async credential(given, by) {
      const { aic, record } = await recordInForce(parts, given)
      const keyId = clock.random(keyIdBytes).toString('hex')
      const macKey = clock.random(macBytes)
      const expiresAt = clock.now() + bindingLifeMs
      const sealed = keyring.seal(bindingPurpose, keyId, macKey)
      const { organization } = record
      const binding = { keyId, sealed, aic, organization, by, expiresAt }
      if (!(await store.keepBinding(binding, clock.now(), unusedMax)))
        throw new Fault('ca.too-many', {
          detail: `the record has ${unusedMax} credentials that nobody used yet`,
          remedy: 'Use one of them, or wait until they have ended after a day.',
        })
      const directory = url('/directory')
      return { keyId, macKey: macKey.toString('base64url'), aic, expiresAt: timeText(expiresAt), directory }
    },
  }
}

/** Proves a request: form, key, signature, address, nonce, in that order. Nobody who is unknown has anything written. */
async function signedRequest(room: AcmeRoom, path: string, body: unknown): Promise<Signed> {
  const jws = readJws(body)
  const { jwk, kid, url, nonce } = jws.header
  if ((jwk === undefined) === (kid === undefined))
    throw malformed('a request names its key either by `jwk` or by `kid`', 'protected')
  const account = kid === undefined ? undefined : await accountOf(room, kid)
  const key = readJwk(jwk ?? account?.jwk)
  proveJws(jws, key.key)
  if (url !== room.url(path))
    throw new Fault('acme.unauthorized', {
      detail: 'the request was made for another address than the one it came to',
      where: 'url',
    })
  const once = async () => await room.nonces.use(nonce)
  if (account === undefined) room.nonces.check(nonce)
  else await once()
  return { jws, account, key, once }
}

async function accountOf({ store, certificates, url, registry }: AcmeRoom, kid: unknown): Promise<Account> {
  const prefix = url('/acct/')
  const id = typeof kid === 'string' && kid.startsWith(prefix) ? kid.slice(prefix.length) : ''
  const account = /^[0-9a-f]{32}$/.test(id) ? await store.account(id) : undefined
  if (account === undefined)
    throw new Fault('acme.account', { detail: 'nobody has that account', where: 'kid' })
  refuseEnded(account, registry)
  if ((await certificates.keyState(account.thumbprint)).bad)
    throw new Fault('acme.unauthorized', {
      detail: 'the key of the account was reported as compromised',
      where: 'kid',
      remedy: 'Have the owner of the record make a new credential, and make a new account with another key.',
    })
  return account
}

async function answer(room: AcmeRoom, path: string, signed: Signed): Promise<AcmeAnswer> {
  if (path === '/new-account') return await newAccount(room, signed)
  if (path === '/revoke-cert') return await revokeByCertificate(room, signed)
  const { account } = signed
  if (account === undefined)
    throw malformed('this request is signed with the key of an account (`kid`)', 'kid')
  if (path === '/new-order') return await newOrder(room, account, signed)
  if (path === '/key-change') return await changeKey(room, account, signed)
  const [, kind, id = '', step] =
    /^\/(acct|order|authz|cert)\/([0-9A-Za-z]{1,64})(?:\/([a-z]+))?$/.exec(path) ?? []
  if (kind === 'acct' && id !== account.id)
    throw new Fault('acme.unauthorized', { detail: 'that is another account', where: 'path' })
  if (kind === 'acct' && step === 'orders') {
    const orders = await room.store.orders(account.id, room.clock.now(), 100)
    return { status: 200, body: { orders: orders.map((order) => room.url(`/order/${order}`)) } }
  }
  if (kind === 'acct' && step === undefined) return await updateAccount(room, account, signed)
  if (kind === 'order' && step === undefined) return await ownOrder(room, account, id)
  if (kind === 'order' && step === 'finalize') return await finalize(room, account, id, signed)
  if (kind === 'authz' && step === undefined) return await showAuthorization(room, account, id)
  if (kind === 'cert' && step === undefined) return await giveCertificate(room, account, id)
  throw new Fault('input.not-found', { detail: 'nothing stands at that address' })
}
