import { Fault } from '@ambit/core/fault'
import { namedId } from '../kernel/ids.ts'
import type { Caller } from '../kernel/route.ts'
import { endpointName, refuseAddressOf, sealAddress, subscriptionKeys } from './address.ts'
import type { PushAddress, WebhookAddress } from './address.ts'
import type { ChannelParts } from './channel.ts'
import type { Language } from './channel-row.ts'
import type { ChannelRow } from './channel-store.ts'
import { secretBytes, secretText } from './webhook-signature.ts'

/** Of one person: every browser they may have, and every program that may want to know. */
const most = { push: 20, webhook: 5 } as const

export interface NewPush extends PushAddress {
  readonly label: string
  readonly language: Language
}

/** Throws `channel.keys`, `channel.too-many` and what `refuseAddressOf` throws. */
export async function addPush(parts: ChannelParts, caller: Caller, given: NewPush): Promise<ChannelRow> {
  const { url, p256dh, auth, ...shown } = given
  subscriptionKeys(given)
  await refuseAddressOf(url, parts.guard, parts.clock)
  const address = endpointName(parts.keyring, url)
  return await add(parts, caller, { kind: 'push', address, ...shown }, { url, p256dh, auth })
}

/** The secret is given here and never again. Throws `channel.too-many` and what `refuseAddressOf` throws. */
export async function addWebhook(
  parts: ChannelParts,
  caller: Caller,
  { url, label }: { readonly url: string; readonly label: string },
): Promise<{ readonly channel: ChannelRow; readonly secret: string }> {
  await refuseAddressOf(url, parts.guard, parts.clock)
  const secret = parts.clock.random(secretBytes)
  const kept = { url, secret: secret.toString('base64') }
  const channel = await add(parts, caller, { kind: 'webhook', label, language: 'en' }, kept)
  return { channel, secret: secretText(secret) }
}

async function add(
  { store, hearers, keyring, clock, ids }: ChannelParts,
  { person, organization }: Caller,
  given: Pick<ChannelRow, 'kind' | 'label' | 'language'> & { readonly address?: string },
  address: PushAddress | WebhookAddress,
): Promise<ChannelRow> {
  const id = namedId(ids, 'ch')
  const row: ChannelRow = {
    id,
    person,
    organization,
    address: id,
    ...given,
    sealed: sealAddress(keyring, id, address),
    host: new URL(address.url).host,
    created: clock.now(),
    sent: null,
    failing: null,
    failure: null,
    busy_by: null,
  }
  await store.add(row)
  // Counted afterwards, so that two requests at once do not both find room for the last.
  if ((await store.count(person, row.kind)) > most[row.kind]) {
    await store.remove(id, person)
    throw new Fault('channel.too-many', { detail: `a person has at most ${most[row.kind]} of them` })
  }
  await hearers.changed(person)
  return row
}
