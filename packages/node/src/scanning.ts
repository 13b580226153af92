import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { createAddressGuard } from './net/address.ts'
import type { KnownEndpoint } from './scan/routes.ts'
import { openScans } from './scan/scan.ts'
import type { Scans } from './scan/scan.ts'

/** Opens what looks for agents that nobody registered; nothing is looked for before an operator asks. */
export function openScansOf(
  foundation: Foundation,
  { registry }: Pick<Domains, 'registry'>,
  ownPorts: ReadonlySet<number>,
): Scans {
  const { config, disposer } = foundation
  const guard = createAddressGuard(config.allowAddresses)
  const scans = openScans({
    ...foundation,
    leaves: foundation.activityLedger,
    networks: config.scanNetworks,
    mayCall: (address) => guard.allows(address),
    isOwn: (address, port) => ownPorts.has(port) && isThisMachine(address),
    *endpoints() {
      for (const { slug, organization, interfaces } of registry.allTargets())
        for (const { protocol, url } of interfaces) yield { slug, organization, protocol, url }
    },
    async lookUp(name) {
      try {
        return (await lookup(name, { all: true })).map(({ address }) => address)
      } catch {
        // A name that nobody knows leads nowhere, so nothing is recognised by it.
        return []
      }
    },
  })
  disposer.add('scans', async () => await scans[Symbol.asyncDispose]())
  return scans
}

/** Where the records of an organisation answer. */
export function* endpointsOf(
  { registry }: Pick<Domains, 'registry'>,
  organization: string,
): Generator<KnownEndpoint> {
  for (const { slug, interfaces } of registry.allTargets(organization)) {
    for (const { protocol, url, command } of interfaces) {
      yield { slug, protocol, url, ...(command === undefined ? {} : { command: programOf(command) }) }
    }
  }
}

function programOf({ program, args }: { readonly program: string; readonly args: readonly string[] }) {
  return { program, args }
}

function isThisMachine(address: string): boolean {
  if (address.startsWith('127.') || address === '::1') return true
  return Object.values(networkInterfaces()).some((each) => each?.some((own) => own.address === address))
}
