import { Fault } from '@ambit/core/fault'
import { bindingKey, contactOf, refuseEnded, refuseKeyOfCertificate } from './acme-room.ts'
import type { AcmeAnswer, AcmeRoom, Signed } from './acme-room.ts'
import { isObject, malformed, payloadOf, proveBinding, proveJws, readJwk, readJws } from './acme-jws.ts'
import type { Account } from './acme-store.ts'

/** Makes an account (RFC 8555, section 7.3), bound to a record by a credential of its owner (section 7.3.4). */
export async function newAccount(
  room: AcmeRoom,
  { jws, key, account: byId, once }: Signed,
): Promise<AcmeAnswer> {
  const { store, ids, clock, log, registry } = room
  if (byId !== undefined) throw malformed('a new account brings its key (`jwk`)', 'kid')
  const payload = payloadOf(jws)
  const known = await store.accountByKey(key.thumbprint)
  if (known !== undefined) {
    await once()
    refuseEnded(known, registry)
    return { status: 200, ...accountAnswer(room, known) }
  }
  if (payload['onlyReturnExisting'] === true)
    throw new Fault('acme.account', { detail: 'no account has that key', where: 'jwk' })
  const contact = contactOf(payload['contact'])
  if (payload['externalAccountBinding'] === undefined)
    throw new Fault('acme.binding', { detail: 'the request bears none', where: 'externalAccountBinding' })
  const binding = readJws(payload['externalAccountBinding'])
  const { kid } = binding.header
  const kept = typeof kid === 'string' && /^[0-9a-f]{32}$/.test(kid) ? await store.binding(kid) : undefined
  if (kept === undefined) throw unbound('no credential of this node has that id')
  proveBinding(binding, bindingKey(room.keyring, kept.keyId, kept.sealed), room.url('/new-account'), key)
  if (kept.usedAt !== undefined) throw unbound('the credential was used before')
  if (kept.expiresAt <= clock.now()) throw unbound('the credential has ended')
  const { aic, organization, by } = kept
  const { thumbprint, jwk } = key
  const account: Account = {
    id: ids.next(),
    thumbprint,
    jwk,
    aic,
    organization,
    contact,
    status: 'valid',
    by,
  }
  refuseEnded(account, registry)
  await once()
  await refuseKeyOfCertificate(room, thumbprint)
  if (!(await store.makeAccount(account, kept.keyId, clock.now())))
    throw unbound('the credential, or the key of the account, was used before')
  log.info('acme.account', { account: account.id, aic })
  return { status: 201, ...accountAnswer(room, account) }
}

function unbound(detail: string): Fault {
  return new Fault('acme.binding', { detail, where: 'externalAccountBinding' })
}

function accountAnswer({ url }: AcmeRoom, { id, status, contact }: Account) {
  const location = url(`/acct/${id}`)
  return { location, body: { status, contact: [...contact], orders: `${location}/orders` } }
}

/** Shows, changes or ends an account (RFC 8555, sections 7.3.2 and 7.3.6). */
export async function updateAccount(room: AcmeRoom, account: Account, { jws }: Signed): Promise<AcmeAnswer> {
  if (jws.payload.length === 0) return { status: 200, ...accountAnswer(room, account) }
  const { status, contact } = payloadOf(jws)
  if (status === 'deactivated') {
    await room.store.deactivate(account.id)
    return { status: 200, ...accountAnswer(room, { ...account, status }) }
  }
  if (status !== undefined && status !== 'valid') throw malformed('an account is only deactivated', 'status')
  const next = contact === undefined ? account.contact : contactOf(contact)
  await room.store.setContact(account.id, next)
  return { status: 200, ...accountAnswer(room, { ...account, contact: next }) }
}

/**
 * Gives an account another key (RFC 8555, section 7.3.5): the old key signs the request, the new one what is in it. One
 * that the new key alone signs is refused: it would let anybody who has seen the old public key take the account.
 */
export async function changeKey(room: AcmeRoom, account: Account, { jws, key }: Signed): Promise<AcmeAnswer> {
  const outer = payloadOf(jws)
  if (outer['protected'] === undefined)
    throw new Fault('acme.unauthorized', {
      detail: 'the request does not hold a request that the new key signed',
      remedy: 'Sign {account, oldKey} with the new key, and that JWS with the key of the account.',
    })
  const inner = readJws(outer)
  const next = readJwk(inner.header['jwk'])
  proveJws(inner, next.key)
  if (inner.header['url'] !== jws.header['url']) throw malformed('both requests name one address', 'url')
  const { account: named, oldKey } = payloadOf(inner)
  if (named !== room.url(`/acct/${account.id}`))
    throw new Fault('acme.unauthorized', { detail: 'it names another account', where: 'account' })
  if (!isObject(oldKey) || readJwk(oldKey).thumbprint !== key.thumbprint)
    throw new Fault('acme.unauthorized', { detail: 'it names another key as the old one', where: 'oldKey' })
  await refuseKeyOfCertificate(room, next.thumbprint)
  if (!(await room.store.changeKey(account.id, account.thumbprint, next.thumbprint, next.jwk)))
    throw new Fault('input.conflict', { detail: 'another account has that key', where: 'jwk' })
  return { status: 200, ...accountAnswer(room, account) }
}
