import { Fault } from '@ambit/core/fault'
import { parseAic } from '@ambit/core/id/aic'
import { timeText } from '../kernel/clock.ts'
import type { AcmeAnswer, AcmeRoom, Signed } from './acme-room.ts'
import { bytes, isObject, malformed, payloadOf } from './acme-jws.ts'
import type { Account, Order } from './acme-store.ts'
import type { RevocationReason, Usage } from './ca.ts'
import { recordInForce } from './issue.ts'
import { x509Of } from './x509.ts'

const orderLifeMs = 86_400_000
/** Orders of one account that are not over. */
const openMax = 20

/** Makes an order: the account is bound to its record already, so that nothing else has to be proved (ATR, section 3.2). */
export async function newOrder(room: AcmeRoom, account: Account, { jws }: Signed): Promise<AcmeAnswer> {
  const { usage } = identifierOf(payloadOf(jws)['identifiers'], account)
  await recordInForce(room, account.aic)
  const { clock, ids, store } = room
  const order: Order = {
    id: ids.next(),
    account: account.id,
    aic: account.aic,
    usage,
    status: 'ready',
    expiresAt: clock.now() + orderLifeMs,
    serial: undefined,
  }
  if (!(await store.keepOrder(order, clock.now(), openMax)))
    throw new Fault('ca.too-many', { detail: `the account has ${openMax} orders that are not over` })
  return { status: 201, location: room.url(`/order/${order.id}`), body: view(room, order) }
}

function identifierOf(identifiers: unknown, account: Account): { readonly usage: Usage } {
  const off = (detail: string) => new Fault('acme.identifier', { detail, where: 'identifiers' })
  if (!Array.isArray(identifiers) || identifiers.length !== 1 || !isObject(identifiers[0]))
    throw off('an order is for exactly one identifier')
  const { type, value, usage } = identifiers[0]
  if (type !== 'agent')
    throw new Fault('acme.identifier-type', { detail: 'the type is not agent', where: 'identifiers' })
  const aic = typeof value === 'string' ? parseAic(value) : undefined
  if (aic === undefined) throw off('the value is no identity code')
  if (usage !== 'clientAuth' && usage !== 'serverAuth') throw off('the usage is clientAuth or serverAuth')
  if (aic.text !== account.aic)
    throw new Fault('acme.unauthorized', {
      detail: 'the account is bound to the identity code of another agent',
      where: 'identifiers',
    })
  return { usage }
}

export async function ownOrder(room: AcmeRoom, account: Account, id: string): Promise<AcmeAnswer> {
  return { status: 200, body: view(room, await mine(room, account, id)) }
}

/** As for an order that never was: whose it is is nobody's business. */
async function mine({ store }: AcmeRoom, account: Account, id: string): Promise<Order> {
  const order = await store.order(id)
  if (order?.account === account.id) return order
  throw new Fault('acme.order', { detail: 'the account has no such order', where: 'path' })
}

/** Valid from the beginning: the binding of the account proved who may ask. */
export async function showAuthorization(room: AcmeRoom, account: Account, id: string): Promise<AcmeAnswer> {
  const { aic, expiresAt } = await mine(room, account, id)
  const identifier = { type: 'agent', value: aic }
  return { status: 200, body: { identifier, status: 'valid', expires: timeText(expiresAt), challenges: [] } }
}

/** Takes the request for the certificate, and gives it at once. */
export async function finalize(
  room: AcmeRoom,
  account: Account,
  id: string,
  { jws }: Signed,
): Promise<AcmeAnswer> {
  const { store, clock } = room
  const order = await mine(room, account, id)
  const { csr } = payloadOf(jws)
  if (typeof csr !== 'string') throw malformed('the request holds no certificate request', 'csr')
  const request = bytes(csr, 'csr')
  if (order.expiresAt <= clock.now())
    throw new Fault('acme.order-state', { detail: 'the order has ended', where: 'path' })
  if (!(await store.step(id, 'ready', 'processing')))
    throw new Fault('acme.order-state', { detail: 'the order is finalized already', where: 'path' })
  const { aic, usage } = order
  let serial: string
  try {
    const { organization } = account
    const asked = { aic, organization, usage, csr: request, by: `acme:${account.id}` }
    serial = (await room.issue(asked)).certificate.serial
  } catch (error) {
    // Nothing was given: the client may send another request for the same order.
    await store.step(id, 'processing', 'ready')
    throw error
  }
  await store.step(id, 'processing', 'valid', serial)
  return {
    status: 200,
    location: room.url(`/order/${id}`),
    body: view(room, { ...order, status: 'valid', serial }),
  }
}

export async function giveCertificate(room: AcmeRoom, account: Account, serial: string): Promise<AcmeAnswer> {
  const found = await room.certificates.certificate(serial)
  const content = found?.certificate.aic === account.aic ? room.chainOf(found.der) : undefined
  if (content === undefined)
    throw new Fault('ca.not-found', { detail: 'the account has no such certificate', where: 'path' })
  return { status: 200, text: { type: 'application/pem-certificate-chain', content } }
}

/** Takes a certificate back (RFC 8555, section 7.6), on the word of its account or of its own key. */
export async function revokeByCertificate(room: AcmeRoom, signed: Signed): Promise<AcmeAnswer> {
  const { certificate, reason = 0 } = payloadOf(signed.jws)
  if (typeof certificate !== 'string') throw malformed('the request holds no certificate', 'certificate')
  if (typeof reason !== 'number' || !Number.isInteger(reason) || reason < 0 || reason > 5)
    throw malformed('the reason is a number from 0 to 5', 'reason')
  const der = bytes(certificate, 'certificate')
  const found = await room.certificates.certificate(serialOf(der))
  if (found === undefined || !der.equals(found.der))
    throw new Fault('ca.not-found', {
      detail: 'this authority gave no such certificate',
      where: 'certificate',
    })
  const { aic, serial, thumbprint, revokedAt } = found.certificate
  const account = signed.account ?? (await room.store.accountByKey(signed.key.thumbprint))
  const isAccount = account?.status === 'valid' && account.aic === aic
  const isKey = signed.account === undefined && signed.key.thumbprint === thumbprint
  if (!isAccount && !isKey)
    throw new Fault('acme.unauthorized', {
      detail: 'the request is signed neither by the account of the agent nor by the key of the certificate',
    })
  if (signed.account === undefined) await signed.once()
  if (revokedAt !== undefined) throw malformed('the certificate was revoked before', 'certificate')
  const by = account === undefined ? `key:${thumbprint}` : `acme:${account.id}`
  await room.revoke({ aic, serial, reason: reason as RevocationReason, by })
  return { status: 200 }
}

function serialOf(der: Buffer): string {
  try {
    return x509Of(der).serialNumber
  } catch (error) {
    throw new Fault('acme.malformed', {
      detail: 'that is no certificate',
      where: 'certificate',
      cause: error,
    })
  }
}

function view({ url }: AcmeRoom, { id, aic, usage, status, expiresAt, serial }: Order) {
  return {
    status,
    expires: timeText(expiresAt),
    identifiers: [{ type: 'agent', value: aic, usage }],
    authorizations: [url(`/authz/${id}`)],
    finalize: url(`/order/${id}/finalize`),
    ...(serial === undefined ? {} : { certificate: url(`/cert/${serial}`) }),
  }
}
