import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { AddressGuard } from './address.ts'
import { refuseAddress } from './upstream.ts'

/** A name that takes longer is looked at when it is called: the check at connect time is the one that counts. */
const lookupMs = 2000
/** Look-ups at once; beyond this the check is left to the first delivery, so that slow names hold up nothing else. */
const lookupsMax = 2

let lookups = 0

/**
 * Refuses an address that somebody gives to be called later, as far as it can be known now: no URL, another scheme,
 * credentials in it, or a name that leads only to refused addresses. Throws `address.refused` or `input.invalid`.
 */
export async function refuseWebhook(text: string, guard: AddressGuard, clock: Clock): Promise<void> {
  if (!URL.canParse(text))
    throw new Fault('input.invalid', { detail: 'the address is not a URL', where: 'url' })
  const url = new URL(text)
  if (url.username !== '' || url.password !== '')
    throw new Fault('input.invalid', { detail: 'the address has credentials in it', where: 'url' })
  refuseAddress(url, guard)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 || lookups >= lookupsMax) return
  const addresses = await addressesOf(host, clock)
  if (addresses.length > 0 && !addresses.some((address) => guard.allows(address))) {
    throw new Fault('address.refused', {
      detail: `${host} is a private, loopback or otherwise special address`,
      where: 'url',
    })
  }
}

/** None where the name is not known, or not known in time. */
async function addressesOf(host: string, clock: Clock): Promise<readonly string[]> {
  lookups++
  const found = lookup(host, { all: true }).then(
    (entries) => entries.map((entry) => entry.address),
    // A name that nobody knows today may be there tomorrow.
    () => [],
  )
  void found.finally(() => lookups--)
  const late = Promise.withResolvers<readonly string[]>()
  const stop = clock.after(lookupMs, () => late.resolve([]))
  try {
    return await Promise.race([found, late.promise])
  } finally {
    stop()
  }
}
