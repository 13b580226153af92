import { createHmac } from 'node:crypto'
import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { createAddressGuard } from '../net/address.ts'
import type { AddressGuard } from '../net/address.ts'
import { refuseWebhook } from '../net/webhook.ts'
import { isPublicKey } from './push-encryption.ts'
import type { SubscriptionKeys } from './push-encryption.ts'

/** What a push subscription is reached with; each text is base64url. */
export interface PushAddress {
  readonly url: string
  readonly p256dh: string
  readonly auth: string
}

export interface WebhookAddress {
  readonly url: string
  /** base64. */
  readonly secret: string
}

const authBytes = 16
const everybody = createAddressGuard([])

/**
 * Refuses an address that a person gives: no URL, a private one that the operator did not allow, or one that is not
 * https; http is for an address of an own network. Throws `address.refused`, `channel.not-https`, `input.invalid`.
 */
export async function refuseAddressOf(text: string, guard: AddressGuard, clock: Clock): Promise<void> {
  await refuseWebhook(text, guard, clock)
  const { protocol, hostname } = new URL(text)
  if (protocol === 'https:') return
  // Which of both the name means is not known here; that the guard allows what it means was looked at above.
  const hosts = hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname.replaceAll(/[[\]]/g, '')]
  if (!hosts.some((host) => isIP(host) !== 0 && !everybody.allows(host) && guard.allows(host))) {
    throw new Fault('channel.not-https', {
      detail: `the address of ${hostname} begins with http:`,
      where: 'url',
    })
  }
}

/** Throws `channel.keys`. */
export function subscriptionKeys({ p256dh, auth }: Pick<PushAddress, 'p256dh' | 'auth'>): SubscriptionKeys {
  const keys = { p256dh: Buffer.from(p256dh, 'base64url'), auth: Buffer.from(auth, 'base64url') }
  if (!isPublicKey(keys.p256dh))
    throw new Fault('channel.keys', { detail: '`p256dh` is no public key of P-256', where: 'keys' })
  if (keys.auth.length !== authBytes)
    throw new Fault('channel.keys', { detail: '`auth` is not 16 bytes', where: 'keys' })
  return keys
}

/** The same for an endpoint given twice; nobody who reads the table knows the endpoint. */
export function endpointName(keyring: Keyring, url: string): string {
  return createHmac('sha256', keyring.derive('channel.endpoint')).update(url).digest('hex')
}

const addressPurpose = 'channel.address'

export function sealAddress(keyring: Keyring, id: string, address: PushAddress | WebhookAddress): Buffer {
  return keyring.seal(addressPurpose, id, JSON.stringify(address))
}

interface SealedAddress {
  readonly id: string
  readonly sealed: Uint8Array
}

export function openPush(keyring: Keyring, channel: SealedAddress): PushAddress {
  return open(keyring, channel) as PushAddress
}

export function openWebhook(keyring: Keyring, channel: SealedAddress): WebhookAddress {
  return open(keyring, channel) as WebhookAddress
}

/** What opens was sealed here, for this channel, so it is of the type that was sealed. */
function open(keyring: Keyring, { id, sealed }: SealedAddress): unknown {
  return JSON.parse(keyring.open(addressPurpose, id, sealed).toString('utf8'))
}
